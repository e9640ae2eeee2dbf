"""What the measures of fused images share: checks, stretching, windows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_mfif.errors import ParameterError

__all__ = ["Float", "correlate", "gaussian", "grey", "greys", "sobel", "stretch", "windowed"]

Float = NDArray[np.float64]

_SMOOTH, _SLOPE = (1, 2, 1), (-1, 0, 1)


def greys(*images: ArrayLike) -> tuple[list[Float], Float]:
    """Return the sources and the fused image as float64, or say why they cannot be compared.

    Raises
    ------
    ParameterError
        There is no source, or one image has colour, a different size, or values that are not
        0 to 255.
    """
    *sources, fused = images
    if not sources:
        raise ParameterError("Nothing to compare with: give the sources and then the fused image.")
    names = [f"source {number}" for number in range(1, len(images))]
    first = grey(sources[0], "source 1")
    rest = [grey(image, name) for image, name in zip(sources[1:], names[1:], strict=True)]
    arrays = [first, *rest, grey(fused, "the fused image")]
    for array, name in zip(arrays, [*names, "the fused image"], strict=True):
        if array.shape != first.shape:
            raise ParameterError(
                f"{name} has the shape {array.shape}, source 1 {first.shape}: "
                "the measures compare images of one size."
            )
    return arrays[:-1], arrays[-1]


def grey(image: ArrayLike, name: str = "the image") -> Float:
    """Return one grey image as float64, or say why it cannot be measured."""
    array = np.asarray(image, np.float64)
    if array.ndim != 2:
        raise ParameterError(
            f"{name} has the shape {array.shape}: the measures take grey images (Y, X)."
        )
    if array.size == 0 or not (array.min() >= 0 and array.max() <= 255):
        raise ParameterError(f"{name} has values outside 0 to 255: scale it to 8 bits first.")
    return array


def stretch(image: Float) -> Float:
    """Stretch an image to the whole numbers 0 to 255; NaN where it is constant."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.floor(255 * (image - image.min()) / np.ptp(image) + 0.5))


def gaussian(size: int, sigma: float) -> Float:
    """Return one axis of a Gaussian window of `size` points and sum 1."""
    distance = np.arange(size) - (size - 1) / 2
    window = np.exp(-(distance**2) / (2 * sigma**2))
    return np.asarray(window / window.sum())


def correlate(image: Float, along_x: Any, along_y: Any) -> Float:
    """Correlate with a separable mask; outside the image there are zeros."""
    taps = (np.asarray(along_x, np.float64), np.asarray(along_y, np.float64))
    return np.asarray(cv2.sepFilter2D(image, cv2.CV_64F, *taps, borderType=cv2.BORDER_CONSTANT))


def sobel(image: Float) -> tuple[Float, Float, Float]:
    """Return the slope along x and along y and their magnitude; outside there are zeros."""
    gx, gy = correlate(image, _SLOPE, _SMOOTH), correlate(image, _SMOOTH, _SLOPE)
    return gx, gy, np.asarray(cv2.magnitude(gx, gy))


def windowed(image: Float, window: Float) -> Float:
    """Return the weighted mean in every window that lies within the image.

    Raises
    ------
    ParameterError
        No window fits into the image.
    """
    if min(image.shape) < len(window):
        raise ParameterError(
            f"The images have the shape {image.shape}: windows of {len(window)} pixels a side "
            "must fit into them."
        )
    reach = len(window) // 2
    mean = cv2.sepFilter2D(image, cv2.CV_64F, window, window)
    return np.asarray(mean[reach : image.shape[0] - reach, reach : image.shape[1] - reach])
