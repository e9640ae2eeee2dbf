"""Where the planes in focus are at the camera's white: which of them is sharpest cannot be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.saturation import hidden
from napari_mfif.methods.base import Answer, Cause, Plane, Region

__all__ = ["Whites", "at_white"]

#: Of every so many rows and columns one is kept: windows that are white are larger.
STEP = 4
#: Planes so far from the one decided for compete with it.
BESIDE = 1


def at_white(bands: NDArray[Any], white: Sequence[float]) -> NDArray[np.bool_] | None:
    """Return where nearly all about a pixel is at the camera's white, (Y, X).

    Parameters
    ----------
    bands : (Y, X, K)
        A plane as it was recorded.
    white : sequence of float
        See `Preparation.white`. Where one of the bands is below there is something to see.

    Returns
    -------
    bool, (Y, X)
        None for nowhere.
    """
    if not white:
        return None
    mask = np.ones(bands.shape[:2], np.bool_)
    for k, limit in enumerate(white):
        mask &= bands[..., k] >= limit
    return hidden(mask) if mask.any() else None


class Whites:
    """Keeps of every plane where it is white, a bit for every few pixels.

    Parameters
    ----------
    region : Region
        The part of the planes that is seen.
    n_planes : int
        How many there are.
    """

    def __init__(self, region: Region, n_planes: int) -> None:
        self._region = region
        # always the same rows and columns of the plane, whatever part of it is seen
        self._first = (-region.top % STEP, -region.left % STEP)
        self._masks: list[NDArray[np.uint8] | None] = [None] * n_planes
        self._columns = 0

    def update(self, plane: Plane) -> None:
        """Take a plane."""
        if plane.white is None:
            return
        few = plane.white[self._first[0] :: STEP, self._first[1] :: STEP]
        self._columns = few.shape[1]
        self._masks[plane.index] = np.packbits(few, axis=1) if few.any() else None

    def mark(self, answer: Answer, own: Region, frame: Region) -> None:
        """Note `Cause.SATURATED` where the plane decided for, or one beside it, is white.

        Parameters
        ----------
        answer : Answer
            Of a frame.
        own : Region
            The part of it that is answered for by what was seen.
        frame : Region
            Where the answer is in the planes.
        """
        found = [z for z, mask in enumerate(self._masks) if mask is not None]
        if not found or not answer.has_maps:
            return
        if answer.causes is None:
            answer.causes = np.zeros(answer.depth.shape, np.uint8)
        part = own.within(frame).slices
        decision, causes = answer.decision[part], answer.causes[part]
        rows, columns = self._places(own)
        for z in range(found[0] - BESIDE, found[-1] + BESIDE + 1):
            here = decision == z
            if here.any() and (near := self._near(z)) is not None:
                here &= near[rows][:, columns]
                causes[here] |= np.uint8(Cause.SATURATED)

    def _places(self, own: Region) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which of the rows and columns that were kept are those of a part."""
        seen = self._region
        spans = (own.top, own.bottom, seen.top), (own.left, own.right, seen.left)
        rows, columns = (
            np.maximum(np.arange(start, stop) // STEP - -(-edge // STEP), 0)
            for start, stop, edge in spans
        )
        return rows, columns

    def _near(self, z: int) -> NDArray[np.bool_] | None:
        """Return where a plane or one beside it is white, every few pixels."""
        span = self._masks[max(0, z - BESIDE) : z + BESIDE + 1]
        masks = [mask for mask in span if mask is not None]
        if not masks:
            return None
        bits = np.bitwise_or.reduce(masks)
        return np.unpackbits(bits, axis=1, count=self._columns).view(np.bool_)
