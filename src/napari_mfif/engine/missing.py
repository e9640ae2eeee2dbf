"""Pixels that are not there: which ones, and what is read in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.stack import ZStack

__all__ = ["Missing", "RecordedPlanes", "rounded_to"]


@dataclass(frozen=True)
class Missing:
    """Which pixels are not there, besides NaN, infinity and what a masked array hides.

    Parameters
    ----------
    zeros : bool, optional
        Whether every pixel that is zero is missing.
    planes : frozenset of int, optional
        Planes that show nothing.
    borders : dict, optional
        By plane where its border is missing, bool (Y, X).
    """

    zeros: bool = False
    planes: frozenset[int] = frozenset()
    borders: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)


class RecordedPlanes:
    """Planes of one timepoint as they are recorded; where they have no pixels the others' mean.

    Parameters
    ----------
    stack : ZStack
        Where the pixels come from.
    time : int
        The timepoint.
    missing : Missing, optional
        Which pixels are not there, besides those that say so themselves.
    """

    def __init__(self, stack: ZStack, time: int = 0, missing: Missing | None = None) -> None:
        self.stack = stack
        self.time = time
        self._missing = missing or Missing()
        #: Whether pixels were missing in what was read.
        self.incomplete = False
        self._mean: tuple[Any, NDArray[np.float32], NDArray[np.uint16]] | None = None

    @property
    def n_bands(self) -> int:
        """Number of channels times colour samples."""
        return self.stack.n_channels * self.stack.n_samples

    @property
    def missing(self) -> Missing:
        """Which pixels are not there; what was read before is forgotten when it is set."""
        return self._missing

    @missing.setter
    def missing(self, missing: Missing) -> None:
        self._missing, self._mean = missing, None
        self.forget()

    def forget(self) -> None:
        """Forget what was read."""

    def recorded(self, z: int, rows: slice, columns: slice) -> NDArray[np.bool_]:
        """Return where a plane has pixels."""
        bands, recorded = self.as_recorded(z, rows, columns)
        return np.ones(bands.shape[:2], np.bool_) if recorded is None else recorded

    def coverage(self, rows: slice, columns: slice) -> NDArray[np.uint16]:
        """Return how many planes have each pixel."""
        return self._means(rows, columns)[1]

    def as_recorded(
        self, z: int, rows: slice, columns: slice
    ) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Return a plane as it is, and where it has pixels; None for everywhere."""
        bands = self._as_stored(z, rows, columns)
        if z in self._missing.planes:
            return bands, np.zeros(bands.shape[:2], np.bool_)
        lost = [
            one
            for c in range(self.stack.n_channels)
            if (one := self.stack.masked(z, t=self.time, c=c, rows=rows, columns=columns))
            is not None
        ]
        with np.errstate(invalid="ignore", over="ignore"):
            finite = bands.dtype.kind != "f" or np.isfinite(bands.sum(dtype=np.float64))
        if not finite:
            lost.append(~np.isfinite(bands).all(axis=-1))
        if z in self._missing.borders:
            lost.append(self._missing.borders[z][rows, columns])
        if self._missing.zeros:
            lost.append(np.all(bands == 0, axis=-1))
        return bands, ~np.any(lost, axis=0) if lost else None

    def filled(self, z: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a plane, (Y, X, K), with the mean of others where it has no pixels."""
        bands, recorded = self.as_recorded(z, rows, columns)
        if recorded is None or recorded.all():
            return bands
        self.incomplete = True
        mean, count = self._means(rows, columns)
        filled = bands.copy()
        lost = ~recorded
        filled[lost] = rounded_to(mean[lost], bands.dtype)
        filled[count == 0] = self._level()
        return filled

    def _means(self, rows: slice, columns: slice) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
        """Return the mean of the planes that have a pixel, and how many do."""
        spans = zip((rows, columns), self.stack.plane_shape, strict=True)
        key = tuple(span.indices(length) for span, length in spans)
        known = self._mean  # another thread may read elsewhere meanwhile
        if known is None or known[0] != key:
            total: Any = 0.0
            count: Any = np.uint16(0)
            for z in range(self.stack.n_planes):
                bands, recorded = self.as_recorded(z, rows, columns)
                if recorded is None:
                    total, count = total + bands.astype(np.float32), count + np.uint16(1)
                else:
                    total = total + np.where(recorded[..., None], bands, 0).astype(np.float32)
                    count = count + recorded.astype(np.uint16)
            count = np.broadcast_to(count, total.shape[:2])
            known = key, total / np.maximum(count, 1)[..., None].astype(np.float32), count
            self._mean = known
        return known[1], known[2]

    def _level(self) -> NDArray[Any]:
        """Return a usual value of each band, for pixels that no plane has."""
        whole = slice(None)
        for z in (self.stack.n_planes // 2, *range(self.stack.n_planes)):
            bands, recorded = self.as_recorded(z, whole, whole)
            known = bands if recorded is None else bands[recorded]
            if known.size:
                level = known.reshape(-1, bands.shape[2]).mean(axis=0, dtype=np.float64)
                return rounded_to(np.asarray(level), bands.dtype)
        return np.zeros(self.n_bands, self.stack.dtype)

    def _as_stored(self, z: int, rows: slice, columns: slice) -> NDArray[Any]:
        channels = [
            self.stack.plane(z, t=self.time, c=c, rows=rows, columns=columns)
            for c in range(self.stack.n_channels)
        ]
        shape = (*channels[0].shape[:2], self.stack.n_samples)
        if len(channels) == 1:
            return channels[0].reshape(shape)
        return np.concatenate([plane.reshape(shape) for plane in channels], axis=2)


def rounded_to(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return means in the type of what they are means of."""
    return (np.rint(values) if dtype.kind in "iub" else values).astype(dtype)
