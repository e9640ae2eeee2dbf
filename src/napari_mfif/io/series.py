"""What a file or folder holds: names, axes and sizes of what ``series=`` chooses from."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_mfif.arrays.axes import AXES
from napari_mfif.errors import MfifError, ReadError
from napari_mfif.io.axes import FileAxes, name_axes
from napari_mfif.io.choosing import uniquely
from napari_mfif.io.content import expanded, first_bytes, is_picture, is_tiff
from napari_mfif.io.contents import Contents, contents, of_files, of_pattern
from napari_mfif.io.grouping import Arranged
from napari_mfif.io.png_jpeg import open_picture
from napari_mfif.io.vendor import format_of, scenes_in
from napari_mfif.io.whole import whole_in
from napari_mfif.io.zarr_store import is_address, is_zarr, is_zipped_zarr

__all__ = ["Series", "list_series"]

#: Of so many images at an address, sizes are not asked for: each is a call or two.
MANY_FAR = 16


@dataclass(frozen=True)
class Series:
    """One of the images of a file or folder.

    Parameters
    ----------
    name : str
        By which it is chosen; its number where it has none.
    axes : str
        A letter for each axis longer than 1, and for rows and columns; empty where it is not known.
    lengths : tuple of int
        Of these.
    """

    name: str
    axes: str = ""
    lengths: tuple[int, ...] = ()


def list_series(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], pattern: str | None = None
) -> list[Series]:
    """Return the images in a file, a folder, or a list of files, in order.

    Parameters
    ----------
    source : path or list of paths
        As for `open_stack`.
    pattern : str, optional
        As for `open_stack`.

    Raises
    ------
    ReadError
        It cannot be read.
    ParameterError
        The pattern cannot be used.
    """
    if is_address(source):
        return _in_zarr(str(source))
    given = [source] if isinstance(source, (str, os.PathLike)) else source
    paths = [path for one in given for path in expanded(one)]
    if len(paths) != 1:
        return _in_files(_of_list(paths, pattern), paths[0].parent if paths else Path())
    path = paths[0]
    if path.is_dir() and not is_zarr(path):
        found = contents(path, pattern)
        return _in_files(found if found.stacks else Contents(whole_in(path), []), path)
    if path.is_dir() or is_zipped_zarr(path):
        return _in_zarr(path)
    start = first_bytes(path)
    if is_tiff(start):
        return _in_tiff(path)
    if is_picture(start):
        shape = open_picture(path).shape
        return [Series(path.stem, "YXS"[: len(shape)], shape)]
    kind = format_of(path, start)
    scenes = scenes_in(path, kind) if kind else []
    return [_series(one.name or str(n), one.axes) for n, one in enumerate(scenes)]


def _series(name: str, axes: FileAxes) -> Series:
    """Return an image with its axes in our order, where all of them are known."""
    short = axes.squeezed()
    try:
        letters, _ = name_axes(axes, None, where=name)
    except MfifError:
        letters = short.letters
    if set(letters) <= set(AXES) and len(set(letters)) == len(letters):
        known = dict(zip(letters, short.lengths, strict=True))
        letters = "".join(letter for letter in AXES if letter in known)
        return Series(name, letters, tuple(known[letter] for letter in letters))
    return Series(name, short.letters, short.lengths)


def _of_list(paths: Sequence[Path], pattern: str | None) -> Contents:
    if pattern is not None:
        return of_pattern(paths, pattern, paths[0].parent)
    return of_files(paths)


def _in_files(found: Contents, where: Path) -> list[Series]:
    if len(found.stacks) == 1 and not found.stacks[0].axes and not found.stacks[0].problem:
        return list_series(found.stacks[0].files[0])
    names = uniquely([one.name or where.name for one in found.stacks])
    return [_arranged(one, name) for one, name in zip(found.stacks, names, strict=True)]


def _arranged(one: Arranged, name: str) -> Series:
    """Return a z-stack of several files, of which the first is looked at."""
    if one.problem:
        return Series(name)
    inner = _tried(list_series, one.files[0])
    if not inner or not inner[0].axes or set(inner[0].axes) & set(one.axes):
        return Series(name)
    axes = one.axes + inner[0].axes
    return replace(_series(name, FileAxes(axes, (*one.lengths, *inner[0].lengths))), name=name)


def _tried(look: Callable[[Any], list[Series]], source: Any) -> list[Series]:
    try:
        return look(source)
    except ReadError:
        return []


def _in_zarr(source: Path | str) -> list[Series]:
    from napari_mfif.io.ome_zarr import axes_of, positions_in
    from napari_mfif.io.zarr_images import images_in
    from napari_mfif.io.zarr_store import open_node

    node = open_node(source)
    try:
        images = images_in(node) if hasattr(node, "groups") else []
    except Exception as error:
        raise ReadError(f"{source} is damaged: {error}. Copy it again.") from error
    if is_address(source) and len(images) > MANY_FAR:
        return [Series(label) for _, label in images]
    if not images and (positions := positions_in(node)):
        images = [("", str(number)) for number in range(positions)]
    found = [(label, axes_of(node, place)) for place, label in images or [("", "0")]]
    return [Series(label) if axes is None else _series(label, axes) for label, axes in found]


def _in_tiff(path: Path) -> list[Series]:
    from napari_mfif.io.structure import open_parsed
    from napari_mfif.io.tiff_images import images_of

    with open_parsed(path) as file:
        images = [one for one in images_of(file) if not one.series.keyframe.is_reduced]
        names = [one.name for one in images]
        axes = [one.axes for one in images]
    # a name that stands twice chooses nothing
    return [
        _series(name if name and names.count(name) == 1 else str(number), axes[number])
        for number, name in enumerate(names)
    ]
