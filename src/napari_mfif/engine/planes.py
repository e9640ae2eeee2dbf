"""Planes on their way into a fold: read, repaired, equalised, mapped to 0 to 1."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.lazy_array import LazyArray
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.missing import Missing, RecordedPlanes
from napari_mfif.engine.preparation import Preparation, equalised, to_guide
from napari_mfif.engine.repairs import Repairs
from napari_mfif.engine.saturation import at_white
from napari_mfif.methods.base import Plane

__all__ = ["PlaneReader", "prefetched"]

#: A stack up to this size is kept after the first reading where reading means decoding: it is read
#: two or three times.
CACHE_BYTES = 64 * 2**20

Item = TypeVar("Item")


class PlaneReader(RecordedPlanes):
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
        super().__init__(stack, time, missing)
        self.repairs = Repairs(stack.plane_shape)
        #: Whether a rectangle is read without what lies around it.
        self.random_access = isinstance(stack.pixels, np.ndarray)
        self.random_access |= isinstance(stack.pixels, LazyArray) and stack.pixels.random_access
        small = stack.nbytes // stack.n_times <= CACHE_BYTES
        #: Whether planes are kept once they were read.
        self.keeps = small and not self.random_access
        # one and the same array where a plane lacks no pixels
        self._stored: dict[int, NDArray[Any]] = {}
        self._filled: dict[int, NDArray[Any]] = {}

    @property
    def unaligned(self) -> PlaneReader:
        """Reader of the planes as the camera took them, for moving smooths their noise."""
        pixels = self.stack.pixels
        if not isinstance(pixels, LazyArray) or pixels.unaligned is None:
            return self
        return PlaneReader(pixels.unaligned, self.time)

    def bands(
        self, z: int, rows: slice = slice(None), columns: slice = slice(None)
    ) -> NDArray[Any]:
        """Return one plane or a rectangle of it, ``(Y, X, K)`` in the stack's own type.

        Raises
        ------
        ReadError
            The plane cannot be read.
        """
        if not self.keeps:
            return self.filled(z, rows, columns)
        if z not in self._filled:
            self._filled[z] = self.filled(z, slice(None), slice(None))
        return self._filled[z][rows, columns]

    def forget(self) -> None:
        """Forget what was put in place of missing pixels."""
        self._filled = {}

    def _as_stored(self, z: int, rows: slice, columns: slice) -> NDArray[Any]:
        if not self.keeps:
            return super()._as_stored(z, rows, columns)
        if z not in self._stored:
            self._stored[z] = super()._as_stored(z, slice(None), slice(None))
        return self._stored[z][rows, columns]

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
            beside = before, after
            ready = self.repairs.repaired(z, current, beside, preparation, place)
            ready = equalised(ready, preparation.drift, z)
            white = at_white(current, preparation.white)
            yield Plane(z, to_guide(ready, preparation), ready if pixels else ready[..., :0], white)
            before, current = current, after  # type: ignore[assignment]


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
