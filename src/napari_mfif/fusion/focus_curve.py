"""How sharp a pixel is in every plane, by the method that decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.cache import SizedCache
from napari_mfif.errors import ParameterError
from napari_mfif.fusion.result import Fusion
from napari_mfif.methods.base import FloatMap, Region

__all__ = ["FocusCurve", "FocusCurves", "focus_curve", "plane_shares"]

#: Side of the squares in which scores are made.
TILE = 128
#: Bytes of scores that are kept.
KEPT = 256 << 20


@dataclass(frozen=True)
class FocusCurve:
    """The scores of a pixel along z.

    Parameters
    ----------
    scores : float32, (Z,)
        On the method's own scale: larger is sharper.
    taken : int
        The plane that was decided for: clean-up and neighbours have a say in that, so it need not
        be the one with the highest score.
    runner_up : int, optional
        The highest peak of the curve beside the one that `taken` belongs to.
    """

    scores: FloatMap
    taken: int
    runner_up: int | None

    @classmethod
    def of(cls, scores: FloatMap, taken: int) -> FocusCurve:
        """Find the runner-up."""
        own = _uphill(scores, taken)
        others = [z for z in _peaks(scores) if z != own]
        best = max(others, key=lambda z: float(scores[z]), default=None)
        return cls(scores, taken, best)


def focus_curve(fusion: Fusion, y: int, x: int, t: int = 0) -> FocusCurve:
    """Return the method's score of a pixel in every plane, and which planes compete there.

    Parameters
    ----------
    fusion : Fusion
        A finished one, of a method that gives scores.
    y, x : int
        Row and column in the fused image.
    t : int, optional
        The timepoint.

    Raises
    ------
    ParameterError
        The pixel lies outside the image, or the fusion has no scores.
    """
    curve = FocusCurves(fusion, tile=1).measure(y, x, t)
    assert curve is not None
    return curve


def plane_shares(fusion: Fusion, t: int = 0) -> NDArray[np.float64]:
    """Return which share of the image each plane gives, 0 to 1."""
    decision = fusion.decision[t] if "T" in fusion.stack.axes else fusion.decision
    counts = np.bincount(np.asarray(decision).ravel(), minlength=fusion.stack.n_planes)
    return np.asarray(counts / counts.sum(), np.float64)


class FocusCurves:
    """Focus curves of many pixels: scores are made in squares round them, and kept.

    Parameters
    ----------
    fusion : Fusion
        A finished one.
    tile : int, optional
        Side of the squares.
    kept : int, optional
        Bytes of scores to keep.
    """

    def __init__(self, fusion: Fusion, *, tile: int = TILE, kept: int = KEPT) -> None:
        if fusion._fold is None:
            raise ParameterError("This fusion was made from a given decision: it has no scores.")
        self.fusion, self._fold = fusion, fusion._fold
        self._tile = tile
        self._scores = SizedCache(kept)

    def follow(self, fusion: Fusion) -> FocusCurves:
        """Return those of another fusion; of the same planes and method the scores are kept."""
        if fusion._fold is None or fusion._fold.key != self._fold.key:
            return FocusCurves(fusion, tile=self._tile, kept=self._scores.limit)
        self.fusion = fusion
        return self

    def tile(self, y: int, x: int, t: int = 0) -> tuple[int, Region]:
        """Return what is measured together with a pixel."""
        return t, self._region(y, x)

    def around(self, y: int, x: int) -> list[tuple[int, int]]:
        """Return a pixel in each of the squares that lie beside the one of a pixel."""
        rows, columns = self.fusion.stack.plane_shape
        own = self._region(y, x)
        near = [
            (y + down, x + right)
            for down in (own.top - 1 - y, 0, own.bottom - y)
            for right in (own.left - 1 - x, 0, own.right - x)
        ]
        return [(v, u) for v, u in near if 0 <= v < rows and 0 <= u < columns and (v, u) != (y, x)]

    def known(self, y: int, x: int, t: int = 0) -> FocusCurve | None:
        """Return the curve of a pixel at once, if it has been measured."""
        region = self._region(y, x)
        seen = self._scores.peek((t, region))
        return None if seen is None else self._curve(seen, region, y, x, t)

    def measure(
        self,
        y: int,
        x: int,
        t: int = 0,
        go_on: Callable[[int], bool] = lambda plane: True,
    ) -> FocusCurve | None:
        """Measure the curve of a pixel, and those around it.

        Parameters
        ----------
        y, x, t : int
            The pixel and the timepoint.
        go_on : callable, optional
            Called with the number of each plane before it is measured; on a false value nothing
            is measured, and nothing returned.
        """
        region = self._region(y, x)
        seen = self._scores.peek((t, region))
        if seen is None:
            scores = np.empty((self.fusion.stack.n_planes, *region.shape), np.float32)
            for z in range(len(scores)):
                if not go_on(z):
                    return None
                scores[z] = self._fold.score(t, z, region)
            # that of a lazy result is made once, here
            made = scores, np.asarray(self._decision(t)[region.slices])
            seen = self._scores.get((t, region), lambda: made, lambda two: two[0].nbytes)
        return self._curve(seen, region, y, x, t)

    def _curve(
        self, seen: tuple[FloatMap, NDArray[np.uint16]], region: Region, y: int, x: int, t: int
    ) -> FocusCurve:
        scores, decision = seen
        inside = y - region.top, x - region.left
        now = self._decision(t)
        taken = now[y, x] if isinstance(now, np.ndarray) else decision[inside]
        return FocusCurve.of(scores[(slice(None), *inside)], int(taken))

    def _decision(self, t: int) -> Any:
        decision = self.fusion.decision
        return decision[t] if "T" in self.fusion.stack.axes else decision

    def _region(self, y: int, x: int) -> Region:
        rows, columns = self.fusion.stack.plane_shape
        if not (0 <= y < rows and 0 <= x < columns):
            raise ParameterError(f"Row {y}, column {x} lies outside the image: {rows} x {columns}.")
        top, left = (self._tile * (place // self._tile) for place in (y, x))
        tile = Region(top, top + self._tile, left, left + self._tile)
        return Region(tile.top, min(tile.bottom, rows), tile.left, min(tile.right, columns))


def _uphill(scores: FloatMap, z: int) -> int:
    """Follow a curve upwards from a plane; return the peak that is reached."""
    while True:
        around = range(max(0, z - 1), min(len(scores), z + 2))
        best = max(around, key=lambda k: float(scores[k]))
        if best == z:  # of equal ones the first: so the loop ends
            return z
        z = best


def _peaks(scores: FloatMap) -> list[int]:
    """Return the planes whose score no neighbour reaches."""
    edged = np.concatenate([[-np.inf], scores, [-np.inf]])
    higher = (edged[1:-1] > edged[:-2]) & (edged[1:-1] >= edged[2:])
    return [int(z) for z in np.nonzero(higher)[0]]
