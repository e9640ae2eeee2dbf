"""``python -m benchmarks.second_network --data PHOTOS``: what the second network is worth.

Of `boundary-aware`, on the pairs of ``benchmarks.boundaries``. Within the band where the second
network is asked (its mean score lies between 0.2 and 0.8), the share of the pixels decided wrong by
the first network alone and by both, before verification.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.boundaries import Pair, optics, photographs
from napari_mfif.methods.neural.boundary_aware import STRIDE, WindowComparer, band


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each set of pairs; return an exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.second_network", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of sharp pictures")
    parser.add_argument("--weights", default="published", help="a set of weights, or their folder")
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    comparers = {
        refine: WindowComparer.load("cpu", "float32", name=given.weights, refine=refine)
        for refine in (False, True)
    }
    sets = {"photographs": photographs(given.data), "simulated": optics()}
    for name, pairs in sets.items():
        alone, both, area = within(comparers, pairs)
        fewer = 1 - both / alone
        print(
            f"{name}: the band is {area:.1%} of the area; {alone:.1%} of it decided wrong by the "
            f"first network alone, {both:.1%} by both ({fewer:+.1%} fewer)",
            flush=True,
        )
    return 0


def within(
    comparers: dict[bool, WindowComparer], pairs: Iterable[Pair]
) -> tuple[float, float, float]:
    """Return the wrong shares of the band by the first network and by both, and its own share."""
    counts = np.zeros(4)
    for planes, second, _ in pairs:
        seen = [plane.astype(np.float32) / 255 for plane in planes]
        alone, both = (comparers[refine](*seen) > 0.5 for refine in (False, True))
        scores = comparers[False].initial.windows(np.stack(seen) - np.float32(0.5))[0]
        near = at_pixels(band(scores), second.shape)
        wrong = [(found != second)[near].sum() for found in (alone, both)]
        counts += [*wrong, near.sum(), near.size]
    return counts[0] / counts[2], counts[1] / counts[2], counts[2] / counts[3]


def at_pixels(near: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return where the band is at pixels: scores belong to the corners of 4 x 4 pixels."""
    wide, half = near.repeat(STRIDE, axis=0).repeat(STRIDE, axis=1), STRIDE // 2
    return np.asarray(wide[half : half + shape[0], half : half + shape[1]])


if __name__ == "__main__":
    raise SystemExit(main())
