"""Change the code of some modules in small ways, one at a time: tests must notice each.

usage: python scripts/mutate.py [MODULE ...]

mutmut makes them in a copy of the checkout, module by module; the tests that belong to a module are
run for each in one process, which is ten times as fast as one for each. What no test noticed is
shown, unless scripts/equivalent_mutants.toml says why it changes nothing, or only the words of a
message change, since no test spells those.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KNOWN = Path(__file__).with_name("equivalent_mutants.toml")

#: The modules, and the tests that belong to each.
MODULES = {
    "settings/parameters": ["tests/settings/test_checks.py"],
    "settings/consistency": ["tests/settings/test_profiles.py"],
    "settings/recipe": ["tests/settings/test_recipe.py"],
    "engine/tiles": ["tests/engine/test_tiles.py"],
    "io/axes": ["tests/io/test_axes.py"],
    "io/names": ["tests/io/test_names_exact.py"],
    "postprocess/composition": ["tests/postprocess/test_composition_exact.py"],
    "postprocess/consistency": ["tests/postprocess/test_consistency.py"],
    "postprocess/depth_smoothing": ["tests/postprocess/test_depth_smoothing.py"],
    "postprocess/small_regions": ["tests/postprocess/test_small_regions.py"],
}

#: No plugins, and no garbage collected after each run, which would take longer than the tests.
BARE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
OPTIONS = ["-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"]

#: A text of several words, as messages are.
WORDS = re.compile(r"""["'](?:[^"'\\]|\\.)*[A-Za-z] +[A-Za-z](?:[^"'\\]|\\.)*["']|None""")


def copied(folder: Path, module: str) -> None:
    """Copy what git knows, and tell mutmut what to change and which tests to run."""
    names = subprocess.check_output(
        ["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, text=True
    )
    for name in filter(None, names.split("\0")):
        if not name.startswith(("models/", "docs/", "benchmarks/")) and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # in place of our options
    told = {
        "source_paths": ["src"],
        "only_mutate": [f"src/napari_mfif/{module}.py"],
        "also_copy": ["README.md", "napari.yaml", "hatch_build.py", "pytest.ini"],
        "pytest_add_cli_args": OPTIONS,
        "pytest_add_cli_args_test_selection": MODULES[module],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    lines += ["use_git_change_detection = false", "track_dependencies = false"]
    lines += ['process_isolation = "forkserver"']  # threads do not live on in a fork
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["", "[tool.mutmut]", *lines, ""]))


def changes(folder: Path, name: str) -> tuple[str, str]:
    """Return the lines that a mutant takes away, and those that it puts there."""
    shown = subprocess.run(
        [Path(sys.executable).with_name("mutmut"), "show", name],
        cwd=folder, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    lines = [line for line in shown.splitlines() if line[:3] not in ("---", "+++")]
    was, becomes = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return was, becomes


def only_words(was: str, becomes: str) -> bool:
    """Tell whether a change is one of the words of a message."""
    return WORDS.sub("", was) == WORDS.sub("", becomes)


def is_explained(module: str, was: str, becomes: str, known: dict[str, list[Any]]) -> bool:
    """Tell whether it is written down why a change makes no difference."""
    for one in known.get("mutant", []):
        if (one["module"], one["was"], one["becomes"]) == (module, was, becomes):
            return True
    for rule in known.get("rule", []):
        was, becomes = (re.sub(rule["pattern"], rule["becomes"], side) for side in (was, becomes))
    return was == becomes


def made(folder: Path, module: str) -> list[str]:
    """Let mutmut make the mutants and try the first of each function itself; return all names."""
    mutmut = Path(sys.executable).with_name("mutmut")
    done = subprocess.run(
        [mutmut, "run", "--max-children", "1", "*__mutmut_1"],
        cwd=folder, env={**os.environ, **BARE}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = folder / "mutants" / f"src/napari_mfif/{module}.py.meta"
    if done.returncode or not found.is_file():
        raise RuntimeError(f"{module}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return list(json.loads(found.read_text(encoding="utf-8"))["exit_code_by_key"])


def unnoticed(folder: Path, module: str, names: list[str]) -> list[str]:
    """Return the mutants with which all tests pass."""
    out = folder / "unnoticed.json"
    script = Path(__file__).with_name("mutants_in_turn.py")
    environ = {**os.environ, **BARE, "PYTHONPATH": str(folder / "mutants" / "src")}
    done = subprocess.run(
        [sys.executable, script, out, *OPTIONS, *MODULES[module]],
        cwd=folder / "mutants", env=environ, input="\n".join(names), text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{module}: nothing is known of its mutants.")
    return list(json.loads(out.read_text(encoding="utf-8")))


def run(module: str) -> int:
    """Try a module; return how many mutants are neither noticed nor explained."""
    known = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    with TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder, module)
        names = made(folder, module)
        alive = unnoticed(folder, module, names)
        told = {name: changes(folder, name) for name in alive}
    explained = [name for name, change in told.items() if is_explained(module, *change, known)]
    worded = [n for n, change in told.items() if n not in explained and only_words(*change)]
    open_ones = [name for name in alive if name not in {*explained, *worded}]
    for name in open_ones:
        print(f"{module}: {name.rpartition('.')[2]}\n  - {told[name][0]}\n  + {told[name][1]}")
    print(
        f"{module}: {len(names)} mutants tried, {len(names) - len(alive)} noticed, "
        f"{len(worded)} of words, {len(explained)} equivalent, {len(open_ones)} open",
        flush=True,
    )
    return len(open_ones)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(MODULES))
    given = parser.parse_args()
    return 1 if sum(run(module) for module in given.modules or MODULES) else 0


if __name__ == "__main__":
    sys.exit(main())
