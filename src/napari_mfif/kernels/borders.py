"""Borders without pixels: what a plane that was moved leaves of its frame.

Exact zeros, and where it was moved by less than a pixel lines at the rim that are mixed with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["mixed_rim", "moving_borders", "zero_border"]

#: A frame cut by a moved rectangle has so many corners at most.
CORNERS = 8
#: By so many pixels an edge may be ragged.
RAGGED = 1.5
#: A line at the rim is mixed with zeros where it is darker than the next one by this share, and by
#: so many times what lines usually differ by, over so many pixels: no lens images such a step, so
#: straight and so long, right at the rim.
DARKER, CLEARLY, LONG = 0.12, 4.0, 48

Mask = NDArray[np.bool_]


def zero_border(bands: NDArray[Any]) -> Mask | None:
    """Return the exact zeros at the border of a plane, where they leave a moved rectangle.

    What is dark by itself has another shape, and is left alone.

    Parameters
    ----------
    bands : (Y, X, K)
        The plane.
    """
    corners = bands[:: max(1, len(bands) - 1), :: max(1, bands.shape[1] - 1)]
    if np.all(np.any(corners != 0, axis=-1)):  # nothing was moved without leaving a corner
        return None
    zero = bands[..., 0] == 0
    for k in range(1, bands.shape[2]):
        zero &= bands[..., k] == 0
    count, regions = cv2.connectedComponents(zero.view(np.uint8), connectivity=4)
    at_side = np.zeros(count, np.bool_)
    for side in (regions[0], regions[-1], regions[:, 0], regions[:, -1]):
        at_side[side] = True
    border = at_side[regions] & zero
    if border.all():
        return None
    hull = cv2.convexHull(_ends(~border))
    shape = cv2.approxPolyDP(hull, RAGGED, True)
    filled = cv2.fillPoly(np.zeros(zero.shape, np.uint8), [hull], 1)
    ragged = int(np.count_nonzero(filled[border]))
    if len(shape) > CORNERS or ragged > RAGGED * cv2.arcLength(hull, True):
        return None
    return np.asarray(border)


def mixed_rim(bands: NDArray[Any]) -> Mask | None:
    """Return the pixels at the rim of a plane that interpolation mixed with zeros beyond it.

    Parameters
    ----------
    bands : (Y, X, K)
        The plane.
    """
    if min(bands.shape[:2]) < 3:
        return None
    rim = np.zeros(bands.shape[:2], np.bool_)
    for turns in range(4):
        outer, inner, next_ = np.asarray(np.rot90(bands, turns)[:3], np.float32)
        drop = inner - outer
        usual = np.median(np.abs(inner - next_), axis=0)
        dark = np.all((drop > DARKER * inner) & (drop > CLEARLY * usual) & (inner > 0), axis=-1)
        line = dark.view(np.uint8)[None]
        side = np.rot90(rim, turns)[0]
        side |= cv2.morphologyEx(line, cv2.MORPH_OPEN, np.ones((1, LONG), np.uint8))[0] > 0
    return rim if rim.any() else None


def _ends(inside: Mask) -> NDArray[np.int32]:
    """Return x, y of the first and the last pixel of each row: no other is on the convex hull."""
    rows = np.flatnonzero(inside.any(axis=1))
    first = inside[rows].argmax(axis=1)
    last = inside.shape[1] - 1 - inside[rows, ::-1].argmax(axis=1)
    ends = np.concatenate([np.column_stack([first, rows]), np.column_stack([last, rows])])
    return ends.astype(np.int32)


def moving_borders(borders: Mapping[int, Mask], planes: int) -> dict[int, Mask]:
    """Return the borders of planes if they differ: then planes were moved, and pixels are missing.

    A moved plane is interpolated: what lies next to its border is mixed with zeros, and goes with
    it where other planes have that place.

    Parameters
    ----------
    borders : mapping
        By plane, from `zero_border`.
    planes : int
        How many planes there are.
    """
    if not borders:
        return {}
    lacking = np.sum(list(borders.values()), axis=0)
    if np.array_equal(lacking == planes, lacking > 0):
        return {}
    kernel = np.ones((3, 3), np.uint8)
    wide = {z: cv2.dilate(mask.view(np.uint8), kernel) > 0 for z, mask in borders.items()}
    nowhere = np.sum(list(wide.values()), axis=0) == planes
    return {z: np.where(nowhere, borders[z], mask) for z, mask in wide.items()}
