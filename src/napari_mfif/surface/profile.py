"""The height along a line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.result import Fusion
from napari_mfif.surface.heights import HeightMap, height_map
from napari_mfif.surface.table import save_table

__all__ = ["BAND", "Profile", "profile", "profile_of"]

Floats = NDArray[np.floating[Any]]

#: The band holds 95 % of a normal distribution.
BAND = 1.96


@dataclass(frozen=True)
class Profile:
    """Heights along a line, a sample per pixel.

    Parameters
    ----------
    distance : (N,)
        From the beginning of the line, in `lateral_unit`.
    height : (N,)
        In `unit`; NaN where it is not known.
    low, high : (N,)
        Between these the height lies with 95 %, as far as the confidence can be relied on and
        errors are normally distributed; never beyond the first and the last plane.
    confidence : (N,)
        Of each height.
    places : (N, 2)
        Row and column of each sample.
    unit, lateral_unit : str
        ``"planes"`` and ``"pixels"`` where a size is not known.
    """

    distance: Floats
    height: Floats
    low: Floats
    high: Floats
    confidence: Floats
    places: Floats
    unit: str
    lateral_unit: str

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write it as CSV: a line per sample, the units in the first line."""
        columns = {
            f"distance ({self.lateral_unit})": self.distance,
            f"height ({self.unit})": self.height,
            f"low 95 % ({self.unit})": self.low,
            f"high 95 % ({self.unit})": self.high,
            "confidence": self.confidence,
            "row (pixels)": self.places[:, 0],
            "column (pixels)": self.places[:, 1],
        }
        return save_table(path, columns, overwrite=overwrite)


def profile(
    fusion: Fusion, line: ArrayLike, t: int = 0, *, min_confidence: float | None = None
) -> Profile:
    """Return the height along a line through given points.

    Parameters
    ----------
    fusion, t, min_confidence
        As for `height_map`.
    line : array-like, (N, 2)
        Row and column of two or more points, in pixels of the fused image.

    Raises
    ------
    ParameterError
        The line is no line, or lies outside the image.
    """
    return profile_of(height_map(fusion, t, min_confidence=min_confidence), line)


def profile_of(heights: HeightMap, line: ArrayLike) -> Profile:
    """Return the height along a line through given points, as `profile` does."""
    places = _along(np.asarray(line, float))
    inside = ((places >= 0) & (places <= np.array(heights.height.shape) - 1)).all(axis=1)
    if not inside.any():
        raise ParameterError("The line lies outside the image.")
    moves = np.linalg.norm(np.diff(places, axis=0) * heights.pixel_size, axis=1)
    distance = np.concatenate([[0], np.cumsum(moves)])[inside]
    places = places[inside]
    height, doubt = _sampled(heights.height, places), _sampled(heights.doubt, places)
    low, high = sorted(heights.limits)
    return Profile(
        distance - distance[0],
        height,
        np.maximum(height - BAND * doubt, low),
        np.minimum(height + BAND * doubt, high),
        _sampled(heights.confidence, places),
        places,
        heights.unit,
        heights.lateral_unit,
    )


def _along(points: Floats) -> Floats:
    """Return places on a line through points, a pixel apart or a little less."""
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2:
        raise ParameterError(
            f"`line=` takes two or more points of a row and a column, not {points.shape}."
        )
    pieces = [points[:1]]
    for begin, end in pairwise(points):
        steps = max(1, int(np.ceil(np.linalg.norm(end - begin))))
        pieces.append(begin + (end - begin) * (np.arange(1, steps + 1) / steps)[:, None])
    return np.concatenate(pieces)


def _sampled(array: NDArray[Any], places: Floats) -> Floats:
    """Return values between pixels: linearly where all four are finite, else the nearest one."""
    rows, columns = places.T
    top = np.clip(rows.astype(int), 0, max(0, array.shape[0] - 2))
    left = np.clip(columns.astype(int), 0, max(0, array.shape[1] - 2))
    below = np.minimum(top + 1, array.shape[0] - 1)
    right = np.minimum(left + 1, array.shape[1] - 1)
    down, across = rows - top, columns - left
    with np.errstate(invalid="ignore"):
        upper = array[top, left] * (1 - across) + array[top, right] * across
        lower = array[below, left] * (1 - across) + array[below, right] * across
        linear = upper * (1 - down) + lower * down
    nearest = array[np.rint(rows).astype(int), np.rint(columns).astype(int)]
    found: Floats = np.where(np.isfinite(linear), linear, nearest)
    return found
