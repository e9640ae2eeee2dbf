"""What an eye would miss: contrast (Chen, Blum 2009) and information (Han et al. 2013)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.errors import ParameterError
from napari_mfif.metrics.arrays import Float, correlate, gaussian, greys, stretch, windowed

__all__ = ["q_cb", "viff"]

_SMALLEST_FOR_VIFF = 60


def _sensitivity(shape: tuple[int, int]) -> Float:
    """Return the eye's contrast sensitivity at the frequencies of numpy's FFT."""
    rows, columns = shape
    v, u = np.fft.fftfreq(rows) * 2 * rows / 30, np.fft.fftfreq(columns) * 2 * columns / 30
    square = v[:, None] ** 2 + u[None, :] ** 2
    return np.asarray(np.exp(-square / 15.3870**2) - 0.7622 * np.exp(-square / 1.3456**2))


def _contrast(image: Float) -> Float:
    """Return the masked local contrast of an image as an eye sees it."""
    seen = np.fft.ifft2(np.fft.fft2(stretch(image)) * _sensitivity(image.shape)).real
    distance = np.arange(-15, 16)
    fine, coarse = (np.exp(-(distance**2) / (2 * s * s)) / (np.sqrt(2 * np.pi) * s) for s in (2, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        contrast = np.abs(correlate(seen, fine, fine) / correlate(seen, coarse, coarse) - 1)
    return np.asarray(contrast**3 / (contrast**2 + 1e-4))


def q_cb(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> float:
    """Contrast measure Q_CB, 0 to 1, higher is better; NaN where an image is constant.

    Parameters
    ----------
    source_a, source_b, fused : array-like, (Y, X)
        Grey images with values from 0 to 255.

    Notes
    -----
    Each image is stretched to its full range first, so a change of contrast is not seen.

    References
    ----------
    Chen, Blum 2009, Image and Vision Computing 27(10).
    """
    a, b, f = (_contrast(image) for image in greys(source_a, source_b, fused))

    def kept(source: Float) -> Float:
        return np.asarray(np.minimum(source, f) / np.maximum(source, f))

    with np.errstate(invalid="ignore"):
        share = a * a / (a * a + b * b)
        return float(np.mean(share * kept(a) + (1 - share) * kept(b)))


def _gain(source: Float, fused: Float, window: Float) -> tuple[Float, Float, Float]:
    """Return how much of a source the fused image holds: gain, rest, and the source's variance."""
    mean, mean_f = windowed(source, window), windowed(fused, window)
    variance = windowed(source * source, window) - mean * mean
    variance_f = windowed(fused * fused, window) - mean_f * mean_f
    shared = windowed(source * fused, window) - mean * mean_f
    gain = shared / (variance + 1e-10)
    rest = variance_f - gain * shared
    flat, flat_f = variance < 1e-10, variance_f < 1e-10
    gain[flat | flat_f] = 0
    rest = np.where(flat, variance_f, rest)
    rest[flat_f] = 0
    variance = np.where(flat, 0, variance)
    rest = np.where(gain < 0, variance_f, rest)
    return np.maximum(gain, 0), np.maximum(rest, 1e-10), variance


def _fidelity(a: Float, b: Float, fused: Float, window: Float) -> float:
    noise = 0.005 * 255**2
    (gain_a, rest_a, var_a), (gain_b, rest_b, var_b) = (_gain(s, fused, window) for s in (a, b))
    from_a = gain_a < gain_b
    gain, rest = np.where(from_a, gain_a, gain_b), np.where(from_a, rest_a, rest_b)
    variance = np.where(from_a, var_a, var_b)
    held = np.log10(1 + gain**2 * variance / (rest + noise))
    there = np.log10(1 + variance / noise)
    return float((held + 1e-7).sum() / (there + 1e-7).sum())


def viff(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> float:
    """Visual information fidelity for fusion, about 0 to 1, more where contrast is gained.

    Parameters
    ----------
    source_a, source_b, fused : array-like, (Y, X)
        Grey images with values from 0 to 255, at least 60 x 60.

    Raises
    ------
    ParameterError
        The images are smaller than 60 x 60.

    References
    ----------
    Han, Cai, Cao, Xu 2013, Information Fusion 14(2).
    """
    images = greys(source_a, source_b, fused)
    if min(images[0].shape) < _SMALLEST_FOR_VIFF:
        raise ParameterError(
            f"The images have the shape {images[0].shape}: "
            f"viff needs {_SMALLEST_FOR_VIFF} pixels a side for its four scales."
        )
    total = 0.0
    for scale, weight in enumerate((1.0, 0.0, 0.15, 1.0), 1):
        size = 2 ** (5 - scale) + 1
        window = gaussian(size, size / 5)
        if scale > 1:
            a, b, f = (windowed(image, window)[::2, ::2] for image in images)
            images = (a, b, f)
        total += weight * _fidelity(*images, window)
    return total / 2.15
