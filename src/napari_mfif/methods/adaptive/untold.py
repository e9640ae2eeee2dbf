"""Where the depth cannot be told, by what the focus curve looks like."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.chance import expected_range
from napari_mfif.kernels.pyramid import binomial, up
from napari_mfif.methods.base import FEW_PLANES, Cause

__all__ = ["Ends", "nothing_told"]

Map = NDArray[np.float32]

#: Of fewer planes noise hides how they differ.
LEAST = 4
#: Scores of texture that range less than by so many times what noise alone makes of them are alike;
#: where there may be no texture at all, below what noise itself nowhere exceeds.
TEXTURED, FLAT = 1.15, 0.8
#: Side of the window, in pixels of half size, in which that is judged.
WINDOW = 7


class Ends:
    """Keeps the sharpness of the first two and of the last two planes, as it is without smoothing.

    Smoothed along z what lies near an end seems to lie in the last plane.
    """

    def __init__(self) -> None:
        self._n_seen = 0
        self._kept: list[Map] = []

    def update(self, sharpness: Map) -> None:
        """Take that of the next plane."""
        if self._n_seen > 3:
            self._kept[2:] = [self._kept[3]]
        self._kept.append(sharpness.copy())
        self._n_seen += 1

    def beyond(self, depth: Map, textured: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return `Cause.BEYOND` where something is sharpest in the first or in the last plane.

        Parameters
        ----------
        depth : float32, (Y, X)
            In planes.
        textured : bool, (Y, X)
            Where there is something.
        """
        causes = np.zeros(depth.shape, np.uint8)
        if self._n_seen >= FEW_PLANES:
            first, second, before, last = (binomial(sharpness) for sharpness in self._kept)
            shape = (depth.shape[0], depth.shape[1])
            early, late = (up(rise, shape) > 0 for rise in (first - second, last - before))
            at_end = (early & (depth < 0.5)) | (late & (depth > self._n_seen - 1.5))
            causes[textured & at_end] = Cause.BEYOND
        return causes


def nothing_told(
    span: Map, lowest: Map, noise: Map, *, planes: int, least: float
) -> NDArray[np.uint8]:
    """Return `Cause.ALIKE` or `Cause.FLAT` where scores differ along z as noise makes them.

    Parameters
    ----------
    span : float32, (Y, X)
        From the lowest to the highest score along z.
    lowest : float32, (Y, X)
        The lowest score: what is blurred beyond recognition in some plane is not alike in all.
    noise : float32, (Y, X)
        Standard deviation of a score.
    planes : int
        How many there are.
    least : float
        A score up to which there may be nothing.
    """
    causes = np.zeros(span.shape, np.uint8)
    if planes < LEAST:
        return causes
    expected = expected_range(planes)
    ratio = cv2.blur(span / noise, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT_101)
    textured = lowest > least
    causes[textured & (ratio < TEXTURED * expected)] = Cause.ALIKE
    causes[~textured & (ratio < FLAT * expected)] = Cause.FLAT
    return causes
