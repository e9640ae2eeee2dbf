"""Following the structure of a TIFF file, and finding out that it is damaged."""

from __future__ import annotations

import logging
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tifffile

from napari_mfif.errors import MfifError, ReadError
from napari_mfif.io import ome
from napari_mfif.io.pages import COPY_AGAIN, unreadable

__all__ = ["lacking_pieces", "open_parsed"]

#: Words in tifffile's log that tell of pixels or pages that are not there.
DAMAGE = ("corrupt", "missing", "out of range", "invalid page offset", "failed to read", "expected")

#: How it begins where a description names more pages or files than there are: which of them make a
#: complete z-stack is seen later.
PLANNED = ("OME series", "MMStack")


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
            _check_sizes(path, file.pages.first)
            yield file
    except MfifError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # what a damaged structure leads to cannot be foreseen
        raise _no_structure(path, error) from error
    finally:
        logger.removeFilter(listener)


def _check_chain(path: Path) -> None:
    """Refuse pages that lead back to earlier ones, which could be followed for ever."""
    with open(path, "rb", buffering=0) as file:
        start = file.read(16)
        order = "<" if start[:2] == b"II" else ">"
        big = start[2:4] in (b"+\0", b"\0+")
        number, link, size = ("Q", "Q", 20) if big else ("H", "I", 12)
        first = struct.calcsize(order + number)
        width = struct.calcsize(order + link)
        place = start[8:16] if big else start[4:8]
        seen: set[int] = set()
        while len(place) == width:
            (offset,) = struct.unpack(order + link, place)
            if offset == 0:
                return
            if offset in seen:
                raise ReadError(
                    f"{path} is damaged: after page {len(seen)} its pages lead back to an earlier "
                    f"one. {COPY_AGAIN}"
                )
            seen.add(offset)
            file.seek(offset)
            count = file.read(first)
            if len(count) < first:
                return
            try:
                file.seek(offset + first + size * struct.unpack(order + number, count)[0])
            except (OverflowError, OSError):
                return
            place = file.read(width)


def _follow(path: Path, xml: str | None, series: bool) -> Any:
    file = None
    try:
        _check_chain(path)
        file = tifffile.TiffFile(path, omexml=xml)
        if file.is_scanimage and not file.is_bigtiff and file.filehandle.size < 1 << 31:
            # its pages would be counted by their distance, and the last one be left out
            file.close()
            file = tifffile.TiffFile(path, is_scanimage=False)
        if series and xml is None and file.is_ome:
            mended = ome.mended(file.ome_metadata or "", len(file.pages), path)
            if mended is not None:
                file.close()
                file = tifffile.TiffFile(path, omexml=mended)
        if not (file.series if series else len(file.pages)):
            raise ReadError(f"{path} is truncated or empty: it is a TIFF file without an image.")
    except Exception as error:
        if file is not None:
            file.close()
        if isinstance(error, FileNotFoundError) and path.is_file():
            raise _lacks_another(path, error) from error
        if isinstance(error, (OSError, ReadError)):
            raise
        raise _no_structure(path, error) from error
    return file


def _no_structure(path: Path, error: Exception) -> ReadError:
    return ReadError(
        f"{path} is damaged: its TIFF structure cannot be followed ({error}). {COPY_AGAIN}"
    )


def _lacks_another(path: Path, error: FileNotFoundError) -> ReadError:
    """Say which other file of a recording is missing."""
    wanted = Path(str(error.filename)).name
    index = path.parent / "NDTiff.index"
    by = f"{index.name} beside it" if index.is_file() else "Its description"
    return ReadError(
        f"{path} belongs to a recording of which the file {wanted} is missing: {by} names it. Put "
        f"it into the folder, or give {path.name} that name again if it was renamed."
    )


def _check_damage(path: Path, file: Any, complaints: list[str]) -> None:
    bad = [text for text in complaints if any(word in text.lower() for word in DAMAGE)]
    if not bad:
        return
    if len(file.pages) > 1:  # pages that are there make a part of what was planned
        bad = [text for text in bad if not text.partition("> ")[2].startswith("ImageJ series")]
    planned = [text for text in bad if text.partition("> ")[2].startswith(PLANNED)]
    in_parts = bool(file.series) and file.series[0].kind in ("ome", "mmstack")
    if not bad or (in_parts and len(planned) == len(bad)):
        return
    if file.is_ome and file.ome_metadata:
        _, absent = ome.existing_pieces(path.parent, ome.pieces(file.ome_metadata))
        if absent:
            raise ReadError(lacking_pieces(path, absent))
    reason = bad[0].partition("> ")[2] or bad[0]
    raise ReadError(
        f"{path} is truncated or damaged after page {_whole_pages(file)} ({reason}). {COPY_AGAIN}"
    )


def _check_sizes(path: Path, page: Any) -> None:
    """Refuse a page without rows or columns, which would be left out of the stack."""
    sizes = [page.imagewidth, page.imagelength]
    if "TileWidth" in page.tags:
        sizes += [page.tilewidth, page.tilelength]
    if 0 in sizes:
        raise ReadError(
            f"{path} is damaged: page {page.index + 1}, or its tiles, have no rows or columns. "
            f"{COPY_AGAIN}"
        )


def _whole_pages(file: Any) -> int:
    """Count the pages that are there; of pages in one piece, by the length of the file."""
    first = file.pages.first
    if len(file.pages) > 1 or not first.is_final:
        return len(file.pages)
    return int(max(file.filehandle.size - first.dataoffsets[0], 0) // max(1, first.nbytes))


def lacking_pieces(path: Path, absent: Sequence[str]) -> str:
    """Say that files of an OME-TIFF are not there."""
    more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
    named = f"{', '.join(absent[:3])}{more} {'is' if len(absent) == 1 else 'are'}"
    return (
        f"{path} is a piece of an OME-TIFF; {named} not in its folder. "
        "Put all its files into one folder."
    )
