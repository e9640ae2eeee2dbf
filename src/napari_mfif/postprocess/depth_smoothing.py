"""The depth of a z-stack smoothed by a median, and how far its neighbours bear it out."""

from __future__ import annotations

import cv2
import numpy as np

from napari_mfif.methods.base import FloatMap

__all__ = ["smoothed_confidence", "smoothed_depth"]


def smoothed_depth(depth: FloatMap, radius: int, last: int) -> FloatMap:
    """Return the median of the depth in a square; beyond 5 x 5 in 255 steps from 0 to `last`."""
    if radius <= 2:
        exact: FloatMap = cv2.medianBlur(depth, 2 * radius + 1)
        return exact
    step = last / 255
    coarse = cv2.convertScaleAbs(depth, alpha=1 / step)
    median = cv2.medianBlur(coarse, 2 * radius + 1)
    smooth: FloatMap = cv2.LUT(median, np.float32(step * np.arange(256)))
    # What the median leaves alone keeps its fraction.
    np.copyto(smooth, depth, where=median == coarse)
    return smooth


def smoothed_confidence(
    depth: FloatMap, smooth: FloatMap, confidence: FloatMap, radius: int
) -> FloatMap:
    """Return the geometric mean of a confidence and of how well the depths round a pixel agree.

    A neighbour d planes off the smoothed depth agrees by 1 / (1 + d^2), and counts by its own
    confidence. On simulated stacks both together tell right from wrong better than either.
    """
    side = (2 * radius + 1, 2 * radius + 1)
    off = depth - smooth
    weight = np.maximum(confidence, np.float32(0.01))
    agreement = cv2.blur(weight / (off * off + 1), side) / cv2.blur(weight, side)
    mean: FloatMap = np.sqrt(np.minimum(confidence * agreement, 1))
    return mean
