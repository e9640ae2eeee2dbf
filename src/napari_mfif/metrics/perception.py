"""What an eye would miss: contrast (Chen, Blum 2009) and information (Han et al. 2013)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.errors import ParameterError
from napari_mfif.metrics.arrays import Float, correlate, gaussian, greys, sobel, stretch, windowed
from napari_mfif.metrics.declare import measure

__all__ = ["q_cb", "q_cv", "viff"]

_SMALLEST_FOR_VIFF = 60
_BLOCK = 16


def _radius(shape: tuple[int, ...], scale: float) -> Float:
    """Return the frequencies of numpy's real FFT as distances from 0, in the eye's units."""
    rows, columns = shape
    v, u = np.fft.fftfreq(rows) * 2 * rows / scale, np.fft.rfftfreq(columns) * 2 * columns / scale
    return np.asarray(np.sqrt(v[:, None] ** 2 + u[None, :] ** 2))


def _seen(image: Float, sensitivity: Float) -> Float:
    """Return an image as an eye of this sensitivity to frequencies sees it."""
    return np.asarray(np.fft.irfft2(np.fft.rfft2(image) * sensitivity, s=image.shape))


def _contrast(image: Float) -> Float:
    """Return the masked local contrast of an image as an eye sees it."""
    radius = _radius(image.shape, 30)
    sensitivity = np.exp(-((radius / 15.3870) ** 2)) - 0.7622 * np.exp(-((radius / 1.3456) ** 2))
    seen = _seen(stretch(image), np.asarray(sensitivity))
    distance = np.arange(-15, 16)
    fine, coarse = (np.exp(-(distance**2) / (2 * s * s)) / (np.sqrt(2 * np.pi) * s) for s in (2, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        contrast = np.abs(correlate(seen, fine, fine) / correlate(seen, coarse, coarse) - 1)
        square = contrast * contrast
        return np.asarray(contrast * square / (square + 1e-4))


@measure(
    "Q_CB",
    "contrast kept",
    span="0 to 1, NaN where an image is constant",
    formula="Mean over the pixels of sum_i l_i min(C_i, C_F) / max(C_i, C_F), l_i = C_i^2 / sum "
    "C^2, C = c^3 / (c^2 + 1e-4), c = |fine / coarse - 1| of Gaussians 2 and 4 pixels wide, after "
    "stretching to 0..255 and the eye's sensitivity to contrast.",
    several="the shares l_i run over all sources.",
    fooled="Each image is stretched first, so halving the contrast is hardly seen; the filter "
    "distorts a rim of 15 pixels.",
    reference="Chen, Blum 2009, Image and Vision Computing 27(10).",
)
def q_cb(*images: ArrayLike) -> float:
    """Local contrast kept."""
    sources, fused = greys(*images)
    contrast_f = _contrast(fused)
    held, total = np.zeros_like(fused), np.zeros_like(fused)
    with np.errstate(invalid="ignore"):
        for contrast in map(_contrast, sources):
            weight = contrast * contrast
            kept = np.minimum(contrast, contrast_f) / np.maximum(contrast, contrast_f)
            held += weight * kept
            total += weight
        return float(np.mean(held / total))


@measure(
    "Q_CV",
    "difference that is seen",
    better="lower",
    span="0 and more",
    formula="sum(w_i e_i) / sum(w_i) over the sources and blocks of 16 x 16 pixels (zeros fill the "
    "last ones), after stretching to 0..255; w = the sum of g^5, g the magnitude of Sobel's "
    "slopes; e = the mean square of source - F seen through 2.6 (0.0192 + 0.144 r) "
    "exp(-(0.144 r)^1.1).",
    several="the sums run over all sources.",
    fooled="The fifth power lets a handful of the strongest edges decide, and a fused image with "
    "another range than a source is stretched otherwise, which counts as an error.",
    reference="Chen, Varshney 2007, Information Fusion 8(2); the program notes that it changed the "
    "paper's formula.",
)
def q_cv(*images: ArrayLike) -> float:
    """Difference to the sources that an eye sees at their strongest edges."""
    sources, fused = greys(*images)
    radius = 0.144 * _radius(fused.shape, 8)
    sensitivity = np.asarray(2.6 * (0.0192 + radius) * np.exp(-(radius**1.1)))
    stretched = stretch(fused)
    held = total = 0.0
    for source in map(stretch, sources):
        weight = _block_sums(sobel(source)[2] ** 5)
        error = _block_sums(_seen(source - stretched, sensitivity) ** 2) / _BLOCK**2
        held += float((weight * error).sum())
        total += float(weight.sum())
    return held / total if total else float("nan")


def _block_sums(image: Float) -> Float:
    rows, columns = (-(-size // _BLOCK) for size in image.shape)
    padded = np.zeros((rows * _BLOCK, columns * _BLOCK))
    padded[: image.shape[0], : image.shape[1]] = image
    return np.asarray(padded.reshape(rows, _BLOCK, columns, _BLOCK).sum((1, 3)))


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


def _fidelity(sources: Sequence[Float], fused: Float, window: Float) -> float:
    noise = 0.005 * 255**2
    gain, rest, variance = _gain(sources[0], fused, window)
    for source in sources[1:]:
        other = _gain(source, fused, window)
        keep = gain < other[0]
        kept = zip((gain, rest, variance), other, strict=True)
        gain, rest, variance = (np.where(keep, mine, its) for mine, its in kept)
    held = np.log10(1 + gain**2 * variance / (rest + noise))
    there = np.log10(1 + variance / noise)
    return float((held + 1e-7).sum() / (there + 1e-7).sum())


@measure(
    "VIFF",
    "information kept",
    span="0 to about 1, more where contrast is gained",
    formula="(F1 + 0.15 F3 + F4) / 2.15 over four scales, F = sum log(1 + g^2 v / (s + n)) / sum "
    "log(1 + v / n): g the gain and s the rest of F regressed on a source, v the source's "
    "variance, n = 0.005 255^2, the source with the smaller gain at each pixel. At least 60 x 60 "
    "pixels.",
    several="the source with the smallest gain speaks at each pixel.",
    fooled="Sharpening is rewarded: unsharp masking raises it above the right image.",
    reference="Han, Cai, Cao, Xu 2013, Information Fusion 14(2).",
)
def viff(*images: ArrayLike) -> float:
    """Visual information held."""
    sources, fused = greys(*images)
    if min(fused.shape) < _SMALLEST_FOR_VIFF:
        raise ParameterError(
            f"The images have the shape {fused.shape}: "
            f"viff needs {_SMALLEST_FOR_VIFF} pixels a side for its four scales."
        )
    total = 0.0
    for scale, weight in enumerate((1.0, 0.0, 0.15, 1.0), 1):
        size = 2 ** (5 - scale) + 1
        window = gaussian(size, size / 5)
        if scale > 1:
            fused, *sources = (windowed(image, window)[::2, ::2] for image in (fused, *sources))
        if weight:
            total += weight * _fidelity(sources, fused, window)
    return total / 2.15
