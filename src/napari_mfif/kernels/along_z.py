"""Smoothing along z of maps that come one after the other, without keeping them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["BinomialAlongZ"]

Map = NDArray[np.float32]


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

    def take(self, values: Map) -> Map | None:
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

    def rest(self, last: Map) -> Iterator[Map]:
        """Give the maps still owed when `last` was the last one taken."""
        for _ in range(self.reach):
            smoothed = self.take(last.copy())
            if smoothed is not None:
                yield smoothed
