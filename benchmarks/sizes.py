"""Whole processes on stacks of all sizes: against rivals, against reading alone, and on their own.

Each part can be run alone: ``python -m benchmarks sizes --sizes memory,linear --only adaptive``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from benchmarks import keep, large, pairwise
from benchmarks.measure import Cost, ToolFailed, run
from benchmarks.stacks import Inputs, lay_down
from benchmarks.tools import Own, Tool

__all__ = ["PARTS", "measure"]

Log = Callable[[str], None]
Runs = dict[str, Any]

PARTS = ("rivals", "reading", "planes", "pixels", "memory", "pairwise")

#: Planes and their side, and how often each tool has its turn there.
AGAINST_RIVALS = ((20, 256, 5), (20, 1024, 5), (20, 4096, 2), (200, 1024, 3))
#: A tool that a size would take more than this is stopped, so that the machine does not swap.
MOST_BYTES = 14e9
SECONDS_EACH = 90.0

#: Planes of 512 x 512, and sides of 8 planes: for the exponents.
PLANES, SIDE = (4, 8, 16, 32, 64, 128, 256), 512
SIDES, FEW = (512, 1024, 2048, 4096, 8192), 8
#: `cnn` takes seconds per megapixel on a processor: smaller, and fewer.
NEURAL: dict[str, tuple[tuple[int, ...], int]] = {
    "planes": ((4, 8, 16, 32), 256),
    "pixels": ((512, 1024, 2048), 4),
    "memory": ((4, 16), 4096),
}

#: For peak memory: planes of 4096 x 4096.
LONG, LARGE = (50, 200), 4096


@dataclass(frozen=True)
class OwnImage(Own):
    """A method of ours that writes what the rivals write: the image alone."""

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Write the image."""
        program = Path(sys.executable).parent / "napari-mfif"
        words: list[str | Path] = [program, "fuse", inputs.ours, "-o", out]
        return [*words, "--method", self.method, "--overwrite", "--quiet"]


def measure(tools: Sequence[Tool], parts: Sequence[str], scratch: Path, log: Log) -> None:
    """Measure the named parts and keep what was found, part by part."""
    ours = [tool.method for tool in tools if isinstance(tool, Own)]
    seed = large.seed_stack()
    for part in parts or PARTS:
        log(f"sizes: {part}")
        name, _, size = part.partition("=")  # rivals, or only rivals=20x1024
        if name == "rivals":
            _against_rivals(tools, seed, size, scratch, log)
        elif part == "reading":
            _keep("reading", _reading(ours, seed, scratch))
        elif part == "pairwise":
            _keep("pairwise", pairwise.measure(seed, log))
        else:
            for method in ours:
                _keep(part, {method: _growing(method, part, seed, scratch, log)})


def _keep(part: str, runs: Runs) -> None:
    """Put runs in the place of those of the same name."""
    kept = keep.load("sizes")
    keep.save("sizes", kept | {part: kept.get(part, {}) | runs})


def _against_rivals(tools: Sequence[Tool], seed: Any, size: str, scratch: Path, log: Log) -> None:
    tools = [OwnImage(t.name, "", t.method) if isinstance(t, Own) else t for t in tools]
    for planes, side, rounds in AGAINST_RIVALS:
        if size not in ("", f"{planes}x{side}"):
            continue
        order = large.there_and_back(len(seed), planes)
        pixels = np.stack([large.mirrored(seed[z], side) for z in order])
        inputs = lay_down(pixels, scratch / "rivals")
        del pixels
        label = f"{planes} x {side}"
        runs: Runs = {tool.name: {"wall": [], "cpu": [], "peak": []} for tool in tools}
        for _ in range(rounds):
            for tool in tools:
                _once(tool, inputs, runs[tool.name], log)
        _keep("rivals", {label: keep.load("sizes").get("rivals", {}).get(label, {}) | runs})
        log(f"  {label}")


def _once(tool: Tool, inputs: Inputs, taken: Runs, log: Log) -> None:
    if "failed" in taken or sum(taken["wall"]) > SECONDS_EACH:
        return
    out = inputs.folder / "fused.ome.tif"
    out.unlink(missing_ok=True)
    words = tool.command(inputs, out)
    environ = {**tool.environ(inputs), "MOST_BYTES": str(int(MOST_BYTES))}
    try:
        _add(taken, run(words, cwd=inputs.folder, environ=environ, timeout=200))
    except ToolFailed as trouble:
        log(f"  {tool.name} failed: {trouble}")
        taken["failed"] = str(trouble)[:200]


def _add(taken: Runs, cost: Cost) -> None:
    for key in ("wall", "cpu", "peak"):
        taken.setdefault(key, []).append(float(f"{getattr(cost, key):.4g}"))


def _reading(methods: Sequence[str], seed: Any, scratch: Path) -> Runs:
    """Time methods against a process that does no more than read and decode the file."""
    found: Runs = {}
    reader = Path(__file__).parent / "runners" / "run_read.py"
    for side in (256, 1024):
        pixels = np.stack([large.mirrored(plane, side) for plane in seed])
        for coding in ("none", "zlib", "lzw"):
            path = scratch / "stack.tif"
            options = {} if coding == "none" else {"compression": coding, "predictor": True}
            tifffile.imwrite(path, pixels, photometric="minisblack", metadata=None, **options)
            runs: Runs = {"reading": {}} | {method: {} for method in methods if method != "cnn"}
            for _ in range(5):
                _add(runs["reading"], run([sys.executable, reader, path], cwd=scratch))
                for method in runs:
                    if method != "reading":
                        _add(runs[method], run(_fuse(path, method), cwd=scratch))
            found[f"{len(seed)} x {side}, {coding}"] = runs
    return found


def _fuse(path: Path, method: str, *options: str) -> list[str | Path]:
    program = Path(sys.executable).parent / "napari-mfif"
    out = path.with_name("fused.ome.tif")
    words: list[str | Path] = [program, "fuse", path, "-o", out, "--method", method]
    return [*words, "--overwrite", "--quiet", *options]


def _growing(method: str, part: str, seed: Any, scratch: Path, log: Log) -> Runs:
    """Return the costs of one method by planes or by side of the planes."""
    usual = {"planes": (PLANES, SIDE), "pixels": (SIDES, FEW), "memory": (LONG, LARGE)}
    counts, fixed = (NEURAL if method == "cnn" else usual)[part]
    sizes = [(fixed, count) if part == "pixels" else (count, fixed) for count in counts]
    found: Runs = {"start": {}}
    path = scratch / "stack.tif"
    large.write_stack(path, seed[:4], 4, 16)
    for _ in range(3 if part != "memory" else 1):
        _add(found["start"], run(_fuse(path, method), cwd=scratch))
    for planes, side in sizes:
        large.write_stack(path, seed, planes, side)
        taken: Runs = {}
        for _ in range(3 if planes * side * side < 10**8 and part != "memory" else 1):
            _add(taken, run(_fuse(path, method), cwd=scratch, timeout=1200))
        found[f"{planes} x {side}"] = taken
        log(f"  {method}, {planes} x {side}: {taken}")
    path.unlink()
    return found
