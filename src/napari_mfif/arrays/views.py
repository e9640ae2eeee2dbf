"""Arrays that are read when they are indexed: what they have in common."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "AsType",
    "AxisSelection",
    "Multiscale",
    "Pixels",
    "Reordered",
    "as_slice",
    "basic_index",
    "multiscale",
]


class Pixels(Protocol):
    """What a z-stack asks of an array: numpy, dask, zarr and our lazy files all have it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""

    def __getitem__(self, index: Any, /) -> Any: ...


def basic_index(index: Any, shape: Sequence[int]) -> tuple[int | range, ...] | None:
    """Write an index out: one number or range per axis, all within the shape.

    Parameters
    ----------
    index : object
        What stands in the square brackets.
    shape : sequence of int
        Shape of the indexed array.

    Returns
    -------
    tuple of int or range, or None
        None when the index has more than numbers, slices and one ellipsis.

    Raises
    ------
    IndexError
        A number lies outside, or there are too many.
    """
    items = list(index) if isinstance(index, tuple) else [index]
    if sum(item is Ellipsis for item in items) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if not any(item is Ellipsis for item in items):
        items.append(Ellipsis)
    gap = next(place for place, item in enumerate(items) if item is Ellipsis)
    missing = len(shape) - len(items) + 1
    if missing < 0:
        raise IndexError(f"{len(items) - 1} indices are too many for {len(shape)} axes")
    items[gap : gap + 1] = [slice(None)] * missing
    full: list[int | range] = []
    for item, length in zip(items, shape, strict=True):
        if isinstance(item, slice):
            full.append(range(length)[item])
        elif isinstance(item, (int, np.integer)) and not isinstance(item, bool):
            full.append(range(length)[operator.index(item)])
        else:
            return None
    return tuple(full)


def as_slice(places: range, origin: int = 0) -> slice:
    """Turn a range back into a slice of an array that begins at `origin`."""
    stop = places.stop - origin
    return slice(places.start - origin, stop if stop >= 0 else None, places.step)


