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
    depth, decision, confidence, runner_up
        As in `Answer`, verified.
    """

    pixels: NDArray[Any]
    depth: FloatMap
    decision: NDArray[np.uint16]
    confidence: FloatMap
    runner_up: NDArray[np.uint16]

    @property
    def nbytes(self) -> int:
        """Bytes of all."""
        return sum(array.nbytes for array in vars(self).values())

    def cut(self, region: Region) -> Part:
        """Return a rectangle of it, counted from its corner, without a copy."""
        return Part(**{name: array[region.slices] for name, array in vars(self).items()})

    def copy(self) -> Part:
        """Return one that may be changed."""
        return Part(**{name: array.copy() for name, array in vars(self).items()})
