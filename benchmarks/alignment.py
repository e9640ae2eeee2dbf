"""How well drift is undone: residual in pixels, and dB lost against planes that stand still.

Also what is lost where planes are moved by their true places: that is due to moving them.

``python -m benchmarks.alignment [--seeds 3] [--photons low] [--method adaptive]``
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_mfif import Fusion, fuse
from napari_mfif.alignment import Transforms
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import KINDS, Simulation, simulate

__all__ = ["Row", "main", "measure", "residual"]

#: Seeds from here on were never used for tuning.
FIRST_SEED = 100

#: The drift over the whole stack: pixels, magnification (1 %) and degrees.
DRIFT = {"drift": 6.0, "magnification_drift": 0.01, "rotation": 0.2}

#: Pixels of the common area that are left out of the PSNR on each side.
BORDER = 6


class Row(NamedTuple):
    """One stack: residuals in pixels, PSNR in dB over the common area; `placed` by true places."""

    kind: str
    seed: int
    before: float
    after: float
    still: float
    unaligned: float
    placed: float
    aligned: float


def residual(matrices: NDArray[np.float64], made: Simulation) -> float:
    """Return the root mean square distance of all pixels of all planes from their true places."""
    rows, columns = made.stack.plane_shape
    y, x = np.mgrid[:rows:8, :columns:8]
    places = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    return float(np.sqrt((((matrices - made.transforms) @ places) ** 2).sum(1).mean()))


def measure(kind: str, seed: int, *, photons: str, method: str, model: str) -> Row:
    """Fuse a stack that stands still, the same one drifting, and that aligned."""
    size = {"seed": seed, "shape": (256, 256), "planes": 20, "photons": photons}
    still, moved = simulate(kind, **size), simulate(kind, **size, **DRIFT)
    aligned = fuse(moved.stack, method=method, align=model)
    true = [Transforms(moved.transforms, reference=10)]
    rows, columns = aligned.common_area
    area = (
        slice(rows.start + BORDER, rows.stop - BORDER),
        slice(columns.start + BORDER, columns.stop - BORDER),
    )

    def score(fusion: Fusion) -> float:
        return psnr(fusion.image[area], still.image[area])

    return Row(
        kind,
        seed,
        residual(np.tile(np.eye(2, 3), (20, 1, 1)), moved),
        residual(aligned.transforms[0].matrices, moved),
        score(fuse(still.stack, method=method)),
        score(fuse(moved.stack, method=method)),
        score(fuse(moved.stack, method=method, align=true)),
        score(aligned),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--photons", default="low")
    parser.add_argument("--method", default="adaptive")
    parser.add_argument("--model", default="similarity")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    given = parser.parse_args()
    print(
        "| kind | px before | px after | worst | still dB | unaligned | lost, true places | lost |"
    )
    print("|---|---|---|---|---|---|---|---|")
    everything: list[Row] = []
    for kind in given.kinds:
        some = [
            measure(kind, seed, photons=given.photons, method=given.method, model=given.model)
            for seed in range(given.first_seed, given.first_seed + given.seeds)
        ]
        print(_line(kind, some), flush=True)
        everything += some
    print(_line("all", everything))


def _line(name: str, rows: list[Row]) -> str:
    mean = np.mean([row[2:] for row in rows], axis=0)
    before, after, still, unaligned, placed, aligned = mean
    worst = max(row.after for row in rows)
    pixels = f"{before:.2f} | {after:.3f} | {worst:.3f}"
    fused = f"{still:.2f} | {unaligned:.2f} | {still - placed:.2f} | {still - aligned:.2f}"
    return f"| {name} | {pixels} | {fused} |"


if __name__ == "__main__":
    main()
