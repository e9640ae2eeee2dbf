"""Downsampled z-stacks: each pixel is the mean of a block of step x step pixels."""

from __future__ import annotations

import itertools
import threading
import weakref
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.cache import SizedCache
from napari_mfif.arrays.chunked import block_shape_of
from napari_mfif.arrays.lazy_array import BasicIndex, LazyArray, Pixels, enclosing_box

__all__ = ["Downsampled"]

#: Pixels that are read at a time.
BAND = 1 << 24
#: Rows of each square that are looked at where rows can be read apart: reading goes with them.
TAPS = 2
#: Rows and columns that are made together, where the source does not give more at a time.
TILE = 128
#: Bytes of the cache of tiles: a window and a fold read the same ones.
_KEPT = SizedCache(256 << 20)
_NUMBERS = itertools.count()
_KNOWN: weakref.WeakValueDictionary[tuple[int, str, int], Downsampled] = (
    weakref.WeakValueDictionary()
)
_LOCK = threading.Lock()


class Downsampled(LazyArray):
    """Pixels of which squares are seen as one; what is left over at the end is not seen.

    Of arrays in memory and of uncompressed files two rows of each square are looked at, otherwise
    all of it: there it has to be decoded anyway.

    Parameters
    ----------
    pixels : Pixels
        In the order of `axes`.
    axes : str
        A letter per axis.
    step : int
        Side of the squares.
    """

    def __init__(self, pixels: Pixels, axes: str, step: int) -> None:
        self.pixels, self.axes, self.step = pixels, axes, step
        self.shape = tuple(
            length // step if letter in "YX" else length
            for letter, length in zip(axes, pixels.shape, strict=True)
        )
        self.dtype = np.dtype(pixels.dtype)
        apart = isinstance(pixels, np.ndarray)
        apart |= isinstance(pixels, LazyArray) and pixels.random_access
        #: How many rows of each square are looked at.
        self.taps = min(TAPS, step) if apart else step
        #: How many rows and columns are made together.
        self.block_shape: tuple[int, int] = _tile_size(block_shape_of(pixels, axes), step)
        self._number = next(_NUMBERS)

    @classmethod
    def of(cls, pixels: Pixels, axes: str, step: int) -> Downsampled:
        """Return the one that is there already for these pixels, or make it."""
        with _LOCK:
            known = _KNOWN.get((id(pixels), axes, step))
            if known is None:
                _KNOWN[id(pixels), axes, step] = known = cls(pixels, axes, step)
            return known

    @property
    def squares(self) -> int:
        """How many pixels are averaged to one."""
        return self.taps * self.step

    def __getstate__(self) -> dict[str, Any]:
        return {"pixels": self.pixels, "axes": self.axes, "step": self.step}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def _read(self, index: BasicIndex) -> Any:
        """Read a part of one plane, or of several one by one."""
        leading = self.axes.index("Y")
        outer = [_as_range(one) for one in index[:leading]]
        box, inside = enclosing_box(index[leading:])
        block = np.empty([*map(len, outer), *map(len, box)], self.dtype)
        if block.size:
            for place in np.ndindex(block.shape[:leading]):
                there = tuple(span[i] for span, i in zip(outer, place, strict=True))
                self._fill(block[place], there, box[:2])
        planes = (slice(None) if isinstance(one, range) else 0 for one in index[:leading])
        return block[(*planes, *inside)]

    def _fill(self, block: NDArray[Any], place: tuple[int, ...], box: list[range]) -> None:
        """Put a rectangle of one plane together from tiles."""
        tiles = [
            range(span.start // side, -(-span.stop // side))
            for span, side in zip(box, self.block_shape, strict=True)
        ]
        for corner in itertools.product(*tiles):
            tile = self._tile(place, corner)
            inside, outside = [], []
            for span, number, side, length in zip(
                box, corner, self.block_shape, tile.shape, strict=False
            ):
                low = number * side
                a, b = max(low, span.start), min(low + length, span.stop)
                inside.append(slice(a - low, b - low))
                outside.append(slice(a - span.start, b - span.start))
            block[tuple(outside)] = tile[tuple(inside)]

    def _tile(self, place: tuple[int, ...], corner: tuple[int, ...]) -> NDArray[Any]:
        tile: NDArray[Any] = _KEPT.get(
            (self._number, place, corner), lambda: self._made(place, corner), _bytes
        )
        return tile

    def _made(self, place: tuple[int, ...], corner: tuple[int, ...]) -> NDArray[Any]:
        """Read the squares of one tile band by band and average them."""
        leading = self.axes.index("Y")
        spans = [
            (number * side, min((number + 1) * side, length))
            for number, side, length in zip(
                corner, self.block_shape, self.shape[leading : leading + 2], strict=True
            )
        ]
        (top, bottom), (left, right) = spans
        columns = slice(left * self.step, right * self.step)
        rows = max(1, BAND // ((right - left) * self.step * self.taps))
        bands = []
        for first in range(top, bottom, rows):
            last = min(first + rows, bottom)
            fine = self._looked_at(place, first, last, columns)
            exact = fine if fine.dtype in _AVERAGED else fine.astype(np.float64)
            size = (right - left, last - first)
            coarse = cv2.resize(exact, size, interpolation=cv2.INTER_AREA)
            whole = coarse.dtype == self.dtype or self.dtype.kind == "f"
            bands.append((coarse if whole else np.rint(coarse)).astype(self.dtype))
        return np.concatenate(bands)

    def _looked_at(
        self, place: tuple[int, ...], first: int, last: int, columns: slice
    ) -> NDArray[Any]:
        """Read all rows of some squares, or some of each."""
        step, taps = self.step, self.taps
        if taps == step:
            rows = slice(first * step, last * step)
            return np.asarray(self.pixels[(*place, rows, columns)])
        parts = []
        for tap in range(taps):
            row = (2 * tap + 1) * step // (2 * taps)
            rows = slice(first * step + row, last * step, step)
            parts.append(np.asarray(self.pixels[(*place, rows, columns)]))
        one = np.stack(parts, axis=1)
        return one.reshape(-1, *one.shape[2:])


def _tile_size(block_shape: tuple[int, int], step: int) -> tuple[int, int]:
    """Return a size of tiles for which little is read twice."""
    rows, columns = (max(TILE, -(-side // step)) for side in block_shape)
    return rows, columns


def _as_range(one: int | range) -> range:
    return one if isinstance(one, range) else range(one, one + 1)


def _bytes(tile: NDArray[Any]) -> int:
    return tile.nbytes


#: Types that OpenCV averages as they are.
_AVERAGED = tuple(map(np.dtype, (np.uint8, np.uint16, np.int16, np.float32, np.float64)))
