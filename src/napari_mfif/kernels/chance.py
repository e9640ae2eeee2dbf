"""What noise alone makes of scores along z: how far they range, and where they range no further."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FEW", "all_alike", "all_noise", "expected_range", "held_beyond_chance", "of_few",
    "within_one",
]  # fmt: skip

Map = NDArray[np.float32]

#: Of the range of n values of a normal distribution: n, its mean and its standard deviation, in
#: standard deviations of the values.
RANGES = (
    (2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 50, 100, 200),
    (1.13, 1.69, 2.06, 2.33, 2.53, 2.85, 3.08, 3.47, 3.73, 3.93, 4.50, 5.02, 5.49),
    (0.85, 0.89, 0.88, 0.86, 0.85, 0.82, 0.80, 0.76, 0.73, 0.71, 0.65, 0.61, 0.57),
)
#: Side of the window in which ranges are averaged, and how many independent ones it holds.
WINDOW, INDEPENDENT = 13, 4
#: Of fewer planes the best and its neighbours are most: hardly a depth is wrong by more than one.
LEAST = 6
#: Texture that ranges by less than such a share of what noise alone does is alike in all planes; of
#: fewer planes than so many nothing is said.
ALIKE, LEAST_ALIKE = 0.5, 4
#: So many planes have the stacks that confidences are calibrated on, about; of so few any depth is
#: nearly right.
USUAL, FEW = 16, 3
#: Noise is what ranges less than its mean range and so many standard deviations of that average.
CERTAIN = 2.5


def expected_range(n: int) -> np.float32:
    """Return the mean range of n values of noise, in its standard deviations."""
    return np.float32(np.interp(np.log(max(n, 2)), np.log(RANGES[0]), RANGES[1]))


def within_one(planes: int) -> float:
    """Return how often two depths drawn at random are within one plane of each other."""
    last = max(planes - 1, 1)
    return (2 * last - 1) / last**2


def of_few(sure: Map, planes: int, *, decides: bool = True) -> Map:
    """Return what probabilities of stacks of the usual number of planes are with fewer.

    More of what is not told is right by chance.

    Parameters
    ----------
    sure : float32
        As they were measured on stacks of the usual number of planes.
    planes : int
        How many there are.
    decides : bool, optional
        Whether what was less probable than not may become more so by chance.
    """
    if not FEW < planes < USUAL:
        return sure
    by_chance = (1 - sure) * np.float32(1 - (1 - within_one(planes)) / (1 - within_one(USUAL)))
    if not decides:
        by_chance *= np.clip(2 * sure - 1, 0, 1)
    return sure + by_chance


def held_beyond_chance(shares: Map, planes: int) -> Map:
    """Return the shares that a plane and its two neighbours would hold among the usual planes.

    Parameters
    ----------
    shares : float32
        What they hold among so many planes, 0 to 1: of few planes three are most.
    planes : int
        How many there are.
    """
    if not FEW < planes < USUAL:
        return shares
    least, usual = 3 / planes, 3 / USUAL
    stretched = usual + (shares - least) * np.float32((1 - usual) / (1 - least))
    return np.asarray(np.clip(stretched, 0, 1), np.float32)


def all_noise(spread: Map, planes: int, deviation: float) -> NDArray[np.bool_]:
    """Return where scores differ along z no more than those of noise do.

    Parameters
    ----------
    spread : float32, (Y, X)
        By how much of itself the best score exceeds the lowest.
    planes : int
        How many there are.
    deviation : float
        Standard deviation of the score of pure noise, as a share of its mean.
    """
    if planes < LEAST:
        return np.zeros(spread.shape, np.bool_)
    mean = _averaged(spread)
    scatter = np.interp(np.log(max(planes, 2)), np.log(RANGES[0]), RANGES[2])
    most = expected_range(planes) + CERTAIN * scatter / np.sqrt(INDEPENDENT)
    return np.asarray(mean < np.float32(most * deviation))


def all_alike(spread: Map, planes: int, deviation: float) -> NDArray[np.bool_]:
    """Return where scores are nearer to one another than those of noise: texture, alike in all.

    Parameters
    ----------
    spread, planes, deviation
        As for `all_noise`.
    """
    if planes < LEAST_ALIKE:
        return np.zeros(spread.shape, np.bool_)
    return np.asarray(_averaged(spread) < ALIKE * expected_range(planes) * np.float32(deviation))


def _averaged(spread: Map) -> Map:
    side = (WINDOW, WINDOW)
    return np.asarray(cv2.blur(spread, side, borderType=cv2.BORDER_REFLECT_101), np.float32)
