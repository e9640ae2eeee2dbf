"""Planes of a TIFF file that lie in strips or tiles, compressed or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ReadError
from napari_mfif.io.pages import COPY_AGAIN, read_bytes, unreadable

__all__ = ["CodedPage", "Coding", "coded_page"]


@dataclass(frozen=True)
class Coding:
    """How the pages of a file are cut and compressed; shared by all that are alike.

    Parameters
    ----------
    decode : callable
        tifffile's decoder of one strip or tile.
    rows, columns : int
        Size of a strip or tile.
    shaped : tuple of int
        Size of the page as (separate samples, Y, X, interleaved samples).
    """

    decode: Callable[..., Any]
    rows: int
    columns: int
    shaped: tuple[int, int, int, int]

    @classmethod
    def of(cls, page: Any) -> Coding:
        """Take it from a page of tifffile whose file is open."""
        separate, _, length, width, contiguous = page.shaped
        if page.is_tiled:
            cut = page.tilelength, page.tilewidth
        else:
            cut = min(page.rowsperstrip, length), width
        if min(cut) < 1:
            raise ValueError(f"its strips or tiles are {cut[1]} x {cut[0]} pixels")
        return cls(page.decode, *cut, (separate, length, width, contiguous))

    def segments(self, top: int, bottom: int, left: int, right: int) -> Iterator[int]:
        """Yield the numbers of the strips or tiles that hold some of the rows and columns."""
        separate, length, width, _ = self.shaped
        across, down = ceil(width / self.columns), ceil(length / self.rows)
        for band in range(separate):
            for line in range(top // self.rows, ceil(bottom / self.rows)):
                first = (band * down + line) * across
                yield from range(first + left // self.columns, first + ceil(right / self.columns))


@dataclass(frozen=True)
class CodedPage:
    """A plane that has to be decoded strip by strip or tile by tile.

    Parameters
    ----------
    path : Path
        The file.
    index : int
        Its place among the file's pages, from 0; a coarser copy has that of its page.
    offsets, counts : tuple of int
        First byte and number of bytes of each strip or tile; no bytes means all zero.
    shape : tuple of int
        ``(Y, X)`` or ``(Y, X, S)``.
    dtype : numpy.dtype
        Type of the pixels.
    coding : Coding
        How to decode.
    tables : bytes or None
        Tables of JPEG that all strips or tiles share.
    directory : int
        First byte of the page's directory, where it is found again.
    """

    path: Path
    index: int
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    coding: Coding
    tables: bytes | None = None
    directory: int = 0

    @property
    def block_shape(self) -> tuple[int, int]:
        """Size of a strip or tile."""
        return self.coding.rows, self.coding.columns

    def read(
        self, top: int, bottom: int, left: int = 0, right: int | None = None, step: int = 1
    ) -> NDArray[Any]:
        """Read every `step`-th row, `top` to `bottom` (exclusive), of columns `left` to `right`.

        No other strip or tile is decoded.
        """
        if step >= 2 * self.coding.rows:
            rows = [self.read(row, row + 1, left, right) for row in range(top, bottom, step)]
            return np.concatenate(rows)
        return self._whole(top, bottom, left, right)[::step]

    def _whole(self, top: int, bottom: int, left: int, right: int | None) -> NDArray[Any]:
        separate, _, width, contiguous = self.coding.shaped
        right = width if right is None else right
        pixels = np.zeros((separate, bottom - top, right - left, contiguous), self.dtype)
        try:
            with open(self.path, "rb", buffering=0) as file:
                for number in self.coding.segments(top, bottom, left, right):
                    self._decode(file, number, pixels, (top, left))
        except OSError as error:
            raise unreadable(self.path, error) from error
        if separate > 1:
            return np.moveaxis(pixels[..., 0], 0, -1)
        return pixels[0] if len(self.shape) == 3 else pixels[0, ..., 0]

    def _decode(
        self, file: Any, number: int, pixels: NDArray[Any], corner: tuple[int, int]
    ) -> None:
        if not self.counts[number]:
            return
        data = bytearray(self.counts[number])
        whole = read_bytes(file, self.offsets[number], memoryview(data))
        try:
            if not whole:
                raise EOFError("the file ends before")
            segment, (band, _, row, column, _), _ = self.coding.decode(
                data, number, jpegtables=self.tables
            )
        except Exception as error:
            raise ReadError(
                f"{self.path} is damaged: page {self.index + 1} cannot be decoded ({error}). "
                f"{COPY_AGAIN}"
            ) from error
        if segment is None:
            return
        down, across = max(corner[0] - row, 0), max(corner[1] - column, 0)
        inside = pixels[band, row + down - corner[0] :, column + across - corner[1] :]
        part = segment[0, down : down + inside.shape[0], across : across + inside.shape[1]]
        inside[: part.shape[0], : part.shape[1]] = part

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.path, self.index, self.directory)


def coded_page(path: Path, page: Any, coding: Coding | None = None) -> CodedPage:
    """Take a page of tifffile whose file is open; pages that are alike may share a `coding`."""
    key = page.keyframe
    return CodedPage(
        path,
        page.treeindex[0],
        tuple(page.dataoffsets),
        tuple(page.databytecounts),
        (*key.shape[1:], key.shape[0]) if key.axes == "SYX" else key.shape,
        np.dtype(np.uint8) if key.dtype == bool else np.dtype(key.dtype),
        coding or Coding.of(key),
        page.jpegtables,
        page.offset,
    )


def _reopen(path: Path, index: int, directory: int) -> CodedPage:
    """Make the page again in another process, from its file."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        file.filehandle.seek(directory)
        return coded_page(path, tifffile.TiffPage(file, index))
