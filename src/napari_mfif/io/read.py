"""Opening z-stacks: each form is recognised by what is in the file, not by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import AxesError, OnePlaneError, ParameterError, ReadError
from napari_mfif.io.content import expanded, first_bytes, is_picture, is_tiff, is_xml, not_readable
from napari_mfif.io.contents import (
    GONE,
    Contents,
    chosen,
    contents,
    nothing_in,
    of_files,
    of_pattern,
)
from napari_mfif.io.corrections import reshaped, with_spacing
from napari_mfif.io.folder import join, open_planes
from napari_mfif.io.grouping import Arranged
from napari_mfif.io.in_memory import open_in_memory
from napari_mfif.io.names import natural_key, stem
from napari_mfif.io.png_jpeg import open_picture
from napari_mfif.io.vendor import format_of
from napari_mfif.io.vendor_stack import open_vendor
from napari_mfif.io.whole import whole_in
from napari_mfif.io.zarr_store import METADATA, is_address, is_zarr, is_zipped_zarr

__all__ = ["open_arranged", "open_stack"]

#: Orders in which a list of files can be taken.
ORDERS = ("natural", "given")


@dataclass(frozen=True)
class _Asked:
    """What was asked for besides the source, as `open_stack` describes it."""

    axes: str | None = None
    series: int | str | None = None
    name: str | None = None
    pattern: str | None = None

    def named(self, name: str) -> _Asked:
        """Return the same with this name where none was given."""
        return replace(self, name=self.name or name)

    @property
    def of_file(self) -> dict[str, Any]:
        """What concerns a single file."""
        return {"axes": self.axes, "series": self.series, "name": self.name}


def open_stack(
    source: Any,
    *,
    axes: str | None = None,
    series: int | str | None = None,
    name: str | None = None,
    pattern: str | None = None,
    order: str = "natural",
    shape: Sequence[int] | str | None = None,
    spacing: float | Sequence[float] | str | None = None,
    unit: str | None = None,
) -> ZStack:
    """Open a z-stack; its pixels are read when they are needed.

    Parameters
    ----------
    source : path, list of paths, or array
        A TIFF file in any of the forms that microscopes write, a Zarr (a folder, zipped, or at an
        address as ``https://`` or ``s3://``), a folder or a list of files with a plane each, or
        with a z-stack for each channel or timepoint; an array, a list of the resolution levels of
        one, finest first, a layer of napari, or the layers that are its channels.
    axes : str, optional
        A letter out of ``TCZYXS`` for each axis longer than 1; it goes before what the file
        says.
    series : int or str, optional
        Number, from 0, or name of the image of a file or folder that holds several.
    name : str, optional
        Name of the z-stack; otherwise that of the file or folder.
    pattern : str, optional
        What the names of the files mean: ``"{sample}_{z}.tif"``. ``{z}`` is the plane, ``{c}`` the
        channel, ``{t}`` the time, ``{_}`` nothing, any other word a z-stack of its own; see
        docs/files.md.
    order : str, optional
        ``"natural"``: a list of files is taken in the order of the numbers in their names, 2
        before 10; ``"given"``: as it is, a plane in each file.
    shape : sequence of int, optional
        Lengths of the axes that `axes` names before rows and columns, for pages that follow each
        other without a word: ``axes="ZCYX", shape=(3, 2)``.
    spacing : float or sequence of float, optional
        The z step, or z step, height and width of a pixel, where the file is silent or wrong.
    unit : str, optional
        Unit of the spacing: ``"um"``, ``"nm"``, ``"mm"``.

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
    if order not in ORDERS:
        raise ParameterError(f'`order="{order}"` is not possible: {" or ".join(ORDERS)}.')
    if shape is not None and axes is None:
        raise AxesError('A shape is that of axes: name them too, as in `axes="ZCYX"`.')
    one = None if shape is not None and not isinstance(source, ZStack) else axes
    stack = _opened(source, _Asked(one, series, name, pattern), order)
    if shape is not None and axes is not None:
        stack = reshaped(stack, axes, shape)
    return with_spacing(stack, spacing, unit)


def _opened(source: Any, asked: _Asked, order: str) -> ZStack:
    if is_address(source):
        return _open_zarr(source, asked)
    if isinstance(source, Iterator):
        source = list(source)
    if isinstance(source, (str, os.PathLike)):
        found = expanded(source)
        if len(found) == 1:
            return _open_path(found[0], asked)
        source = found
    if isinstance(source, Sequence) and all(isinstance(one, (str, os.PathLike)) for one in source):
        paths = [path for one in source for path in expanded(one)]
        if order == "given" and len(paths) > 1:
            one = Arranged("", tuple(paths), "Z", (len(paths),))
            return open_planes(one, axes=asked.axes, name=asked.name)
        return _open_list(paths, asked)
    return open_in_memory(source, asked.axes, asked.name)


def _open_path(path: Path, asked: _Asked) -> ZStack:
    if path.is_dir():
        return _open_folder(path, asked)
    if path.name in METADATA and is_zarr(path.parent):
        return _open_zarr(path.parent, asked)
    start = first_bytes(path)
    if is_tiff(start):
        return _open_tiff(path, asked)
    if is_xml(start):
        return _open_companion(path, asked)
    if is_picture(start):
        open_picture(path)
        raise OnePlaneError(
            f"{path} is a single picture. A z-stack needs at least two planes: "
            "open the folder or the list of the files that hold them."
        )
    if is_zipped_zarr(path):
        return _open_zarr(path, asked)
    if (kind := format_of(path, start)) is not None:
        return open_vendor(path, kind, **asked.of_file)
    raise ReadError(not_readable(path, start))


def _open_zarr(source: Path | str, asked: _Asked) -> ZStack:
    from napari_mfif.io.ome_zarr import open_zarr

    return open_zarr(source, **asked.of_file)


def _open_tiff(path: Path, asked: _Asked) -> ZStack:
    from napari_mfif.io.tiff import CompanionRedirect, open_tiff

    try:
        return open_tiff(path, **asked.of_file)
    except CompanionRedirect as elsewhere:
        if not elsewhere.companion.is_file():
            raise
        return _open_companion(elsewhere.companion, asked)


def _open_companion(path: Path, asked: _Asked) -> ZStack:
    """Open the OME-TIFF that an OME-XML file beside it, or one of its own files, describes."""
    from napari_mfif.io import ome
    from napari_mfif.io.tiff import described, open_tiff

    text = described(path)
    there, absent = ome.existing_pieces(path.parent, ome.pieces(text.encode()))
    if absent or not there:
        missing = ", ".join(absent[:3]) or "the images"
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        raise ReadError(
            f"{path} describes an OME-TIFF of several files, of which {missing}{more} cannot be "
            f"found in {path.parent.absolute()}. Put all its files into one folder."
        )
    # a description in a TIFF speaks of the file it stands in as its own
    first = path if path in there else there[0]
    xml = ome.as_on_disk(text, path.parent)
    return open_tiff(first, **asked.named(stem(path)).of_file, xml=xml)


def _open_folder(path: Path, asked: _Asked) -> ZStack:
    if is_zarr(path):
        return _open_zarr(path, asked)
    asked = asked.named(path.name)
    companions = [one for one in path.iterdir() if one.name.lower().endswith(".companion.ome")]
    if len(companions) == 1 and asked.pattern is None:
        return _open_companion(companions[0], asked)
    found = contents(path, asked.pattern)
    if not found.stacks:
        found = _of_any_names(found, path)
    return _open_one(found, path, asked)


def _open_list(paths: Sequence[Path], asked: _Asked) -> ZStack:
    if len(paths) == 1:
        return _open_path(paths[0], replace(asked, pattern=None))
    if not paths:
        raise ReadError("A z-stack needs at least two planes: give the list of their files.")
    if asked.pattern is not None:
        found = of_pattern(paths, asked.pattern, paths[0].parent)
    else:
        found = of_files(paths)
        if any(path not in {left for left, _ in found.left} for path in paths) and found.left:
            found = _of_any_names(Contents([], [(path, "") for path in paths]), paths[0].parent)
        elif not found.stacks:
            found = _of_any_names(found, paths[0].parent)
    ordered = [path for one in found.stacks for path in one.files]
    notes = []
    if ordered != list(paths) != sorted(paths) and len(ordered) == len(paths):
        notes.append(
            'The files were put into the natural order of their names; `order="given"` keeps '
            "that of the list."
        )
    return _open_one(found, paths[0].parent, asked, notes)


def _of_any_names(found: Contents, where: Path) -> Contents:
    """Take single pictures with any names for planes."""
    paths = sorted((path for path, reason in found.left if reason != GONE), key=natural_key)
    if not paths:
        whole = whole_in(where)
        if not whole:
            raise ReadError(nothing_in(where, found.notes()))
        return Contents(whole, found.left)
    if len(paths) == 1:
        return Contents([Arranged(where.name, (paths[0],))], [])
    note = "The names have no number in common: the planes are in the order of the alphabet."
    one = Arranged("", tuple(paths), "Z", (len(paths),), notes=(note,))
    return Contents([one], [(path, reason) for path, reason in found.left if reason == GONE])


def _open_one(found: Contents, where: Path, asked: _Asked, notes: Sequence[str] = ()) -> ZStack:
    """Open one of the z-stacks that were found; of a single one in a file, one of its series."""
    alone = len(found.stacks) == 1
    one = chosen(found.stacks, None if alone else asked.series, where)
    inner = asked.series if alone and not one.axes else None
    name = asked.name if alone else one.name or asked.name
    stack = open_arranged(one, axes=asked.axes, series=inner, name=name)
    return stack.with_notes(*notes, *found.notes())


def open_arranged(
    one: Arranged,
    *,
    axes: str | None = None,
    series: int | str | None = None,
    name: str | None = None,
) -> ZStack:
    """Open a z-stack whose files are known.

    Parameters
    ----------
    one : Arranged
        Its files.
    axes, series, name
        As for `open_stack`.

    Raises
    ------
    ReadError
        It cannot be read, or the names of its files leave a question.
    AxesError
        Its axes leave a choice.
    """
    if one.problem:
        raise ReadError(one.problem)
    if not one.axes:
        return _open_path(one.files[0], _Asked(axes, series, name)).with_notes(*one.notes)
    if "Z" in one.axes:
        return open_planes(one, axes=axes, name=name, notes=one.notes)
    stacks = [_open_path(path, _Asked(axes, series)) for path in one.files]
    named = name or one.name or one.files[0].parent.name
    return join(stacks, one, name=named).with_notes(*one.notes)
