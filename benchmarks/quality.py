"""Quality on simulated z-stacks of known truth: every method, the baselines, the rivals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Cost, ToolFailed
from benchmarks.stacks import Inputs, lay_down
from benchmarks.tools import Outcome, Tool
from napari_mfif.metrics import truth
from napari_mfif.simulation import KINDS, Simulation, simulate

__all__ = ["FAULTS", "SEEDS", "Scene", "measure", "scenes"]

Row = dict[str, Any]
Log = Callable[[str], None]

#: Never used for tuning.
SEEDS = (100, 101)
PLANES = (12, 16, 20, 24, 28, 32, 36, 40)

#: Of the confidence, from 0 to 1.
BINS = 20

#: What is wrong with the stacks of the second table.
FAULTS: dict[str, dict[str, Any]] = {
    "400 hot pixels": {"hot_pixels": 400},
    "20 % brightness drift": {"brightness_drift": 0.2},
}


@dataclass(frozen=True)
class Scene:
    """One z-stack to simulate."""

    kind: str
    noise: str
    seed: int
    planes: int
    fault: str = ""

    @property
    def label(self) -> str:
        """What it is, in a line of the log."""
        words = [self.kind, f"{self.noise} noise", f"seed {self.seed}", f"{self.planes} planes"]
        return ", ".join([*words, self.fault] if self.fault else words)

    def simulate(self) -> Simulation:
        """Make it."""
        faults = FAULTS.get(self.fault, {})
        return simulate(self.kind, seed=self.seed, planes=self.planes, photons=self.noise, **faults)


def scenes(seeds: Sequence[int] = SEEDS, kinds: Sequence[str] = tuple(KINDS)) -> Iterator[Scene]:
    """Yield every scene: all kinds, both noises, all seeds, then the faults on the first seed."""
    numbers = {kind: index for index, kind in enumerate(KINDS)}
    plain = [
        Scene(kind, noise, seed, PLANES[(3 * numbers[kind] + 5 * seed) % len(PLANES)])
        for seed in seeds
        for noise in ("low", "high")
        for kind in kinds
    ]
    yield from plain
    for fault in FAULTS:
        for scene in plain[: len(kinds)]:
            yield replace(scene, fault=fault)


def measure(scene: Scene, tools: Sequence[Tool], folder: Path, log: Log) -> list[Row]:
    """Fuse one scene with every tool.

    Returns
    -------
    list of dict
        One row per tool, and one for choosing by the true depth.
    """
    simulation = scene.simulate()
    drifts = "drift" in scene.fault
    inputs = lay_down(np.asarray(simulation.stack.pixels), folder, drifts=drifts)
    common = {"kind": scene.kind, "noise": scene.noise, "seed": scene.seed, "fault": scene.fault}
    common |= {"planes": scene.planes, "slope": round(simulation.slope, 2)}
    rows = [common | {"tool": "true depth"} | _score(_true_choice(simulation), simulation, scene)]
    for tool in tools:
        row = common | {"tool": tool.name}
        try:
            rows.append(row | _score(_fuse(tool, inputs, scene), simulation, scene))
        except (ToolFailed, OSError, ValueError) as trouble:
            log(f"  {tool.name} failed: {trouble}")
            rows.append(row | {"failed": str(trouble)[:300]})
    return rows


def _fuse(tool: Tool, inputs: Inputs, scene: Scene) -> Outcome:
    for old in inputs.folder.glob("*.*"):
        if old not in (inputs.ours, inputs.stack):
            old.unlink()
    return tool.fuse(inputs, maps=not scene.fault)


def _true_choice(simulation: Simulation) -> Outcome:
    """Copy each pixel from the plane in which it is sharp, by the truth."""
    pixels = np.asarray(simulation.stack.pixels)
    depth = np.clip(np.rint(simulation.depth), 0, len(pixels) - 1).astype(np.intp)
    places = depth.reshape(1, *depth.shape, *[1] * (pixels.ndim - 3))
    image = np.take_along_axis(pixels, places, axis=0)[0].astype(np.float32)
    nothing = Cost(math.nan, math.nan, math.nan)
    return Outcome(nothing, image, depth.astype(np.float32))


def _score(outcome: Outcome, simulation: Simulation, scene: Scene) -> Row:
    image = outcome.image
    if image.shape != simulation.image.shape:
        raise ValueError(f"image is {image.shape}, the truth {simulation.image.shape}")
    if "drift" in scene.fault:
        image = image * _best_gain(image, simulation.image)
    row: Row = {
        "psnr": truth.psnr(image, simulation.image),
        "ssim": truth.ssim(image, simulation.image),
        "cpu": outcome.cost.cpu,
        "wall": outcome.cost.wall,
        "peak": outcome.cost.peak,
    }
    row |= _score_depth(outcome, simulation)
    return {key: _rounded(value) for key, value in row.items()}


def _score_depth(outcome: Outcome, simulation: Simulation) -> Row:
    if outcome.depth is None:
        return {}
    where = simulation.textured
    row: Row = {
        "depth_error": truth.depth_error(outcome.depth, simulation.depth, where=where),
        "within_one": truth.share_within(outcome.depth, simulation.depth, where=where),
    }
    if outcome.confidence is not None:
        right = np.abs(outcome.depth - simulation.depth) <= 1
        sure = outcome.confidence[where]
        row["auroc"] = truth.roc_auc(sure, right[where])
        shares, counts = truth.calibration(sure, right[where], bins=BINS)
        row["pixels"] = [int(count) for count in counts]
        row["right"] = [int(n) for n in np.rint(np.nan_to_num(shares) * counts)]
    return row


def _best_gain(image: NDArray[Any], true: NDArray[Any]) -> float:
    """Fit one gain: the brightness that a drifting lamp should have had is not defined."""
    fused, wanted = np.asarray(image, np.float64), np.asarray(true, np.float64)
    return float((fused * wanted).sum() / (fused * fused).sum())


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return None if not math.isfinite(value) else float(f"{value:.4g}")
    return value
