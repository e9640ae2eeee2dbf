"""The two highest peaks of a curve along z, kept while its values come one map after the other."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Moves", "Peak", "TwoPeaks"]

Map = NDArray[np.float32]
Mask = NDArray[np.uint8]
#: Where the later peak becomes the earlier one, and where the last value becomes the later peak.
Moves = tuple[Mask, Mask]


@dataclass
class Peak:
    """A peak at each pixel.

    Parameters
    ----------
    value : float32, (Y, X)
        How high it is; minus infinity where there is none.
    plane : uint16, (Y, X)
        Where it is.
    kept : float32, (Y, X), optional
        What was there besides.
    """

    value: Map
    plane: NDArray[np.uint16]
    kept: Map | None = None

    @classmethod
    def none(cls, shape: tuple[int, int], *, keeps: bool) -> Peak:
        """Return no peak anywhere."""
        kept = np.zeros(shape, np.float32) if keeps else None
        return cls(np.full(shape, -np.inf, np.float32), np.zeros(shape, np.uint16), kept)

    def take(self, other: Peak, where: Mask) -> None:
        """Become another one where a mask is set."""
        cv2.copyTo(other.value, where, self.value)
        cv2.copyTo(other.plane, where, self.plane)
        if self.kept is not None:
            cv2.copyTo(other.kept, where, self.kept)

    def part(self, rows: slice) -> Peak:
        """Return some rows; nothing is copied."""
        kept = None if self.kept is None else self.kept[rows]
        return Peak(self.value[rows], self.plane[rows], kept)


class TwoPeaks:
    """The two highest local maxima of a curve in the order of z, and the lowest value between them.

    A curve that still rises at an end has a peak there. What is kept does not grow with the planes.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the maps.
    keeps : bool, optional
        Whether another map comes with each, of which the values at the peaks are kept.
    """

    def __init__(self, shape: tuple[int, int], *, keeps: bool = False) -> None:
        self.n_seen = 0
        self._keeps = keeps
        self._earlier, self._later, self._last = (Peak.none(shape, keeps=keeps) for _ in range(3))
        # the lowest value between the peaks, and since the later one
        self._valley, self._since = (Peak.none(shape, keeps=False) for _ in range(2))
        for lowest in (self._valley, self._since):
            lowest.value[...] = np.inf
        self._rises = np.full(shape, 255, np.uint8)

    def update(self, values: Map, kept: Map | None = None) -> None:
        """Take the next map."""
        self.update_rows(slice(None), values, kept)
        self.next()

    def next(self) -> None:
        """Go on to the next map, when all rows of one were taken."""
        self.n_seen += 1

    def update_rows(self, rows: slice, values: Map, kept: Map | None = None) -> Moves | None:
        """Take some rows of the next map; `next` tells that all were taken.

        Returns
        -------
        (uint8, uint8) or None
            What became of the peaks, see `Moves`; None where nothing did.
        """
        last, rises, moves = self._last.part(rows), self._rises[rows], None
        if self.n_seen:
            falls = np.asarray(cv2.compare(values, last.value, cv2.CMP_LT))
            moves = self._insert(rows, np.asarray(cv2.bitwise_and(falls, rises)))
            cv2.compare(values, last.value, cv2.CMP_GT, dst=falls)
            level = np.asarray(cv2.compare(values, last.value, cv2.CMP_EQ))
            cv2.bitwise_and(rises, level, dst=rises)  # on a plateau as before
            cv2.bitwise_or(rises, falls, dst=rises)
        since = self._since.part(rows)
        lower = np.asarray(cv2.compare(values, since.value, cv2.CMP_LT))
        since.take(Peak(values, np.full(values.shape, self.n_seen, np.uint16)), lower)
        last.value[...], last.plane[...] = values, self.n_seen
        if last.kept is not None:
            last.kept[...] = kept
        return moves

    def _insert(self, rows: slice, peak: Mask) -> Moves | None:
        """Take the last value as a peak where a mask is set; the lowest of three goes."""
        if not cv2.countNonZero(peak):
            return None
        earlier, later, last = (p.part(rows) for p in (self._earlier, self._later, self._last))
        valley, since = self._valley.part(rows), self._since.part(rows)
        lowest = np.asarray(cv2.min(earlier.value, later.value))
        higher = np.asarray(cv2.compare(last.value, lowest, cv2.CMP_GE))
        new = np.asarray(cv2.bitwise_and(higher, peak))
        shifts = np.asarray(cv2.compare(earlier.value, later.value, cv2.CMP_LE))
        cv2.bitwise_and(shifts, new, dst=shifts)
        # the valley before the new peak: since the later one, also where that one goes
        cv2.copyTo(np.full_like(valley.value, np.inf), shifts, valley.value)
        deeper = np.asarray(cv2.compare(since.value, valley.value, cv2.CMP_LT))
        valley.take(since, np.asarray(cv2.bitwise_and(deeper, new)))
        earlier.take(later, shifts)
        later.take(last, new)
        cv2.copyTo(np.full_like(since.value, np.inf), new, since.value)
        return shifts, new

    def ended(self) -> tuple[Peak, Peak, Peak]:
        """Return the earlier and the later peak, and the lowest value between the two.

        The state stays as it is. Where there is one peak only, it is the later one.
        """
        return self.ended_by()[0]

    def ended_by(self) -> tuple[tuple[Peak, Peak, Peak], Moves | None]:
        """Return the same, and what became of the peaks where the last value is one."""
        twin = TwoPeaks.__new__(TwoPeaks)
        twin.__dict__.update(vars(self))
        twin._earlier, twin._later = (_copied(peak) for peak in (self._earlier, self._later))
        twin._valley, twin._since = _copied(self._valley), _copied(self._since)
        moves = twin._insert(slice(None), self._rises)
        return (twin._earlier, twin._later, twin._valley), moves


def _copied(peak: Peak) -> Peak:
    kept = None if peak.kept is None else peak.kept.copy()
    return Peak(peak.value.copy(), peak.plane.copy(), kept)
