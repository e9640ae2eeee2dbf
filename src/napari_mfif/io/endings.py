"""Kinds of files that can be written, by their endings, and the pixels that each can hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from napari_mfif.errors import WriteError
from napari_mfif.io.encoding import jpeg, png
from napari_mfif.io.ome_writing import TYPES

__all__ = ["SUFFIXES", "check_ending", "in_one_piece", "picture_writer", "stored_type"]

#: Endings of the files that can be written.
SUFFIXES = (".ome.tif", ".ome.tiff", ".tif", ".tiff", ".ome.zarr", ".zarr", ".png", ".jpg", ".jpeg")


def check_ending(path: str | os.PathLike[str], *, floats: bool = False) -> None:
    """Refuse a target whose ending stands for no format that can hold the pixels.

    Parameters
    ----------
    path : path
        The target.
    floats : bool, optional
        Whether floating-point values will be written.

    Raises
    ------
    WriteError
        The ending is unknown, or pictures of this kind hold no such values.
    """
    target = Path(path)
    if picture_writer(target) is not None and floats:
        raise WriteError(
            f"{target.name} cannot hold floating-point values. Use .ome.tif, which keeps them."
        )


def in_one_piece(path: str | os.PathLike[str]) -> bool:
    """Tell whether a target is a picture, of which nothing can be written before all is there."""
    return picture_writer(Path(path)) is not None


def picture_writer(path: Path) -> Callable[..., bytes] | None:
    """Return what makes a picture of an image; None for what is written plane by plane."""
    known: dict[str, Callable[..., bytes] | None] = {
        ".tif": None,
        ".tiff": None,
        ".zarr": None,
        ".png": png,
        ".jpg": jpeg,
        ".jpeg": jpeg,
    }
    if path.suffix.lower() in known:
        return known[path.suffix.lower()]
    raise WriteError(
        f"{path.name} cannot be written: its ending {path.suffix!r} is none of "
        f"{', '.join(SUFFIXES)}. Use .ome.tif, which keeps everything."
    )


#: What is stored of types that OME does not know. Doubles hold integers up to 2**53.
_STORED = {"bool": "uint8", "float16": "float32", "int64": "float64", "uint64": "float64"}


def stored_type(path: str | os.PathLike[str], dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in which a file keeps pixels of another.

    Raises
    ------
    WriteError
        There is none for such pixels.
    """
    if Path(path).suffix.lower() == ".zarr" and dtype.name in ("int64", "uint64"):
        return dtype
    name = _STORED.get(dtype.name, dtype.name)
    if name not in TYPES:
        raise WriteError(
            f"Pixels of type {dtype} cannot be written. Convert them to one of {', '.join(TYPES)}."
        )
    return np.dtype(name)
