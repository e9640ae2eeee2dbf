"""The peak of scores along z that may be negative, as the logits of a network are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.running_best import parabola_peak
from napari_mfif.methods.base import FloatMap

__all__ = ["ScorePeak"]


class ScorePeak:
    """Which plane has the best score, what its neighbours have, and how far it stands out.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the score maps.
    temperature : float
        Difference of scores at which a plane is e times less plausible than the best.
    """

    def __init__(self, shape: tuple[int, int], temperature: float) -> None:
        self.temperature = np.float32(temperature)
        self.n_seen = 0
        self.index = np.zeros(shape, np.uint16)
        self.best = np.full(shape, -np.inf, np.float32)
        # Scores of the planes next to the best; not a number where there is none (yet).
        self._before = np.full(shape, np.nan, np.float32)
        self._after = self._before.copy()
        self._previous = self._before
        self._total = np.zeros(shape, np.float32)

    def take(self, pixels: NDArray[Any]) -> None:
        """Take the pixels of the next plane: for those who average planes."""

    def pixels(self) -> FloatMap | None:
        """Return the pixels of the planes so far, where planes are averaged."""
        return None

    def update(self, scores: FloatMap, wins: NDArray[np.bool_] | None = None) -> None:
        """Take the scores of the next plane.

        Parameters
        ----------
        scores : float32, (Y, X)
            They are kept until the next ones come.
        wins : bool, (Y, X), optional
            Where the plane is taken; where its score is the best when not given.
        """
        if wins is None:
            wins = scores > self.best
        if self.n_seen:
            np.copyto(self._after, scores, where=self.index == self.n_seen - 1)
        best = np.where(wins, scores, self.best)
        with np.errstate(over="ignore"):  # far above what a sequence took: no confidence
            self._total = self._total * self._plausible(self.best - best)
            self._total += self._plausible(scores - best)
        np.copyto(self._before, self._previous, where=wins)
        np.copyto(self._after, np.nan, where=wins)
        np.copyto(self.index, np.uint16(self.n_seen), where=wins)
        self.best, self._previous = best, scores
        self.n_seen += 1

    def depth(self) -> FloatMap:
        """Return the plane with fractions, from a parabola through the best and its neighbours."""
        # A missing neighbour stands as high as the best: no fraction beyond the ends.
        sides = [np.where(np.isnan(m), self.best, m) for m in (self._before, self._after)]
        depth = self.index + parabola_peak(sides[0], self.best, sides[1])
        return np.asarray(np.clip(depth, 0, max(0, self.n_seen - 1)), np.float32)

    def share(self) -> FloatMap:
        """Return the part of the plausibility, 0 to 1, of the best plane and its neighbours."""
        near = np.ones_like(self.best)
        for neighbour in (self._before, self._after):
            near += np.nan_to_num(self._plausible(np.minimum(neighbour - self.best, 0)), nan=0.0)
        return np.clip(near / np.maximum(self._total, 1), 0, 1).astype(np.float32)

    def copy(self) -> ScorePeak:
        """Return an independent copy."""
        twin = self.__class__.__new__(self.__class__)
        for name, value in vars(self).items():
            setattr(twin, name, value.copy() if isinstance(value, np.ndarray) else value)
        return twin

    def _plausible(self, difference: FloatMap) -> FloatMap:
        return np.asarray(np.exp(difference / self.temperature), np.float32)
