"""Ways along z and sets of weights: networks on simulated z-stacks, beside other methods.

usage: python -m benchmarks.along [METHOD...]

Eight kinds of stacks, 12 planes of 128 x 128, seeds that no training and no calibration has seen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from napari_mfif import Fusion, fuse
from napari_mfif.methods import registry
from napari_mfif.metrics.truth import psnr, share_within
from napari_mfif.networks.weights import sets
from napari_mfif.simulation import KINDS, Simulation, simulate

SEEDS = (300, 301)
SHAPE, PLANES = (128, 128), 12


def main(names: list[str]) -> None:
    """Print a table in Markdown."""
    ways: list[tuple[str, dict[str, str]]] = [("gradient", {}), ("adaptive", {})]
    ways += [
        (name, {"along": along, "weights": which})
        for name in names
        for which in sets(name)
        for along in registry.get(name).along
    ]
    print("| | dB, low noise | within one plane | dB, high noise | within one plane |")
    print("|---|---|---|---|---|")
    for method, given in ways:
        cells = [f"{value:.{digits}f}" for value, digits in scores(method, given)]
        label = ", ".join([f"`{method}`", *given.values()])
        print(f"| {label} | {' | '.join(cells)} |", flush=True)


def scores(method: str, given: dict[str, str]) -> Iterator[tuple[float, int]]:
    """Yield PSNR and share within one plane, means over all stacks, at low and at high noise."""
    for photons in ("low", "high"):
        found = [
            judged(fuse(made.stack, method=method, **given), made)
            for kind in KINDS
            for seed in SEEDS
            for made in [simulate(kind, seed=seed, shape=SHAPE, planes=PLANES, photons=photons)]
        ]
        image, depth = np.nanmean(found, axis=0)
        yield float(image), 2
        yield float(depth), 3


def judged(fusion: Fusion, made: Simulation) -> tuple[float, float]:
    """Return PSNR, and the share of depths right within one plane where they can be told."""
    within = share_within(fusion.depth, made.depth, where=made.textured)
    return psnr(fusion.image, made.image), within


if __name__ == "__main__":
    main(sys.argv[1:] or ["mfif-gan", "boundary-aware"])
