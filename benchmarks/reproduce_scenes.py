"""Scenes whose truth is known: pairs with occlusion, and z-stacks of every kind."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.boundaries import Pair, judge, optics, photographs
from benchmarks.reproduce_lytro import how
from napari_mfif import fuse
from napari_mfif.metrics import truth
from napari_mfif.simulation import KINDS, Simulation, simulate

__all__ = ["NOISES", "SEEDS", "baselines", "score_pairs", "score_stacks", "stacks"]

#: Never used for tuning.
SEEDS = (100, 101)
NOISES = ("low", "high")
SHAPE, PLANES = (128, 128), 12


@functools.lru_cache(maxsize=2)
def _pairs(folder: Path | None) -> list[Pair]:
    return list(optics() if folder is None else photographs(folder))


def score_pairs(method: str, folder: Path | None) -> dict[str, float]:
    """Return what `benchmarks.boundaries` measures: of simulated pairs, or of photographs' ones.

    Parameters
    ----------
    method : str
        As for `benchmarks.reproduce_lytro.how`.
    folder : Path, optional
        Of sharp pictures; two planes of simulated scenes when not given.
    """
    began = time.process_time()
    judged = np.array([judge(*pair, **how(method)) for pair in _pairs(folder)])
    wrong, right, decibels = (round(float(mean), 4) for mean in np.nanmean(judged, axis=0))
    seconds = round(time.process_time() - began, 1)
    return {"wrong": wrong, "right": right, "psnr": decibels, "cpu_s": seconds}


def stacks() -> list[tuple[str, str, int]]:
    """Return kind, noise and seed of every z-stack."""
    return [(kind, noise, seed) for kind in KINDS for noise in NOISES for seed in SEEDS]


def _simulated(kind: str, noise: str, seed: int) -> Simulation:
    return simulate(kind, seed=seed, shape=SHAPE, planes=PLANES, photons=noise)


def score_stacks(method: str) -> list[dict[str, Any]]:
    """Fuse every z-stack with a method; a row each, with PSNR and error of the depth.

    Parameters
    ----------
    method : str
        As for `benchmarks.reproduce_lytro.how`.
    """
    rows = []
    for kind, noise, seed in stacks():
        made = _simulated(kind, noise, seed)
        began = time.process_time()
        fusion = fuse(made.stack, device="cpu", **how(method))
        seconds = time.process_time() - began
        within = truth.share_within(fusion.depth, made.depth, where=made.textured)
        rows.append(
            _row(kind, noise, seed, fusion.image, made)
            | {"within_one": _rounded(within), "cpu_s": round(seconds, 2)}
        )
    return rows


def baselines() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of what takes no method, the best single plane chosen by the truth."""
    rows: dict[str, list[dict[str, Any]]] = {"max projection": [], "best single plane": []}
    rows["average"] = []
    for kind, noise, seed in stacks():
        made = _simulated(kind, noise, seed)
        planes = np.asarray(made.stack.pixels)
        best = max(planes, key=lambda plane: truth.psnr(plane, made.image))
        images = {"max projection": planes.max(0), "best single plane": best}
        images["average"] = planes.mean(0)
        for name, image in images.items():
            rows[name].append(_row(kind, noise, seed, image, made))
    return rows


def _row(kind: str, noise: str, seed: int, image: Any, made: Simulation) -> dict[str, Any]:
    psnr = _rounded(truth.psnr(image, made.image))
    return {"kind": kind, "noise": noise, "seed": seed, "psnr": psnr}


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
