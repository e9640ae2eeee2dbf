"""From depths at half the size to full size, along the edges of the fused image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.pyramid import align_up

__all__ = ["SCATTER_MARGIN", "scatter", "up_along_edges"]

Map = NDArray[np.float32]

#: Radius, in pixels of half size, within which depths are compared.
SCATTER_RADIUS = 3
#: Rows beyond a band that this sees.
SCATTER_MARGIN = 8


def scatter(depth: Map) -> Map:
    """Return the standard deviation of the depth in a small window, in planes.

    In float64: the running sums of float32 leave a variance of 1e-6 where there is none, as much as
    the rows summed before have left, so that its root would depend on where a band begins.
    """
    side = (2 * SCATTER_RADIUS + 1, 2 * SCATTER_RADIUS + 1)
    mean = cv2.boxFilter(depth, cv2.CV_64F, side)
    variance = cv2.sqrBoxFilter(depth, cv2.CV_64F, side)
    variance -= mean * mean
    np.maximum(variance, 0, out=variance)
    return np.asarray(cv2.sqrt(variance, dst=variance), np.float32)


def up_along_edges(values: Map, guide: Map, fine: Map) -> Map:
    """Double a map; where it jumps, each pixel takes the value of the neighbour it looks like."""
    shape = (fine.shape[0], fine.shape[1])
    smooth = align_up(values, shape)
    kernel = np.ones((3, 3), np.uint8)
    jumps = cv2.dilate(smooth, kernel) - cv2.erode(smooth, kernel) > 1
    rows, columns = np.nonzero(jumps)
    likeness = np.full(len(rows), np.inf, np.float32)
    chosen = smooth[rows, columns]
    for down_by in (0, 1):
        for right_by in (0, 1):
            row = np.minimum((rows + down_by) // 2, values.shape[0] - 1)
            column = np.minimum((columns + right_by) // 2, values.shape[1] - 1)
            apart = np.abs(guide[row, column] - fine[rows, columns])
            nearer = apart < likeness
            likeness = np.where(nearer, apart, likeness)
            chosen = np.where(nearer, values[row, column], chosen)
    smooth[rows, columns] = chosen
    return smooth
