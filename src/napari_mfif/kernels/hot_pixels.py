"""Single pixels that a camera makes up: hits in one plane, and pixels stuck in all of them.

One hot pixel looks like the sharpest thing in the stack to every focus measure, and ruins all it
touches. What tells it from a small sharp object: its neighbours do not follow, and neither does
the same pixel of the planes before and after, unless it sticks out in every plane alike. Hot pixels
are rare: where many pixels stand out as far that is texture, noise, or how the camera is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels import order
from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.kernels.parallel import each

__all__ = ["REACH", "find_hot", "find_stuck", "repair_plane"]

#: How far a pixel must stand out from the median of its 3 x 3 neighbourhood, in noise sigmas.
_SIGMAS = 10.0
#: How far (as shares of that) its neighbours, and the same pixel of the planes beside, may follow:
#: the less the planes beside follow, the more the neighbours may.
_FOLLOWING = ((0.2, 0.25), (0.6, 0.1))
#: How far, at least, a stuck pixel stands out in every plane.
_STUCK = 0.5
#: A hot pixel may have so many hot neighbours.
_HOT_NEIGHBOURS = 1
#: Light that went through a lens spreads: of a spot with a standard deviation of half a pixel the
#: middle one of the four nearest neighbours has .13 of the height; of a hot pixel half.
_SPREAD = 0.0675
#: A hot pixel stands out so many times as far as the pixels of a square about it on average: more
#: than noise does, however it was estimated, and more than texture and the pattern of a camera.
_PROMINENCE, _SQUARE = 8.0, (15, 15)
#: From these shares of outliers on it is cheaper to look everywhere at once: at planes beside, at
#: squares.
_MANY, _FEW = 0.01, 0.001

#: A hot pixel is told by those up to so many pixels away: by its neighbours, they by the pixels of
#: their squares, and these by the medians about them; an even number.
REACH = 10

#: The eight neighbours of a pixel, the four nearest first.
_AROUND = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))

_Plane = NDArray[Any]
_Places = tuple[NDArray[np.intp], NDArray[np.intp]]


def find_stuck(planes: Sequence[_Plane], noise: NoiseLine) -> _Places:
    """Find pixels that stand out from their neighbours in all planes.

    Parameters
    ----------
    planes : sequence of (Y, X)
        Planes spread over the stack, in their own type: at least three, or nothing is found.
    noise : NoiseLine
        The noise of these planes.

    Returns
    -------
    rows, columns : int arrays
        Where they are.
    """
    nothing = np.zeros(0, np.intp)
    if len(planes) < 3 or min(planes[0].shape) < 3:
        return nothing, nothing
    medians = each(_median3, planes)
    places = _outliers(planes[0], medians[0], noise)
    least = _STUCK * _height(planes[0], medians[0], places)
    for plane, median in zip(planes, medians, strict=True):
        alike = _height(plane, median, places) * np.sign(least) >= np.abs(least)
        places, least = _keep(places, alike), least[alike]
    around = [_neighbours(p, m, places) for p, m in zip(planes, medians, strict=True)]
    (typical, _), (most, _) = _FOLLOWING
    follow = np.asarray([one for one, _ in around])
    spread = order.median(np.asarray([one for _, one in around]))
    usual = order.median(follow)
    hot = (usual <= typical) & (np.max(follow, axis=0) <= most) & (spread <= _SPREAD)
    return _keep(places, hot)


def repair_plane(
    before: _Plane | None,
    plane: _Plane,
    after: _Plane | None,
    stuck: _Places,
    noise: NoiseLine,
) -> _Plane:
    """Replace hot pixels by the median of their neighbours.

    Parameters
    ----------
    before, plane, after : (Y, X)
        The plane and those beside it in z (``None`` at the ends), unrepaired, in their own type.
    stuck : rows, columns
        Pixels that are hot in every plane, from `find_stuck`.
    noise : NoiseLine
        The noise of the planes.

    Returns
    -------
    (Y, X)
        The same array, untouched, when nothing is hot; otherwise a copy.
    """
    rows, columns, medians = find_hot(before, plane, after, stuck, noise)
    if len(rows) == 0:
        return plane
    repaired = plane.copy()
    repaired[rows, columns] = medians
    return repaired


def find_hot(
    before: _Plane | None,
    plane: _Plane,
    after: _Plane | None,
    stuck: _Places,
    noise: NoiseLine,
) -> tuple[NDArray[np.intp], NDArray[np.intp], _Plane]:
    """Return rows and columns of hot pixels, as for `repair_plane`, and what to put there."""
    nothing = np.zeros(0, np.intp)
    if min(plane.shape) < 3:
        return nothing, nothing, plane[:0, 0]
    found = []
    for band in bands((plane.shape[0], plane.shape[1]), margin=REACH):
        beside = [None if other is None else other[band.outer] for other in (before, after)]
        found.append(_hot(beside, plane[band.outer], stuck, noise, band))
    rows, columns, medians = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, columns, medians


def _hot(
    beside: Sequence[_Plane | None],
    plane: _Plane,
    stuck: _Places,
    noise: NoiseLine,
    band: Band,
) -> tuple[NDArray[np.intp], NDArray[np.intp], _Plane]:
    """Return the hot pixels of a band of rows, and the medians of their neighbours."""
    median = _median3(plane)
    found = []
    for places, top in (
        (_hits(beside[0], plane, beside[1], median, noise), band.outer.start),
        (stuck, 0),
    ):
        rows = places[0] + top
        own = (rows >= band.rows.start) & (rows < band.rows.stop)
        found.append((rows[own], places[1][own]))
    rows, columns = (np.concatenate(places) for places in zip(*found, strict=True))
    return rows, columns, median[rows - band.outer.start, columns]


def _hits(
    before: _Plane | None,
    plane: _Plane,
    after: _Plane | None,
    median: _Plane,
    noise: NoiseLine,
) -> _Places:
    """Pixels that stand out from their neighbours and from the planes beside."""
    beside = [neighbour for neighbour in (before, after) if neighbour is not None]
    if not beside:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    most = max(limit for _, limit in _FOLLOWING)
    places = _outliers(plane, median, noise, beside, most)
    if len(places[0]) == 0:
        return places
    height = np.abs(_height(plane, median, places))
    moved = [np.abs(_height(neighbour, median, places)) for neighbour in beside]
    follow_beside = np.max(moved, axis=0) / height
    places, follow_beside = _keep(places, follow_beside < most), follow_beside[follow_beside < most]
    follow, spread = _neighbours(plane, median, places)
    hot = np.zeros(len(follow), bool)
    for near, along in _FOLLOWING:
        hot |= (follow <= near) & (follow_beside < along)
    return _keep(places, hot & (spread <= _SPREAD))


def _median3(plane: _Plane) -> _Plane:
    """Median of 3 x 3 pixels in the plane's type."""
    if plane.dtype in (np.uint8, np.uint16, np.float32):
        return np.asarray(cv2.medianBlur(np.ascontiguousarray(plane), 3))
    return np.asarray(cv2.medianBlur(plane.astype(np.float32), 3)).astype(plane.dtype)


