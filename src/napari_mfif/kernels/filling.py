"""Filling what is unknown in a map smoothly from what is known round it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["filled"]

FloatMap = NDArray[np.float32]

#: How often, at each scale, an unknown pixel becomes the mean of its neighbours.
ROUNDS = 6


def filled(values: FloatMap, known: NDArray[np.bool_]) -> FloatMap:
    """Fill a map as a membrane would that is held by what is known.

    What is far off is filled from ever coarser copies of the map, then relaxed scale by scale.

    Parameters
    ----------
    values : float32, (Y, X)
        Where they are not known they may be anything, NaN too.
    known : bool, (Y, X)
        Where they are known.

    Returns
    -------
    float32, (Y, X)
        The same where they are known; NaN everywhere where nothing is.
    """
    if not known.any():
        return np.full(values.shape, np.nan, np.float32)
    return _filled(np.where(known, values, 0).astype(np.float32), known)


def _filled(values: FloatMap, known: NDArray[np.bool_]) -> FloatMap:
    if known.all():
        return values
    full: Any = values
    if max(values.shape) == 1:
        return values
    rows, columns = values.shape
    even = cv2.copyMakeBorder(values, 0, rows % 2, 0, columns % 2, cv2.BORDER_CONSTANT)
    shares = cv2.copyMakeBorder(
        known.astype(np.float32), 0, rows % 2, 0, columns % 2, cv2.BORDER_CONSTANT
    )
    half = (even.shape[1] // 2, even.shape[0] // 2)
    sums, weights = (cv2.resize(one, half, interpolation=cv2.INTER_AREA) for one in (even, shares))
    there = weights > 0
    means = np.divide(sums, weights, out=np.zeros_like(sums), where=there)
    coarse = _filled(means, there)
    smooth = cv2.resize(coarse, even.shape[::-1], interpolation=cv2.INTER_LINEAR)
    full = np.where(known, values, smooth[:rows, :columns])
    for _ in range(ROUNDS):
        full = np.where(known, values, cv2.blur(full, (3, 3), borderType=cv2.BORDER_REPLICATE))
    return np.asarray(full, np.float32)
