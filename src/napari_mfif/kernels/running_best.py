"""The best of many score maps, kept while they come one after the other."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import bands
from napari_mfif.kernels.calibration import Table, calibrated
from napari_mfif.kernels.chance import all_alike, all_noise, held_beyond_chance, of_few

__all__ = ["RunningBest", "parabola_peak", "told"]

Map = NDArray[np.float32]

TINY = float(np.finfo(np.float32).tiny)


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


def told(
    spread: Map, best: Map, planes: int, deviation: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return what `RunningBest.told` does, of spread and best scores put together."""
    alike = all_alike(spread, planes, deviation) & (best > 0)
    return all_noise(spread, planes, deviation) & ~alike, alike


class RunningBest:
    """Which plane had the best score, what its neighbours had, and how far it stands out.

    The state does not grow with the number of planes, and a tie goes to the earlier plane. The
    plausibility of a plane is the fourth power of its score: half the best score counts 1/16.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the score maps; scores are not negative.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.n_seen = 0
        self.index = np.zeros(shape, np.uint16)
        self.best = np.zeros(shape, np.float32)
        self._lowest = np.zeros(shape, np.float32)
        self._before = np.zeros(shape, np.float32)
        self._after = np.zeros(shape, np.float32)
        self._previous = np.zeros(shape, np.float32)
        self._total = np.zeros(shape, np.float32)
        self._fresh = np.zeros(shape, np.uint8)
        self._bands = bands(shape)

    def update(self, scores: Map) -> None:
        """Take the score map of the next plane."""
        for band in self._bands:
            self.update_rows(band.rows, scores[band.rows])
        self.next()

    def next(self) -> None:
        """Go on to the next plane, when all rows of one were taken."""
        self.n_seen += 1

    def update_rows(self, rows: slice, scores: Map) -> None:
        """Take some rows of the score map of the next plane."""
        best, after, fresh = self.best[rows], self._after[rows], self._fresh[rows]
        previous, total = self._previous[rows], self._total[rows]
        if self.n_seen == 0:
            total[...], fresh[...] = 1, 255
            for kept in (best, after, previous, self._lowest[rows]):
                kept[...] = scores
            self._before[rows] = 0
            return
        cv2.min(self._lowest[rows], scores, dst=self._lowest[rows])
        cv2.copyTo(scores, fresh, after)
        cv2.compare(scores, best, cv2.CMP_GT, dst=fresh)
        # Plausibilities are summed relative to the best so far.
        larger = cv2.max(cv2.max(best, scores), TINY)
        # Running sums round scores of nothing to a trace below 0.
        fading = cv2.divide(cv2.max(cv2.min(best, scores), 0.0), larger, dst=larger)
        fading *= fading
        fading *= fading
        gone = total * fading
        gone += 1
        total += fading
        cv2.copyTo(gone, fresh, total)
        cv2.copyTo(scores, fresh, best)
        # Four times as fast as numpy's assignment by mask.
        cv2.copyTo(np.full(fresh.shape, self.n_seen, np.uint16), fresh, self.index[rows])
        cv2.copyTo(previous, fresh, self._before[rows])
        # Until the next plane is seen its own score stands for it: no slope.
        cv2.copyTo(scores, fresh, after)
        previous[...] = scores

    def depth(self) -> Map:
        """Return the plane with fractions, from a parabola through the best and its neighbours."""
        first, last = self.index == 0, self.index == self.n_seen - 1
        before = np.where(first, self._after, self._before)
        after = np.where(last, self._before, self._after)
        shift = parabola_peak(before, self.best, after)
        depth: Map = np.clip(self.index + shift, 0, max(0, self.n_seen - 1)).astype(np.float32)
        return depth

    def spread(self) -> Map:
        """Return by how much of itself the best score exceeds the lowest, 0 to 1."""
        return np.asarray((self.best - self._lowest) / np.maximum(self.best, TINY), np.float32)

    def told(self, deviation: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return where there is nothing but noise, and where texture is alike in all planes.

        See `all_noise` and `all_alike`. Where nothing at all is seen it is not texture.
        """
        return told(self.spread(), self.best, self.n_seen, deviation)

    def distinctness(self) -> Map:
        """Return the share (0 to 1) of the plausibility that the best and its neighbours hold."""
        scale = np.maximum(self.best, TINY)
        near = 1 + np.square(np.square(self._neighbour(self._before, 0) / scale))
        near += np.square(np.square(self._neighbour(self._after, self.n_seen - 1) / scale))
        return np.clip(near / np.maximum(self._total, 1), 0, 1).astype(np.float32)

    def probability(self, table: Table) -> Map:
        """Return how probably the depth is right within one plane, by how distinct the best is.

        Parameters
        ----------
        table : (measures, shares)
            As for `calibrated`, measured on stacks of the usual number of planes.
        """
        held = held_beyond_chance(self.distinctness(), self.n_seen)
        return of_few(calibrated(held, table), self.n_seen)

    def _neighbour(self, scores: Map, missing_at: int) -> Map:
        outside = self.index == missing_at
        return np.where(outside, np.float32(0), np.clip(scores, 0, self.best))

    def part(self, rows: slice) -> RunningBest:
        """Return an independent copy of some rows."""
        some = RunningBest.__new__(RunningBest)
        for name, value in vars(self).items():
            setattr(some, name, value[rows].copy() if isinstance(value, np.ndarray) else value)
        return some
