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
    fusion, t, min_confidence
        As for `height_map`.
    region_a, region_b : (slice, slice) or mask
        Rows and columns, or a mask of the whole plane.
    level : bool, optional
        Whether the planes may be tilted; if not, the difference of the mean heights is taken.

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
    # the step as a sum over all heights: how much each of them counts
    ends = np.zeros(matrix.shape[1])
    ends[:2] = -1, 1
    contrast = matrix @ (np.linalg.pinv(matrix.T @ matrix) @ ends)
    return float(np.sqrt((contrast**2 * variance[either]).sum()))


def _correlated_area(rest: NDArray[Any]) -> float:
    """Return over how many pixels deviations go together: along rows times along columns."""
    rows, columns = np.nonzero(np.isfinite(rest))
    box = rest[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return _correlated_length(box) * _correlated_length(box.T)


def _correlated_length(rest: NDArray[Any]) -> float:
    """Return the integral of the autocorrelation along rows, to where it first vanishes."""
    there = np.isfinite(rest)
    sums, pairs = _along_rows(np.where(there, rest, 0)), _along_rows(there.astype(float))
    seen = pairs > 0.5
    correlation = np.divide(sums, pairs, out=np.zeros_like(sums), where=seen)
    if correlation[0] <= 0:
        return 1.0
    correlation /= correlation[0]
    ends = np.nonzero(correlation <= 0)[0]
    positive = correlation[1 : ends[0] if len(ends) else None]
    return 1 + 2 * float(positive.sum())


def _along_rows(values: NDArray[Any]) -> NDArray[Any]:
    """Return the sum of the products of all values that lie so many columns apart."""
    columns = values.shape[1]
    spectrum = np.fft.rfft(values, n=2 * columns, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0)
    return np.asarray(np.fft.irfft(power, n=2 * columns)[:columns])
