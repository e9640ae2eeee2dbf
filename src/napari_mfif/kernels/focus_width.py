"""How many planes an object stays in focus, read off a few textured pieces of the stack."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.kernels.order import median
from napari_mfif.kernels.parallel import each
from napari_mfif.kernels.pyramid import BAND_NOISE, down, up
from napari_mfif.kernels.running_peak import RunningPeak

__all__ = ["FocusWidth", "energies", "textured_places"]

Map = NDArray[np.float32]
_Place = tuple[slice, slice]

#: Energies are averaged in a Gaussian window of this standard deviation, in pixels.
_WINDOW = 2.0
#: A peak counts where its energy, noise taken off, is so many times its uncertainty.
_CLEAR = 20.0
#: No noise is believed to be smaller than this variance.
_LEAST_NOISE = 1e-12
#: So many peaks are needed to tell.
_LEAST_PEAKS = 200


def textured_places(planes: Sequence[Map], *, side: int = 64, count: int = 8) -> list[_Place]:
    """Find square pieces of the planes with the most texture in any of them.

    Parameters
    ----------
    planes : sequence of float32, (Y, X)
        Some planes, spread over the stack.
    side : int
        Side of the pieces in pixels; smaller where the planes are.
    count : int
        How many pieces, at most.

    Returns
    -------
    list of (rows, columns)
        Slices, most textured first; all of one size.
    """
    height, width = planes[0].shape
    side_y, side_x = min(side, height), min(side, width)
    rows, columns = height // side_y, width // side_x
    size = (columns, rows)
    texture = np.zeros((rows, columns), np.float32)

    def energy(plane: Map) -> Map:
        inside = np.ascontiguousarray(plane[: rows * side_y, : columns * side_x])
        detail = _finest(inside)
        detail *= detail
        return np.asarray(cv2.resize(detail, size, interpolation=cv2.INTER_AREA))

    for found in each(energy, planes):
        np.maximum(texture, found, out=texture)
    best = np.argsort(texture, axis=None, kind="stable")[::-1][:count]
    return [
        (slice(y * side_y, (y + 1) * side_y), slice(x * side_x, (x + 1) * side_x))
        for y, x in zip(*np.unravel_index(best, texture.shape), strict=True)
    ]


class FocusWidth:
    """How wide the peak of the focus curve is: the energy of finest detail along z.

    Pieces of the planes come one plane after the other; what is kept of them does not grow.
    """

    def __init__(self) -> None:
        self._peak: RunningPeak | None = None
        self._sum = 0.0

    def update(self, energies: Map, mean: float) -> None:
        """Take the energies of the next plane's pieces, (N, Y, X), and the pieces' mean value."""
        if self._peak is None:
            self._peak = RunningPeak((len(energies), energies[0].size))
        self._peak.update(energies.reshape(len(energies), -1))
        self._sum += mean

    def width(self, noise: NoiseLine) -> float | None:
        """Measure it.

        Parameters
        ----------
        noise : NoiseLine
            The noise in the pieces.

        Returns
        -------
        float or None
            Standard deviation of the peak in planes; ``None`` where too few clear peaks were found.
        """
        if self._peak is None or self._peak.n_seen < 3:
            return None
        variance = float(noise.variance(np.array([self._sum / self._peak.n_seen], np.float32))[0])
        floor = np.float32(max(variance, _LEAST_NOISE) * BAND_NOISE[0] ** 2)
        doubt = floor * np.sqrt(2 / (2 * np.pi * _WINDOW**2))
        height = self._peak.best - floor
        clear = self._peak.inside() & (height > _CLEAR * doubt) & (height > 0)
        if np.count_nonzero(clear) < _LEAST_PEAKS:
            return None
        before, after = self._peak.neighbours()
        ratio = float(median(((before + after)[clear] / 2 - floor) / height[clear]))
        ratio = min(max(ratio, 1e-3), 0.999)
        return float(np.sqrt(-1 / (2 * np.log(ratio))))


def energies(pieces: Map) -> Map:
    """Return the local energy of the finest detail in each of some pieces, (N, Y, X)."""
    return np.stack([_energy(piece) for piece in pieces])


def _finest(image: Map) -> Map:
    return np.asarray(image - up(down(image), (image.shape[0], image.shape[1])))


def _energy(image: Map) -> Map:
    detail = _finest(np.ascontiguousarray(image))
    return np.asarray(
        cv2.GaussianBlur(detail * detail, (0, 0), _WINDOW, borderType=cv2.BORDER_REFLECT_101)
    )
