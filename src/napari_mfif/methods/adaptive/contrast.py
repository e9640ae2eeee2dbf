"""Where contrast inverts through focus, in the two octaves above the finest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.inversion import ENOUGH, Inversion, surroundings
from napari_mfif.kernels.pyramid import align_up, level_shapes

__all__ = ["ContrastFold", "Inverted"]

Map = NDArray[np.float32]

#: Pixels are doubted whose surroundings invert to such a share: the rings about what inverts are no
#: objects either.
NEARBY = 0.1


@dataclass(frozen=True)
class Inverted:
    """What was found, at half the size.

    Parameters
    ----------
    nearby : bool, (Y, X)
        Where there is contrast that inverts in the surroundings.
    inverts : bool, (Y, X)
        Where there is enough of it.
    plane : float32, (Y, X)
        Where contrast vanishes there, in planes.
    """

    nearby: NDArray[np.bool_]
    inverts: NDArray[np.bool_]
    plane: Map


class ContrastFold:
    """Follows the details of levels 1 and 2 of the pyramid through the planes, at quarter size.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the planes.
    noise : sequence of float32
        Variance of the noise in each level, finest first.
    """

    def __init__(self, shape: tuple[int, int], noise: Sequence[Map]) -> None:
        self._half, self._quarter = level_shapes(shape, 2)[1:]
        self._octaves = [Inversion(variance) for variance in _quartered(noise)]

    def update(self, details: Sequence[Map]) -> None:
        """Take the details of the next plane, finest level first."""
        for octave, detail in zip(self._octaves, _quartered(details), strict=True):
            octave.update(detail)

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
        share = surroundings(weight)
        smooth = np.asarray(surroundings(weight * plane) / np.maximum(share, 1e-6), np.float32)
        share = align_up(share, self._half)
        return Inverted(share > NEARBY, share > ENOUGH, align_up(smooth, self._half))


def _quartered(levels: Sequence[Map]) -> list[Map]:
    """Return levels 1 and 2; of the finer one every second pixel tells as much about likeness."""
    steps = zip(levels[1:3], (2, 1), strict=False)
    return [np.ascontiguousarray(level[::step, ::step]) for level, step in steps]
