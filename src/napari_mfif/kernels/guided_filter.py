"""The guided filter (He, Sun, Tang 2013): smooths a map along the edges of a guide."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["GuidedFilter"]

Map = NDArray[np.float32]


class GuidedFilter:
    """A guided filter whose guide is fixed, so that several maps share its statistics.

    Parameters
    ----------
    guide : float32, (Y, X)
        The image whose edges are followed.
    radius : int
        Half the side of the box window, in pixels; the box is ``2 * radius + 1`` wide.
    epsilon : float
        Variance of the guide below which a window counts as flat, in the guide's unit squared.

    References
    ----------
    He, Sun, Tang 2013, "Guided image filtering", eq. 5, 6, 8.
    """

    def __init__(self, guide: Map, *, radius: int, epsilon: float) -> None:
        self._guide = guide
        self._side = (2 * radius + 1, 2 * radius + 1)
        self._mean = self._box(guide)
        self._variance: Map = self._box(guide * guide) - self._mean * self._mean
        # A flat window in float32 may come out a hair below zero.
        np.maximum(self._variance, 0, out=self._variance)
        self._variance += np.float32(max(epsilon, float(np.finfo(np.float32).tiny)))

    def __call__(self, values: Map) -> Map:
        """Return `values`, float32 ``(Y, X)``, smoothed along the guide's edges."""
        mean = self._box(values)
        covariance: Map = self._box(self._guide * values) - self._mean * mean
        slope: Map = covariance / self._variance
        intercept: Map = mean - slope * self._mean
        return self._box(slope) * self._guide + self._box(intercept)

    def _box(self, values: Map) -> Map:
        blurred: Map = cv2.blur(values, self._side, borderType=cv2.BORDER_REFLECT_101)
        return blurred
