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

__all__ = ["ENOUGH", "Inversion", "surroundings"]

Map = NDArray[np.float32]

#: Details at two peaks are each other's negative below this correlation: of details that have
#: nothing to do with each other a window holds some 25 independent values, which correlate by
#: less than .2 in two cases of three.
NEGATIVE = -0.5
#: The lower of the peaks has at least this share of the energy of the higher one, and at their
#: minimum at most this share of it is left.
LEAST_PEAK, MOST_VALLEY = 0.15, 0.5
#: Half the side of the window in which what inverts speaks for its neighbours, and the share of
#: that window from which on they count as it.
RADIUS, ENOUGH = 3, 0.3
#: Contrast that nobody sees, as a share of the range of the stack.
LEAST = 0.002
#: The lower peak stands out of noise by so many times the uncertainty of its energy in the window.
CLEAR = 3.0
#: Independent values in the window.
VALUES = 25


class Inversion:
    """Finds inverted contrast in one band of detail, plane by plane.

    Parameters
    ----------
    noise : float32, (Y, X)
        Variance of the noise in the detail, of which the range of the stack is one.
    """

    def __init__(self, noise: Map) -> None:
        self._noise = noise
        self._peaks = TwoPeaks((noise.shape[0], noise.shape[1]), keeps=True)

    def update(self, detail: Map) -> None:
        """Take the detail of the next plane."""
        self._peaks.update(_window(np.square(detail)) - self._noise, detail)

    def found(self) -> tuple[NDArray[np.bool_], Map]:
        """Return where contrast inverts, and the plane where it does.

        That is half-way between the peaks, for what light a specimen absorbs shifts the minimum
        more than the peaks; where the stack ends before a peak does, it is the minimum.
        """
        earlier, later, valley = self._peaks.ended()
        low, high = cv2.min(earlier.value, later.value), cv2.max(earlier.value, later.value)
        inverts = (low > np.maximum(LEAST_PEAK * high, self._clear())) & (
            valley.value < MOST_VALLEY * low
        )
        inverts &= self._likeness(earlier, later) < NEGATIVE
        between = (earlier.plane + later.plane.astype(np.float32)) / 2
        cut = (earlier.plane == 0) | (later.plane == self._peaks.n_seen - 1)
        return inverts, np.where(cut, valley.plane, between).astype(np.float32)

    def visible(self) -> NDArray[np.bool_]:
        """Return where there is detail that stands out of noise."""
        earlier, later, _ = self._peaks.ended()
        return np.asarray(cv2.max(earlier.value, later.value) > self._clear())

    def _clear(self) -> Map:
        clear = np.maximum(np.float32(CLEAR * np.sqrt(2 / VALUES)) * self._noise, LEAST**2)
        return np.asarray(clear, np.float32)

    def _likeness(self, one: Peak, other: Peak) -> Map:
        """Return the correlation of what two peaks show, as it were without noise."""
        first, second = one.kept, other.kept
        assert first is not None  # asked for
        assert second is not None
        # noise may be underestimated: at most half of an energy is taken for it
        values = (np.maximum(peak.value, 0) for peak in (one, other))
        energies = [np.maximum(value, (value + self._noise) / 2) for value in values]
        power = np.maximum(energies[0] * energies[1], np.finfo(np.float32).tiny)
        return np.asarray(_window(first * second) / np.sqrt(power))


def _window(values: Map) -> Map:
    return binomial(binomial(values))


def surroundings(values: Map) -> Map:
    """Return the mean in the surroundings of each pixel."""
    side = (2 * RADIUS + 1, 2 * RADIUS + 1)
    once = cv2.blur(values, side, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.blur(once, side, borderType=cv2.BORDER_REFLECT_101))
