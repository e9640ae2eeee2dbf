"""Arrays that are read when they are indexed: what they have in common."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pixels", "Reordered", "as_slice", "basic_index"]


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
