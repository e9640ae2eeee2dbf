"""Z-stacks of any size on disk, made of one simulated stack that is mirrored over and over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_mfif.simulation import simulate

__all__ = ["SEED", "mirrored", "seed_stack", "there_and_back", "write_stack"]

SEED = 100
_SIDE, _PLANES = 1024, 20


def seed_stack() -> NDArray[np.uint16]:
    """Return the stack that all others are made of: 20 planes of 1024 x 1024."""
    simulation = simulate("relief", seed=SEED, shape=(_SIDE, _SIDE), planes=_PLANES, photons="low")
    return np.asarray(simulation.stack.pixels)


def there_and_back(count: int, planes: int) -> NDArray[np.intp]:
    """Return which of `count` planes stand in a longer stack: 0 1 2 ... 2 1 0 0 1 ..."""
    index = np.arange(planes) % (2 * count)
    return np.where(index < count, index, 2 * count - 1 - index)


def mirrored(plane: NDArray[Any], side: int) -> NDArray[Any]:
    """Return a plane cut to a side, or mirrored until it has it."""
    return plane[np.ix_(*(there_and_back(length, side) for length in plane.shape))]


def write_stack(path: Path, seed: NDArray[Any], planes: int, side: int) -> None:
    """Write an uncompressed BigTIFF or TIFF, one plane after the other."""
    shape = (planes, side, side)
    big = 2 * planes * side * side > 2**32 - 2**25
    file = tifffile.memmap(
        path,
        shape=shape,
        dtype=seed.dtype,
        bigtiff=big,
        metadata=None,
        photometric="minisblack",
    )
    made: dict[int, NDArray[Any]] = {}
    for z, index in enumerate(there_and_back(len(seed), planes)):
        if index not in made:
            made[index] = mirrored(seed[index], side)
        file[z] = made[index]
        if 2 * side * side * len(made) > 2**28:  # do not hold more than a few of them
            made.clear()
    file.flush()
