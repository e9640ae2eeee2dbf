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
#: Noise ranges further by such a share of ``planes ** -.75``, by the reach of smoothing along z,
#: which leaves the planes at the ends as noisy as they were (20 000 rows of noise each).
AT_ENDS = (0.0, 0.88, 1.35)
#: Side of the window, in pixels of half size, in which that is judged.
WINDOW = 7
#: What is sharpest in an end plane is more often right than wrong, within one plane, where the
#: logarithm of its sharpness is above that of the plane beside it by less than this over the square
#: of the focus curve's width: simulated stacks cut off at a third, seeds 0 to 3.
STEEP = 0.08
#: The usual width, where it cannot be told.
WIDTH = 1.4


class Ends:
    """Keeps the sharpness of the first two and of the last two planes, as it is without smoothing.

    How much sharper an end is than the plane beside it tells how far beyond it the focus lies: the
    logarithm of a focus curve, a Gaussian of this width about its peak, is a parabola.

    Parameters
    ----------
    width : float, optional
        Standard deviation of the focus curve's peak in planes.
    """

    def __init__(self, width: float | None = None) -> None:
        self._steep = np.float32(np.exp(STEEP / (width or WIDTH) ** 2))
        self._n_seen = 0
        self._kept: list[Map] = []

    def update(self, sharpness: Map) -> None:
        """Take that of the next plane."""
        if self._n_seen > 3:
            self._kept[2:] = [self._kept[3]]
        self._kept.append(sharpness.copy())
        self._n_seen += 1

    def beyond(self, depth: Map, textured: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return `Cause.AT_END` or `Cause.BEYOND` where an end is the sharpest plane.

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
            near = textured & (depth < 0.5), textured & (depth > self._n_seen - 1.5)
            for end, beside, here in zip((first, last), (second, before), near, strict=True):
                causes[here & (up(end - beside, shape) > 0)] = Cause.AT_END
                causes[here & (up(end - self._steep * beside, shape) > 0)] = Cause.BEYOND
        return causes


def nothing_told(
    span: Map, lowest: Map, noise: Map, *, planes: int, reach: int, least: float
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
    planes, reach : int
        How many there are, and over how many on either side they were smoothed along z.
    least : float
        A score up to which there may be nothing.
    """
    causes = np.zeros(span.shape, np.uint8)
    if planes < LEAST:
        return causes
    expected = expected_range(planes) * np.float32(1 + AT_ENDS[reach] * planes**-0.75)
    ratio = cv2.blur(span / noise, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT_101)
    textured = lowest > least
    causes[textured & (ratio < TEXTURED * expected)] = Cause.ALIKE
    causes[~textured & (ratio < FLAT * expected)] = Cause.FLAT
    return causes
