"""Planes on their way into a fold: read, repaired, equalised, mapped to 0 to 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import BrightnessDrift
from napari_mfif.arrays.lazy_array import LazyArray
from napari_mfif.arrays.stack import ZStack
from napari_mfif.kernels.bands import bands as cut
from napari_mfif.kernels.hot_pixels import REACH, find_hot
from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.methods.base import FloatMap, Plane

__all__ = ["Missing", "PlaneReader", "Preparation", "Repairs", "prefetched"]

#: A stack up to this size is kept after the first reading where reading means decoding: it is read
#: two or three times.
CACHE_BYTES = 64 * 2**20

#: Weights of red, green and blue in brightness (ITU-R BT.601).
LUMINANCE = (0.299, 0.587, 0.114)

Item = TypeVar("Item")


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


@dataclass(frozen=True)
class Preparation:
    """What is done to every plane before a method sees it, found out by the survey.

    Parameters
    ----------
    weights : float32, (K,)
        The guide image is this weighted sum of the bands.
    offset, gain : float
        ``guide = (sum - offset) * gain``.
    noise : list of NoiseLine, optional
        Per band, in the stack's unit; hot pixels are repaired where it is given.
    stuck : list of (rows, columns)
        Per band: the pixels that are hot in every plane.
    drift : BrightnessDrift, optional
        How the planes' brightness is equalised.
    identical : bool, optional
        Whether all planes are equal: then nothing is fused.
    missing : Missing, optional
        Which pixels are not there.
    """

    weights: FloatMap
    offset: float = 0.0
    gain: float = 1.0
    noise: list[NoiseLine] = field(default_factory=list)
    stuck: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = field(default_factory=list)
    drift: BrightnessDrift | None = None
    identical: bool = False
    missing: Missing = Missing()


class Repairs:
    """Which pixels were hot and replaced; one that is read twice is counted once.

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


class PlaneReader:
    """Reads the planes of one timepoint, all bands side by side.

    Parameters
    ----------
    stack : ZStack
        Where the pixels come from.
    time : int
        The timepoint.
    missing : Missing, optional
        Which pixels are not there; they are read as the mean of the planes that have them.
    """

    def __init__(self, stack: ZStack, time: int = 0, missing: Missing | None = None) -> None:
        self._missing = missing or Missing()
        #: Whether pixels were missing in what was read.
        self.incomplete = False
        self._mean: tuple[Any, NDArray[np.float32], NDArray[np.uint16]] | None = None
        self.stack = stack
        self._time = time
        self.repairs = Repairs(stack.plane_shape)
        #: Whether a rectangle is read without what lies around it.
        self.random_access = isinstance(stack.pixels, np.ndarray)
        self.random_access |= isinstance(stack.pixels, LazyArray) and stack.pixels.random_access
        small = stack.nbytes // stack.n_times <= CACHE_BYTES
        keeps = small and not self.random_access
        self._cache: dict[int, NDArray[Any]] | None = {} if keeps else None

    @property
    def keeps(self) -> bool:
        """Whether planes are kept once they were read."""
        return self._cache is not None

    @property
    def n_bands(self) -> int:
        """Number of channels times colour samples."""
        return self.stack.n_channels * self.stack.n_samples

    @property
    def unaligned(self) -> PlaneReader:
        """Reader of the planes as the camera took them, for moving smooths their noise."""
        pixels = self.stack.pixels
        if not isinstance(pixels, LazyArray) or pixels.unaligned is None:
            return self
        return PlaneReader(pixels.unaligned, self._time)

    def bands(
        self, z: int, rows: slice = slice(None), columns: slice = slice(None)
    ) -> NDArray[Any]:
        """Return one plane or a rectangle of it, ``(Y, X, K)`` in the stack's own type.

        Raises
        ------
        ReadError
            The plane cannot be read.
        """
        if self._cache is None:
            return self._read(z, rows, columns)
        if z not in self._cache:
            self._cache[z] = self._read(z, slice(None), slice(None))
        return self._cache[z][rows, columns]

    @property
    def missing(self) -> Missing:
        """Which pixels are not there; what was read before is forgotten when it is set."""
        return self._missing

    @missing.setter
    def missing(self, missing: Missing) -> None:
        self._missing, self._mean = missing, None
        if self._cache is not None:
            self._cache = {}

    def recorded(self, z: int, rows: slice, columns: slice) -> NDArray[np.bool_]:
        """Return where a plane has pixels."""
        bands, recorded = self.as_recorded(z, rows, columns)
        return np.ones(bands.shape[:2], np.bool_) if recorded is None else recorded

    def coverage(self, rows: slice, columns: slice) -> NDArray[np.uint16]:
        """Return how many planes have each pixel."""
        return self._means(rows, columns)[1]

    def _read(self, z: int, rows: slice, columns: slice) -> NDArray[Any]:
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
        key = (rows.start, rows.stop, columns.start, columns.stop)
        if self._mean is None or self._mean[0] != key:
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
            self._mean = key, total / np.maximum(count, 1)[..., None].astype(np.float32), count
        return self._mean[1], self._mean[2]

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
            if (one := self.stack.masked(z, t=self._time, c=c, rows=rows, columns=columns))
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

    def _as_stored(self, z: int, rows: slice, columns: slice) -> NDArray[Any]:
        channels = [
            self.stack.plane(z, t=self._time, c=c, rows=rows, columns=columns)
            for c in range(self.stack.n_channels)
        ]
        shape = (*channels[0].shape[:2], self.stack.n_samples)
        if len(channels) == 1:
            return channels[0].reshape(shape)
        return np.concatenate([plane.reshape(shape) for plane in channels], axis=2)

    def planes(
        self,
        preparation: Preparation,
        *,
        rows: slice = slice(None),
        columns: slice = slice(None),
        pixels: bool = True,
        first: int = 0,
        count: int | None = None,
    ) -> Iterator[Plane]:
        """Yield the planes in order, prepared.

        Parameters
        ----------
        preparation : Preparation
            What is done to them.
        rows, columns : slice, optional
            Only these rows and columns.
        pixels : bool, optional
            Whether the bands to fuse are wanted; without them `Plane.pixels` has no bands.
        first, count : int, optional
            From which plane on, and how many; all when not given.
        """
        last = self.stack.n_planes - 1
        stop = last + 1 if count is None else first + count
        place = rows, columns
        before = self.bands(first - 1, *place) if first else None
        current = self.bands(first, *place)
        for z in range(first, stop):
            after = self.bands(z + 1, *place) if z < last else None
            ready = self._repaired(z, before, current, after, preparation, place)
            ready = _equalised(ready, preparation.drift, z)
            yield Plane(z, to_guide(ready, preparation), ready if pixels else ready[..., :0])
            before, current = current, after  # type: ignore[assignment]

    def _repaired(
        self,
        z: int,
        before: NDArray[Any] | None,
        bands: NDArray[Any],
        after: NDArray[Any] | None,
        preparation: Preparation,
        place: tuple[slice, slice],
    ) -> NDArray[Any]:
        repaired = bands
        for k, noise in enumerate(preparation.noise):
            beside = [None if plane is None else plane[..., k] for plane in (before, after)]
            stuck = _inside(preparation.stuck[k], place, bands.shape[:2])
            rows, columns, medians = find_hot(beside[0], bands[..., k], beside[1], stuck, noise)
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
        lengths = self.stack.plane_shape
        for at, part, seen, length in zip((rows, columns), place, shape, lengths, strict=False):
            start = part.start or 0
            corner.append(start)
            if start > 0:
                kept &= at >= REACH
            if start + seen < length:
                kept &= at < seen - REACH
        self.repairs.add(z, rows[kept] + corner[0], columns[kept] + corner[1])


