"""Arrays of large layers: the window is shown at once what is there, the rest as it comes.

napari asks for what is in view in its own thread and waits for it. An array here answers within a
moment: with the tiles that are there, and coarser ones in the place of those that are not. Other
threads read or fuse these; then the layer is drawn again. Whoever else asks waits for the pixels.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.cache import SizedCache
from napari_mfif.arrays.chunked import block_shape_of
from napari_mfif.arrays.lazy_array import (
    BasicIndex,
    LazyArray,
    as_slice,
    basic_index,
    chunks_of,
    enclosing_box,
)
from napari_mfif.plugin.layers.tile_loader import Tile, tile_loader
from napari_mfif.plugin.napari_internals import is_drawing

__all__ = ["ProgressiveLevel", "progressive_levels"]

#: Seconds that the window waits for what is not there yet: most files give it in less.
PATIENCE = 0.06
#: Rows and columns of a tile have about this length, unless they come in pieces of at least LEAST.
SIDE, LEAST = 512, 128
#: Bytes of tiles that are kept.
_TILES = SizedCache(512 << 20)
_NUMBERS = itertools.count()


def progressive_levels(levels: Sequence[Any], *, colour: bool = False) -> list[ProgressiveLevel]:
    """Return arrays for the levels of one layer.

    Parameters
    ----------
    levels : sequence of array
        The same, ever coarser; rows and columns are the last axes.
    colour : bool, optional
        Whether one more axis of colour samples follows.
    """
    family, coarser = next(_NUMBERS), None
    made = []
    for array in reversed(levels):
        coarser = ProgressiveLevel(array, family, coarser, colour=colour)
        made.append(coarser)
    return made[::-1]


class ProgressiveLevel(LazyArray):
    """One level of a large layer.

    Parameters
    ----------
    exact : array
        What is read tile by tile: a dask array, or pixels that are read when they are indexed.
    family : int
        The same number for all levels of a layer.
    coarser : ProgressiveLevel, optional
        The next level, which stands in for what is not there.
    colour : bool, optional
        Whether an axis of colour samples follows rows and columns.
    """

    def __init__(
        self,
        exact: Any,
        family: int,
        coarser: ProgressiveLevel | None = None,
        *,
        colour: bool = False,
    ) -> None:
        self.exact, self.family = exact, family
        self.coarser: Sequence[ProgressiveLevel] = [] if coarser is None else [coarser]
        self.shape = tuple(map(int, exact.shape))
        self.dtype = np.dtype(exact.dtype)
        self.size = int(np.prod(self.shape))
        self._leading = self.ndim - 2 - colour
        self._bounds = _bounds(exact, self._leading)
        self.number = next(_NUMBERS)
        self._whole: NDArray[Any] | None = None

    def __deepcopy__(self, memo: Any) -> ProgressiveLevel:
        """Stay the same when a layer is duplicated."""
        return self

    def __getitem__(self, index: Any, /) -> Any:
        """Return pixels; or, to napari when it draws, a view that it will turn into an array."""
        asked = basic_index(index, self.shape) if is_drawing(caller=2) else None
        return np.asarray(self.exact[index]) if asked is None else _View(self, asked)

    def _read(self, index: BasicIndex) -> Any:
        return self.shown(index)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self._shown_whole() if is_drawing(caller=2) else np.asarray(self.exact[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def shown(self, index: BasicIndex) -> NDArray[Any]:
        """Return a part as far as it is there; ask for the rest."""
        box, inside = enclosing_box(index)
        block = np.zeros([len(one) for one in box], self.dtype)
        if block.size:
            self._request_missing(box)
            self._fill(block, box)
        return block[inside]

    def make(self, tile: Tile) -> None:
        """Read or fuse a tile; called in another thread."""
        place, row, column = tile
        spans = [
            slice(int(bounds[at]), int(bounds[at + 1]))
            for bounds, at in zip(self._bounds, (row, column), strict=True)
        ]
        made = _TILES.get(
            (self.number, tile),
            lambda: np.asarray(self.exact[(*place, *spans)]),
            lambda array: array.nbytes,
        )
        if self._whole is not None:
            where: tuple[Any, ...] = (*place, *spans)
            self._whole[where] = made

    def _shown_whole(self) -> NDArray[Any]:
        """Return all of it: napari keeps the array, so what comes later is put into this one."""
        everything = [range(n) for n in self.shape]
        if self._whole is None:
            self._whole = np.zeros(self.shape, self.dtype)
            self._request_missing(everything)
            self._fill(self._whole, everything)
        return self._whole

    def _request_missing(self, box: Sequence[range]) -> None:
        """Ask for the tiles that are not there, the middle first, and wait a moment."""
        rows, columns = box[self._leading : self._leading + 2]
        missing = [one for one in self._tiles(box) if _TILES.peek((self.number, one)) is None]
        if missing:
            tile_loader().want(
                self, sorted(missing, key=lambda one: self._distance(one, rows, columns))
            )
            tile_loader().wait(self, PATIENCE)

    def _tiles(self, box: Sequence[range]) -> Iterator[Tile]:
        down, across = map(_crossed, self._bounds, box[self._leading : self._leading + 2])
        for place in itertools.product(*box[: self._leading]):
            yield from ((place, row, column) for row in down for column in across)

    def _fill(self, block: NDArray[Any], box: Sequence[range]) -> None:
        """Lay the tiles that are there into a block, coarser ones in the place of others."""
        inner = box[self._leading : self._leading + 2]
        for tile in self._tiles(box):
            place, *numbers = tile
            corner = [int(bounds[n]) for bounds, n in zip(self._bounds, numbers, strict=True)]
            spans = [
                range(max(span.start, low), min(span.stop, int(bounds[n + 1])))
                for span, low, bounds, n in zip(inner, corner, self._bounds, numbers, strict=True)
            ]
            at = (z - span.start for z, span in zip(place, box, strict=False))
            into: Any = (*at, *(as_slice(a, b.start) for a, b in zip(spans, inner, strict=True)))
            there = _TILES.peek((self.number, tile))
            if there is None:
                block[into] = self._stand_in(place, spans)
            else:
                block[into] = there[tuple(map(as_slice, spans, corner))]

    def _stand_in(self, place: tuple[int, ...], spans: Sequence[range]) -> NDArray[Any] | int:
        """Return what coarser levels show there."""
        if not self.coarser:
            return 0
        (coarser,) = self.coarser
        down, across = (
            ((np.arange(span.start, span.stop) + 0.5) * there / here).astype(np.intp)
            for span, here, there in zip(
                spans, self.shape[self._leading :], coarser.shape[self._leading :], strict=False
            )
        )
        box = [range(one[0], one[-1] + 1) for one in (down, across)]
        tail = [range(n) for n in self.shape[self._leading + 2 :]]
        part = np.zeros([*map(len, box), *map(len, tail)], self.dtype)
        coarser._fill(
            part.reshape((1,) * self._leading + part.shape),
            [*(range(one, one + 1) for one in place), *box, *tail],
        )
        shown: NDArray[Any] = part[np.ix_(down - down[0], across - across[0])]
        return shown

    def _distance(self, tile: Tile, rows: range, columns: range) -> float:
        _, row, column = tile
        ends = zip(self._bounds, (row, column), (rows, columns), strict=True)
        return sum(
            float((bounds[n] + bounds[n + 1] - span.start - span.stop) ** 2)
            for bounds, n, span in ends
        )


class _View(LazyArray):
    """A part of a level that napari is about to draw."""

    def __init__(self, level: ProgressiveLevel, asked: BasicIndex) -> None:
        self._level, self._asked = level, asked
        self.shape = tuple(len(one) for one in asked if isinstance(one, range))
        self.dtype = level.dtype

    def _read(self, index: BasicIndex) -> _View:
        items = iter(index)
        parts: list[int | range] = []
        for one in self._asked:
            if isinstance(one, int):
                parts.append(one)
            else:
                item = next(items)
                parts.append(one[item] if isinstance(item, int) else one[as_slice(item)])
        return _View(self._level, tuple(parts))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        shown = self._level.shown(self._asked)
        return shown if dtype is None else shown.astype(dtype, copy=False)


def _bounds(exact: Any, leading: int) -> list[NDArray[np.intp]]:
    """Return where tiles begin and end along rows and along columns."""
    chunks = chunks_of(exact)
    if chunks is not None and isinstance(chunks[leading], tuple):
        return [np.concatenate([[0], np.cumsum(one)]) for one in chunks[leading : leading + 2]]
    letters = "T" * leading + "YX"
    sides = (
        side if side >= LEAST else max(1, round(SIDE / side)) * side
        for side in block_shape_of(exact, letters)
    )
    return [
        np.append(np.arange(0, length, side), length)
        for length, side in zip(exact.shape[leading : leading + 2], sides, strict=True)
    ]


def _crossed(bounds: NDArray[np.intp], span: range) -> range:
    """Return the numbers of the tiles that a span touches."""
    first = int(np.searchsorted(bounds, span.start, "right")) - 1
    return range(first, int(np.searchsorted(bounds, span.stop, "left")))
