"""Opening z-stacks: each form is recognised by what is in the file, not by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io.content import first_bytes, is_picture, is_tiff, is_xml, not_readable
from napari_mfif.io.layers import are_levels, is_layer, open_layers, open_levels
from napari_mfif.io.png_jpeg import open_picture
from napari_mfif.io.zarr_store import is_address, is_zipped_zarr

__all__ = ["open_stack"]


def open_stack(
    source: Any,
    *,
    axes: str | None = None,
    series: int | str | None = None,
    name: str | None = None,
) -> ZStack:
    """Open a z-stack; its pixels are read when they are needed.

    Parameters
    ----------
    source : path, list of paths, or array
        A TIFF file in any of the forms that microscopes write, a Zarr (a folder, zipped, or at an
        address as ``https://`` or ``s3://``), a folder or a list of
        TIFF, PNG or JPEG files with a plane each (taken in the natural order of their names, 2
        before 10), an array, a list of the resolution levels of one, finest first, or a layer of
        napari, or the layers that are its channels.
    axes : str, optional
        A letter out of ``TCZYXS`` for each axis longer than 1; it goes before what the file
        says.
    series : int or str, optional
        Which image of a file that holds several, by number from 0 or name; otherwise the first
        with several planes.
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
        return _renamed(source, axes)
    if is_address(source):
        return _open_zarr(source, axes, series, name)
    if isinstance(source, (str, os.PathLike)):
        return _open_path(Path(source), axes, series, name)
    if isinstance(source, Iterator):
        source = list(source)
    if isinstance(source, Sequence) and all(isinstance(one, (str, os.PathLike)) for one in source):
        return _open_list([Path(one) for one in source], axes, series, name)
    layers = [source] if is_layer(source) else source
    if isinstance(layers, Sequence) and all(map(is_layer, layers)):
        return open_layers(layers, axes, name)
    known = {} if name is None else {"name": name}
    if are_levels(source):
        return open_levels(source, axes, **known)
    return ZStack.from_array(source, axes, **known)


def _renamed(stack: ZStack, axes: str | None) -> ZStack:
    """Return a z-stack whose axes are known already.

    Raises
    ------
    AxesError
        Others are given.
    """
    if axes is not None and axes.upper() != stack.axes:
        raise AxesError(
            f'{stack.name} has the axes {stack.axes} already; `axes="{axes}"` cannot change '
            "them: say what they are where it is opened."
        )
    return stack


def _open_path(path: Path, axes: str | None, series: int | str | None, name: str | None) -> ZStack:
    if path.is_dir():
        return _open_folder(path, axes, series, name)
    start = first_bytes(path)
    if is_tiff(start):
        return _open_tiff(path, axes, series, name)
    if is_xml(start):
        return _open_companion(path, axes, series, name)
    if is_picture(start):
        open_picture(path)
        raise ReadError(
            f"{path} is a single picture. A z-stack needs at least two planes: "
            "open the folder or the list of the files that hold them."
        )
    if is_zipped_zarr(path):
        return _open_zarr(path, axes, series, name)
    raise ReadError(not_readable(path, start))


def _open_zarr(
    source: Path | str, axes: str | None, series: int | str | None, name: str | None
) -> ZStack:
    from napari_mfif.io.ome_zarr import open_zarr

    return open_zarr(source, axes=axes, series=series, name=name)


def _open_tiff(path: Path, axes: str | None, series: int | str | None, name: str | None) -> ZStack:
    from napari_mfif.io.tiff import CompanionRedirect, open_tiff

    try:
        return open_tiff(path, axes=axes, series=series, name=name)
    except CompanionRedirect as elsewhere:
        if not elsewhere.companion.is_file():
            raise
        return _open_companion(elsewhere.companion, axes, series, name)


def _open_companion(
    path: Path, axes: str | None, series: int | str | None, name: str | None
) -> ZStack:
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
    return open_tiff(there[0], axes=axes, series=series, name=name or stem(path), xml=text)


def _open_list(
    paths: Sequence[Path],
    axes: str | None,
    series: int | str | None,
    name: str | None,
    notes: Sequence[str] = (),
) -> ZStack:
    from napari_mfif.io.folder import open_planes

    if len(paths) == 1:
        return _open_path(paths[0], axes, series, name).with_notes(*notes)
    if _is_one_ome_tiff(paths):
        return _open_tiff(min(paths), axes, series, name).with_notes(*notes)
    return open_planes(paths, axes=axes, name=name, notes=notes)


def _open_folder(
    path: Path, axes: str | None, series: int | str | None, name: str | None
) -> ZStack:
    from napari_mfif.io.folder import planes_in
    from napari_mfif.io.ome_zarr import is_zarr, open_zarr

    if is_zarr(path):
        return open_zarr(path, axes=axes, series=series, name=name)
    planes, notes = planes_in(path)
    return _open_list(planes, axes, series, name or path.name, notes)


def _is_one_ome_tiff(paths: Sequence[Path]) -> bool:
    """Tell whether the files are all the pieces of one OME-TIFF, by what the first of them says."""
    from napari_mfif.io import ome
    from napari_mfif.io.tiff import description

    if not paths or not is_tiff(first_bytes(min(paths))):
        return False
    pieces = ome.pieces(description(min(paths)))
    return len(pieces) > 1 and {path.name for path in paths} == set(pieces)
