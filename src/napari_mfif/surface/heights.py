"""The heights of one timepoint as measuring needs them: with sizes, doubt, and holes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.heights import settled_heights
from napari_mfif.fusion.result import Fusion
from napari_mfif.methods.base import FloatMap
from napari_mfif.settings.options import MIN_CONFIDENCE

__all__ = ["HeightMap", "Region", "height_map", "standard_deviation"]

#: Rows and columns, or a mask of all pixels.
Region = tuple[slice, slice] | NDArray[np.bool_] | None

#: A confidence of 1 would be a doubt of nothing.
_SUREST = 0.9999
_CONFIDENCES = np.linspace(0, _SUREST, 2000)
_PER_DEVIATION = np.array([NormalDist().inv_cdf((1 + c) / 2) for c in _CONFIDENCES])


@dataclass(frozen=True)
class HeightMap:
    """Heights over the pixels of a plane.

    Parameters
    ----------
    height : float32, (Y, X)
        In `unit`, NaN where it is not known.
    doubt : float32, (Y, X)
        Standard deviation of each height, in `unit`; infinite where nothing is known.
    confidence : float32, (Y, X)
        Probability that a height is right within one plane.
    limits : (float, float)
        Heights of the first and the last plane.
    pixel_size : (float, float)
        Height and width of a pixel, in `lateral_unit`.
    unit, lateral_unit : str
        ``"planes"`` and ``"pixels"`` where a size is not known.
    smoothed : int
        Radius in pixels of the median by which heights were smoothed, 0 for none.
    """

    height: FloatMap
    doubt: FloatMap
    confidence: FloatMap
    limits: tuple[float, float]
    pixel_size: tuple[float, float]
    unit: str
    lateral_unit: str
    smoothed: int = 0

    def known(self, region: Region = None) -> NDArray[np.bool_]:
        """Return where the height is known, within a region.

        Raises
        ------
        ParameterError
            The region does not fit the plane.
        """
        inside = np.zeros(self.height.shape, bool)
        if isinstance(region, np.ndarray) and region.shape != inside.shape:
            raise ParameterError(
                f"The mask of a region has the shape {region.shape}, the plane {inside.shape}."
            )
        inside[(slice(None),) * 2 if region is None else region] = True
        if not inside.any():
            raise ParameterError("A region lies outside the plane: no pixel is in it.")
        return inside & np.isfinite(self.height)


def height_map(
    fusion: Fusion, t: int = 0, *, min_confidence: float | None = None, fill: bool = False
) -> HeightMap:
    """Take the heights out of a fusion.

    Parameters
    ----------
    fusion : Fusion
        A finished one.
    t : int, optional
        The timepoint.
    min_confidence : float, optional
        Heights less sure than this are left out; as the recipe says when not given.
    fill : bool, optional
        Whether they are filled smoothly from what is known around them; their doubt stays large.
    """
    least = fusion.recipe.min_confidence if min_confidence is None else min_confidence
    wanted = {"unsure": "fill" if fill else "mark", "min_confidence": MIN_CONFIDENCE.check(least)}
    stack = fusion.stack
    place = (t,) if "T" in stack.axes else ()
    depth = np.asarray(fusion.depth[place], np.float32)
    confidence = np.asarray(fusion.confidence[place], np.float32)
    height = np.asarray(stack.heights(depth), np.float32)
    height = settled_heights(height, confidence, replace(fusion.recipe, **wanted))
    ends = np.asarray(stack.heights(np.array([0, stack.n_planes - 1], np.float32)))
    return HeightMap(
        height,
        standard_deviation(confidence) * _step(fusion, depth),
        confidence,
        (float(ends[0]), float(ends[1])),
        stack.pixel_size or (1.0, 1.0),
        fusion.unit,
        (stack.unit or "units") if stack.pixel_size else "pixels",
        int(fusion.recipe.consistency.get("smooth_depth", 0)),
    )


def standard_deviation(confidence: NDArray[np.floating]) -> FloatMap:
    """Return how uncertain depths are, in planes: their standard deviation.

    A confidence is the probability that a depth is right within one plane. If errors are normally
    distributed, that is the probability within so many standard deviations; so one follows from
    the other. It is infinite where the confidence is 0.
    """
    with np.errstate(divide="ignore"):
        deviation: FloatMap = np.float32(1) / np.interp(
            confidence, _CONFIDENCES, _PER_DEVIATION
        ).astype(np.float32)
    return deviation


def _step(fusion: Fusion, depth: FloatMap) -> FloatMap:
    """Return the distance of the planes at some depths."""
    positions = fusion.stack.z_positions
    if positions is None:
        return np.full_like(depth, abs(fusion.stack.z_step or 1))
    steps = np.abs(np.gradient(np.asarray(positions)))
    return np.asarray(np.interp(depth, np.arange(len(steps)), steps), np.float32)
