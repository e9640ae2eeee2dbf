"""Large images in levels of resolution: napari then draws what is in view, no finer than it can."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.fusion import Fusion, fuse
from napari_mfif.pixels import Pixels, basic_index
from napari_mfif.stack import ZStack, as_dask

__all__ = ["Strided", "is_huge", "is_large", "levels_of", "overviews", "stack_levels"]

#: Planes of so many pixels, or with a side longer than graphics cards take, are shown in levels.
LARGE, LONGEST = 16_000_000, 16_384
#: From so many pixels on only what is in view is fused, unless all of it is asked for.
HUGE = 100_000_000
#: From one level to the next, and the longest side that needs no coarser one.
STEP, SMALL = 4, 2048
#: The planes of the coarsest level are kept where they take no more than this.
KEPT_BYTES = 512 << 20


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
    return [array[(..., *(slice(None, None, f),) * 2, *tail)] for f in _factors(shape)]


def stack_levels(stack: ZStack) -> list[ZStack]:
    """Return a stack with large planes, and the same ever coarser."""
    return [stack, *(_coarser(stack, factor) for factor in _factors(stack.plane_shape)[1:])]


def overviews(fusion: Fusion) -> list[Fusion]:
    """Return a lazy fusion of a large stack, and those of the same stack ever coarser.

    What is coarse is fused from planes of which only every fourth, sixteenth ... pixel is read.
    """
    recipe = replace(fusion.recipe, align="none", crop=False)  # its stack is aligned already
    coarser = stack_levels(fusion.stack)[1:]
    return [fusion, *(fuse(stack, recipe=recipe, lazy=True) for stack in coarser)]


class Strided:
    """Pixels of which only every so manieth row and column is read.

    Small planes are kept once they have been read, since reading them means going through all of
    a large one.

    Parameters
    ----------
    source : Pixels
        What is read.
    axes : str
        Its axes.
    factor : int
        From one row, or column, to the next.
    """

    def __init__(self, source: Pixels, axes: str, factor: int) -> None:
        self._source, self._factor = source, factor
        self._thinned = tuple(letter in "YX" for letter in axes)
        self.shape = tuple(
            -(-length // factor) if thin else length
            for thin, length in zip(self._thinned, source.shape, strict=True)
        )
        self.dtype = np.dtype(source.dtype)
        self.ndim = len(self.shape)
        sides = [n for n, thin in zip(self.shape, self._thinned, strict=True) if thin]
        small = max(sides) <= SMALL and np.prod(self.shape) * self.dtype.itemsize <= KEPT_BYTES
        self._leading = min(n for n, thin in enumerate(self._thinned) if thin)
        self._kept: dict[tuple[Any, ...], NDArray[Any]] | None = {} if small else None
        self._lock = threading.Lock()

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part: numbers and slices are handed on, anything else reads it all first."""
        asked = basic_index(index, self.shape)
        if asked is None:
            return np.asarray(self)[index]
        if self._kept is None:
            return self._read(asked)
        leading, inner = asked[: self._leading], tuple(map(_whole, asked[self._leading :]))
        spans = [item if isinstance(item, range) else (item,) for item in leading]
        planes = [self._plane(place)[inner] for place in product(*spans)]
        lengths = _lengths(leading)
        shape = planes[0].shape if planes else _lengths(asked[self._leading :])
        return np.array(planes, self.dtype).reshape(*lengths, *shape)

    def _plane(self, leading: tuple[int, ...]) -> NDArray[Any]:
        assert self._kept is not None
        with self._lock:
            if leading not in self._kept:
                whole = map(range, self.shape[self._leading :])
                self._kept[leading] = self._read((*leading, *whole))
            return self._kept[leading]

    def _read(self, asked: tuple[int | range, ...]) -> NDArray[Any]:
        wanted = tuple(
            self._farther(item) if thin else _whole(item)
            for item, thin in zip(asked, self._thinned, strict=True)
        )
        return np.asarray(self._source[wanted])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.asarray(self[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def _farther(self, item: int | range) -> int | slice:
        if isinstance(item, int):
            return self._factor * item
        if len(item) == 0:
            return slice(0, 0)
        places = sorted((item[0], item[-1]))
        step = self._factor * abs(item.step)
        if item.step < 0:
            raise IndexError("a coarse view cannot be read backwards")
        return slice(self._factor * places[0], self._factor * places[1] + 1, step)


def _whole(item: int | range) -> int | slice:
    return item if isinstance(item, int) else slice(item.start, max(0, item.stop), item.step)


def _lengths(items: tuple[int | range, ...]) -> tuple[int, ...]:
    return tuple(len(item) for item in items if isinstance(item, range))


def _factors(shape: tuple[int, ...]) -> list[int]:
    factors = [1]
    while max(shape) / factors[-1] > SMALL:
        factors.append(STEP * factors[-1])
    return factors


def _coarser(stack: ZStack, factor: int) -> ZStack:
    size = stack.pixel_size
    return replace(
        stack,
        pixels=Strided(stack.pixels, stack.axes, factor),
        pixel_size=None if size is None else (factor * size[0], factor * size[1]),
        source=None,
    )


def level_arrays(stack: ZStack) -> Any:
    """Return the pixels of a stack for a layer: as they are, or in levels where it is large."""
    if not is_large(stack.plane_shape):
        return stack.pixels if isinstance(stack.pixels, np.ndarray) else stack.dask()
    return [
        one.pixels if isinstance(one.pixels, np.ndarray) else as_dask(one.pixels, one.axes)
        for one in stack_levels(stack)
    ]
