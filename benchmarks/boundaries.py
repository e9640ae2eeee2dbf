"""``python -m benchmarks.boundaries --data PHOTOS``: wrong decisions near the outlines of objects.

Pairs with occlusion whose truth is known, fused by each method with its own defaults.
*photographs*: drawn objects of held-back sharp pictures (those that ``napari-mfif train`` holds
back with the seed 0), defocused before a background that goes on behind them. *optics*: two planes
of simulated scenes with hairs, plates and bodies, from another simulator. Printed are the share of
wrong decisions within 8 pixels of an outline, the share of right ones everywhere, and the PSNR.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif import fuse, methods
from napari_mfif.metrics.truth import psnr, wrong_near_boundaries
from napari_mfif.simulation import simulate
from napari_mfif.training.data import read_pictures
from napari_mfif.training.scenes import object_pair

#: Scenes of the simulator with sharp outlines, and their seeds: none that another table uses.
KINDS = ("occlusion", "steps", "halo")
SEEDS = range(300, 308)
#: Drawn pairs of photographs.
PAIRS = 40
SIZE = 256

Pair = tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.float32]]


def photographs(folder: Path, count: int = PAIRS) -> Iterator[Pair]:
    """Yield pairs of photographs, (2, Y, X): where the second is in focus; the truth."""
    pictures = read_pictures(folder, seed=0).held_back
    rng = np.random.default_rng(4711)
    for _ in range(count):
        pair = object_pair(rng, pictures, SIZE)
        planes = np.rint(np.stack([pair.first, pair.second])).clip(0, 255).astype(np.uint8)
        yield planes, pair.focus < 0.5, pair.image


def optics() -> Iterator[Pair]:
    """Yield two planes of simulated scenes, a few pixels of blur apart."""
    for kind in KINDS:
        for seed in SEEDS:
            made = simulate(kind, seed=seed, planes=2, slope=4.0, photons="low", dtype="uint8")
            planes = np.asarray(made.stack.pixels)
            yield planes, made.depth > 0.5, made.image


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of sharp pictures")
    parser.add_argument("--methods", default="", help="some of them only, split by commas")
    given = parser.parse_args(arguments)
    sets = {"photographs": list(photographs(given.data)), "optics": list(optics())}
    print(f"{'':18}" + "".join(f"{name + ' wrong':>20}{'right':>8}{'dB':>7}" for name in sets))
    for name in given.methods.split(",") if given.methods else methods.names():
        began, row = time.process_time(), ""
        for pairs in sets.values():
            judged = np.array([judge(*pair, method=name) for pair in pairs])
            wrong, right, decibels = np.nanmean(judged, axis=0)
            row += f"{wrong:20.4f}{right:8.4f}{decibels:7.2f}"
        print(f"{name:18}{row}   {time.process_time() - began:.0f} s", flush=True)
    return 0


def judge(
    planes: NDArray[np.uint8],
    second: NDArray[np.bool_],
    truth: NDArray[np.float32],
    **how: Any,
) -> tuple[float, float, float]:
    """Return the wrong share near outlines, the right share everywhere, and the PSNR."""
    fusion = fuse(planes, **how)
    taken = fusion.decision > 0
    return (
        wrong_near_boundaries(taken, second),
        float((taken == second).mean()),
        psnr(fusion.image, truth),
    )


if __name__ == "__main__":
    sys.exit(main())
