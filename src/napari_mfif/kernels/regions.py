"""Connected regions of a decision map: numbered, measured, and who lies nearest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import bands

__all__ = ["border_regions", "connected_regions", "nearest_kept"]

#: So many pixels are numbered at a time: it takes 28 bytes for each.
NUMBERED = 1 << 22

Decision = NDArray[np.uint16]


def connected_regions(
    decision: Decision, *, tolerance: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Give numbers to the regions of a decision map and measure them.

    Parameters
    ----------
    decision : uint16, (Y, X)
        The plane taken.
    tolerance : int
        Pixels that share an edge belong together when their planes differ by at most this.

    Returns
    -------
    regions : int32, (Y, X)
        Numbers from 0.
    areas : int64
        Pixels of each region.
    """
    regions = np.empty(decision.shape, np.int32)
    seams: list[NDArray[np.int32]] = []
    count = 0
    # Part by part, since numbering takes five times the memory of the numbers.
    for band in bands((decision.shape[0], decision.shape[1]), pixels=NUMBERED):
        top, rows = band.rows.start, band.rows
        part, found = _numbered(decision[rows], tolerance)
        np.add(part, count, out=regions[rows])
        count += found
        if top:
            apart = np.abs(decision[top].astype(np.int32) - decision[top - 1])
            seams.append(regions[top - 1 : top + 1, apart <= tolerance])
    if seams:
        names = _joined(count, np.unique(np.concatenate(seams, axis=1), axis=1))
        for band in bands((decision.shape[0], decision.shape[1]), pixels=NUMBERED):
            regions[band.rows] = names[regions[band.rows]]
    return regions, np.bincount(regions.ravel())


def _numbered(decision: Decision, tolerance: int) -> tuple[NDArray[np.int32], int]:
    """Return numbers, from 0, of the connected regions of a part, and how many there are."""
    if tolerance == 0 and decision.max() <= 1:
        joined = decision.astype(np.uint8)
        count, regions = cv2.connectedComponents(joined, connectivity=4)
        others, numbered = cv2.connectedComponents(1 - joined, connectivity=4)
        np.add(numbered, count - 1, out=regions, where=joined == 0)
        regions -= 1
        return np.asarray(regions), count + others - 2
    height, width = decision.shape
    # Pixels stand at even places, the edges they share between them; one labelling does it.
    joined = np.zeros((2 * height - 1, 2 * width - 1), np.uint8)
    joined[::2, ::2] = 1
    planes = decision.astype(np.int32)
    joined[1::2, ::2] = np.abs(planes[1:] - planes[:-1]) <= tolerance
    joined[::2, 1::2] = np.abs(planes[:, 1:] - planes[:, :-1]) <= tolerance
    count, numbered = cv2.connectedComponents(joined, connectivity=4)
    return np.ascontiguousarray(numbered[::2, ::2]) - 1, count - 1


def _joined(count: int, pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return new numbers, without gaps, for `count` regions of which pairs are one."""
    root = list(range(count))

    def find(region: int) -> int:
        while root[region] != region:
            root[region] = root[root[region]]
            region = root[region]
        return region

    for first, second in pairs.T.tolist():
        one, other = find(first), find(second)
        root[max(one, other)] = min(one, other)
    roots = np.array([find(region) for region in range(count)])
    return np.unique(roots, return_inverse=True)[1].astype(np.int32)


def border_regions(regions: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the numbers of the regions that touch the border, with repeats."""
    return np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])


def nearest_kept(lost: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return, for each lost pixel, which other one is the nearest; both count along the rows."""
    _, nearest = cv2.distanceTransformWithLabels(
        lost.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # OpenCV numbers the pixels that are not lost from 1, row by row.
    kept = np.flatnonzero(~lost).astype(np.int32 if lost.size < 2**31 else np.intp)
    return np.asarray(kept[nearest[lost] - 1])
