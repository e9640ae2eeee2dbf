"""Laplacian pyramids (Burt and Adelson 1983), 5-tap, for any size down to a pixel."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BAND_NOISE",
    "align_up",
    "binomial",
    "collapse",
    "down",
    "gaussian_levels",
    "level_shapes",
    "three_taps",
    "up",
]

Map = NDArray[np.float32]

#: Standard deviation of each Laplacian level, finest first, for white noise of one.
BAND_NOISE = (0.9425, 0.2303, 0.1006, 0.0487, 0.0240)

_BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / 16


def level_shapes(shape: tuple[int, int], levels: int) -> list[tuple[int, int]]:
    """Return the shapes of `levels` Laplacian levels, finest first, and of the base."""
    shapes = [shape]
    for _ in range(levels):
        rows, columns = shapes[-1]
        shapes.append(((rows + 1) // 2, (columns + 1) // 2))
    return shapes


def down(values: Map) -> Map:
    """Smooth and halve: every second pixel, the first one kept."""
    halved: Map = cv2.pyrDown(values, borderType=cv2.BORDER_REFLECT_101)
    return halved


def up(values: Map, shape: tuple[int, int]) -> Map:
    """Double and smooth, to exactly this shape."""
    doubled: Map = cv2.pyrUp(values, dstsize=shape[::-1])
    return doubled


def align_up(values: Map, shape: tuple[int, int]) -> Map:
    """Double linearly, without smoothing: pixel (y, x) of `values` comes to lie on (2y, 2x)."""
    halve = np.array([[0.5, 0, 0], [0, 0.5, 0]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    doubled: Map = cv2.warpAffine(
        values, halve, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return doubled


def binomial(values: Map) -> Map:
    """Smooth with 1 4 6 4 1 along both axes: a Gaussian of one pixel."""
    blurred: Map = cv2.sepFilter2D(
        values, cv2.CV_32F, _BINOMIAL, _BINOMIAL, borderType=cv2.BORDER_REFLECT_101
    )
    return blurred


def three_taps(values: Map, side: float = 0.25) -> Map:
    """Smooth with three taps along both axes; `side` is the weight of either neighbour."""
    taps = np.array([side, 1 - 2 * side, side], np.float32)
    blurred: Map = cv2.sepFilter2D(
        values, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REFLECT_101
    )
    return blurred


def gaussian_levels(image: Map, levels: int) -> list[Map]:
    """Return the image and `levels` coarser ones, each smoothed and half as large."""
    images = [image]
    for _ in range(levels):
        images.append(down(images[-1]))
    return images


def collapse(levels: Sequence[Map], base: Map) -> Map:
    """Put an image together again from its levels, finest first, and its base."""
    image = base
    for band in reversed(levels):
        image = up(image, (band.shape[0], band.shape[1]))
        image += band
    return image
