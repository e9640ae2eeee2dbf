"""Lazy arrays that belong together, made once, and read row by row by whoever writes them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_mfif.errors import WriteError
from napari_mfif.io.pages import FlatPage, PagePixels

if TYPE_CHECKING:
    import dask.array

__all__ = ["spooled"]

Key = TypeVar("Key", bound=Hashable)

#: Pixels that are made together.
TOGETHER = 1 << 22


@contextmanager
def spooled(
    arrays: Mapping[Key, dask.array.Array],
    folder: Path,
    told: Callable[[float], object] | None = None,
) -> Iterator[dict[Key, PagePixels]]:
    """Make arrays block by block and keep them in a folder while they are needed.

    A block of them all is made at once, where one task gives all of them; nothing is made twice.

    Parameters
    ----------
    arrays : mapping of dask.array.Array
        (Y, X) or (Y, X, S), all in the same blocks.
    folder : Path
        Where there is room for them, uncompressed.
    told : callable, optional
        Called with the share that is done.

    Yields
    ------
    dict
        The same, read when they are indexed.
    """
    from tempfile import TemporaryDirectory

    try:
        with TemporaryDirectory(prefix=".napari-mfif.", dir=folder) as place:
            paths = {name: Path(place, str(number)) for number, name in enumerate(arrays)}
            _fill(arrays, paths, told)
            yield {
                name: PagePixels([FlatPage(paths[name], 0, array.shape, array.dtype)], ())
                for name, array in arrays.items()
            }
    except OSError as error:
        raise WriteError(
            f"Results could not be kept in {folder} while they are made: "
            f"{error.strerror or error}. Make room there, or choose another folder."
        ) from error


def _fill(
    arrays: Mapping[Key, dask.array.Array],
    paths: Mapping[Key, Path],
    told: Callable[[float], object] | None,
) -> None:
    import dask

    first = next(iter(arrays.values()))
    files = {name: open(path, "wb", buffering=0) for name, path in paths.items()}
    try:
        top = 0
        for height in first.chunks[0]:
            rows = slice(top, top + height)
            for columns in _groups(first.chunks[1], height):
                made = dask.compute(*(array[rows, columns] for array in arrays.values()))
                for (name, array), part in zip(arrays.items(), made, strict=True):
                    _write(files[name], part, array.shape, top, columns.start)
                if told is not None:
                    done = top * first.shape[1] + height * columns.stop
                    told(done / (first.shape[0] * first.shape[1]))
            top += height
    finally:
        for file in files.values():
            file.close()


def _groups(widths: tuple[int, ...], height: int) -> Iterator[slice]:
    """Put blocks that lie side by side together, as far as they may be made together."""
    begin = end = 0
    for width in widths:
        if end > begin and (end + width - begin) * height > TOGETHER:
            yield slice(begin, end)
            begin = end
        end += width
    yield slice(begin, end)


def _write(file: Any, part: Any, shape: tuple[int, ...], top: int, left: int) -> None:
    """Put a rectangle where it belongs in a plane of rows."""
    part = np.ascontiguousarray(part)
    pixel = part[:1, :1].nbytes
    for row in range(len(part)):
        file.seek(((top + row) * shape[1] + left) * pixel)
        waiting = part[row].reshape(-1).view(np.uint8).data
        while len(waiting):
            waiting = waiting[file.write(waiting) :]
