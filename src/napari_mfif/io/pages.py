"""Single planes in files, and the lazy array that many of them make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ReadError
from napari_mfif.pixels import as_slice, basic_index

__all__ = ["COPY_AGAIN", "FlatPage", "FlatPages", "Page", "PagePixels", "read_bytes", "unreadable"]

#: A part is narrow that is less than this share of a row: its rows are read one by one.
NARROW = 4

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
    def grain(self) -> tuple[int, int]:
        """How many rows and columns cannot be read apart."""

    def read(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> NDArray[Any]:
        """Read the rows from `top` up to, not including, `bottom`; so with the columns."""


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
    def grain(self) -> tuple[int, int]:
        """Every pixel can be read by itself."""
        return 1, 1

    def read(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> NDArray[Any]:
        """Read the rows from `top` up to, not including, `bottom`; so with the columns.

        Of a narrow part no other byte is read, otherwise none of other rows.
        """
        length, width = self.shape[:2]
        right = width if right is None else right
        narrow = NARROW * (right - left) <= width
        first, last = (left, right) if narrow else (0, width)
        bands, inner = (self.shape[2], ()) if self.planar else (1, self.shape[2:])
        pixels = np.empty((bands, bottom - top, last - first, *inner), self.stored)
        step = prod(inner) * self.stored.itemsize
        try:
            with open(self.path, "rb", buffering=0) as file:
                for band in range(bands):
                    start = self.offset + (band * length + top) * width * step
                    if narrow:
                        for row in range(bottom - top):
                            at = start + (row * width + first) * step
                            self._fill(file, at, pixels[band, row])
                    else:
                        self._fill(file, start, pixels[band])
        except OSError as error:
            raise unreadable(self.path, error) from error
        native = pixels[:, :, left - first : right - first].astype(self.dtype, copy=False)
        return np.moveaxis(native, 0, -1) if self.planar else native[0]

    def _fill(self, file: Any, offset: int, pixels: NDArray[Any]) -> None:
        if not read_bytes(file, offset, pixels.data.cast("B")):
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


class PagePixels:
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
        self.ndim = len(self.shape)
        #: Whether reading again costs next to nothing: pages that lie in the file as they are.
        self.cheap = isinstance(pages, FlatPages) or isinstance(pages[0], FlatPage)
        #: How many rows and columns of a plane cannot be read apart.
        self.grain = pages[0].grain

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part: of each page that is asked for, only the rows that are."""
        asked = basic_index(index, self.shape)
        if asked is None:
            return np.asarray(self)[index]
        outer, inner = asked[: len(self._leading)], asked[len(self._leading) :]
        if all(isinstance(item, int) for item in outer):
            return self._read(outer, inner)
        spans = [item if isinstance(item, range) else range(item, item + 1) for item in outer]
        lengths = tuple(len(item) for item in asked if isinstance(item, range))
        block = np.empty(lengths, self.dtype)
        pages = block.reshape(*(len(span) for span in spans), *_lengths(inner))
        for place in np.ndindex(*(len(span) for span in spans)):
            chosen = tuple(span[i] for span, i in zip(spans, place, strict=True))
            pages[place] = self._read(chosen, inner)
        return block

    def _read(self, outer: tuple[Any, ...], inner: tuple[int | range, ...]) -> Any:
        place = int(np.ravel_multi_index(outer, self._leading)) if outer else 0
        rows = inner[0]
        span = rows if isinstance(rows, range) else range(rows, rows + 1)
        if not span:
            return np.empty(_lengths(inner), self.dtype)
        top, bottom = min(span[0], span[-1]), max(span[0], span[-1]) + 1
        columns = inner[1]
        across = columns if isinstance(columns, range) else range(columns, columns + 1)
        if not across:
            return np.empty(_lengths(inner), self.dtype)
        left, right = min(across[0], across[-1]), max(across[0], across[-1]) + 1
        block = self._pages[place].read(top, bottom, left, right)
        corner = (top, left, *(0 for _ in inner[2:]))
        return block[
            tuple(
                as_slice(item, start) if isinstance(item, range) else item - start
                for item, start in zip(inner, corner, strict=True)
            )
        ]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.asarray(self[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)


def _lengths(items: tuple[int | range, ...]) -> tuple[int, ...]:
    return tuple(len(item) for item in items if isinstance(item, range))
