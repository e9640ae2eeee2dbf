"""The recipe that a written file holds."""

from __future__ import annotations

import os
from pathlib import Path

from napari_mfif.errors import ReadError
from napari_mfif.io.ome import recipe_in

__all__ = ["read_recipe"]


def read_recipe(path: str | os.PathLike[str]) -> str:
    """Read the recipe back that `write_image` put into an OME-TIFF or OME-Zarr.

    Raises
    ------
    ReadError
        The file cannot be read or holds no recipe.
    """
    import tifffile

    if Path(path).is_dir():
        return _zarr_recipe(Path(path))
    try:
        with tifffile.TiffFile(path) as file:
            recipe = recipe_in(file.ome_metadata or "")
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise ReadError(f"{path} could not be read: {error}.") from error
    if recipe is None:
        raise ReadError(f"{path} holds no recipe. Give a file that napari-mfif wrote.")
    return recipe


def _zarr_recipe(path: Path) -> str:
    import zarr

    try:
        recipe = zarr.open_group(str(path), mode="r").attrs.get("napari_mfif")
    except Exception as error:
        raise ReadError(f"{path} could not be read: {error}.") from error
    if not isinstance(recipe, str):
        raise ReadError(f"{path} holds no recipe. Give a file that napari-mfif wrote.")
    return recipe
