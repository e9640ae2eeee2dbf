"""Planes averaged by how plausible they are: what is sharp in several of them loses noise.

Each plane weighs exp((score - best score) / temperature). Only the sums are kept: whenever a better
plane comes they are scaled down, so that one pass is enough and any number of planes does.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.base import FloatMap
from napari_mfif.methods.score_peak import ScorePeak

__all__ = ["SoftPeak", "peak_of"]

#: A temperature of nothing: the best plane alone counts.
COLDEST = 1e-6


class SoftPeak(ScorePeak):
    """The peak of scores along z, and the planes averaged about it.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the scores, each for as many pixels as make them cover the planes.
    temperature : float
        As for `ScorePeak`: of the confidence.
    softness : float
        Difference of scores at which a plane weighs e times less; 0 takes the best plane.
    """

    def __init__(self, shape: tuple[int, int], temperature: float, softness: float) -> None:
        super().__init__(shape, temperature)
        self.softness = np.float32(max(softness, COLDEST))
        #: Planes whose scores are not final yet.
        self._waiting: deque[NDArray[Any]] = deque()
        self._sums: FloatMap | None = None
        self._weights = np.zeros(shape, np.float32)

    def take(self, pixels: NDArray[Any]) -> None:
        """Take the pixels of the next plane, (Y, X, K); `update` brings its scores later."""
        self._waiting.append(pixels.copy())  # its buffer is used again

    def update(self, scores: FloatMap, wins: NDArray[np.bool_] | None = None) -> None:
        """Take the scores of the plane that waits longest; see `ScorePeak.update`."""
        before = self.best
        super().update(scores, wins)
        pixels = self._waiting.popleft()
        weight = self._weight(scores)
        if self._sums is None:
            self._sums = np.zeros(pixels.shape, np.float32)
        kept = self._weight(before)
        self._sums = self._sums * self._wide(kept) + self._wide(weight) * pixels
        self._weights = self._weights * kept + weight

    def pixels(self) -> FloatMap | None:
        """Return the average of the planes so far, (Y, X, K)."""
        return None if self._sums is None else self._sums / self._wide(self._weights)

    def copy(self) -> SoftPeak:
        """Return an independent copy."""
        twin = super().copy()
        assert isinstance(twin, SoftPeak)
        twin._waiting = self._waiting.copy()
        return twin

    def _wide(self, values: FloatMap) -> FloatMap:
        """Return one value for each pixel, (Y, X, 1), of those of the scores."""
        assert self._sums is not None
        rows, columns = self._sums.shape[:2]
        if values.shape != (rows, columns):
            block = -(-rows // values.shape[0]), -(-columns // values.shape[1])
            values = values.repeat(block[0], axis=0).repeat(block[1], axis=1)[:rows, :columns]
        return values[..., None]

    def _weight(self, scores: FloatMap) -> FloatMap:
        return np.asarray(np.exp((scores - self.best) / self.softness), np.float32)


def peak_of(shape: tuple[int, int], temperature: float, softness: float | None) -> ScorePeak:
    """Return a `SoftPeak` where there is a softness, a `ScorePeak` otherwise."""
    if softness is None:
        return ScorePeak(shape, temperature)
    return SoftPeak(shape, temperature, softness)
