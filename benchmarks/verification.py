"""``python -m benchmarks.verification``: what each step of the consistency verification is worth.

Simulated z-stacks of all kinds at low and high noise, of seeds that the quality tables do not use.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_mfif import fuse
from napari_mfif.metrics.truth import depth_error, psnr, roc_auc, share_within
from napari_mfif.settings.consistency import OFF
from napari_mfif.simulation import KINDS, simulate

STEPS: dict[str, dict[str, Any]] = {
    "off": {},
    "small regions .0005": {"small_regions": 0.0005},
    "small regions .002": {"small_regions": 0.002},
    "median radius 2": {"smooth_depth": 2},
    "median radius 4": {"smooth_depth": 4},
    "median radius 6": {"smooth_depth": 6},
    "median radius 8": {"smooth_depth": 8},
    "guided radius 3, .01": {"guided_radius": 3, "guided_epsilon": 0.01},
    "guided radius 6, .001": {"guided_radius": 6, "guided_epsilon": 0.001},
}
COLUMNS = ("PSNR", "within 1", "MAE", "ROC")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one Markdown table per method; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", default="gradient,adaptive,cnn")
    parser.add_argument("--seed", type=int, default=90003)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--planes", type=int, default=16)
    given = parser.parse_args(arguments)
    for method in given.methods.split(","):
        rows: dict[str, dict[str, list[Any]]] = {name: {"low": [], "high": []} for name in STEPS}
        for kind in KINDS:
            for photons in ("low", "high"):
                judged = judge(method, kind, photons, given)
                for name, numbers in judged.items():
                    rows[name][photons].append(numbers)
        show(method, rows)
    return 0


def judge(method: str, kind: str, photons: str, given: argparse.Namespace) -> dict[str, Any]:
    """Return the numbers of each step on one stack."""
    shape = (given.size, given.size)
    made = simulate(kind, seed=given.seed, shape=shape, planes=given.planes, photons=photons)
    fusion = fuse(made.stack, method=method, consistency=dict(OFF))
    found = {}
    for name, step in STEPS.items():
        refined = fusion.refine(**{**OFF, **step})
        right = np.abs(refined.depth - made.depth) <= 1
        found[name] = (
            psnr(refined.image, made.image),
            share_within(refined.depth, made.depth, where=made.textured),
            depth_error(refined.depth, made.depth, where=made.textured),
            roc_auc(refined.confidence, right) if not right.all() else np.nan,
        )
    return found


def show(method: str, rows: dict[str, dict[str, list[Any]]]) -> None:
    """Print a Markdown table: means over the kinds at low and at high noise."""
    heads = [f"{column}, {photons}" for photons in ("low", "high") for column in COLUMNS]
    print(f"\n| {method} | {' | '.join(heads)} |\n|{'---|' * (len(heads) + 1)}")
    for name, levels in rows.items():
        means = [value for numbers in levels.values() for value in np.nanmean(numbers, axis=0)]
        texts = [
            f"{value:.2f}" if i % 4 in (0, 2) else f"{value:.3f}" for i, value in enumerate(means)
        ]
        print(f"| {name} | {' | '.join(texts)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