class Reordered:
    """Pixels seen with their axes in another order, and with only the first colour samples.

    Parameters
    ----------
    source : Pixels
        What is read.
    order : sequence of int
        For each axis shown, its axis in `source`; an axis left out shows its first entry.
    lengths : mapping, optional
        Axis of `source` to the number of its entries that are shown.
    """

    def __init__(
        self, source: Pixels, order: Sequence[int], lengths: dict[int, int] | None = None
    ) -> None:
        self._source = source
        self._order = tuple(order)
        known = dict(enumerate(source.shape)) | (lengths or {})
        self.shape = tuple(known[axis] for axis in self._order)
        self.dtype = np.dtype(source.dtype)
        self.ndim = len(self.shape)
        self.coarser = tuple(
            Reordered(level, order, lengths) for level in getattr(source, "coarser", ())
        )
        if list(self._order) == sorted(self._order):
            _copy_attributes(source, self, ("block_shape", "random_access"))
        if (chunks := getattr(source, "chunks", None)) is not None:
            self.chunks = tuple(chunks[axis] for axis in self._order)

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part: numbers and slices are handed on, anything else reads it all first."""
        asked = basic_index(index, self.shape)
        if asked is None:
            return np.asarray(self)[index]
        native: list[int | slice] = [0] * len(self._source.shape)
        for axis, item in zip(self._order, asked, strict=True):
            native[axis] = as_slice(item) if isinstance(item, range) else item
        block = np.asarray(self._source[tuple(native)])
        kept = [axis for axis in self._order if isinstance(native[axis], slice)]
        ranks = sorted(kept)
        return block.transpose([ranks.index(axis) for axis in kept])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.asarray(self[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)


class AxisSelection:
    """Pixels at one place of an axis, as one channel of several.

    Parameters
    ----------
    source : Pixels
        What is read; its rows and columns are other axes.
    axis : int
        The axis.
    place : int
        The place.
    """

    def __init__(self, source: Pixels, axis: int, place: int) -> None:
        self._source, self._axis, self._place = source, axis, place
        self.shape = _without(source.shape, axis)
        self.dtype = np.dtype(source.dtype)
        self.ndim = len(self.shape)
        self.coarser = tuple(
            AxisSelection(level, axis, place) for level in getattr(source, "coarser", ())
        )
        _copy_attributes(source, self, ("block_shape", "random_access"))
        if (chunks := getattr(source, "chunks", None)) is not None:
            self.chunks = _without(chunks, axis)

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part: numbers and slices are handed on, anything else reads it all first."""
        asked = basic_index(index, self.shape)
        if asked is None:
            return np.asarray(self)[index]
        native = [as_slice(item) if isinstance(item, range) else item for item in asked]
        native.insert(self._axis, self._place)
        return np.asarray(self._source[tuple(native)])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.asarray(self[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)


class AsType:
    """Pixels in another type, turned as they are read.

    Parameters
    ----------
    source : Pixels
        What is read.
    dtype : numpy.dtype
        The type.
    """

    def __init__(self, source: Pixels, dtype: np.dtype[Any]) -> None:
        self._source, self.dtype = source, dtype
        self.shape = tuple(source.shape)
        self.ndim = len(self.shape)
        _copy_attributes(source, self, ("block_shape", "random_access", "chunks"))

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part."""
        return np.asarray(self._source[index]).astype(self.dtype, copy=False)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self._source).astype(dtype or self.dtype, copy=False)


def _without(lengths: Sequence[Any], axis: int) -> tuple[Any, ...]:
    return (*lengths[:axis], *lengths[axis + 1 :])


class Multiscale:
    """Pixels with coarser copies of themselves, as files of large images hold them.

    Parameters
    ----------
    finest : Pixels
        What is read; it may tell `block_shape`, `chunks` and whether it is `random_access`.
    coarser : sequence of Pixels
        The copies, ever coarser: the same axes, fewer rows and columns.
    """

    def __init__(self, finest: Pixels, coarser: Sequence[Pixels]) -> None:
        self.finest, self.coarser = finest, tuple(coarser)
        self.shape = tuple(finest.shape)
        self.dtype = np.dtype(finest.dtype)
        self.ndim = len(self.shape)
        _copy_attributes(finest, self, ("block_shape", "random_access", "chunks"))

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part of the finest."""
        return self.finest[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.asarray(self.finest[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)


def multiscale(finest: Pixels, axes: str, levels: Sequence[Pixels]) -> Pixels:
    """Return pixels with those of the copies that show the same in fewer rows and columns.

    Parameters
    ----------
    finest : Pixels
        The pixels.
    axes : str
        A letter per axis.
    levels : sequence of Pixels
        What a file says are coarser copies; those of another type, with other planes, or cut
        otherwise are left out.
    """
    kept: list[Pixels] = []
    for level in sorted(levels, key=lambda one: -max(one.shape)):
        last = kept[-1] if kept else finest
        if level.dtype == finest.dtype and _is_coarser(level, last, finest, axes):
            kept.append(level)
    return Multiscale(finest, kept) if kept else finest


def _is_coarser(level: Pixels, last: Pixels, finest: Pixels, axes: str) -> bool:
    if len(level.shape) != len(axes):
        return False
    pairs = list(zip(axes, finest.shape, level.shape, strict=True))
    if any(fine != coarse for letter, fine, coarse in pairs if letter not in "YX"):
        return False
    rows, columns = ((fine, coarse) for letter, fine, coarse in pairs if letter in "YX")
    long, short = sorted((rows, columns), reverse=True)
    # lengths that do not divide are rounded one way or the other
    alike = abs(long[1] * short[0] / long[0] - short[1]) <= 1.5
    return alike and max(level.shape[axes.index(a)] for a in "YX") < max(
        last.shape[axes.index(a)] for a in "YX"
    )


def _copy_attributes(source: Pixels, to: Any, names: Sequence[str]) -> None:
    for name in names:
        if hasattr(source, name):
            setattr(to, name, getattr(source, name))
