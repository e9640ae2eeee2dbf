"""Single planes in files, and the lazy array that many of them make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.lazy_array import BasicIndex, LazyArray, as_slice
from napari_mfif.errors import ReadError

__all__ = ["COPY_AGAIN", "FlatPage", "FlatPages", "Page", "PagePixels", "read_bytes", "unreadable"]

#: Pieces of a plane that lie at least so many bytes apart are read one by one: asking for one costs
#: as much as reading so many.
APART = 1 << 14
#: Otherwise rows are read as a whole, so many bytes at a time.
BUFFER = 1 << 22

#: What to do about a damaged file.
COPY_AGAIN = "Copy it again from where it was recorded."


class Page(Protocol):
    """One plane in a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns and, for colour, samples."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels, in this machine's byte order."""

    @property
    def block_shape(self) -> tuple[int, int]:
        """How many rows and columns cannot be read apart."""

    def read(
        self, top: int, bottom: int, left: int = 0, right: int | None = None, step: int = 1
    ) -> NDArray[Any]:
        """Read every `step`-th row, `top` to `bottom` (exclusive), of columns `left` to `right`."""


def read_bytes(file: Any, offset: int, into: memoryview) -> bool:
    """Fill a buffer from a place in an unbuffered file; False when the file ends before."""
    file.seek(offset)
    done = 0
    while done < len(into):
        count = file.readinto(into[done:])
        if not count:
            return False
        done += count
    return True


def unreadable(path: Path, error: OSError) -> ReadError:
    """Say why the system would not let us read a file."""
    if isinstance(error, FileNotFoundError):
        return ReadError(f"There is no file {path}. Check the path.")
    if isinstance(error, PermissionError):
        return ReadError(f"{path} may not be read: permission denied. Change its permissions.")
    return ReadError(f"{path} could not be read: {error.strerror or error}.")


