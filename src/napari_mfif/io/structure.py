"""Following the structure of a TIFF file, and finding out that it is damaged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tifffile

from napari_mfif.errors import ReadError
from napari_mfif.io import ome
from napari_mfif.io.pages import COPY_AGAIN, unreadable

__all__ = ["open_parsed"]

#: Words in tifffile's log that tell of pixels or pages that are not there.
DAMAGE = ("corrupt", "missing", "out of range", "invalid page offset", "failed to read", "expected")


class _Listener(logging.Filter):
    """Keeps what tifffile says on this thread, and keeps it from the user's screen."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = threading.get_ident()
        self.said: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if threading.get_ident() != self.thread:
            return True
        if record.levelno >= logging.WARNING:
            self.said.append(record.getMessage())
        return False


@contextmanager
def open_parsed(path: Path, *, xml: str | None = None, series: bool = True) -> Iterator[Any]:
    """Open a TIFF file with tifffile, silently, and follow its structure.

    Parameters
    ----------
    path : Path
        The file.
    xml : str, optional
        OME-XML to use instead of the file's.
    series : bool
        Put its pages together to images as well, which opens the other files of an OME-TIFF.

    Yields
    ------
    tifffile.TiffFile
        Closed at the end.

    Raises
    ------
    ReadError
        The file may not be read, is truncated or damaged, or other files of it are missing.
    """
    listener = _Listener()
    logger = logging.getLogger("tifffile")
    logger.addFilter(listener)
    try:
        with _follow(path, xml, series) as file:
            _check_damage(path, file, listener.said)
            yield file
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        logger.removeFilter(listener)


def _follow(path: Path, xml: str | None, series: bool) -> Any:
    file = None
    try:
        file = tifffile.TiffFile(path, omexml=xml)
        if not (file.series if series else len(file.pages)):
            raise ReadError(f"{path} is truncated or empty: it is a TIFF file without an image.")
    except Exception as error:
        if file is not None:
            file.close()
        if isinstance(error, (OSError, ReadError)):
            raise
        raise ReadError(
            f"{path} is damaged: its TIFF structure cannot be followed ({error}). {COPY_AGAIN}"
        ) from error
    return file


def _check_damage(path: Path, file: Any, complaints: list[str]) -> None:
    bad = [text for text in complaints if any(word in text.lower() for word in DAMAGE)]
    if not bad:
        return
    if file.is_ome and file.ome_metadata:
        _, absent = ome.existing_pieces(path.parent, ome.pieces(file.ome_metadata))
        if absent:
            raise ReadError(
                f"{path} is a piece of an OME-TIFF; {_named(absent)} not in its folder. "
                "Put all its files into one folder."
            )
    reason = bad[0].partition("> ")[2] or bad[0]
    raise ReadError(
        f"{path} is truncated or damaged after page {_whole_pages(file)} ({reason}). {COPY_AGAIN}"
    )


def _whole_pages(file: Any) -> int:
    """Count the pages that are there; of pages in one piece, by the length of the file."""
    first = file.pages.first
    if len(file.pages) > 1 or not first.is_final:
        return len(file.pages)
    return int(max(file.filehandle.size - first.dataoffsets[0], 0) // first.nbytes)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more} {'is' if len(names) == 1 else 'are'}"