def _height(plane: _Plane, median: _Plane, places: _Places) -> NDArray[np.float64]:
    """How far the pixels at `places` stand out."""
    return plane[places].astype(np.float64) - median[places].astype(np.float64)


def _outliers(
    plane: _Plane,
    median: _Plane,
    noise: NoiseLine,
    beside: Sequence[_Plane] = (),
    most: float = 1.0,
) -> _Places:
    """Pixels far from the median of their neighbours, measured by the noise there.

    Where there are many, those are left out that other planes `beside` follow by the share `most`.
    """
    least = _SIGMAS * float(np.sqrt(max(noise.floor, 0)))
    apart = _apart(plane, median)
    least = max(least, float(np.finfo(np.float32).tiny))
    # Compared in its own type, which is half the work; above 1.5 is above 1.
    limit = min(int(least), np.iinfo(apart.dtype).max) if apart.dtype.kind == "u" else least
    far = apart > apart.dtype.type(limit)
    if np.count_nonzero(far) > _MANY * far.size:
        allowed = np.multiply(apart, np.float32(most), dtype=np.float32)
        for other in beside:
            far &= _apart(other, median) < allowed
    flat = np.flatnonzero(far)
    variance = noise.variance(median.ravel()[flat].astype(np.float32))
    flat = flat[np.square(apart.ravel()[flat], dtype=np.float32) > _SIGMAS**2 * variance]
    flat = flat[_standing_out(apart, flat)]
    rows, columns = np.unravel_index(flat, plane.shape)
    return rows, columns


def _apart(plane: _Plane, median: _Plane) -> _Plane:
    """How far pixels are from a median, without sign."""
    if plane.dtype in (np.uint8, np.uint16, np.float32):
        return np.asarray(cv2.absdiff(np.ascontiguousarray(plane), median))
    return np.abs(plane.astype(np.float32) - median.astype(np.float32))


def _standing_out(apart: _Plane, flat: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which pixels stand out much further than those about them do on average."""
    rows, columns = np.unravel_index(flat, apart.shape)
    if len(flat) > _FEW * apart.size:
        border = cv2.BORDER_REFLECT_101
        sums = cv2.boxFilter(apart, cv2.CV_32F, _SQUARE, normalize=False, borderType=border)
        around = sums[rows, columns]
    else:
        margins = (_SQUARE[0] // 2,) * 4
        padded = np.asarray(cv2.copyMakeBorder(apart, *margins, cv2.BORDER_REFLECT_101))
        squares = np.lib.stride_tricks.sliding_window_view(padded, _SQUARE)
        around = squares[rows, columns].sum(axis=(1, 2), dtype=np.float32)
    height = apart.ravel()[flat].astype(np.float32)
    least = np.float32(_PROMINENCE / (_SQUARE[0] * _SQUARE[1])) * around
    return np.asarray(height > least)


def _neighbours(
    plane: _Plane, median: _Plane, places: _Places
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far, as a share, neighbours that are not hot themselves follow a pixel.

    Returns
    -------
    most, spread : float64
        Of all eight the largest share (infinite where too many are suspect), and of the four
        nearest the middle one.
    """
    rows, columns = places
    suspects = np.zeros(plane.shape, np.bool_)
    suspects[places] = True
    height = _height(plane, median, places)
    level = median[places].astype(np.float64)
    shares = np.empty((8, len(rows)))
    for number, (down, right) in enumerate(_AROUND):
        there = (_mirror(rows + down, plane.shape[0]), _mirror(columns + right, plane.shape[1]))
        shares[number] = (plane[there].astype(np.float64) - level) / height
        shares[number, suspects[there]] = np.inf
    suspect = np.isinf(shares).sum(axis=0)
    calm = np.where(np.isinf(shares), -np.inf, shares).max(axis=0)
    # those that are suspect count among the highest and the lowest
    nearest = np.sort(shares[:4], axis=0)
    spread = (nearest[1] + np.where(np.isinf(nearest[2]), nearest[1], nearest[2])) / 2
    return np.where(suspect <= _HOT_NEIGHBOURS, calm, np.inf), spread


def _mirror(index: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Reflect indices that are one step outside."""
    return np.asarray(np.where(index < 0, 1, np.where(index >= length, length - 2, index)))


def _keep(places: _Places, where: NDArray[np.bool_]) -> _Places:
    return places[0][where], places[1][where]
