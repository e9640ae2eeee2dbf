"""Where contrast inverts through focus, in the two octaves above the finest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.inversion import Inversion
from napari_mfif.kernels.pyramid import align_up, level_shapes

__all__ = ["ContrastFold", "Inverted"]

Map = NDArray[np.float32]

#: Half the side of the window, at quarter size, in which what inverts speaks for its neighbours.
RADIUS = 3
#: Where it takes up so much of that window they count as it.
ENOUGH = 0.3


@dataclass(frozen=True)
class Inverted:
    """What was found, at half the size.

    Parameters
    ----------
    share : float32, (Y, X)
        Of the surroundings of each pixel that invert, 0 to 1.
    inverts : bool, (Y, X)
        Where that is enough.
    plane : float32, (Y, X)
        Where contrast vanishes there, in planes.
    """

    share: Map
    inverts: NDArray[np.bool_]
    plane: Map


class ContrastFold:
    """Follows the details of levels 1 and 2 of the pyramid through the planes, at quarter size.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the planes.
    levels : int
        How many levels there are.
    """

    def __init__(self, shape: tuple[int, int], *, levels: int) -> None:
        self._half, self._quarter = level_shapes(shape, 2)[1:]
        self._octaves = [Inversion(self._quarter) for _ in range(min(levels, 3) - 1)]

    def update(self, details: Sequence[Map]) -> None:
        """Take the details of the next plane, finest level first."""
        # of the finer one every second pixel tells as much about likeness
        for octave, detail, step in zip(self._octaves, details[1:3], (2, 1), strict=False):
            octave.update(np.ascontiguousarray(detail[::step, ::step]))

    def found(self) -> Inverted | None:
        """Return what inverts; None where nothing does."""
        inverts, plane = np.zeros(self._quarter, np.bool_), np.zeros(self._quarter, np.float32)
        for octave in reversed(self._octaves):  # finer detail tells the plane better
            here, where = octave.found()
            inverts |= here
            np.copyto(plane, where, where=here)
        if not inverts.any():
            return None
        weight = inverts.astype(np.float32)
        share = _window(weight)
        smooth = np.asarray(_window(weight * plane) / np.maximum(share, 1e-6), np.float32)
        share = align_up(share, self._half)
        return Inverted(share, share > ENOUGH, align_up(smooth, self._half))


def _window(values: Map) -> Map:
    side = (2 * RADIUS + 1, 2 * RADIUS + 1)
    once = cv2.blur(values, side, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.blur(once, side, borderType=cv2.BORDER_REFLECT_101))
