"""Arrays that are read when they are indexed: what they declare, and their indexing."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import dask.array

    from napari_mfif.arrays.stack import ZStack

__all__ = [
    "BasicIndex",
    "LazyArray",
    "Pixels",
    "as_dask",
    "as_slice",
    "as_slices",
    "basic_index",
    "chunks_of",
    "coarser_levels",
    "enclosing_box",
    "read_like",
]

#: An index written out: a number or a range for each axis.
BasicIndex = tuple[int | range, ...]


class Pixels(Protocol):
    """What a z-stack asks of an array: numpy, dask, zarr and every `LazyArray` have it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""

    def __getitem__(self, index: Any, /) -> Any: ...


class LazyArray(ABC):
    """An array of which only the part that is indexed is read.

    A subclass sets `shape` and `dtype`, implements `_read`, and sets what else it knows.
    """

    #: Lengths of the axes.
    shape: tuple[int, ...]
    #: Type of the pixels.
    dtype: np.dtype[Any]
    #: The same at lower resolution, ever coarser: equal axes, fewer rows and columns.
    coarser: Sequence[Pixels] = ()
    #: Rows and columns of a plane that cannot be read apart; None where it is not known.
    block_shape: tuple[int, int] | None = None
    #: Whether reading a part again costs next to nothing, as of uncompressed files.
    random_access: bool = False
    #: As dask and zarr arrays have them; None where there are none.
    chunks: Sequence[Any] | None = None
    #: The z-stack as the camera took it, where this array aligns its planes.
    unaligned: ZStack | None = None

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part. An index with more than numbers and slices reads the whole array first."""
        asked = basic_index(index, self.shape)
        return np.asarray(self)[index] if asked is None else self._read(asked)

    @abstractmethod
    def _read(self, index: BasicIndex) -> Any:
        """Return the pixels at an index; axes of numbers are dropped."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.asarray(self[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)


def chunks_of(pixels: Pixels) -> Sequence[Any] | None:
    """Return the chunks of a dask or zarr array, or of what shows one; None for other arrays."""
    return getattr(pixels, "chunks", None)


def coarser_levels(pixels: Pixels) -> Sequence[Pixels]:
    """Return the coarser resolution levels that come with an array."""
    return pixels.coarser if isinstance(pixels, LazyArray) else ()


def read_like(source: Pixels, array: LazyArray) -> None:
    """Let an array that reads from a source say the same about how its planes are read."""
    if isinstance(source, LazyArray):
        array.block_shape, array.random_access = source.block_shape, source.random_access


def as_dask(pixels: Pixels, axes: str) -> dask.array.Array:
    """Wrap pixels into a dask array with one chunk per plane."""
    import dask.array as da

    if isinstance(pixels, da.Array):
        return pixels
    chunks = tuple(1 if letter in "TCZ" else -1 for letter in axes)
    return da.from_array(pixels, chunks, asarray=True, fancy=False, name=False)


def basic_index(index: Any, shape: Sequence[int]) -> BasicIndex | None:
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


def as_slices(index: BasicIndex) -> tuple[int | slice, ...]:
    """Turn an index that is written out back into numbers and slices."""
    return tuple(as_slice(item) if isinstance(item, range) else item for item in index)


def enclosing_box(index: Sequence[int | range]) -> tuple[list[range], tuple[int | slice, ...]]:
    """Return the smallest box that holds an index, and the index within that box.

    Examples
    --------
    >>> enclosing_box((4, range(9, 1, -3)))
    ([range(4, 5), range(3, 10)], (0, slice(6, None, -3)))
    """
    spans = [one if isinstance(one, range) else range(one, one + 1) for one in index]
    box = [range(min(one), max(one) + 1) if one else range(0) for one in spans]
    inside = tuple(
        0 if isinstance(one, int) else as_slice(one, there.start) if one else slice(0)
        for one, there in zip(index, box, strict=True)
    )
    return box, inside
