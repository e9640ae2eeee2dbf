"""Reading one image: a fused one, a truth, a map."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_mfif.errors import ReadError
from napari_mfif.io.content import first_bytes, is_picture, is_tiff, not_readable
from napari_mfif.io.pages import Page
from napari_mfif.io.png_jpeg import open_picture

__all__ = ["read_image"]


def read_image(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read a TIFF, PNG or JPEG file that holds a single image.

    Parameters
    ----------
    path : path
        The file; its content, not its name, says what it is.

    Returns
    -------
    array, (Y, X) or (Y, X, S)
        In the type of the file.

    Raises
    ------
    ReadError
        It cannot be read, is damaged, or holds several images.
    """
    page = _page(Path(path))
    return page.read(0, page.shape[0])


def _page(path: Path) -> Page:
    if path.is_dir():
        raise ReadError(f"{path} is a folder, where one image is asked for. Name a file in it.")
    start = first_bytes(path)
    if is_picture(start):
        return open_picture(path)
    if not is_tiff(start):
        raise ReadError(not_readable(path, start))
    from napari_mfif.io.structure import open_parsed
    from napari_mfif.io.tiff_planes import tiff_plane

    with open_parsed(path, series=False) as file:
        pages = sum(not getattr(page, "is_reduced", False) for page in file.pages)
    if pages > 1:
        raise ReadError(
            f"{path} holds {pages} images, where one is asked for. Save the channel or time point "
            "you mean into a file of its own."
        )
    return tiff_plane(path).pages[0]
