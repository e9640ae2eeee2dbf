"""The low-pass rest of the adaptive pyramid, weighed by the evidence of the coarsest level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.pyramid import down
from napari_mfif.methods.adaptive import level

__all__ = ["BaseFold"]

Map = NDArray[np.float32]


class BaseFold:
    """Running weighted sum of the pyramid's base: few pixels, so plain sums in logarithms."""

    def __init__(self, shape: tuple[int, int], *, bands: int) -> None:
        self._sums = np.zeros((bands, *shape))
        self._weights = np.zeros(shape)
        self._reference = np.full(shape, -np.inf)
        self._waiting: list[list[Map]] = []

    def update(self, bands: list[Map], evidence: Map | None) -> None:
        """Take the next plane's base, and the coarsest level's evidence of an earlier one."""
        self._waiting.append(bands)
        if evidence is not None:
            self.weigh(evidence)

    def weigh(self, evidence: Map) -> None:
        """Add the plane that waits longest, with this evidence."""
        # one step coarser, as the geometric mean
        logarithm = level.POWER * down(np.log(evidence)).astype(np.float64)
        reference = np.maximum(self._reference, logarithm)
        fading, weight = np.exp(self._reference - reference), np.exp(logarithm - reference)
        self._reference = reference
        self._weights = self._weights * fading + weight
        for total, band in zip(self._sums, self._waiting.pop(0), strict=True):
            total *= fading
            total += weight * band

    def fused(self) -> list[Map]:
        """Return the fused base of each band."""
        return [(total / self._weights).astype(np.float32) for total in self._sums]
