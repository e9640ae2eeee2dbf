"""Votes along z: what comparisons of planes near one another say together.

A network for pairs compares each plane with those 1, 2 and 4 planes before it. A comparison with
logit l speaks for all depths on the side of the winner: it adds log sigmoid(l) to those nearer to
the later plane and log sigmoid(-l) to those nearer to the earlier one. The two differ by l, so the
sum of votes rises from one plane to the next by the logits of the comparisons whose middle lies
between them: a running sum, whose best plane is found as planes come, and no list of votes is kept.

A network that is not antisymmetric favours one of its two inputs where it cannot tell them apart.
Asked in one order only, it would drift towards one end of the stack: so some comparisons are made
in the other order, such that a constant bias cancels in each rise (half of it is left in the first
and in the last), see `is_turned`.
"""

from __future__ import annotations

from collections import deque
from copy import copy
from typing import Any

import cv2
import numpy as np

from napari_mfif.methods.base import Answer, FloatMap, Plane
from napari_mfif.methods.soft_peak import peak_of

__all__ = ["OFFSETS", "VoteFold", "is_turned", "n_comparisons"]

#: Planes are compared with those so many before them.
OFFSETS = (1, 2, 4)
#: The sum rises to a plane for good once so many more have come: the middle of the widest
#: comparisons that count for it lies no farther.
DELAY = max(OFFSETS) // 2


def n_comparisons(n_planes: int) -> int:
    """Return how many pairs of planes are compared."""
    return sum(max(0, n_planes - offset) for offset in OFFSETS)


def is_turned(plane: int, offset: int) -> bool:
    """Return whether a plane is compared with an earlier one as the first of the two.

    A rise hears one comparison of neighbours and half of two for either other offset. Planes two
    apart undo the bias of neighbours, and those four apart each other's.
    """
    return offset == 2 or (offset == 4 and plane % 2 == 1)


class VoteFold:
    """The running sum of votes, and where along z it is largest.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the planes.
    n_planes : int
        How many planes will come.
    comparer : Comparer
        Compares two planes; its calibration says what votes are worth.
    softness : float, optional
        Average planes, see `SoftPeak`; the pixels are copied later when not given.

    Attributes
    ----------
    sigma : float
        Planes are compared, not fused, after a Gaussian blur of so many pixels; 0 for none.
    """

    def __init__(
        self, shape: tuple[int, int], n_planes: int, comparer: Any, softness: float | None = None
    ) -> None:
        self.shape, self.n_planes, self.comparer = shape, n_planes, comparer
        self.sigma = 0.0
        self.n_seen = 0
        self.peak = peak_of(shape, comparer.calibration.of_votes.temperature, softness)
        self._encoded: deque[Any] = deque(maxlen=max(OFFSETS))
        #: Rises of the sum to the planes not summed yet, the nearest first.
        self._rises: deque[FloatMap] = deque()
        self._sum = np.zeros(shape, np.float32)

    def update(self, plane: Plane) -> None:
        """Compare the next plane with those before it."""
        self.peak.take(plane.pixels)
        if self.sigma:
            seen = np.asarray(cv2.GaussianBlur(plane.guide, (0, 0), self.sigma), np.float32)
        else:
            seen = plane.guide.copy()  # it is compared later too, when the buffer has another plane
        encoded = self.comparer.encoded(seen)
        if self.n_seen:
            self._rises.append(np.zeros(self.shape, np.float32))
        for offset in OFFSETS:
            if offset <= self.n_seen:
                self._vote(self._compared(encoded, offset), offset)
        self._encoded.append(encoded)
        self.n_seen += 1
        if self.n_seen == 1:
            self.peak.update(self._sum)
        while len(self._rises) > DELAY:
            self._climb()

    def _compared(self, encoded: Any, offset: int) -> FloatMap:
        """Return the logits of the newest plane against one before it."""
        earlier, turned = self._encoded[-offset], is_turned(self.n_seen, offset)
        pair = (encoded, earlier) if turned else (earlier, encoded)
        logits: FloatMap = self.comparer.logits(*pair)
        return -logits if turned else logits

    def _vote(self, logits: FloatMap, offset: int) -> None:
        """Let a comparison of the newest plane count for the rises about its middle."""
        if offset % 2:
            self._rises[-1 - offset // 2] += logits
            return
        # the middle is a plane, which is on neither side: half of it before, half behind
        for back in (offset // 2, offset // 2 - 1):
            self._rises[-1 - back] += np.float32(0.5) * logits

    def _climb(self) -> None:
        """Sum up to the next plane."""
        self._sum = self._sum + self._rises.popleft()
        self.peak.update(self._sum)

    def answer(self, *, plain: bool = False) -> Answer:
        """Return depth with fractions, decision and confidence of the planes so far.

        Parameters
        ----------
        plain : bool, optional
            Give the share of the plausibility itself, not the confidence it is worth.
        """
        ended = copy(self)
        ended._rises, ended.peak = deque(self._rises), self.peak.copy()
        while ended._rises:
            ended._climb()
        peak = ended.peak
        share = peak.share()
        confidence = share if plain else self.comparer.calibration.of_votes(share)
        return Answer(peak.depth(), peak.index, confidence, peak.pixels())
