"""TIFF files that hold a single plane each, or its channels, as those of a folder of planes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_mfif.errors import ReadError
from napari_mfif.io.compressed_pages import Coding
from napari_mfif.io.pages import Page
from napari_mfif.io.palette import PalettePage, colours_of
from napari_mfif.io.sizes import Sizes
from napari_mfif.io.structure import open_parsed
from napari_mfif.io.tiff import check_pixels, one_page
from napari_mfif.io.tiff_images import holds_channels, images_of
from napari_mfif.io.tiff_sizes import facts_of
from napari_mfif.io.truncation import check_complete

__all__ = ["TiffPlane", "is_single_plane", "tiff_plane"]


@dataclass(frozen=True)
class TiffPlane:
    """What a file with one plane holds.

    Parameters
    ----------
    pages : tuple of Page
        One, or one for each channel.
    sizes : Sizes
        What it says of lengths.
    channels : tuple of str
        Names of its channels, where it tells them.
    samples : str
        ``S`` where the samples of a pixel are colours, ``C`` where they are channels.
    """

    pages: tuple[Page, ...]
    sizes: Sizes
    channels: tuple[str, ...] = ()
    samples: str = "S"


def tiff_plane(path: Path) -> TiffPlane:
    """Open a TIFF file that holds a single plane, or one plane of several channels.

    Raises
    ------
    ReadError
        It holds several planes, or is damaged.
    """
    with open_parsed(path, series=False) as file:
        pages = [page for page in file.pages if not getattr(page, "is_reduced", False)]
        if len(pages) > 1:
            pages = _channels(path, file, len(pages))
        codings: dict[int, Coding] = {}
        made = [_made(path, page, codings) for page in pages]
        check_complete(made, path)
        sizes, names = facts_of(file, pages[0], 0 if file.is_ome else None)
        if (colours := colours_of(pages[0])) is not None:
            made = [PalettePage(page, colours) for page in made]
        known = names if len(names) == len(made) > 1 else ()
        return TiffPlane(tuple(made), sizes, known, "C" if holds_channels(pages[0]) else "S")


def _made(path: Path, page: Any, codings: dict[int, Coding]) -> Page:
    check_pixels(path, page.keyframe)
    return one_page(path, page, codings)


def _channels(path: Path, file: Any, count: int) -> list[Any]:
    """Return the pages of a file whose pages are the channels of one plane."""
    images = images_of(file)
    if len(images) == 1 and images[0].n_planes == count and _only_channels(images[0]):
        series = images[0].series
        if not series.is_multifile and None not in (found := list(series)):
            return found
    raise ReadError(
        f"{path} holds {count} pages, where a folder or list of planes must have one in each "
        "file. Open this file alone."
    )


def _only_channels(image: Any) -> bool:
    return image.axes.squeezed().letters in ("CYX", "CYXS")


def is_single_plane(path: Path, *, channels: bool = False) -> bool:
    """Tell whether a TIFF file by itself is one plane: one page that no description adds to.

    Parameters
    ----------
    path : Path
        The file.
    channels : bool
        Whether a plane of several channels is one.
    """
    with open_parsed(path, series=False) as file:
        if len(file.pages) > 1:
            if not channels:
                return False
            images = images_of(file)
            return len(images) == 1 and _only_channels(images[0])
        alone = not (file.is_ome or file.is_micromanager or file.is_ndtiff or file.is_stk)
        if not alone or file.is_imagej or file.is_shaped:
            return all(one.n_planes < 2 for one in images_of(file)) and not file.is_ome
        return True
