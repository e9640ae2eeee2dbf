"""Opening z-stacks: each form is recognised by what is in the file, not by its name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_mfif.errors import ReadError
from napari_mfif.io.pages import unreadable
from napari_mfif.stack import ZStack

__all__ = ["open_stack"]

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
PICTURES = (b"\x89PNG", b"\xff\xd8\xff")

#: First bytes of files that microscopes write and that have to be exported first.
FOREIGN = {
    b"ZISRAWFILE": "a Zeiss CZI file",
    b"\xda\xce\xbe\x0a": "a Nikon ND2 file",
    b"\x70\x00\x00\x00": "a Leica LIF file",
    b"\x89HDF": "an HDF5 file (Imaris or other)",
    b"\xd0\xcf\x11\xe0": "an OIB, ZVI or other OLE file",
    b"PK\x03\x04": "a ZIP archive",
    b"GIF8": "a GIF picture",
    b"BM": "a BMP picture",
    b"RIFF": "an AVI film or WebP picture",
}


def open_stack(
    source: Any, *, axes: str | None = None, series: int | None = None, name: str | None = None
) -> ZStack:
    """Open a z-stack; its pixels are read when they are needed.

    Parameters
    ----------
    source : path, list of paths, or array
        A TIFF file in any of the forms that microscopes write, a Zarr, a folder or a list of
        TIFF, PNG or JPEG files with a plane each (taken in the natural order of their names, 2
        before 10), or an array.
    axes : str, optional
        A letter out of ``TCZYXS`` for each axis longer than 1; it goes before what the file
        says.
    series : int, optional
        Which image of a file that holds several, from 0; otherwise the first with several
        planes.
    name : str, optional
        Name of the z-stack; otherwise that of the file or folder.

    Returns
    -------
    ZStack
        Its `notes` say what was decided on the way.

    Raises
    ------
    ReadError
        It cannot be read, is damaged, or has one plane only.
    AxesError
        Its axes leave a choice.
    """
    if isinstance(source, ZStack):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _open_path(Path(source), axes, series, name)
    if isinstance(source, Sequence) and all(isinstance(one, (str, os.PathLike)) for one in source):
        return _open_list([Path(one) for one in source], axes, series, name)
    known = {} if name is None else {"name": name}
    return ZStack.from_array(source, axes, **known)


def _open_path(path: Path, axes: str | None, series: int | None, name: str | None) -> ZStack:
    if path.is_dir():
        return _open_folder(path, axes, series, name)
    start = _first_bytes(path)
    if start.startswith(TIFF):
        return _open_tiff(path, axes, series, name)
    if start.startswith(PICTURES):
        raise ReadError(
            f"{path} is a single picture. A z-stack needs at least two planes: "
            "open the folder or the list of the files that hold them."
        )
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<OME")):
        return _open_companion(path, axes, series, name)
    raise ReadError(f"{path} {_what(start)}. {_remedy(start)}")


def _first_bytes(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(64)
    except OSError as error:
        raise unreadable(path, error) from error


def _what(start: bytes) -> str:
    if not start:
        return "is empty"
    known = next((kind for magic, kind in FOREIGN.items() if start.startswith(magic)), None)
    return f"is {known}, which is not read here" if known else "is no TIFF, PNG, JPEG or Zarr"


def _remedy(start: bytes) -> str:
    if not start:
        return "Copy it again from where it was recorded."
    return "Export it as OME-TIFF from the microscope's program, or from Fiji with Bio-Formats."


def _open_tiff(path: Path, axes: str | None, series: int | None, name: str | None) -> ZStack:
    from napari_mfif.io.tiff import Elsewhere, open_tiff

    try:
        return open_tiff(path, axes=axes, series=series, name=name)
    except Elsewhere as elsewhere:
        if not elsewhere.companion.is_file():
            raise
        return _open_companion(elsewhere.companion, axes, series, name)


def _open_companion(path: Path, axes: str | None, series: int | None, name: str | None) -> ZStack:
    """Open the OME-TIFF that an OME-XML file beside it describes."""
    from napari_mfif.io import ome
    from napari_mfif.io.tiff import open_tiff, stem

    description = path.read_bytes()
    there, absent = ome.existing_pieces(path.parent, ome.pieces(description))
    if absent or not there:
        missing = ", ".join(absent[:3]) or "the images"
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        raise ReadError(
            f"{path} describes an OME-TIFF of several files, of which {missing}{more} cannot be "
            f"found in {path.parent.absolute()}. Put all its files into one folder."
        )
    text = description.decode("utf-8-sig")
    return open_tiff(
        there[0], axes=axes, series=series, name=name or stem(path), description=text
    )


def _open_list(
    paths: list[Path], axes: str | None, series: int | None, name: str | None
) -> ZStack:
    from napari_mfif.io.folder import open_planes

    if len(paths) == 1:
        return _open_path(paths[0], axes, series, name)
    return open_planes(paths, axes=axes, name=name)


def _open_folder(path: Path, axes: str | None, series: int | None, name: str | None) -> ZStack:
    from napari_mfif.io.folder import planes_in
    from napari_mfif.io.ome_zarr import is_zarr, open_zarr

    if is_zarr(path):
        return open_zarr(path, axes=axes, series=series, name=name)
    return _open_list(planes_in(path), axes, series, name or path.name)
