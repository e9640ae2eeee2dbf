"""Large images in levels of resolution: napari then draws what is in view, no finer than it can."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.pyramid import coarser_stacks
from napari_mfif.plugin.layers.progressive import progressive_levels

__all__ = ["is_huge", "is_large", "level_arrays", "levels_of"]

#: Planes of so many pixels, or with a side longer than graphics cards take, are shown in levels.
LARGE, LONGEST = 16_000_000, 16_384
#: From so many pixels on only what is in view is fused, unless all of it is asked for.
HUGE = 100_000_000
#: From one level to the next, and the longest side that needs no coarser one.
STEP, SMALL = 4, 2048


def is_large(shape: tuple[int, ...]) -> bool:
    """Tell whether a plane is too large to be drawn at once."""
    return shape[0] * shape[1] > LARGE or max(shape) > LONGEST


def is_huge(shape: tuple[int, ...]) -> bool:
    """Tell whether a plane is too large to be fused before one sees it."""
    return shape[0] * shape[1] > HUGE or max(shape) > LONGEST


def levels_of(array: Any, *, colour: bool = False) -> Any:
    """Return an array, or of a large one a list of ever coarser views of it.

    Parameters
    ----------
    array : array
        Rows and columns are its last axes.
    colour : bool, optional
        Whether one more axis of colour samples follows.
    """
    shape = array.shape[-3:-1] if colour else array.shape[-2:]
    if not is_large(shape):
        return array
    tail = (slice(None),) if colour else ()
    return [
        # the middle pixel of each square, since a level is drawn from corner to corner
        array[(..., *(slice(factor // 2, None, factor),) * 2, *tail)]
        for factor in _factors(shape)
    ]


def level_arrays(stack: ZStack) -> Any:
    """Return the pixels of a stack for a layer: as they are, or in levels where it is large."""
    if not is_large(stack.plane_shape):
        return stack.pixels if isinstance(stack.pixels, np.ndarray) else stack.dask()
    levels = [one.pixels for one in (stack, *coarser_stacks(stack))]
    return progressive_levels(levels, colour=stack.n_samples > 1)


def _factors(shape: tuple[int, ...]) -> list[int]:
    factors = [1]
    while max(shape) / factors[-1] > SMALL:
        factors.append(STEP * factors[-1])
    return factors
