"""The best of many score maps, kept while they come one after the other."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["RunningBest", "parabola_peak"]

Map = NDArray[np.float32]

#: Scores are compared in blocks of rows of about this many pixels, which stay in the cache.
BLOCK = 1 << 16

#: How steeply plausibility falls with the score: a plane of half the best score counts 2 ** -4.
SHARPNESS = 4.0

TINY = np.float32(np.finfo(np.float32).tiny)


def parabola_peak(before: Map, best: Map, after: Map) -> Map:
    """Return where between two neighbours the peak lies, in planes from -0.5 to 0.5.

    Parameters
    ----------
    before, best, after : float32
        Scores of three planes in order; `best` is the largest of the three.
    """
    curvature = before + after - 2 * best
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = 0.5 * (before - after) / curvature
    shift[~(curvature < 0)] = 0
    return np.clip(shift, -0.5, 0.5, out=shift)


class RunningBest:
    """Which plane had the best score, what its neighbours had, and how far it stands out.

    The state does not grow with the number of planes, and a tie goes to the earlier plane.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the score maps; scores are not negative.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._taken = 0
        self.index = np.zeros(shape, np.uint16)
        self.best = np.full(shape, -1, np.float32)
        self._before = np.zeros(shape, np.float32)
        self._after = np.zeros(shape, np.float32)
        self._previous = np.zeros(shape, np.float32)
        self._total = np.zeros(shape, np.float32)
        rows = max(1, BLOCK // max(1, shape[1]))
        self._blocks = [slice(top, top + rows) for top in range(0, shape[0], rows)]

    def take(self, scores: Map) -> None:
        """Take the score map of the next plane."""
        for rows in self._blocks:
            self._take_rows(rows, scores[rows])
        self._taken += 1

    def _take_rows(self, rows: slice, scores: Map) -> None:
        best, after = self.best[rows], self._after[rows]
        index, previous = self.index[rows], self._previous[rows]
        if self._taken:
            np.copyto(after, scores, where=index == self._taken - 1)
        better = scores > best
        # Plausibilities are summed relative to the best so far.
        larger = np.maximum(np.maximum(best, scores), TINY)
        ratio = np.maximum(np.minimum(best, scores), 0) / larger
        fading = cv2.pow(ratio, SHARPNESS)
        total = self._total[rows]
        total[...] = np.where(better, total * fading + 1, total + fading)
        np.copyto(best, scores, where=better)
        np.copyto(index, np.uint16(self._taken), where=better)
        np.copyto(self._before[rows], previous, where=better)
        # Until the next plane is seen its own score stands for it: no slope.
        np.copyto(after, scores, where=better)
        previous[...] = scores

    def depth(self) -> Map:
        """Return the plane with fractions, from a parabola through the best and its neighbours."""
        first, last = self.index == 0, self.index == self._taken - 1
        before = np.where(first, self._after, self._before)
        after = np.where(last, self._before, self._after)
        shift = parabola_peak(before, self.best, after)
        depth: Map = np.clip(self.index + shift, 0, max(0, self._taken - 1)).astype(np.float32)
        return depth

    def distinctness(self) -> Map:
        """Return the share (0 to 1) of the plausibility that the best and its neighbours hold."""
        scale = np.maximum(self.best, TINY)
        near = 1 + (self._neighbour(self._before, 0) / scale) ** SHARPNESS
        near += (self._neighbour(self._after, self._taken - 1) / scale) ** SHARPNESS
        return np.clip(near / np.maximum(self._total, 1), 0, 1).astype(np.float32)

    def _neighbour(self, scores: Map, missing_at: int) -> Map:
        outside = self.index == missing_at
        return np.where(outside, np.float32(0), np.clip(scores, 0, self.best))

    def copy(self) -> RunningBest:
        """Return an independent copy of the state."""
        twin = RunningBest.__new__(RunningBest)
        for name, value in vars(self).items():
            setattr(twin, name, value.copy() if isinstance(value, np.ndarray) else value)
        return twin
