"""The depth that competes with the one decided for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.two_peaks import Peak

__all__ = ["APART", "chance_of", "rival_depth"]

Map = NDArray[np.float32]

#: Depths nearer than this to each other are one.
APART = 1.5
#: Two scores compete that differ by less than so many standard deviations.
DEVIATIONS = 2.0


def chance_of(windows: Sequence[tuple[int, float]]) -> float:
    """Return how far the scores of two textures of the same strength may differ.

    Parameters
    ----------
    windows : sequence of (int, float)
        Of each term of the score, independent pixels in its window and its weight: the logarithm
        of a mean of n magnitudes of two Gaussian components deviates by .52 / sqrt(n).
    """
    variance = sum((0.52 * weight) ** 2 / pixels for pixels, weight in windows)
    return DEVIATIONS * float(np.sqrt(2 * variance))


def rival_depth(
    peaks: tuple[Peak, Peak, Peak], depth: Map, noise: Map, *, chance: float, least: float
) -> Map:
    """Return the other peak where chance decides between the two, `depth` elsewhere.

    Parameters
    ----------
    peaks : (Peak, Peak, Peak)
        The two highest peaks of the score and their valley, see `TwoPeaks.ended`.
    depth : float32, (Y, X)
        The depth decided for, in planes.
    noise : float32, (Y, X)
        Standard deviation of a score.
    chance : float
        See `chance_of`.
    least : float
        A score up to which there may be nothing.
    """
    earlier, later, valley = peaks
    off = [np.abs(peak.plane - depth) for peak in (earlier, later)]
    first = off[0] < off[1]  # the peak that was decided for
    own = np.where(first, earlier.value, later.value)
    other = np.where(first, later.value, earlier.value)
    plane = np.where(first, later.plane, earlier.plane).astype(np.float32)
    doubt = np.float32(DEVIATIONS * np.sqrt(2)) * noise
    competes = (other > own - doubt - chance) & (other > least)
    competes &= valley.value < other - doubt  # two peaks, not one with a dent
    competes &= np.abs(plane - depth) > APART
    return np.where(competes, plane, depth).astype(np.float32)
