"""What the measures of fused pairs share: checks, stretching, windows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_mfif.errors import ParameterError

__all__ = ["correlate", "gaussian", "greys", "stretch", "windowed"]

Float = NDArray[np.float64]


def greys(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> tuple[Float, Float, Float]:
    """Return three grey images as float64, or say why they cannot be compared.

    Raises
    ------
    ParameterError
        One has colour, a different size, or values that are not 0 to 255.
    """
    named = {"source A": source_a, "source B": source_b, "the fused image": fused}
    arrays = {name: np.asarray(values, np.float64) for name, values in named.items()}
    size = arrays["source A"].shape
    for name, array in arrays.items():
        if array.ndim != 2 or array.shape != size:
            raise ParameterError(
                f"{name} has the shape {array.shape}, source A {size}: "
                "the measures compare three grey images (Y, X) of one size."
            )
        if array.size == 0 or not (array.min() >= 0 and array.max() <= 255):
            raise ParameterError(f"{name} has values outside 0 to 255: scale it to 8 bits first.")
    first, second, third = arrays.values()
    return first, second, third


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


def windowed(image: Float, window: Float) -> Float:
    """Return the weighted mean in every window that lies within the image."""
    reach = len(window) // 2
    mean = cv2.sepFilter2D(image, cv2.CV_64F, window, window)
    return np.asarray(mean[reach : image.shape[0] - reach, reach : image.shape[1] - reach])