@dataclass(frozen=True, slots=True)
class FlatPage:
    """An uncompressed plane that lies in one piece in its file.

    Parameters
    ----------
    path : Path
        The file.
    offset : int
        First byte of the plane.
    shape : tuple of int
        ``(Y, X)`` or ``(Y, X, S)``.
    stored : numpy.dtype
        Type in the file, with its byte order.
    number : int
        Number of the page in its file, from 1, for messages.
    planar : bool
        The colour samples lie one after the other as whole planes.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    stored: np.dtype[Any]
    number: int = 1
    planar: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels, in this machine's byte order."""
        return self.stored.newbyteorder("=")

    @property
    def nbytes(self) -> int:
        """Bytes of the plane."""
        return prod(self.shape) * self.stored.itemsize

    @property
    def block_shape(self) -> tuple[int, int]:
        """Every pixel can be read by itself."""
        return 1, 1

    def read(
        self, top: int, bottom: int, left: int = 0, right: int | None = None, step: int = 1
    ) -> NDArray[Any]:
        """Read every `step`-th row, `top` to `bottom` (exclusive), of columns `left` to `right`.

        What lies far from them in the file is not read.
        """
        length, width = self.shape[:2]
        right, rows = width if right is None else right, range(top, bottom, step)
        bands, inner = (self.shape[2], ()) if self.planar else (1, self.shape[2:])
        pixels = np.empty((bands, len(rows), right - left, *inner), self.stored)
        size = prod(inner) * self.stored.itemsize
        try:
            with open(self.path, "rb", buffering=0) as file:
                for band in range(bands):
                    start = self.offset + band * length * width * size
                    if step == 1 and right - left == width:
                        self._fill(file, start + top * width * size, pixels[band])
                    elif step > 1 or (width - right + left) * size >= APART:
                        self._pieces(file, start + left * size, rows, pixels[band])
                    else:
                        self._through(file, start, rows, slice(left, right), pixels[band])
        except OSError as error:
            raise unreadable(self.path, error) from error
        native = pixels.astype(self.dtype, copy=False)
        return np.moveaxis(native, 0, -1) if self.planar else native[0]

    def _pieces(self, file: Any, start: int, rows: range, pixels: NDArray[Any]) -> None:
        """Read a piece of each row."""
        line = self.nbytes // self.shape[0] // (self.shape[2] if self.planar else 1)
        into = pixels.reshape(-1).view(np.uint8).data
        size = len(into) // max(1, len(rows))
        seek, readinto = file.seek, file.readinto
        for place, row in enumerate(rows):
            seek(start + row * line)
            piece = into[place * size : (place + 1) * size]
            if readinto(piece) != size:
                self._fill(file, start + row * line, pixels[place])

    def _through(
        self, file: Any, start: int, rows: range, columns: slice, pixels: NDArray[Any]
    ) -> None:
        """Read whole rows, some at a time, and keep a part of them."""
        shape = (self.shape[1], *pixels.shape[2:])
        line = prod(shape) * self.stored.itemsize
        buffer = np.empty((max(1, min(len(rows), BUFFER // line)), *shape), self.stored)
        for first in range(0, len(rows), len(buffer)):
            some = buffer[: len(rows) - first]
            self._fill(file, start + rows[first] * line, some)
            pixels[first : first + len(some)] = some[:, columns]

    def _fill(self, file: Any, offset: int, pixels: NDArray[Any]) -> None:
        if not read_bytes(file, offset, pixels.reshape(-1).view(np.uint8).data):
            raise ReadError(
                f"{self.path} is truncated: it ends in page {self.number}. {COPY_AGAIN}"
            )


class FlatPages(Sequence[Page]):
    """Many uncompressed planes that follow each other without a gap: made when asked for."""

    def __init__(self, first: FlatPage, count: int) -> None:
        self.first = first
        self._length = count

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: Any, /) -> Any:
        """Return the page at a place."""
        if not 0 <= place < self._length:
            raise IndexError(place)
        first = self.first
        return FlatPage(
            first.path,
            first.offset + place * first.nbytes,
            first.shape,
            first.stored,
            first.number + place,
            first.planar,
        )


class PagePixels(LazyArray):
    """The lazy array that pages make: nothing is read before it is indexed.

    It holds no open file and may be read from many threads and sent to other processes.

    Parameters
    ----------
    pages : sequence of Page
        All of one shape and type, in the order of `leading`, last axis fastest.
    leading : sequence of int
        Lengths of the axes before those of a page.
    """

    def __init__(self, pages: Sequence[Page], leading: Sequence[int]) -> None:
        self._pages = pages
        self._leading = tuple(leading)
        self.shape = (*self._leading, *pages[0].shape)
        self.dtype = pages[0].dtype
        # pages that lie in the file as they are
        self.random_access = isinstance(pages, FlatPages) or isinstance(pages[0], FlatPage)
        self.block_shape = pages[0].block_shape

    def divided(self, leading: Sequence[int]) -> PagePixels:
        """Return the same pages with other axes before theirs."""
        return PagePixels(self._pages, leading)

    def _read(self, index: BasicIndex) -> Any:
        """Read a part: of each page that is asked for, only the rows that are."""
        outer, inner = index[: len(self._leading)], index[len(self._leading) :]
        if all(isinstance(item, int) for item in outer):
            return self._read_page(outer, inner)
        spans = [item if isinstance(item, range) else range(item, item + 1) for item in outer]
        block = np.empty(_lengths(index), self.dtype)
        pages = block.reshape(*(len(span) for span in spans), *_lengths(inner))
        for place in np.ndindex(*(len(span) for span in spans)):
            chosen = tuple(span[i] for span, i in zip(spans, place, strict=True))
            pages[place] = self._read_page(chosen, inner)
        return block

    def _read_page(self, outer: tuple[Any, ...], inner: BasicIndex) -> Any:
        place = int(np.ravel_multi_index(outer, self._leading)) if outer else 0
        across, span = (
            item if isinstance(item, range) else range(item, item + 1)
            for item in (inner[1], inner[0])
        )
        if not (span and across):
            return np.empty(_lengths(inner), self.dtype)
        top, bottom = min(span[0], span[-1]), max(span[0], span[-1]) + 1
        left, right = min(across[0], across[-1]), max(across[0], across[-1]) + 1
        block = self._pages[place].read(top, bottom, left, right, abs(span.step))
        if isinstance(inner[0], int):
            block = block[0]
        elif span.step < 0:
            block = block[::-1]
        rest = zip(inner[1:], (left, *(0 for _ in inner[2:])), strict=True)
        index = tuple(
            as_slice(item, start) if isinstance(item, range) else item - start
            for item, start in rest
        )
        return block[index if isinstance(inner[0], int) else (slice(None), *index)]


def _lengths(items: tuple[int | range, ...]) -> tuple[int, ...]:
    return tuple(len(item) for item in items if isinstance(item, range))
