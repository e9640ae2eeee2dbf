"""The state of `adaptive`, and what turns it into images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.parallel import each
from napari_mfif.kernels.pyramid import up
from napari_mfif.methods.adaptive.base import BaseFold
from napari_mfif.methods.adaptive.contrast import ContrastFold
from napari_mfif.methods.adaptive.depth import DepthFold
from napari_mfif.methods.adaptive.level import LevelFold
from napari_mfif.methods.base import FloatMap, Region, Survey
from napari_mfif.settings.parameters import Settings

__all__ = ["LEAST_NOISE", "State", "as_float", "collapsed", "enlarged", "mean_of", "reach"]

#: `Survey.mean` is so many times smaller than the planes.
QUARTER = 4
#: No noise is believed to be smaller than this variance, in the unit of `Plane.guide`.
LEAST_NOISE = 1e-9
#: From so many planes on, and such a width of the focus curve in planes, energies are smoothed over
#: one and over two planes on either side.
PLANES_FOR_REACH, WIDTH_FOR_REACH = (4, 6), (0.75, 1.2)


@dataclass
class State:
    """What is kept of the planes taken so far."""

    region: Region
    settings: Settings
    survey: Survey
    levels: list[LevelFold]
    base: BaseFold
    depth: DepthFold | None
    contrast: ContrastFold
    lowest: NDArray[Any]
    highest: NDArray[Any]
    #: Sum of each band over the planes, where the fused pixels will be refined.
    totals: list[FloatMap] = field(default_factory=list)
    n_seen: int = 0
    closed: bool = False


def reach(survey: Survey) -> int:
    """Over how many planes on either side to smooth: fewer where planes lie far apart."""
    width = survey.facts.get("focus_width") or np.inf
    return sum(
        survey.n_planes >= enough and width > wide
        for enough, wide in zip(PLANES_FOR_REACH, WIDTH_FOR_REACH, strict=True)
    )


def mean_of(survey: Survey) -> FloatMap:
    """Return the survey's mean, which the methods that need it always get."""
    assert survey.mean is not None  # the engine sees to it
    return survey.mean


def enlarged(
    quarter: FloatMap, region: Region, survey: Survey, shape: tuple[int, int], reduced: int
) -> FloatMap:
    """Return a map like `Survey.mean` for a region, so many times smaller than its pixels."""
    down, right = region.top - survey.origin[0], region.left - survey.origin[1]
    scale = reduced / QUARTER
    place = np.array(
        [
            [scale, 0, (right + reduced / 2) / QUARTER - 0.5],
            [0, scale, (down + reduced / 2) / QUARTER - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    enlarged: FloatMap = cv2.warpAffine(
        quarter, place, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return enlarged


def collapsed(levels: list[FloatMap], base: FloatMap) -> FloatMap:
    """Put an image together from its levels, finest first, which are written over."""
    image = base
    for level in reversed(levels):
        coarse, shape = image, (level.shape[0], level.shape[1])

        def add(band: Band, level: FloatMap = level, coarse: FloatMap = coarse) -> None:
            smooth = up(coarse[band.reduced().outer], (band.height, level.shape[1]))
            level[band.rows] += smooth[band.inner]

        each(add, bands(shape, margin=4))
        image = level
    return image


def as_float(band: NDArray[Any]) -> FloatMap:
    """Return a band in float32 and in one piece."""
    return np.ascontiguousarray(band, np.float32)