def to_guide(bands: NDArray[Any], preparation: Preparation) -> FloatMap:
    """Return the weighted sum of the bands in which sharpness is judged, mapped to 0 to 1."""
    gain = preparation.gain
    grey: FloatMap = np.empty(bands.shape[:2], np.float32)
    for band in cut((grey.shape[0], grey.shape[1])):
        part, first = grey[band.rows], True
        for k, weight in enumerate(preparation.weights):
            if weight == 0:
                continue
            share = np.float32(weight * gain)
            if first:
                np.multiply(bands[band.rows, ..., k], share, out=part, dtype=np.float32)
            else:
                part += np.multiply(bands[band.rows, ..., k], share, dtype=np.float32)
            first = False
        part -= np.float32(preparation.offset * gain)
    return grey


def rounded_to(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return means in the type of what they are means of."""
    return (np.rint(values) if dtype.kind in "iub" else values).astype(dtype)


def _inside(
    found: tuple[NDArray[np.intp], NDArray[np.intp]],
    place: tuple[slice, slice],
    shape: tuple[int, ...],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the found pixels that lie in a rectangle, counted from its corner."""
    rows, columns = (at - (part.start or 0) for at, part in zip(found, place, strict=True))
    within = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return rows[within], columns[within]


def _equalised(bands: NDArray[Any], drift: BrightnessDrift | None, z: int) -> NDArray[Any]:
    if drift is None:
        return bands
    factor, black = np.float32(drift.factors[z]), np.float32(drift.black)
    return np.asarray(bands, np.float32) * factor + black * (1 - factor)


def coarse_cells(bands: NDArray[Any], weights: FloatMap) -> FloatMap:
    """Return the mean brightness in cells of about a twelfth of the side, float32.

    Of large planes every few rows are looked at: a cell has pixels enough.
    """
    rows, columns = (max(1, min(12, length)) for length in bands.shape[:2])
    some = bands[:: max(1, bands.shape[0] // 128)]
    cells = np.zeros((rows, columns), np.float32)
    for k, weight in enumerate(weights):
        if weight:
            band = np.ascontiguousarray(some[..., k], np.float32)
            cells += np.float32(weight) * cv2.resize(
                band, (columns, rows), interpolation=cv2.INTER_AREA
            ).reshape(rows, columns)
    return cells


def prefetched(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the same items, with the next one being made in a thread meanwhile."""
    missing = object()
    with ThreadPoolExecutor(1, thread_name_prefix="napari-mfif-read") as pool:
        waiting = pool.submit(next, items, missing)
        while True:
            item: Any = waiting.result()
            if item is missing:
                return
            waiting = pool.submit(next, items, missing)
            yield item
