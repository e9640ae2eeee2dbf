"""A rectangle of a result, image and maps together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.base import FloatMap, Region

__all__ = ["Part"]


@dataclass(frozen=True)
class Part:
    """What is known of a rectangle.

    Parameters
    ----------
    pixels : (Y, X, K)
        The fused pixels in the stack's type.
    depth, decision, confidence
        As in `Answer`, verified.
    """

    pixels: NDArray[Any]
    depth: FloatMap
    decision: NDArray[np.uint16]
    confidence: FloatMap

    @property
    def nbytes(self) -> int:
        """Bytes of all four."""
        maps = (self.pixels, self.depth, self.decision, self.confidence)
        return sum(array.nbytes for array in maps)

    def cut(self, region: Region) -> Part:
        """Return a rectangle of it, counted from its corner, without a copy."""
        place = region.slices
        return Part(
            self.pixels[place], self.depth[place], self.decision[place], self.confidence[place]
        )

    def copy(self) -> Part:
        """Return one that may be changed."""
        return Part(
            self.pixels.copy(), self.depth.copy(), self.decision.copy(), self.confidence.copy()
        )
