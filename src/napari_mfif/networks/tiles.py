"""Cutting an image into the parts that go through a network, and what surrounds them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tile", "reflected", "tiled"]

FloatMap = NDArray[np.float32]


class Tile(NamedTuple):
    """Rows and columns of the output."""

    rows: slice
    columns: slice

    def split(self, size: tuple[int, int]) -> list[Tile]:
        """Cut it into tiles of at most a size."""
        return [
            Tile(rows, columns)
            for rows in _cut(self.rows, size[0])
            for columns in _cut(self.columns, size[1])
        ]


def tiled(cells: tuple[int, int], size: tuple[int, int]) -> list[Tile]:
    """Cut a rectangle of so many rows and columns into tiles of at most a size."""
    return Tile(slice(0, cells[0]), slice(0, cells[1])).split(size)


def _cut(span: slice, size: int) -> list[slice]:
    starts = range(span.start, span.stop, size)
    return [slice(start, min(start + size, span.stop)) for start in starts]


def reflected(image: FloatMap, rows: tuple[int, int], columns: tuple[int, int]) -> FloatMap:
    """Cut a part out of an image, (C, Y, X), that is reflected where the part stands over."""
    spans = (rows, columns)
    lengths = image.shape[1:]
    if all(0 <= span[0] and span[1] <= n for span, n in zip(spans, lengths, strict=True)):
        return np.ascontiguousarray(image[:, slice(*rows), slice(*columns)])
    places = [_mirror(np.arange(*span), n) for span, n in zip(spans, lengths, strict=True)]
    return np.ascontiguousarray(image[:, places[0]][:, :, places[1]])


def _mirror(places: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Return where places beyond an axis are reflected to; the border itself comes once."""
    if length == 1:
        return np.zeros_like(places)
    folded = np.mod(places, 2 * (length - 1))
    return np.asarray(np.minimum(folded, 2 * (length - 1) - folded), np.intp)
