"""The step between two parts of a surface, and how uncertain it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.result import Fusion
from napari_mfif.surface.heights import HeightMap, Region, height_map

__all__ = ["Step", "step_between", "step_height"]


@dataclass(frozen=True)
class Step:
    """How much higher one region lies than another, in `unit`.

    Parameters
    ----------
    height : float
        Of the second region above the first; negative where it lies lower.
    uncertainty : float
        Standard uncertainty of `height` by the scatter of the heights within the regions, of which
        neighbours are no independent measurements. An error of the z step comes on top, and so
        does what all heights of a region have in common.
    measured, left_out : (int, int)
        Pixels of either region with a height that is sure enough, and those without.
    levelled : bool
        Whether a common tilt was taken away.
    unit : str
        Of height and uncertainty.
    """

    height: float
    uncertainty: float
    measured: tuple[int, int]
    left_out: tuple[int, int]
    levelled: bool
    unit: str


def step_height(
    fusion: Fusion,
    region_a: Region,
    region_b: Region,
    t: int = 0,
    *,
    level: bool = True,
    min_confidence: float | None = None,
) -> Step:
    """Measure how much higher the second region lies than the first.

    Two parallel planes are fitted to the regions, as for step heights in ISO 5436-1; their distance
    along z is the step.

    Parameters
    ----------
    fusion : Fusion
        A finished one.
    region_a, region_b : (slice, slice) or mask
        Rows and columns, or a mask of the whole plane.
    t : int, optional
        The timepoint.
    level : bool, optional
        Whether the planes may be tilted; if not, the difference of the mean heights is taken.
    min_confidence : float, optional
        Heights less sure than this are left out; as the recipe says when not given.

    Raises
    ------
    ParameterError
        Too few heights are known in a region, or a pixel lies in both.
    """
    heights = height_map(fusion, t, min_confidence=min_confidence)
    return step_between(heights, region_a, region_b, level=level)


def step_between(
    heights: HeightMap, region_a: Region, region_b: Region, *, level: bool = True
) -> Step:
    """Measure how much higher the second region lies than the first, as `step_height` does."""
    known = [heights.known(region) for region in (region_a, region_b)]
    if (known[0] & known[1]).any():
        raise ParameterError("The two regions overlap: a step lies between regions apart.")
    counts = [int(one.sum()) for one in known]
    if min(counts) < 4:
        raise ParameterError(
            f"Only {min(counts)} heights are sure enough in a region: too few for a step. "
            "Choose a larger region, or allow less sure ones by `min_confidence=`."
        )
    either = known[0] | known[1]
    rows, columns = np.nonzero(either)
    upper = known[1][either].astype(float)
    terms = [1 - upper, upper]
    if level:
        terms += [(rows - rows.mean()).astype(float), (columns - columns.mean()).astype(float)]
    matrix, height = np.column_stack(terms), heights.height[either].astype(float)
    found, *_ = np.linalg.lstsq(matrix, height, rcond=None)
    rest = np.full(either.shape, np.nan)
    rest[either] = height - matrix @ found
    return Step(
        float(found[1] - found[0]),
        _uncertainty(matrix, rest, known),
        (counts[0], counts[1]),
        tuple(_missing(heights, r) for r in (region_a, region_b)),  # type: ignore[arg-type]
        level,
        heights.unit,
    )


def _missing(heights: HeightMap, region: Region) -> int:
    inside = np.zeros(heights.height.shape, bool)
    inside[(slice(None),) * 2 if region is None else region] = True
    return int((inside & ~np.isfinite(heights.height)).sum())


def _uncertainty(matrix: NDArray[Any], rest: NDArray[Any], known: list[NDArray[np.bool_]]) -> float:
    """Propagate the scatter of both regions to the step.

    A pixel counts as one of so many independent measurements as correlated areas fit the region.
    """
    either = known[0] | known[1]
    variance = np.zeros(either.shape)
    for one in known:
        own = np.where(one, rest, np.nan)
        independent = max(1.0, one.sum() / _correlated_area(own))
        # of few independent measurements the scatter is taken larger, by the degrees of freedom
        spread = float(np.nanvar(own)) * independent / max(1.0, independent - 1)
        variance[one] = spread * one.sum() / independent
    inverse = np.linalg.pinv(matrix)
    contrast = inverse[1] - inverse[0]
    return float(np.sqrt((contrast**2 * variance[either]).sum()))


def _correlated_area(rest: NDArray[Any]) -> float:
    """Return over how many pixels deviations go together: along rows times along columns."""
    rows, columns = np.nonzero(np.isfinite(rest))
    box = rest[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return _correlated_length(box) * _correlated_length(box.T)


def _correlated_length(rest: NDArray[Any]) -> float:
    """Return the integral of the autocorrelation along rows, to where it first vanishes."""
    power = float(np.nanmean(rest**2))
    length = 1.0
    if power == 0:
        return length
    for lag in range(1, rest.shape[1]):
        products = rest[:, lag:] * rest[:, :-lag]
        seen = np.isfinite(products)
        correlation = float(products[seen].mean()) / power if seen.any() else 0.0
        if correlation <= 0:
            break
        length += 2 * correlation
    return length
