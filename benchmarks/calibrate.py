"""Fit the table that turns a method's distinctness into a probability.

usage: python benchmarks/calibrate.py METHOD

Prints the table for the method's file, from simulated stacks of all kinds at three levels of noise.
The benchmarks judge on other seeds (`benchmarks.reliability`).

What is to be a probability is the confidence of the result, which is the geometric mean of the
table's and of how well depths agree with the smoothed one. So the table has at each distinctness
the square of the share that was right over the mean root of the agreement there.
"""

from __future__ import annotations

import sys
from importlib import import_module

import numpy as np

from napari_mfif import Fusion, fuse
from napari_mfif.metrics.truth import roc_auc
from napari_mfif.settings.consistency import OFF
from napari_mfif.simulation import KINDS, simulate

SEEDS = range(4)
BINS = 24
#: Where the table of a method is that has no module of its own name.
PLACES = {"adaptive": "adaptive.depth"}


def rising(shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the nearest sequence that never falls (pool adjacent violators)."""
    pools: list[list[float]] = []
    for share, weight in zip(shares, weights, strict=True):
        pools.append([share, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, u, m), (b, v, n) = pools.pop(-2), pools.pop()
            pools.append([(a * u + b * v) / (u + v), u + v, m + n])
    return np.concatenate([np.full(int(count), share) for share, _, count in pools])


def limited(fusion: Fusion) -> np.ndarray:
    """Return where something else than the table says how probable a depth is."""
    answer = fusion._folded[0].answer
    rivals = answer.decision if answer.runner_up is None else answer.runner_up
    competes = rivals != answer.decision
    return competes if answer.causes is None else competes | (answer.causes > 0)


def main(method: str) -> None:
    """Print the table and the area under the ROC curve."""
    place = PLACES.get(method, method)
    import_module(f"napari_mfif.methods.{place}").CALIBRATION = ((0.0, 1.0), (0.0, 1.0))
    measures, rights, roots, weights = [], [], [], []
    for kind in KINDS:
        for seed in SEEDS:
            for photons in ("low", "mid", "high"):
                made = simulate(
                    kind, seed=seed, planes=12 + 4 * seed, photons=photons, shape=(192, 192)
                )
                fusion = fuse(made.stack, method=method)
                own = np.maximum(fusion.refine(**OFF).confidence, 1e-3)
                counts = made.textured & ~limited(fusion)
                right = np.abs(fusion.depth - made.depth)[counts] <= 1
                measures.append(own[counts])
                roots.append((fusion.confidence / np.sqrt(own))[counts])
                rights.append(right)
                weights.append(np.full(right.size, 1 / max(1, right.size)))
    measure, right, root, weight = map(np.concatenate, (measures, rights, roots, weights))
    edges = np.unique(np.quantile(measure, np.linspace(0, 1, BINS + 1)))
    bins = np.clip(np.searchsorted(edges, measure, side="right") - 1, 0, len(edges) - 2)
    total = np.bincount(bins, weight)
    shares = np.bincount(bins, weight * right) / total
    expected = np.bincount(bins, weight * root) / total
    shares = rising(np.minimum((shares / expected) ** 2, 1), total)
    middles = np.bincount(bins, weight * measure) / total
    print(f"area under the ROC curve {roc_auc(measure, right):.3f}")
    for middle, share in zip(middles, shares, strict=True):
        print(f"{middle:.3f} {share:.3f}")


if __name__ == "__main__":
    main(sys.argv[1])
