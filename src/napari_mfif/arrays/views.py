"""Views of arrays: axes reordered, one channel selected, another type, several resolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_mfif.arrays.lazy_array import (
    BasicIndex,
    LazyArray,
    Pixels,
    as_slice,
    as_slices,
    basic_index,
    chunks_of,
    coarser_levels,
    read_like,
)

__all__ = ["AsType", "AxisSelection", "Multiscale", "Reordered", "WithoutAlpha", "multiscale"]


class Reordered(LazyArray):
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
        self.coarser = [Reordered(level, order, lengths) for level in coarser_levels(source)]
        if list(self._order) == sorted(self._order):
            read_like(source, self)
        if (chunks := chunks_of(source)) is not None:
            self.chunks = tuple(chunks[axis] for axis in self._order)

    def _read(self, index: BasicIndex) -> Any:
        native: list[int | slice] = [0] * len(self._source.shape)
        for axis, item in zip(self._order, index, strict=True):
            native[axis] = as_slice(item) if isinstance(item, range) else item
        block = np.asarray(self._source[tuple(native)])
        kept = [axis for axis in self._order if isinstance(native[axis], slice)]
        ranks = sorted(kept)
        return block.transpose([ranks.index(axis) for axis in kept])


class WithoutAlpha(Reordered):
    """Pixels without their last colour sample, which tells where there are any.

    Parameters
    ----------
    source : Pixels
        What is read; its last axis are samples.
    colour : int
        Samples besides alpha; one needs no axis.
    """

    def __init__(self, source: Pixels, colour: int) -> None:
        self.source, self.colour = source, colour
        last = len(source.shape) - 1
        super().__init__(source, range(last + (colour > 1)), {last: colour})
        self._last: tuple[Any, Any] | None = None

    def _read(self, index: BasicIndex) -> Any:
        rows_and_all = index[: len(self.source.shape) - 1]
        block = np.asarray(self.source[as_slices(rows_and_all)])
        self._last = rows_and_all, block[..., self.colour]  # whoever asks, asks for both
        kept = index[len(rows_and_all) :]
        return block[(..., *as_slices(kept))] if kept else block[..., 0]

    def transparent(self, index: Any) -> Any:
        """Tell where alpha is 0."""
        asked = basic_index(index, self.source.shape[:-1])
        assert asked is not None
        last = self._last
        if last is None or last[0] != asked:
            self._read(asked if self.colour == 1 else (*asked, range(self.colour)))
            last = self._last
        assert last is not None
        return last[1] == 0


class AxisSelection(LazyArray):
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
        self.coarser = [AxisSelection(level, axis, place) for level in coarser_levels(source)]
        read_like(source, self)
        if (chunks := chunks_of(source)) is not None:
            self.chunks = _without(chunks, axis)

    def _read(self, index: BasicIndex) -> Any:
        native = list(as_slices(index))
        native.insert(self._axis, self._place)
        return np.asarray(self._source[tuple(native)])


class AsType(LazyArray):
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
        read_like(source, self)
        self.chunks = chunks_of(source)

    def _read(self, index: BasicIndex) -> Any:
        return np.asarray(self._source[as_slices(index)]).astype(self.dtype, copy=False)


def _without(lengths: Sequence[Any], axis: int) -> tuple[Any, ...]:
    return (*lengths[:axis], *lengths[axis + 1 :])


class Multiscale(LazyArray):
    """Pixels with coarser copies of themselves, as files of large images hold them.

    Parameters
    ----------
    finest : Pixels
        What is read.
    coarser : sequence of Pixels
        The other resolution levels, as `LazyArray.coarser`.
    """

    def __init__(self, finest: Pixels, coarser: Sequence[Pixels]) -> None:
        self.finest, self.coarser = finest, tuple(coarser)
        self.shape = tuple(finest.shape)
        self.dtype = np.dtype(finest.dtype)
        read_like(finest, self)
        self.chunks = chunks_of(finest)

    def _read(self, index: BasicIndex) -> Any:
        return self.finest[as_slices(index)]


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
