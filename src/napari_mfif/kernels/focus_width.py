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

__all__ = ["focus_width", "textured_places"]

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


def focus_width(pieces: NDArray[np.float32], noise: NoiseLine) -> float | None:
    """Measure how wide the peak of the focus curve is.

    Parameters
    ----------
    pieces : float32, (Z, N, Y, X)
        The same pieces of every plane.
    noise : NoiseLine
        The noise in them.

    Returns
    -------
    float or None
        Standard deviation, in planes, of the peak of the energy of finest detail along z;
        ``None`` where too few clear peaks were found.
    """
    if len(pieces) < 3:
        return None
    variance = float(noise.variance(pieces.mean(keepdims=True)).max())
    floor = max(variance, _LEAST_NOISE) * BAND_NOISE[0] ** 2
    energies = np.array([[_energy(piece) - floor for piece in plane] for plane in pieces])
    best = energies.argmax(axis=0)
    inside = (best > 0) & (best < len(pieces) - 1)
    peak = np.take_along_axis(energies, best[None], 0)[0]
    beside = [
        np.take_along_axis(energies, np.clip(best + step, 0, len(pieces) - 1)[None], 0)[0]
        for step in (-1, 1)
    ]
    doubt = floor * np.sqrt(2 / (2 * np.pi * _WINDOW**2))
    clear = inside & (peak > _CLEAR * doubt) & (peak > 0)
    if np.count_nonzero(clear) < _LEAST_PEAKS:
        return None
    ratio = float(median((beside[0] + beside[1])[clear] / (2 * peak[clear])))
    ratio = min(max(ratio, 1e-3), 0.999)
    return float(np.sqrt(-1 / (2 * np.log(ratio))))


def _finest(image: Map) -> Map:
    return np.asarray(image - up(down(image), (image.shape[0], image.shape[1])))


def _energy(image: Map) -> Map:
    detail = _finest(np.ascontiguousarray(image))
    return np.asarray(
        cv2.GaussianBlur(detail * detail, (0, 0), _WINDOW, borderType=cv2.BORDER_REFLECT_101)
    )
