"""Print the newest Python found that the project says it runs on, if newer than this one.

Looks on PATH, and among the versions of pyenv, whose shims run only what is chosen.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def declared() -> list[tuple[int, int]]:
    """Return the versions among the classifiers, newest first."""
    found = re.findall(r"Python :: (\d+)\.(\d+)", PROJECT.read_text(encoding="utf-8"))
    return sorted(((int(major), int(minor)) for major, minor in found), reverse=True)


def places(version: tuple[int, int]) -> Iterator[Path]:
    """Yield where a Python of a version may be."""
    name = f"python{version[0]}.{version[1]}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version[0]}.{version[1]}.*/bin/{name}"))
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)


def runs(python: Path, version: tuple[int, int]) -> bool:
    """Tell whether it starts, is what it is called, and can make environments."""
    code = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != {version})"
    return not subprocess.run([python, "-c", code], capture_output=True).returncode


if __name__ == "__main__":
    newer = (version for version in declared() if version > sys.version_info[:2])
    found = (python for version in newer for python in places(version) if runs(python, version))
    print(next(found, ""))
