"""What is a z-stack by itself, or several, and no TIFF: files of microscopes, and Zarr."""

from __future__ import annotations

from pathlib import Path

from napari_mfif.errors import ReadError
from napari_mfif.io.content import first_bytes
from napari_mfif.io.grouping import Arranged
from napari_mfif.io.names import natural_key, stem
from napari_mfif.io.vendor import format_of
from napari_mfif.io.zarr_store import is_zarr, is_zipped_zarr, without_endings

__all__ = ["whole_in"]


def whole_in(folder: Path) -> list[Arranged]:
    """Return the Zarr in a folder, and the files of microscopes, in natural order."""
    paths = sorted(folder.iterdir(), key=natural_key) if folder.is_dir() else []
    return [Arranged(without_endings(stem(path)), (path,)) for path in paths if _is_whole(path)]


def _is_whole(path: Path) -> bool:
    if path.is_dir():
        return is_zarr(path)
    try:
        start = first_bytes(path)
    except ReadError:
        return False
    return is_zipped_zarr(path) or format_of(path, start) is not None
