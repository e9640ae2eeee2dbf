"""Where contrast inverts through focus: bright on one side, dark on the other, nothing between.

So transparent objects look in bright field, and steps of a surface in interference or phase
contrast. Every focus measure then peaks twice, off focus, round a minimum where the object lies.
Two objects one above the other have two peaks too, but show different things there; what inverts
shows the same thing twice, once as its negative.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.pyramid import binomial
from napari_mfif.kernels.two_peaks import Peak, TwoPeaks

__all__ = ["Inversion"]

Map = NDArray[np.float32]

#: Details at two peaks are each other's negative below this correlation: of details that have
#: nothing to do with each other a window holds some 25 independent values, which correlate by
#: less than .2 in two cases of three.
NEGATIVE = -0.5
#: The lower of the peaks has at least this share of the energy of the higher one, and at their
#: minimum at most this share of it is left.
LEAST_PEAK, MOST_VALLEY = 0.15, 0.5
#: Energies that float32 tells from nothing.
TINY = np.float32(1e-20)


class Inversion:
    """Finds inverted contrast in one band of detail, plane by plane.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the detail.
    """

    #: So many rows and columns about a pixel are looked at.
    margin = 8

    def __init__(self, shape: tuple[int, int]) -> None:
        self._peaks = TwoPeaks(shape, keeps=True)

    def update(self, detail: Map) -> None:
        """Take the detail of the next plane."""
        self._peaks.update(_window(np.square(detail)), detail)

    def found(self) -> tuple[NDArray[np.bool_], Map]:
        """Return where contrast inverts, and the plane where it does.

        That is half-way between the peaks, for what light a specimen absorbs shifts the minimum
        more than the peaks; where the stack ends before a peak does, it is the minimum.
        """
        earlier, later, valley = self._peaks.ended()
        low, high = cv2.min(earlier.value, later.value), cv2.max(earlier.value, later.value)
        inverts = (low > np.maximum(LEAST_PEAK * high, TINY)) & (valley.value < MOST_VALLEY * low)
        inverts &= _correlation(earlier, later) < NEGATIVE
        between = (earlier.plane + later.plane.astype(np.float32)) / 2
        cut = (earlier.plane == 0) | (later.plane == self._peaks.n_seen - 1)
        return inverts, np.where(cut, valley.plane, between).astype(np.float32)


def _correlation(one: Peak, other: Peak) -> Map:
    """Return how far what two peaks show is alike, -1 to 1."""
    first, second = one.kept, other.kept
    assert first is not None  # asked for
    assert second is not None
    both = _window(first * second)
    power = _window(np.square(first)) * _window(np.square(second))
    return np.asarray(both / np.sqrt(power + TINY * TINY))


def _window(values: Map) -> Map:
    return binomial(binomial(values))
