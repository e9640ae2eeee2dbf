"""Planes from which somebody paints: read once, then at hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.cache import SizedCache
from napari_mfif.engine.mending import as_part
from napari_mfif.engine.part import Part
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.methods.base import Region

__all__ = ["PlanesAtHand"]

#: Bytes of planes that are kept while one paints, and the most that one of them may have.
KEPT, LARGEST = 256 << 20, 128 << 20


class PlanesAtHand:
    """The planes of a stack, the last ones kept where reading a rectangle means reading it all.

    Parameters
    ----------
    reader : callable
        Returns the reader of a timepoint.
    """

    def __init__(self, reader: Callable[[int], PlaneReader]) -> None:
        self._reader = cache(reader)
        self._kept = SizedCache(KEPT)

    def part(self, t: int, z: int, region: Region) -> tuple[Part, NDArray[np.bool_] | None]:
        """Return a rectangle of a plane as a result, and where the plane has pixels."""
        reader = self._reader(t)
        if reader.random_access or self._bytes(t) > LARGEST:
            pixels, there = reader.as_recorded(z, *region.slices)
            return as_part(pixels, z), there
        pixels, there = self._whole(t, z)
        return as_part(pixels[region.slices], z), None if there is None else there[region.slices]

    def fetch(self, t: int, z: int) -> None:
        """Read a plane, so that it is at hand; may be done in any thread."""
        self.part(t, z, Region(0, 1, 0, 1))

    def at_hand(self, t: int, z: int) -> bool:
        """Tell whether a rectangle of a plane is there without reading much."""
        return self._reader(t).random_access or self._kept.peek((t, z)) is not None

    def shows_nothing(self, t: int, z: int) -> bool:
        """Tell whether a plane was found to be empty."""
        return z in self._reader(t).missing.planes

    def _bytes(self, t: int) -> int:
        stack = self._reader(t).stack
        return stack.nbytes // (stack.n_times * stack.n_planes)

    def _whole(self, t: int, z: int) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        whole = Region.whole(self._reader(t).stack.plane_shape)
        found: tuple[NDArray[Any], NDArray[np.bool_] | None] = self._kept.get(
            (t, z),
            lambda: self._reader(t).as_recorded(z, *whole.slices),
            lambda read: read[0].nbytes + (0 if read[1] is None else read[1].nbytes),
        )
        return found
