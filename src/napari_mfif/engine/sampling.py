"""Large planes: sampled for the survey, measured locally where they are folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.chunked import block_shape
from napari_mfif.arrays.lazy_array import LazyArray
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.preparation import Preparation, to_guide
from napari_mfif.kernels.hot_pixels import REACH, find_stuck
from napari_mfif.methods.base import FloatMap, Region, Survey

__all__ = [
    "QUARTER",
    "Windows",
    "quarter",
    "sampled_planes",
    "sampled_reader",
    "strips",
    "survey_region",
]

#: Planes of more pixels are surveyed through windows; what is local is found out region by region.
LARGE = 1 << 23
#: Side of a window in pixels, and how many there are along an axis.
SIDE, COUNT = 256, 6
#: How many planes, spread over the stack, are looked at closely.
SAMPLES = 5
#: `Survey.mean` has a value per square of this side.
QUARTER = 4
#: Pixels of a plane that are looked at closely at a time.
STRIP = 1 << 22


def sampled_planes(n_planes: int) -> list[int]:
    """Return the numbers of some planes spread over the stack."""
    count = min(SAMPLES, n_planes)
    return [round(i * (n_planes - 1) / max(1, count - 1)) for i in range(count)]


class Windows:
    """Planes of which only windows are seen, set side by side: a small plane with the same content.

    Parameters
    ----------
    reader : PlaneReader
        The planes.
    """

    def __init__(self, reader: PlaneReader) -> None:
        self.reader = reader
        self._rows, self._columns = map(_places, reader.stack.plane_shape)
        # Whole rows that lie in one piece are read faster than hundreds of pieces of them.
        together = block_shape(reader.stack)[1] * len(self._columns) >= reader.stack.plane_shape[1]
        pixels = reader.stack.pixels
        random_access = isinstance(pixels, LazyArray) and pixels.random_access
        columns = [slice(0, reader.stack.plane_shape[1])] if together else self._columns
        self._whole = not random_access and _reads_more(reader.stack, self._rows, columns)
        self._lines = not self._whole and (random_access or together)

    @property
    def stack(self) -> ZStack:
        """The stack that is looked at."""
        return self.reader.stack

    @property
    def n_bands(self) -> int:
        """Number of channels times colour samples."""
        return self.reader.n_bands

    def bands(self, z: int) -> NDArray[Any]:
        """Return the windows of one plane, ``(Y, X, K)``."""
        whole = self.reader.bands(z) if self._whole else None
        lines = []
        for rows in self._rows:
            line = self.reader.bands(z, rows) if self._lines else None
            windows = []
            for columns in self._columns:
                if whole is not None:
                    windows.append(whole[rows, columns])
                elif line is not None:
                    windows.append(line[:, columns])
                else:
                    windows.append(self.reader.bands(z, rows, columns))
            lines.append(np.concatenate(windows, axis=1))
        return np.concatenate(lines)


def _places(length: int) -> list[slice]:
    """Return windows spread over an axis, without overlap, within chunks of usual sizes."""
    count, side = max(1, min(COUNT, length // SIDE)), min(SIDE, length)
    evenly = np.linspace(0, length - side, count)
    starts = np.minimum((evenly / SIDE).round().astype(int) * SIDE, length - side)
    return [slice(int(start), int(start) + side) for start in starts]


def _reads_more(stack: ZStack, rows: list[slice], columns: list[slice]) -> bool:
    """Tell whether reading the windows one by one reads more than the planes have."""
    seen = 1
    for places, together in zip((rows, columns), block_shape(stack), strict=True):
        seen *= sum(
            (-(-place.stop // together) - place.start // together) * together for place in places
        )
    return seen > stack.plane_shape[0] * stack.plane_shape[1]


def sampled_reader(reader: PlaneReader) -> PlaneReader | Windows:
    """Return what a survey looks at: the planes themselves, or windows where they are large."""
    rows, columns = reader.stack.plane_shape
    return Windows(reader) if rows * columns > LARGE else reader


def survey_region(
    reader: PlaneReader, survey: Survey, preparation: Preparation, region: Region
) -> tuple[Survey, Preparation]:
    """Find out what is local in a region of large planes: mean brightness and stuck pixels.

    Parameters
    ----------
    reader : PlaneReader
        The planes.
    survey, preparation
        What `survey_stack` told; returned as they are where they know it already.
    region : Region
        What is going to be folded.
    """
    if survey.mean is not None:
        return survey, preparation
    means: list[FloatMap] = []
    found: list[list[tuple[NDArray[np.intp], NDArray[np.intp]]]] = [[] for _ in preparation.noise]
    region = _squares(region, survey.plane_shape)
    for strip in strips(region):
        seen = strip.widened(REACH, survey.plane_shape)
        samples = [reader.bands(z, *seen.slices) for z in sampled_planes(survey.n_planes)]
        core = strip.within(seen).slices
        means.append(_mean_quarter([to_guide(one[core], preparation) for one in samples]))
        for k, noise in enumerate(preparation.noise):
            rows, columns = find_stuck([one[..., k] for one in samples], noise)
            inside = (rows >= core[0].start) & (rows < core[0].stop)
            found[k].append((rows[inside] + seen.top, columns[inside] + seen.left))
    stuck = [(np.concatenate(rows), np.concatenate(columns)) for rows, columns in _pairs(found)]
    return (
        replace(survey, mean=np.concatenate(means), origin=(region.top, region.left)),
        replace(preparation, stuck=stuck),
    )


def _squares(region: Region, shape: tuple[int, int]) -> Region:
    """Return a region made of whole squares of `Survey.mean`, as far as the plane has them."""
    return Region(
        region.top // QUARTER * QUARTER,
        min(-(-region.bottom // QUARTER) * QUARTER, shape[0]),
        region.left // QUARTER * QUARTER,
        min(-(-region.right // QUARTER) * QUARTER, shape[1]),
    )


def strips(region: Region) -> Iterator[Region]:
    """Cut a region so that not too much is held."""
    width = region.right - region.left
    step = max(QUARTER, STRIP // max(1, width) // QUARTER * QUARTER)
    for top in range(region.top, region.bottom, step):
        yield Region(top, min(top + step, region.bottom), region.left, region.right)


def _pairs(found: list[list[Any]]) -> Iterator[tuple[list[Any], list[Any]]]:
    for strips in found:
        yield [rows for rows, _ in strips], [columns for _, columns in strips]


def _mean_quarter(guides: list[FloatMap]) -> FloatMap:
    mean: FloatMap = np.mean([quarter(guide) for guide in guides], axis=0, dtype=np.float32)
    return mean


def quarter(image: FloatMap) -> FloatMap:
    """Return the means of squares of four by four pixels; the image is continued at its end."""
    over = [-length % QUARTER for length in image.shape]
    if any(over):
        image = cv2.copyMakeBorder(image, 0, over[0], 0, over[1], cv2.BORDER_REPLICATE)
    size = image.shape[1] // QUARTER, image.shape[0] // QUARTER
    small: FloatMap = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small
