"""How well drift is undone: residual in pixels, and what is lost against planes that stand still.

What is lost is told apart, in dB, by fusing once more with other places of the planes:

- *moving*: by the true places, so by moving planes alone;
- *places*: more of it where planes lie wrong among each other;
- *frame*: more of it where all of them lie wrong together, as the plane they are brought to does;
- *brightness*: of the same planes that stand still and change in brightness only.

``python -m benchmarks.alignment [--seeds 3] [--photons low] [--method adaptive]``
"""

from __future__ import annotations

import argparse
from dataclasses import astuple, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif import Fusion, fuse
from napari_mfif.alignment import Transforms
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import KINDS, Simulation, simulate

__all__ = ["Row", "best_frame", "in_focus", "main", "measure", "residual"]

#: Seeds from here on were never used for tuning.
FIRST_SEED = 100

#: Pixels of the common area that are left out of the PSNR on each side.
BORDER = 6

Matrices = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One stack: how far planes lie off, in pixels, PSNR of what stands still, and dB lost."""

    before: float
    #: Over all pixels of all planes, and over each pixel in the plane in which it is sharp.
    after: float
    sharp: float
    still: float
    unaligned: float
    moving: float
    places: float
    frame: float
    brightness: float
    lost: float


def residual(matrices: Matrices, made: Simulation) -> float:
    """Return the root mean square distance of all pixels of all planes from their true places."""
    rows, columns = made.stack.plane_shape
    y, x = np.mgrid[:rows:8, :columns:8]
    places = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    return float(np.sqrt((((matrices - made.transforms) @ places) ** 2).sum(1).mean()))


def in_focus(made: Simulation) -> tuple[NDArray[np.intp], Matrices]:
    """Return planes, and places (N, 3) that are sharp in them."""
    rows, columns = (part[::4, ::4] for part in np.indices(made.depth.shape))
    depth = np.rint(made.depth[rows, columns]).ravel()
    planes = np.clip(depth, 0, made.stack.n_planes - 1).astype(np.intp)
    return planes, np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)], axis=1)


def _sharp_residual(matrices: Matrices, made: Simulation) -> float:
    planes, places = in_focus(made)
    off = np.einsum("nij,nj->ni", (matrices - made.transforms)[planes], places)
    return float(np.sqrt((off**2).sum(1).mean()))


def best_frame(matrices: Matrices, made: Simulation) -> Matrices:
    """Move all planes alike, by a similarity, so that what is sharp lies as true as it can."""
    planes, places = in_focus(made)
    true = np.einsum("nij,nj->ni", made.transforms[planes], places)
    x, y, one = places.T
    none = np.zeros_like(x)
    wanted = np.stack([np.stack([x, -y, one, none], 1), np.stack([y, x, none, one], 1)], axis=1)
    linear, shift = matrices[planes, :, :2], matrices[planes, :, 2]
    a, b, right, down = np.linalg.lstsq(
        (linear @ wanted).reshape(-1, 4), (true - shift).ravel(), rcond=None
    )[0]
    frame = np.array([[a, -b, right], [b, a, down], [0, 0, 1]])
    square = np.concatenate([matrices, np.tile([[[0.0, 0, 1]]], (len(matrices), 1, 1))], axis=1)
    return np.asarray((square @ frame)[:, :2])


def measure(kind: str, seed: int, motion: dict[str, float], given: argparse.Namespace) -> Row:
    """Fuse a stack that stands still, the same one drifting, and that aligned."""
    size: dict[str, Any] = {"shape": (given.side,) * 2, "planes": 20, "photons": given.photons}
    size["seed"] = seed
    bright = motion["brightness_drift"]
    still, moved = simulate(kind, **size), simulate(kind, **size, **motion)
    method = {"method": given.method}
    aligned = fuse(moved.stack, align=given.model, **method)
    found = aligned.transforms[0].matrices
    rows, columns = aligned.common_area
    area = (
        slice(rows.start + BORDER, rows.stop - BORDER),
        slice(columns.start + BORDER, columns.stop - BORDER),
    )

    def score(fusion: Fusion) -> float:
        return psnr(fusion.image[area], still.image[area])

    def placed(matrices: Matrices) -> float:
        return score(fuse(moved.stack, align=[Transforms(matrices, reference=10)], **method))

    swinging = simulate(kind, **size, brightness_drift=bright) if bright else still
    quiet, steady = (score(fuse(made.stack, **method)) for made in (still, swinging))
    true, framed = placed(moved.transforms), placed(best_frame(found, moved))
    return Row(
        before=residual(np.tile(np.eye(2, 3), (20, 1, 1)), moved),
        after=residual(found, moved),
        sharp=_sharp_residual(best_frame(found, moved), moved),
        still=quiet,
        unaligned=score(fuse(moved.stack, **method)),
        moving=steady - true,
        places=true - framed,
        frame=framed - score(aligned),
        brightness=quiet - steady,
        lost=quiet - score(aligned),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--photons", default="low")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--method", default="adaptive")
    parser.add_argument("--model", default="similarity")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    drift = parser.add_argument_group("drift over the whole stack")
    drift.add_argument("--drift", type=float, default=6.0, help="pixels")
    drift.add_argument("--magnification-drift", type=float, default=0.01, help="a share")
    drift.add_argument("--rotation", type=float, default=0.2, help="degrees")
    drift.add_argument("--brightness-drift", type=float, default=0.0, help="a share")
    given = parser.parse_args()
    names = ("drift", "magnification_drift", "rotation", "brightness_drift")
    motion = {name: getattr(given, name) for name in names}
    columns = [one.name for one in fields(Row)]
    print(f"| kind | {' | '.join(columns)} | worst after |")
    print("|---" * (len(columns) + 2) + "|")
    everything: list[Row] = []
    for kind in given.kinds:
        seeds = range(given.first_seed, given.first_seed + given.seeds)
        some = [measure(kind, seed, motion, given) for seed in seeds]
        print(_line(kind, some), flush=True)
        everything += some
    print(_line("all", everything))


def _line(name: str, rows: list[Row]) -> str:
    mean = np.mean([astuple(row) for row in rows], axis=0)
    worst = max(row.after for row in rows)
    pixels = [f"{value:.3f}" for value in mean[:3]]
    cells = [name, *pixels, *(f"{value:.2f}" for value in mean[3:]), f"{worst:.3f}"]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
