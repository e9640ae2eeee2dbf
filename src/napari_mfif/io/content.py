"""What a file is, by its first bytes; which files are meant."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from napari_mfif.io.pages import COPY_AGAIN, unreadable

__all__ = [
    "ENDINGS",
    "PICTURE_ENDINGS",
    "TIFF_ENDINGS",
    "expanded",
    "first_bytes",
    "is_picture",
    "is_tiff",
    "is_xml",
    "not_readable",
]

#: How names of files end that may hold planes or z-stacks.
TIFF_ENDINGS = (".tif", ".tiff", ".btf", ".tf2", ".tf8", ".lsm", ".stk", ".flex")
PICTURE_ENDINGS = (".png", ".jpg", ".jpeg")
ENDINGS = TIFF_ENDINGS + PICTURE_ENDINGS

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
PICTURES = (b"\x89PNG", b"\xff\xd8\xff")

ZIP = b"PK\x03\x04"

#: First bytes of files that microscopes write and that have to be exported first.
FOREIGN = {
    b"ZISRAWFILE": "a Zeiss CZI file",
    b"\xda\xce\xbe\x0a": "a Nikon ND2 file",
    b"\x70\x00\x00\x00": "a Leica LIF file",
    b"\x89HDF": "an HDF5 file (Imaris or other)",
    b"\xd0\xcf\x11\xe0": "an OIB, ZVI or other OLE file",
    ZIP: "a ZIP archive",
    b"GIF8": "a GIF picture",
    b"BM": "a BMP picture",
    b"RIFF": "an AVI film or a WebP picture",
}


def expanded(source: str | os.PathLike[str]) -> list[Path]:
    """Return the path that is meant, or the files of one with ``*`` and ``?`` in it.

    Shells do that by themselves, but not that of Windows.
    """
    path = Path(source).expanduser()
    if not glob.has_magic(str(path)) or path.exists():
        return [path]
    return [Path(one) for one in sorted(glob.glob(str(path)))] or [path]


def first_bytes(path: Path) -> bytes:
    """Read what is needed to recognise a file.

    Raises
    ------
    ReadError
        There is no such file, or it may not be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(64)
    except OSError as error:
        raise unreadable(path, error) from error


def is_tiff(start: bytes) -> bool:
    """Tell whether a file with these first bytes is a TIFF or BigTIFF."""
    return start.startswith(TIFF)


def is_picture(start: bytes) -> bool:
    """Tell whether a file with these first bytes is a PNG or JPEG."""
    return start.startswith(PICTURES)


def is_xml(start: bytes) -> bool:
    """Tell whether a file with these first bytes is XML, as the companion of an OME-TIFF."""
    return start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<OME"))


def not_readable(path: Path, start: bytes) -> str:
    """Say what a file is that cannot be read, and what to do."""
    if not start:
        return f"{path} is empty. {COPY_AGAIN}"
    if start.startswith(ZIP):
        return f"{path} is a ZIP archive without a Zarr in it. Unpack it, and open what it holds."
    known = next((kind for magic, kind in FOREIGN.items() if start.startswith(magic)), None)
    what = f"is {known}, which is not read here" if known else "is no TIFF, PNG, JPEG or Zarr"
    return (
        f"{path} {what}. Export it as OME-TIFF from the microscope's program, or from Fiji with "
        "Bio-Formats."
    )
