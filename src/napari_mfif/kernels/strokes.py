"""How much of each pixel a stroke covers.

Every pixel is computed from its place in the whole image alone, whatever part is looked at: in
tiles a stroke is the same bit for bit.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.settings.strokes import Cover, Point, Stroke

__all__ = ["share_of"]

Float64 = NDArray[np.float64]


def share_of(stroke: Stroke, rows: slice, columns: slice) -> NDArray[np.float32]:
    """Return the share of the new, 0 to 1, in some rows and columns.

    It is 1 inside, 0.5 on the outline, 0 outside, and linear across the soft edge.
    """
    inside = _signed_distance(stroke, rows, columns)
    if stroke.soft == 0:
        return (inside >= 0).astype(np.float32)
    return np.clip(0.5 + inside / stroke.soft, 0, 1).astype(np.float32)


def _signed_distance(stroke: Stroke, rows: slice, columns: slice) -> Float64:
    """Return the distance from the outline, inside more than 0; far from it any large number."""
    if stroke.cover is not None:
        return _from_mask(stroke.cover, math.ceil(stroke.soft / 2) + 2, rows, columns)
    squared = np.full((rows.stop - rows.start, columns.stop - columns.start), np.inf)
    points = stroke.points
    if stroke.radius is not None:
        _approach(squared, _pieces(points, points[1:] or points), stroke, rows, columns)
        return stroke.radius - np.sqrt(squared)
    edges = _pieces(points, (*points[1:], points[0]))
    _approach(squared, edges, stroke, rows, columns)
    distance = np.sqrt(squared)
    return np.where(_enclosed(edges, rows, columns), distance, -distance)


def _pieces(ones: tuple[Point, ...], others: tuple[Point, ...]) -> Float64:
    """Return straight pieces from points to others, (N, 2, 2): piece, end, row and column."""
    return np.array(list(zip(ones, others, strict=False)), np.float64)


def _approach(
    squared: Float64, pieces: Float64, stroke: Stroke, rows: slice, columns: slice
) -> None:
    """Lower squared distances to those from straight pieces, as far as a stroke reaches."""
    height, width = stroke.pixel
    reach = np.array(stroke.reach) + (stroke.radius is None)
    low = np.floor(pieces.min(axis=1) - reach).astype(np.intp)
    high = np.ceil(pieces.max(axis=1) + reach).astype(np.intp) + 1
    low = np.maximum(low, (rows.start, columns.start))
    high = np.minimum(high, (rows.stop, columns.stop))
    for n in np.flatnonzero((high > low).all(axis=1)):
        (top, left), (bottom, right), (one, two) = low[n], high[n], pieces[n]
        y = (np.arange(top, bottom, dtype=np.float64)[:, None] - one[0]) * height
        x = (np.arange(left, right, dtype=np.float64) - one[1]) * width
        down, across = (two - one) * stroke.pixel
        length = down * down + across * across
        if length:
            along = np.clip((y * down + x * across) / length, 0, 1)
            y, x = y - along * down, x - along * across
        near = squared[
            top - rows.start : bottom - rows.start, left - columns.start : right - columns.start
        ]
        np.minimum(near, y * y + x * x, out=near)


def _enclosed(edges: Float64, rows: slice, columns: slice) -> NDArray[np.bool_]:
    """Tell which pixels a polygon encloses: an odd number of its edges lies to their left."""
    height, width = rows.stop - rows.start, columns.stop - columns.start
    crossed = np.zeros((height, width + 1), np.bool_)
    first = np.maximum(np.ceil(edges[..., 0].min(axis=1)).astype(np.intp), rows.start)
    last = np.minimum(np.ceil(edges[..., 0].max(axis=1)).astype(np.intp), rows.stop)
    for n in np.flatnonzero(last > first):
        (y0, x0), (y1, x1) = edges[n]
        y = np.arange(first[n], last[n])
        x = np.ceil(x0 + (y - y0) * ((x1 - x0) / (y1 - y0)))
        column = np.clip(x - columns.start, 0, width).astype(np.intp)
        crossed[y - rows.start, column] ^= True
    return np.logical_xor.accumulate(crossed, axis=1)[:, :width]


def _from_mask(cover: Cover, margin: int, rows: slice, columns: slice) -> Float64:
    """Return the distance from the outline of a mask, exact up to the margin."""
    wide = np.zeros(
        (rows.stop - rows.start + 2 * margin, columns.stop - columns.start + 2 * margin), np.uint8
    )
    top, left = rows.start - margin, columns.start - margin
    low = max(cover.top, top), max(cover.left, left)
    high = (
        min(cover.top + cover.height, top + wide.shape[0]),
        min(cover.left + cover.width, left + wide.shape[1]),
    )
    if high[0] > low[0] and high[1] > low[1]:
        wide[low[0] - top : high[0] - top, low[1] - left : high[1] - left] = cover.mask()[
            low[0] - cover.top : high[0] - cover.top, low[1] - cover.left : high[1] - cover.left
        ]
    inner = slice(margin, -margin), slice(margin, -margin)
    # the outline runs half a pixel from the middle of the pixels on both sides
    return np.where(wide, _apart(wide) - 0.5, 0.5 - _apart(1 - wide))[inner]


def _apart(there: NDArray[np.uint8]) -> Float64:
    """Return for each pixel that is there the distance to the nearest one that is not."""
    if there.all():
        return np.full(there.shape, np.inf)
    return np.asarray(cv2.distanceTransform(there, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float64)
