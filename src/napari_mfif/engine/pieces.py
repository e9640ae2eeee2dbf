"""A few textured pieces of the planes, followed through the stack for contrast that inverts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.inversion import ENOUGH, Inversion, surroundings
from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.kernels.pyramid import BAND_NOISE, gaussian_levels, up
from napari_mfif.methods.base import FloatMap

__all__ = ["PieceContrast", "details"]

#: Rows at the top and the bottom of a piece in which the window of the next one takes part.
SEAM = 4


def details(pieces: FloatMap) -> list[FloatMap]:
    """Return the two octaves above the finest of some pieces, (N, Y, X), at a quarter the size.

    The pieces come one below the other.
    """
    octaves: list[list[FloatMap]] = [[], []]
    for piece in pieces:
        levels = gaussian_levels(np.ascontiguousarray(piece), 3)
        for octave, level, step in zip(octaves, (1, 2), (2, 1), strict=True):
            fine, coarse = levels[level], levels[level + 1]
            octave.append((fine - up(coarse, (fine.shape[0], fine.shape[1])))[::step, ::step])
    return [np.concatenate(octave) for octave in octaves]


class PieceContrast:
    """Looks for inverted contrast in pieces that come one plane after the other.

    Parameters
    ----------
    noise : NoiseLine
        In the pieces.
    """

    def __init__(self, noise: NoiseLine) -> None:
        self._noise = noise
        self._octaves: list[Inversion] = []

    def update(self, found: list[FloatMap], mean: float) -> None:
        """Take the `details` of the next plane's pieces, and their mean value."""
        if not self._octaves:
            variance = float(self._noise.variance(np.array([mean], np.float32))[0])
            self._octaves = [
                Inversion(np.full(one.shape, variance * BAND_NOISE[level] ** 2, np.float32))
                for level, one in enumerate(found, start=1)
            ]
        for octave, one in zip(self._octaves, found, strict=True):
            octave.update(one)

    def share(self, pieces: int) -> float:
        """Return how much of what is seen in so many pieces inverts."""
        found = np.any([octave.found()[0] for octave in self._octaves], axis=0)
        inverts = surroundings(found.astype(np.float32)) > ENOUGH
        visible = np.any([octave.visible() for octave in self._octaves], axis=0)
        seen = int(np.count_nonzero(_inner(visible, pieces)))
        return int(np.count_nonzero(_inner(inverts & visible, pieces))) / max(1, seen)


def _inner(found: NDArray[np.bool_], pieces: int) -> NDArray[np.bool_]:
    each = found.reshape(pieces, -1, found.shape[1])
    return each[:, SEAM:-SEAM] if each.shape[1] > 2 * SEAM else each
