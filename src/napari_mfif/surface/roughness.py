"""Roughness of a surface: the height parameters of ISO 25178-2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.result import Fusion
from napari_mfif.settings.parameters import unknown_name
from napari_mfif.surface.heights import HeightMap, Region, height_map

__all__ = ["FORMS", "Roughness", "roughness", "roughness_of"]

#: What is taken away before: the powers of row and column of its polynomial.
FORMS: dict[str, tuple[tuple[int, int], ...]] = {
    "mean": ((0, 0),),
    "plane": ((0, 0), (1, 0), (0, 1)),
    "quadric": ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)),
}


@dataclass(frozen=True)
class Roughness:
    """Roughness within a region, in `unit`.

    No filter was applied (no S-filter, no L-filter): the smoothing of the fusion limits what is
    small, the region what is large.

    Parameters
    ----------
    sa : float
        Mean of the absolute heights.
    sq : float
        Root of their mean square.
    sz : float
        From the lowest to the highest point.
    form : str
        What was taken away before.
    measured, left_out : int
        Pixels with a height that is sure enough, and those without.
    unit : str
        Of the three.
    smoothed : int
        Radius in pixels of the median by which the fusion smoothed its heights, 0 for none: what is
        finer is not in the three.
    """

    sa: float
    sq: float
    sz: float
    form: str
    measured: int
    left_out: int
    unit: str
    smoothed: int = 0


def roughness(
    fusion: Fusion,
    region: Region = None,
    t: int = 0,
    *,
    form: str = "plane",
    min_confidence: float | None = None,
) -> Roughness:
    """Measure Sa, Sq and Sz.

    Parameters
    ----------
    fusion, t, min_confidence
        As for `height_map`.
    region : (slice, slice) or mask, optional
        Rows and columns, or a mask of the whole plane; the whole plane when not given.
    form : str, optional
        What is taken away before: ``"plane"`` (the tilt), ``"quadric"`` (tilt and bow) or
        ``"mean"`` (nothing but the mean height).

    Raises
    ------
    ParameterError
        Too few heights are known there.
    """
    return roughness_of(height_map(fusion, t, min_confidence=min_confidence), region, form=form)


def roughness_of(heights: HeightMap, region: Region = None, *, form: str = "plane") -> Roughness:
    """Measure Sa, Sq and Sz, as `roughness` does."""
    if form not in FORMS:
        raise ParameterError(unknown_name("form", form, FORMS, of="a roughness"))
    known = heights.known(region)
    left_out = _size(heights, region) - int(known.sum())
    rows, columns = np.nonzero(known)
    if len(rows) <= len(FORMS[form]):
        raise ParameterError(
            f"Only {len(rows)} heights are sure enough there: too few for a roughness. "
            "Choose a larger region, or allow less sure ones by `min_confidence=`."
        )
    rest = _without_form(rows, columns, heights.height[known].astype(float), FORMS[form])
    return Roughness(
        float(np.abs(rest).mean()),
        float(np.sqrt((rest**2).mean())),
        float(np.ptp(rest)),
        form,
        len(rows),
        left_out,
        heights.unit,
        heights.smoothed,
    )


def _size(heights: HeightMap, region: Region) -> int:
    """Return how many pixels a region has."""
    if isinstance(region, np.ndarray):
        return int(region.sum())
    place = (slice(None),) * 2 if region is None else region
    return int(heights.height[place].size)


def _without_form(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    height: NDArray[Any],
    powers: tuple[tuple[int, int], ...],
) -> NDArray[Any]:
    """Take the polynomial away that fits best by least squares."""
    # centred and scaled, so that the equations are well conditioned
    y, x = ((v - v.mean()) / max(1.0, float(np.ptp(v))) for v in (rows, columns))
    terms = np.column_stack([y**p * x**q for p, q in powers])
    found, *_ = np.linalg.lstsq(terms, height, rcond=None)
    rest: NDArray[Any] = height - terms @ found
    return rest
