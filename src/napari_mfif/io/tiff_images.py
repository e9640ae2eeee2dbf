"""The images of a TIFF file: its series, and the positions of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_mfif.arrays.axes import AXES
from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io.axes import SEQUENCE, FileAxes
from napari_mfif.io.choosing import pick
from napari_mfif.io.tifffile_versions import all_axes, all_series

__all__ = ["TiffImage", "choose", "holds_channels", "images_of"]

#: Photometric interpretations that are no colours: white or black is zero.
GREY = (0, 1)
#: What extra samples say where they are alpha, associated or not.
ALPHA = {1, 2}
#: How releases of ScanImage say how many channels they saved.
CHANNELS_OF_SCANIMAGE = re.compile(
    r"(?:channelSave|channelsSave)\s*=\s*\[(?P<listed>[^\]]*)\]|"
    r"numberOfChannelsSave\s*=\s*(?P<count>\d+)"
)
#: So many pages can be planned.
MOST_PLANNED = 10**6
#: Pages of another size than the rest, by a factor of this in area, are thumbnails.
SMALLER = 4


@dataclass(frozen=True)
class TiffImage:
    """One image: a series of tifffile, or one position of it.

    Parameters
    ----------
    series : tifffile.TiffPageSeries
        The series.
    axes : FileAxes
        Its axes, those of positions left out.
    number : int
        Number of the series in the file.
    places : tuple of (axis, place)
        Which entry of each axis that is left out.
    name : str
        What the file calls it; may be empty.
    """

    series: Any
    axes: FileAxes
    number: int
    places: tuple[tuple[int, int], ...] = ()
    name: str = ""

    @property
    def n_planes(self) -> int:
        """Number of pages."""
        return max(1, prod(self.axes.lengths) // max(1, int(self.series.keyframe.size)))

    def pages(self) -> list[int] | None:
        """Return the numbers of its pages in the series; None for all of them."""
        if not self.places:
            return None
        lengths = all_axes(self.series).lengths
        count = len(lengths)
        while prod(lengths[:count]) > len(self.series):
            count -= 1
        index: list[Any] = [slice(None)] * count
        for axis, place in self.places:
            index[axis] = place
        numbers = np.arange(prod(lengths[:count])).reshape(lengths[:count])
        return [int(number) for number in numbers[tuple(index)].reshape(-1)]

    def is_in(self, path: Path) -> bool:
        """Tell whether its first page lies in a file, where others belong to it too."""
        numbers = self.pages()
        for number in range(len(self.series)) if numbers is None else numbers:
            page = self.series[number]
            if page is not None:
                return Path(page.parent.filehandle.path).name == path.name
        return False


def images_of(file: Any, axes: str | None = None) -> list[TiffImage]:
    """Return the images of an open file.

    Axes that are neither planes, channels nor time hold images of their own, such as positions.

    Parameters
    ----------
    file : tifffile.TiffFile
        The file.
    axes : str, optional
        Axes that somebody gave; where they name all axes of the file, it is not divided.
    """
    series = _planned_by_imagej(file) or _channels_of_scanimage(file)
    series = series or _merged(all_series(file))
    if axes is not None and _are_single_planes(series):
        alone = all_axes(series[0]).squeezed().letters
        if len(axes) == len(alone) + 1:
            series = [_joined(series)]
    return [image for number, one in enumerate(series) for image in _positions(number, one, axes)]


def _are_single_planes(series: Sequence[Any]) -> bool:
    """Tell whether there are several images, all alike, of a plane each."""
    first = series[0]
    return len(series) > 1 and all(
        len(one) == 1 and (one.keyframe.shape, one.dtype) == (first.keyframe.shape, first.dtype)
        for one in series
    )


def _joined(series: Sequence[Any]) -> Any:
    """Return images of a plane each as one."""
    pages, first = [one.keyframe for one in series], series[0]
    shape = (len(pages), *first.keyframe.shape)
    return tifffile.TiffPageSeries(pages, shape, first.dtype, "I" + first.keyframe.axes)


def _channels_of_scanimage(file: Any) -> list[Any] | None:
    """Return pages that alternate between channels where tifffile does not tell; None otherwise."""
    page = file.pages.first
    found = CHANNELS_OF_SCANIMAGE.search(f"{page.software}\n{page.description}")
    if not page.is_scanimage or found is None or all_series(file)[0].axes[0] not in SEQUENCE:
        return None
    count = int(found["count"] or len(re.findall(r"\d+", found["listed"] or "")))
    pages = list(file.pages)
    if count < 2 or len(pages) % count or len(pages) == count:
        return None
    shape = (len(pages) // count, count, *page.shape)
    return [tifffile.TiffPageSeries(pages, shape, page.dtype, "IC" + page.axes)]


def _planned_by_imagej(file: Any) -> list[Any] | None:
    """Return the series that ImageJ describes where fewer pages are there; None otherwise."""
    if not file.is_imagej or len(file.pages) < 2:
        return None
    facts = file.imagej_metadata
    lengths = [int(facts.get(name, 1)) for name in ("frames", "slices", "channels")]
    pages = list(file.pages)
    page = file.pages.first
    if not len(pages) < prod(lengths) <= MOST_PLANNED or facts.get("order", "czt") != "czt":
        return None
    shape = (*lengths, *page.shape)
    return [tifffile.TiffPageSeries(pages, shape, page.dtype, "TZC" + page.axes, kind="imagej")]


def holds_channels(page: Any) -> bool:
    """Tell whether the samples of a pixel are channels, neither colours nor alpha."""
    several = page.samplesperpixel > 1 and page.photometric in GREY
    return several and not ALPHA & set(map(int, page.extrasamples))


def _positions(number: int, series: Any, given: str | None) -> Iterator[TiffImage]:
    found = all_axes(series)
    if holds_channels(series.keyframe) and "C" not in found.letters:
        found = FileAxes(found.letters.replace("S", "C"), found.lengths)
    pairs = list(enumerate(zip(found.letters, found.lengths, strict=True)))
    others = [
        axis for axis, (letter, n) in pairs if letter not in AXES + SEQUENCE and n > 1
    ]  # fmt: skip
    name = str(series.name or "")
    all_given = given is not None and len(given) >= len(found.squeezed().letters)
    if not others or all_given or len(series) * series.keyframe.size != prod(found.lengths):
        yield TiffImage(series, found, number, name=name)
        return
    kept = [axis for axis, _ in pairs if axis not in others]
    rest = FileAxes(
        "".join(found.letters[axis] for axis in kept), tuple(found.lengths[axis] for axis in kept)
    )
    for places in np.ndindex(*(found.lengths[axis] for axis in others)):
        label = " ".join(
            f"{found.letters[axis]}{place}" for axis, place in zip(others, places, strict=True)
        )
        yield TiffImage(
            series,
            rest,
            number,
            tuple(zip(others, map(int, places), strict=True)),
            f"{name} {label}".strip(),
        )


def _merged(series: list[Any]) -> list[Any]:
    """Join pages that a program wrote one by one, each as an image of its own."""
    shaped = all(one.kind == "shaped" for one in series)
    return [_joined(series)] if shaped and _are_single_planes(series) else series


def choose(
    path: Path, images: Sequence[TiffImage], wanted: int | str | None
) -> tuple[TiffImage, list[str]]:
    """Return the image to take, and what there is to say about it."""
    if wanted is not None:
        return images[pick([one.name for one in images], wanted, path)], []
    full = [one for one in images if not one.series.keyframe.is_reduced]
    if full and full[0].series.kind in ("generic", "uniform", "shaped"):
        if (found := _beside_thumbnails(full)) is not None:
            return found
        _check_same_size(path, full)
    several = [i for i, one in enumerate(images) if one.n_planes > 1]
    if not several and _are_single_planes([one.series for one in full]):
        axes = "ZYXS" if full[0].series.keyframe.samplesperpixel > 1 else "ZYX"
        raise AxesError(
            f"{path} holds {len(full)} images of one plane each. If they are the planes of one "
            f'z-stack, say so by `axes="{axes}"`.'
        )
    here = [i for i in several if len(images) > 1 and images[i].is_in(path)]
    number = next(iter(here or several), 0)
    if len(full) < 2:
        return images[number], []
    kind = "positions" if images[number].places else "series"
    note = (
        f"The file holds {len(images)} {kind}, numbered from 0; this is number {number}. "
        "Take another by `series=`."
    )
    return images[number], [note]


def _beside_thumbnails(images: Sequence[TiffImage]) -> tuple[TiffImage, list[str]] | None:
    """Return the one image of several planes, where all others are single smaller pages."""
    several = [one for one in images if one.n_planes > 1]
    others = [one for one in images if one.n_planes == 1]
    if len(several) != 1 or not others:
        return None
    area = prod(_size(several[0]))
    if any(prod(_size(one)) * SMALLER > area for one in others):
        return None
    left = ", ".join(
        f"page {one.series.keyframe.index + 1} ({' x '.join(map(str, _size(one)))})"
        for one in others[:3]
    )
    return several[0], [f"Left out, since it is a smaller picture: {left}."]


def _size(image: TiffImage) -> tuple[int, int]:
    return image.series.keyframe.imagewidth, image.series.keyframe.imagelength


def _check_same_size(path: Path, images: Sequence[TiffImage]) -> None:
    first = images[0].series
    for other in (one.series for one in images[1:]):
        if other.keyframe.shape == first.keyframe.shape and other.dtype == first.dtype:
            continue
        raise ReadError(
            f"{path} has pages of different kind: page {first.keyframe.index + 1} is "
            f"{_kind(first.keyframe)}, page {other.keyframe.index + 1} is {_kind(other.keyframe)}. "
            "All planes of a z-stack are alike; take only the pages of one kind by `series=0` to "
            f"`series={len(images) - 1}`."
        )


def _kind(page: Any) -> str:
    colour = f" with {page.samplesperpixel} samples" if page.samplesperpixel > 1 else ""
    return f"{page.imagewidth} x {page.imagelength} {page.dtype}{colour}"
