"""Hot pixels on their way into a fold: replaced, and noted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.preparation import Preparation
from napari_mfif.kernels.hot_pixels import REACH, find_hot

__all__ = ["Repairs"]

Pixels = tuple[NDArray[np.intp], NDArray[np.intp]]


class Repairs:
    """Replaces hot pixels and remembers which; one that is read twice is counted once.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the planes.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._places: dict[int, list[NDArray[np.intp]]] = {}

    def add(self, z: int, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> None:
        """Note pixels of a plane."""
        self._places.setdefault(z, []).append(rows * self._shape[1] + columns)

    def count(self) -> int:
        """Return how many pixels of all planes were replaced."""
        return int(self.map().sum(dtype=np.int64))

    def map(self) -> NDArray[np.uint16]:
        """Return in how many planes each pixel was replaced, (Y, X)."""
        counts = np.zeros(self._shape, np.uint16)
        for places in self._places.values():
            counts.ravel()[np.unique(np.concatenate(places))] += 1
        return counts

    def repaired(
        self,
        z: int,
        bands: NDArray[Any],
        beside: tuple[NDArray[Any] | None, NDArray[Any] | None],
        preparation: Preparation,
        place: tuple[slice, slice],
    ) -> NDArray[Any]:
        """Return a plane, or a rectangle of it, without its hot pixels.

        Parameters
        ----------
        z : int
            Its number.
        bands : (Y, X, K)
            The same as it was read; it stays as it is.
        beside : (array or None, array or None)
            The planes before and after, as far as there are any.
        preparation : Preparation
            Its noise and stuck pixels; without noise nothing is repaired.
        place : (slice, slice)
            Which rows and columns of the plane these are.
        """
        repaired = bands
        for k, noise in enumerate(preparation.noise):
            before, after = (None if plane is None else plane[..., k] for plane in beside)
            stuck = _inside(preparation.stuck[k], place, bands.shape[:2])
            rows, columns, medians = find_hot(before, bands[..., k], after, stuck, noise)
            if len(rows):
                repaired = repaired.copy() if repaired is bands else repaired
                repaired[rows, columns, k] = medians
                self._note(z, rows, columns, place, bands.shape)
        return repaired

    def _note(
        self,
        z: int,
        rows: NDArray[np.intp],
        columns: NDArray[np.intp],
        place: tuple[slice, slice],
        shape: tuple[int, ...],
    ) -> None:
        """Note hot pixels but for those at a seam, which are told where another part sees more."""
        kept, corner = np.ones(len(rows), np.bool_), []
        lengths = self._shape
        for at, part, seen, length in zip((rows, columns), place, shape, lengths, strict=False):
            start = part.start or 0
            corner.append(start)
            if start > 0:
                kept &= at >= REACH
            if start + seen < length:
                kept &= at < seen - REACH
        self.add(z, rows[kept] + corner[0], columns[kept] + corner[1])


def _inside(
    found: tuple[NDArray[np.intp], NDArray[np.intp]],
    place: tuple[slice, slice],
    shape: tuple[int, ...],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the found pixels that lie in a rectangle, counted from its corner."""
    rows, columns = (at - (part.start or 0) for at, part in zip(found, place, strict=True))
    within = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return rows[within], columns[within]
