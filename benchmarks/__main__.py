"""``python -m benchmarks``: run everything, or the parts that are named."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    heights,
    imports,
    keep,
    quality,
    refinement,
    report,
    rivals,
    sizes,
    sizes_page,
    speed,
    stalls,
)
from benchmarks.environments import machine
from benchmarks.measure import compile_ours
from benchmarks.tools import Baseline, Own, Tool
from napari_mfif import methods

PARTS = ("install", "quality", "speed", "imports", "window", "report")

#: Only run when they are named: the first takes an hour.
LONG = ("sizes", "refinement", "refinement-cost", "heights")

#: Their images are judged by ``python -m benchmarks.reached``.
SLOWEST = ("boundary-aware", "mfif-gan", "ufa-fuse")
SLOW = ("cnn", "fd-fcn", "StackMFF V3 hard")

BASELINES = (
    Baseline("max projection", "brightest plane at each pixel", "max"),
    Baseline("Sobel + box 9", "argmax of the Sobel magnitude in a box of 9", "sobel", True),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts in order; return an exit code."""
    given = _parser().parse_args(arguments)
    parts = given.parts or PARTS
    start = time.perf_counter()

    def log(text: str) -> None:
        print(f"[{time.perf_counter() - start:5.0f} s] {text}", flush=True)

    compile_ours()
    scratch = Path(tempfile.mkdtemp(prefix="mfif-bench-"))
    try:
        needing = {"install", "quality", "speed", "sizes"}
        tools = _tools(given.only, log) if needing & set(parts) else []
        if "quality" in parts:
            _quality(tools, given.seeds, scratch, log)
        if "speed" in parts:
            _speed(tools, scratch, log)
        if "sizes" in parts:
            chosen = [part.strip() for part in given.sizes.split(",") if part.strip()]
            sizes.measure(_for_sizes(tools), chosen, scratch, log)
        if "imports" in parts:
            log("imports")
            keep.save("imports", imports.measure())
        if "refinement" in parts:
            refinement.main(log)
        if "refinement-cost" in parts:
            refinement.measure_cost()
        if "heights" in parts:
            heights.main(log)
        if "window" in parts:
            log("window")
            keep.save("window", stalls.measure())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for page in (report, sizes_page):
        page.write()
        log(f"wrote {page.PAGE.name}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = ", ".join((*PARTS, *LONG))
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"out of {known}")
    parser.add_argument("--only", default="", help="names of tools, with commas; others are kept")
    parser.add_argument("--seeds", type=int, default=len(quality.SEEDS), help="stacks per kind")
    parts = ", ".join(sizes.PARTS)
    parser.add_argument("--sizes", default="", help=f"with the part sizes: out of {parts}")
    return parser


def _tools(only: str, log: Callable[[str], None]) -> list[Tool]:
    """Install rivals, keep what they are, and return all tools that can run."""
    names = [name.strip().lower() for name in only.split(",") if name.strip()]
    ours: list[Tool] = [Own(name, "", name) for name in methods.names()]
    wanted = [tool for tool in (*ours, *BASELINES, *rivals.RIVALS) if _is_wanted(tool, names)]
    asked = tuple(tool for tool in wanted if isinstance(tool, rivals.Rival))
    log(f"installing {len(asked)} rivals")
    versions, missing = rivals.install(asked)
    for name, reason in missing.items():
        log(f"  {name} left out: {reason}")
    kept = keep.load("rivals") if names else {}
    versions, missing = kept.get("versions", {}) | versions, kept.get("missing", {}) | missing
    keep.save("rivals", {"machine": machine(), "versions": versions, "missing": missing})
    return [tool for tool in wanted if tool.name not in missing]


def _for_sizes(tools: Sequence[Tool]) -> list[Tool]:
    """Leave out what takes minutes per megapixel."""
    slow = ("StackMFF", "OpenFocus", "pyclesperanto", "max projection", "Sobel")
    return [tool for tool in tools if not tool.name.startswith(slow)]


def _is_wanted(tool: Tool, names: Sequence[str]) -> bool:
    return not names or any(name in tool.name.lower() for name in names)


def _quality(tools: Sequence[Tool], seeds: int, scratch: Path, log: Callable[[str], None]) -> None:
    for scene in quality.scenes(quality.SEEDS[:seeds]):
        log(scene.label)
        rows = quality.measure(scene, _for_scene(tools, scene), scratch / "scene", log)
        keep.save_rows("quality", keep.merge(keep.load_rows("quality"), rows))


def _for_scene(tools: Sequence[Tool], scene: quality.Scene) -> list[Tool]:
    """Leave out what takes minutes, and the slower ones where only faults are tried."""
    left_out = (*SLOWEST, *(SLOW if scene.fault else ()))
    return [tool for tool in tools if tool.name not in left_out]


def _speed(tools: Sequence[Tool], scratch: Path, log: Callable[[str], None]) -> None:
    log(f"speed: {speed.PLANES} planes of {speed.SIDE} x {speed.SIDE}")
    timed = [tool for tool in tools if not isinstance(tool, rivals.OpenFocusHard)]
    kept = keep.load("speed")
    runs = kept.get("runs", {}) | speed.measure(timed, scratch / "speed", log)
    steady = [tool for tool in timed if tool.name in speed.WITH_MORE_PLANES]
    memory = kept.get("memory", {}) | speed.measure_memory(steady, scratch / "speed", log)
    keep.save("speed", {"runs": runs, "memory": memory})


if __name__ == "__main__":
    sys.exit(main())
