"""Z-stacks in TIFF files: OME-TIFF, ImageJ, plain pages, BigTIFF, tiles and strips."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from napari_mfif.arrays.stack import ZStack
from napari_mfif.arrays.views import multiscale
from napari_mfif.errors import ReadError
from napari_mfif.io import ome
from napari_mfif.io.axes import name_axes
from napari_mfif.io.compressed_pages import Coding, coded_page
from napari_mfif.io.content import first_bytes, is_tiff
from napari_mfif.io.names import stem
from napari_mfif.io.pages import COPY_AGAIN, FlatPage, FlatPages, Page, PagePixels
from napari_mfif.io.palette import colours_of, in_colour
from napari_mfif.io.partial import complete_part
from napari_mfif.io.planned import not_recorded
from napari_mfif.io.structure import lacking_pieces, open_parsed
from napari_mfif.io.tiff_images import TiffImage, choose, images_of
from napari_mfif.io.tiff_sizes import facts_of
from napari_mfif.io.truncation import check_complete

__all__ = [
    "CompanionRedirect",
    "check_pixels",
    "described",
    "description",
    "one_page",
    "open_tiff",
    "pieces_of",
    "stacks_in",
]

#: Photometric interpretations that are colours of other kinds: CMYK, and three of L*a*b*.
OTHER_COLOURS = (5, 8, 9, 10)

TABLE = "The pixels are numbers of a table of colours, and are read in these"


def open_tiff(
    path: Path,
    *,
    axes: str | None = None,
    series: int | str | None = None,
    name: str | None = None,
    xml: str | None = None,
) -> ZStack:
    """Open a TIFF file as a z-stack without reading its pixels.

    Parameters
    ----------
    path : Path
        The file; one of them when an OME-TIFF is spread over several.
    axes : str, optional
        A letter for each axis that is longer than 1, instead of what the file says.
    series : int, optional
        Which image of the file, from 0; otherwise the first that has several planes.
    name : str, optional
        Name of the z-stack; otherwise the file's.
    xml : str, optional
        OME-XML to use instead of the file's.

    Raises
    ------
    ReadError
        The file is damaged, incomplete or of one plane.
    AxesError
        Its axes leave a choice.
    """
    with open_parsed(path, xml=xml) as file:
        pointer = ome.companion(file.ome_metadata) if file.is_ome else None
        if pointer is not None:
            raise CompanionRedirect(path.parent / pointer, path)
        images = images_of(file, axes)
        image, notes = choose(path, images, series)
        chosen, key = image.series, image.series.keyframe
        check_pixels(path, key)
        where = str(path) if len(images) < 2 else f"Series {images.index(image)} of {path}"
        letters, said = name_axes(image.axes, axes, where=where)
        pages, leading, missing = _pages(path, image, letters)
        facts, channels = facts_of(file, key, image.number if chosen.kind == "ome" else None)
        if key.axes == "SYX":
            letters = letters[:-3] + letters[-2:] + letters[-3]
        if not missing:
            missing = not_recorded(file, dict(zip(letters, leading, strict=False)))
        missing += _undescribed(file, images)
        coarser = [] if image.places or missing else _coarser(path, chosen, leading)
        if axes is None and (colours := colours_of(key)) is not None:
            letters, pages, coarser = letters + "S", in_colour(pages, colours), []
            said = [*said, f'{TABLE}; `axes="{letters[:-1]}"` takes the numbers as they are.']
        pixels = multiscale(PagePixels(pages, leading), letters, coarser)
    return ZStack.from_array(
        pixels,
        letters,
        name=name or stem(path),
        z_step=facts.z_step,
        pixel_size=facts.pixel_size,
        unit=facts.unit,
        z_positions=facts.z_positions,
        channel_names=channels,
        notes=(*notes, *said, *missing, *([facts.note] if facts.note else [])),
        source=str(path),
    )


def description(path: Path) -> str:
    """Return the OME-XML in a TIFF file, empty when there is none."""
    with open_parsed(path, series=False) as file:
        return (file.ome_metadata or "") if file.is_ome else ""


def pieces_of(path: Path) -> list[str]:
    """Return the names of all files of the OME-TIFF that a file belongs to; of one alone, none."""
    text: str | bytes = description(path)
    pointer = ome.companion(text)
    if pointer is not None and (path.parent / pointer).is_file():
        text = described(path.parent / pointer)
    names = ome.pieces(text)
    return names if len(names) > 1 else []


def described(path: Path) -> str:
    """Return the OME-XML in a file that is a TIFF, or is nothing else."""
    if is_tiff(first_bytes(path)):
        return description(path)
    return path.read_bytes().decode("utf-8-sig", "replace")


def stacks_in(path: Path) -> list[int] | None:
    """Return the numbers of the series of a file that have several planes; None without any.

    Of files that each hold some of the positions of a recording, every file has its own.

    Raises
    ------
    ReadError
        It is damaged.
    """
    with open_parsed(path) as file:
        images = images_of(file)
        several = [i for i, one in enumerate(images) if one.n_planes > 1]
        if not several:
            return None
        shared = [i for i in several if images[i].series.kind == "mmstack"]
        return [i for i in several if i not in shared or images[i].is_in(path)]


class CompanionRedirect(ReadError):
    """The description of the image stands in another file."""

    def __init__(self, companion: Path, piece: Path) -> None:
        self.companion = companion
        super().__init__(
            f"{piece} is a piece of an OME-TIFF whose description stands in {companion.name}, "
            f"which is not in {companion.parent}. Put it back, or open the folder of the pieces."
        )


def check_pixels(path: Path, page: Any) -> None:
    """Refuse pixels that are no numbers, and volumes."""
    if page.imagedepth > 1:
        raise ReadError(f"{path} stores volumes instead of planes. Save it as OME-TIFF in Fiji.")
    if page.photometric in OTHER_COLOURS:
        raise ReadError(f"{path} has colours that are no RGB. Save it as RGB, in Fiji for example.")
    if page.dtype is None or page.dtype.kind not in "biuf":
        raise ReadError(
            f"{path} has pixels of type {page.dtype or 'unknown'}. Convert it to 8 or 16 bit "
            "integers or to 32 bit floating point."
        )


def _pages(
    path: Path, image: TiffImage, letters: str
) -> tuple[Sequence[Page], tuple[int, ...], list[str]]:
    """Return the pages, the lengths of the axes before those of a page, and what is left out."""
    series, lengths = image.series, image.axes.squeezed().lengths
    key = series.keyframe
    inner = len(key.shape)
    offset = None if series.is_multifile or key.dtype.kind == "b" else series.dataoffset
    numbers = image.pages()
    missing: list[str] = []
    if offset is not None:
        inner = 3 if letters.endswith("YXS") else max(inner, 2)
        first = _flat_page(path, key, offset, lengths[-inner:])
        total = prod(lengths[:-inner]) if numbers is None else len(series)
        pages: Sequence[Page] = FlatPages(first, total)
        count = prod(lengths[:-inner]) if numbers is None else len(numbers)
        if numbers is not None:
            pages = [pages[number] for number in numbers]
    else:
        found = list(series) if numbers is None else [series[number] for number in numbers]
        if series.kind == "imagej":  # what was planned and is not there comes last
            found += [None] * (prod(lengths[:-inner]) - len(found))
        count = len(found)
    leading = lengths[:-inner]
    if prod(leading) != count or (offset is None and lengths[-inner:] != key.shape):
        raise ReadError(
            f"{path} is incomplete: it says {prod(leading)} pages, but holds {count}. {COPY_AGAIN}"
        )
    if offset is None:
        found, leading, missing = _complete(path, found, leading, letters)
        if missing and len(letters) > inner and "Z" in letters[: len(leading)]:
            _check_pieces(path, series, lengths[letters.index("Z")], leading[letters.index("Z")])
        pages = _separate_pages(path, found)
    check_complete(pages, path)
    return pages, leading, missing


def _complete(
    path: Path, pages: list[Any], leading: tuple[int, ...], letters: str
) -> tuple[list[Any], tuple[int, ...], list[str]]:
    """Return the pages of the part of a recording that is complete."""
    # a page whose pixels would begin with the file was never written
    there = np.array([page is not None and any(page.dataoffsets) for page in pages], np.bool_)
    if there.all() or not leading:
        return pages, leading, []
    kept, notes = complete_part(there.reshape(leading), letters[: len(leading)])
    numbers = np.arange(len(pages)).reshape(leading)[np.ix_(*kept)]
    planes = len(kept[letters.index("Z")]) if "Z" in letters[: len(leading)] else 2
    if numbers.size == 0 or planes < 2:
        number = int(np.argmin(there)) + 1
        raise ReadError(f"{path} is incomplete: page {number} of {len(pages)} is missing.")
    return [pages[number] for number in numbers.reshape(-1)], numbers.shape, notes


def _undescribed(file: Any, images: Sequence[TiffImage]) -> list[str]:
    """Say that a file has more pages than its description names."""
    series = images[0].series
    count = len(file.pages)
    told = series.kind in ("ome", "imagej") and not series.is_multifile
    if not told or len(images) > 1 or not 1 < len(series) < count:
        return []
    return [
        f"The file holds {count} pages, but its description names {len(series)}: those are taken."
    ]


def _check_pieces(path: Path, series: Any, planned: int, planes: int) -> None:
    """Refuse a z-stack that lacks planes because files of it lie elsewhere."""
    xml = series.parent.ome_metadata if series.kind == "ome" else None
    absent = ome.existing_pieces(path.parent, ome.pieces(xml))[1] if xml else []
    if absent and planes < planned:
        raise ReadError(lacking_pieces(path, absent))


def _separate_pages(path: Path, series: Any) -> list[Page]:
    codings: dict[int, Coding] = {}
    pages: list[Page] = []
    for number, page in enumerate(series, 1):
        if page is None:
            raise ReadError(f"{path} is incomplete: page {number} of {len(series)} is missing.")
        own = Path(page.parent.filehandle.path)
        pages.append(one_page(own, page, codings))
    return pages


def _coarser(path: Path, series: Any, leading: tuple[int, ...]) -> list[PagePixels]:
    """Return the copies of a series in fewer rows and columns; what is damaged is left out."""
    levels = []
    for one in series.levels[1:]:
        try:
            pages = _separate_pages(path, one)
            check_complete(pages, path)
        except ReadError:
            continue
        if len(pages) == prod(leading):
            levels.append(PagePixels(pages, leading))
    return levels


def one_page(path: Path, page: Any, codings: dict[int, Coding]) -> Page:
    """Return a page of tifffile as ours; pages that are alike share a coding."""
    key = page.keyframe
    if page.is_final and key.dtype.kind != "b":
        return _flat_page(path, key, page.dataoffsets[0], key.shape, page.index + 1)
    if id(key) not in codings:
        codings[id(key)] = Coding.of(key)
    return coded_page(path, page, codings[id(key)])


def _flat_page(
    path: Path, key: Any, offset: int, shape: tuple[int, ...], number: int = 1
) -> FlatPage:
    stored = np.dtype(key.dtype).newbyteorder(key.parent.byteorder)
    planar = key.axes == "SYX"
    shape = (*shape[1:], shape[0]) if planar else shape
    return FlatPage(path, offset, shape, stored, number, planar)
