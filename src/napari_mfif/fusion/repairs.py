"""Pixels that the camera made up, and that were replaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.moved import before_moving, repairs_of

if TYPE_CHECKING:
    from napari_mfif.engine.folded import FoldedTimepoint
    from napari_mfif.fusion.result import Fusion

__all__ = ["count_repaired", "repaired", "repairs_in"]


def repaired(self: Fusion) -> NDArray[np.uint16]:
    """Return in how many planes each pixel was hot and replaced, as `depth`, uint16.

    It is for looking: a camera's hot pixels lie anywhere, those along edges were none. Switch
    it off by ``repair_hot_pixels=False``. A lazy result reads all planes for it. Of aligned planes
    they stand where the camera took them.
    """
    if self._fold is None:
        return np.zeros_like(self.decision)
    known = {t: one.reader.repairs for t, one in enumerate(self._folded)}
    fold, times = self._fold, range(self.stack.n_times)
    own = [(known[t] if t in known else fold.repairs(t)).map() for t in times]
    maps = [one + before_moving(fold.stack, t) for t, one in zip(times, own, strict=True)]
    return np.stack(maps) if "T" in self.stack.axes else maps[0]


def repairs_in(folded: Sequence[FoldedTimepoint]) -> int:
    """Return how many hot pixels of planes were replaced in timepoints."""
    found = (one for t, each in enumerate(folded) for one in repairs_of(each.reader, t))
    return sum(one.count() for one in found)


def count_repaired(fusion: Fusion) -> int:
    """Return how many hot pixels of planes were replaced; of a lazy result that is not known: 0."""
    return repairs_in(fusion._folded)
