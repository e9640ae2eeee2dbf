"""Planes that equal the one before: a stage that did not move. They have no vote of their own.

Methods smooth along z as if planes lay evenly; a plane that comes twice would draw depths towards
itself. So methods are shown such planes once, and their answer is brought back to all planes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.sampling import strips
from napari_mfif.methods.base import Answer, FloatMap, Plane, Region, Survey

__all__ = ["Kept", "repeated"]


def repeated(reader: PlaneReader, cells: list[FloatMap]) -> frozenset[int]:
    """Return the planes that equal the one before, of those whose coarse brightness does."""
    alike = (z for z in range(1, len(cells)) if np.array_equal(cells[z - 1], cells[z]))
    return frozenset(z for z in alike if _equal(reader, z))


def _equal(reader: PlaneReader, z: int) -> bool:
    parts = strips(Region.whole(reader.stack.plane_shape))
    return all(
        np.array_equal(reader.bands(z - 1, *part.slices), reader.bands(z, *part.slices))
        for part in parts
    )


class Kept:
    """The planes that a method is shown.

    Parameters
    ----------
    n_planes : int
        How many there are.
    repeated : frozenset of int
        Those that are left out.
    """

    def __init__(self, n_planes: int, repeated: frozenset[int]) -> None:
        self._planes = [z for z in range(n_planes) if z not in repeated]
        self._all = len(self._planes) == n_planes
        self._place = {z: place for place, z in enumerate(self._planes)}

    def survey(self, survey: Survey) -> Survey:
        """Return what the survey found, of these planes."""
        return survey if self._all else replace(survey, n_planes=len(self._planes))

    def shown(self, plane: Plane) -> Plane | None:
        """Return a plane with its place among these; None where it is left out."""
        place = self._place.get(plane.index)
        return None if place is None else replace(plane, index=place)

    def answer(self, answer: Answer) -> Answer:
        """Return an answer in numbers of all planes."""
        if self._all or not answer.has_maps:
            return answer
        planes = np.array(self._planes)
        depth = np.interp(answer.depth, np.arange(len(planes)), planes).astype(np.float32)

        def among_all(number: NDArray[np.uint16]) -> NDArray[np.uint16]:
            return planes[number].astype(np.uint16)

        rival = answer.runner_up
        return replace(
            answer,
            depth=depth,
            decision=among_all(answer.decision),
            runner_up=None if rival is None else among_all(rival),
        )
