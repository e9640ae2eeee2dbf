"""Smoothing along z of maps that come one after the other, without keeping them."""

from __future__ import annotations

from collections import deque
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
    planes and not normalised: divide by `scale`. Beyond the ends curves go on as they came,
    mirrored at the end's own value, so that what peaks near an end is not drawn into it.

    Parameters
    ----------
    reach : int
        How many planes on either side take part: 0, 1 or 2.
    """

    def __init__(self, reach: int) -> None:
        self.reach = reach
        self.scale = float(4**reach)
        self._pairs: list[Map] = []
        self._recent: deque[Map] = deque(maxlen=reach + 1)
        self._taken = self._summed = 0

    def update(self, values: Map) -> Map | None:
        """Take the next map; return the smoothed one `reach` planes back, or None at the start.

        The array given is kept; the one returned is the caller's, to reuse at will.
        """
        if self.reach == 0:
            return values
        self._recent.append(values.copy())
        self._taken += 1
        if self._taken <= self.reach:
            return None
        if self._taken == self.reach + 1:
            self._begin(list(self._recent)[:-1])
        return self._sum(values)

    def close(self) -> list[Map]:
        """Return the smoothed maps that wait for those after them."""
        known = list(self._recent)
        late = self._begin(known) if self._taken <= self.reach else []
        for step in range(1, self.reach + 1):
            smooth = self._sum(_beyond(known[-1], known[max(-1 - step, -len(known))]))
            late += [] if smooth is None else [smooth]
        return late

    def _begin(self, known: list[Map]) -> list[Map]:
        """Take what lies before the first maps, and these; return what is smoothed already."""
        first = list(self._recent)
        before = [
            _beyond(first[0], first[min(step, len(first) - 1)]) for step in range(self.reach, 0, -1)
        ]
        sums = [self._sum(one) for one in (*before, *(one.copy() for one in known))]
        return [one for one in sums if one is not None]

    def _sum(self, current: Map) -> Map | None:
        if not self._pairs:
            self._pairs = [np.zeros_like(current) for _ in range(2 * self.reach)]
        for number, previous in enumerate(self._pairs):
            # the sum is written over its older term, the newer one is kept for the next plane
            np.add(previous, current, out=previous)
            self._pairs[number], current = current, previous
        self._summed += 1
        return current if self._summed > 2 * self.reach else None


def _beyond(end: Map, inside: Map) -> Map:
    """Return a map as far beyond an end as another one is inside; none is negative."""
    return np.asarray(np.maximum(2 * end - inside, 0), np.float32)
