"""Speed of whole processes on one stack, and memory against the number of planes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import ToolFailed
from benchmarks.stacks import Inputs, lay_down
from benchmarks.tools import Tool, read_image
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import Simulation, simulate

__all__ = ["PLANES", "SIDE", "WITH_MORE_PLANES", "measure", "measure_memory"]

Log = Callable[[str], None]
Runs = dict[str, Any]

SIDE, PLANES = 1024, 20
SEED = 100

#: Whose memory is looked at with more and more planes.
WITH_MORE_PLANES = ("adaptive", "gradient", "focusweave", "enfuse hard w9", "shinestacker pyramid")
_MOST_RUNS, _SECONDS_EACH = 5, 20.0


def measure(tools: Sequence[Tool], folder: Path, log: Log) -> Runs:
    """Time every tool on the same pictures, in turn, so that a busy minute hurts all alike.

    Returns
    -------
    dict
        By tool: lists of wall seconds, processor seconds and megabytes, one entry per round, and
        the PSNR of the last result. Slow tools sit out rounds once they had their share of time.
    """
    simulation = _simulate()
    pixels = np.asarray(simulation.stack.pixels)
    inputs = lay_down(pixels, folder)
    runs: Runs = {tool.name: {"wall": [], "cpu": [], "peak": []} for tool in tools}
    for turn in range(_MOST_RUNS):
        for tool in tools:
            taken = runs[tool.name]
            mean = sum(taken["wall"]) / turn if turn else 0.0
            if "failed" not in taken and sum(taken["wall"]) + mean <= _SECONDS_EACH:
                _time(tool, inputs, taken, simulation, log)
        log(f"  round {turn + 1} of {_MOST_RUNS}")
    return runs


def _simulate() -> Simulation:
    return simulate("relief", seed=SEED, shape=(SIDE, SIDE), planes=PLANES, photons="low")


def _time(tool: Tool, inputs: Inputs, taken: Runs, simulation: Simulation, log: Log) -> None:
    out = inputs.folder / "fused.ome.tif"
    out.unlink(missing_ok=True)
    try:
        cost = tool.spend(inputs, out)
        if out.exists():
            image = read_image(out, inputs) / tool.gain(inputs)
            taken["psnr"] = round(psnr(image, simulation.image), 2)
    except (ToolFailed, OSError, ValueError) as trouble:
        log(f"  {tool.name} failed: {trouble}")
        taken["failed"] = str(trouble)[:300]
        return
    for key in ("wall", "cpu", "peak"):
        taken[key].append(float(f"{getattr(cost, key):.4g}"))


def measure_memory(tools: Sequence[Tool], folder: Path, log: Log) -> Runs:
    """Return peak megabytes and processor seconds by tool for 20, 40 and 80 planes.

    The longer stacks are the same planes there and back again.
    """
    pixels = np.asarray(_simulate().stack.pixels)
    table: Runs = {tool.name: {} for tool in tools}
    for planes in (PLANES, 2 * PLANES, 4 * PLANES):
        inputs = lay_down(_there_and_back(pixels, planes), folder)
        for tool in tools:
            try:
                cost = tool.spend(inputs, inputs.folder / "fused.ome.tif")
                table[tool.name][str(planes)] = {
                    "peak": round(cost.peak),
                    "cpu": round(cost.cpu, 2),
                }
            except ToolFailed as trouble:
                log(f"  {tool.name} failed with {planes} planes: {trouble}")
        log(f"  memory with {planes} planes")
    return table


def _there_and_back(pixels: NDArray[Any], planes: int) -> NDArray[Any]:
    count = len(pixels)
    index = np.arange(planes) % (2 * count)
    return pixels[np.where(index < count, index, 2 * count - 1 - index)]
