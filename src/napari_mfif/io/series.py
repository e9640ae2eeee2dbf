"""The z-stacks that a file or folder holds, by their names: what ``series=`` chooses from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from napari_mfif.errors import ReadError
from napari_mfif.io.content import first_bytes, is_tiff
from napari_mfif.io.contents import Contents, contents, of_files, of_pattern
from napari_mfif.io.vendor import format_of, scenes_in
from napari_mfif.io.zarr_store import is_address, is_zarr, is_zipped_zarr

__all__ = ["series_names"]


def series_names(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], pattern: str | None = None
) -> list[str]:
    """Return the names of the z-stacks in a file, a folder, or a list of files, in order.

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
    if not isinstance(source, (str, os.PathLike)):
        paths = [Path(path) for path in source]
        if len(paths) != 1:
            return _names(_of_list(paths, pattern), paths[0].parent if paths else Path())
        source = paths[0]
    if is_address(source):
        return _in_zarr(str(source))
    path = Path(source)
    if path.is_dir() and not is_zarr(path):
        return _names(contents(path, pattern), path)
    if path.is_dir() or is_zipped_zarr(path):
        return _in_zarr(path)
    start = first_bytes(path)
    if is_tiff(start):
        return _in_tiff(path)
    kind = format_of(path, start)
    names = [scene.name for scene in scenes_in(path, kind)] if kind else []
    return [name or str(number) for number, name in enumerate(names)]


def _of_list(paths: Sequence[Path], pattern: str | None) -> Contents:
    if pattern is not None:
        return of_pattern(paths, pattern, paths[0].parent)
    return of_files(paths)


def _names(found: Contents, where: Path) -> list[str]:
    if len(found.stacks) == 1 and not found.stacks[0].axes and not found.stacks[0].problem:
        return series_names(found.stacks[0].files[0])
    return [one.name or where.name for one in found.stacks]


def _in_zarr(source: Path | str) -> list[str]:
    from napari_mfif.io.zarr_images import images_in
    from napari_mfif.io.zarr_store import open_node

    node = open_node(source)
    try:
        return [label for _, label in images_in(node)] if hasattr(node, "groups") else []
    except Exception as error:
        raise ReadError(f"{source} is damaged: {error}. Copy it again.") from error


def _in_tiff(path: Path) -> list[str]:
    from napari_mfif.io.structure import open_parsed
    from napari_mfif.io.tiff_images import images_of

    with open_parsed(path) as file:
        images = [one for one in images_of(file) if not one.series.keyframe.is_reduced]
    names = [one.name for one in images]
    # a name that stands twice chooses nothing
    return [
        name if name and names.count(name) == 1 else str(number)
        for number, name in enumerate(names)
    ]
