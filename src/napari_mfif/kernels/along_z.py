"""Smoothing along z of maps that come one after the other, without keeping them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["BINOMIALS", "BinomialAlongZ", "binomial_energy", "binomial_mean"]

Map = NDArray[np.float32]

#: Weights of the planes at distance 0, 1, 2, by the reach; not normalised.
BINOMIALS = ((1,), (2, 1), (6, 4, 1))


def binomial_mean(before: Map, middle: Map, after: Map) -> Map:
    """Return the mean of three maps in order, weighed 1 2 1."""
    sides = cv2.addWeighted(before, 0.25, after, 0.25, 0)
    mean: Map = cv2.scaleAdd(middle, 0.5, sides)
    return mean


def binomial_energy(maps: Sequence[Map], centre: int, reach: int) -> Map:
    """Return the sum of squares around one of several maps, weighed as in `BINOMIALS`.

    Beyond the ends the last map counts again ("nearest").
    """
    weights = BINOMIALS[reach]
    energy: Map = cv2.multiply(maps[centre], maps[centre], scale=weights[0])
    for distance in range(1, reach + 1):
        for place in (centre - distance, centre + distance):
            beside = maps[min(max(place, 0), len(maps) - 1)]
            if weights[distance] == 1:
                cv2.accumulateSquare(beside, energy)
            else:
                energy += cv2.multiply(beside, beside, scale=weights[distance])
    return energy


class BinomialAlongZ:
    """A running binomial filter: ``1``, ``1 2 1`` or ``1 4 6 4 1`` over the planes.

    It is a chain of sums of pairs, each of which keeps one map. What comes out is late by `reach`
    planes and not normalised: divide by `scale`. The ends count as often as needed ("nearest").

    Parameters
    ----------
    reach : int
        How many planes on either side take part: 0, 1 or 2.
    """

    def __init__(self, reach: int) -> None:
        self.reach = reach
        self.scale = float(4**reach)
        self._pairs: list[Map] = []
        self._taken = 0

    def update(self, values: Map) -> Map | None:
        """Take the next map; return the smoothed one `reach` planes back, or None at the start.

        The array given is kept; the one returned is the caller's, to reuse at will.
        """
        if self.reach == 0:
            return values
        if not self._pairs:
            self._pairs = [values * np.float32(2**n) for n in range(2 * self.reach)]
        current = values
        for number, previous in enumerate(self._pairs):
            # the sum is written over its older term, the newer one is kept for the next plane
            np.add(previous, current, out=previous)
            self._pairs[number], current = current, previous
        self._taken += 1
        return current if self._taken > self.reach else None
