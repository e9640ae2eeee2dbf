"""How alike the structure of a fused image and its two sources is (Piella, Heijmans 2003)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.metrics.arrays import Float, correlate, gaussian, greys, windowed

__all__ = ["q_e", "q_s", "q_w", "q_w_edge"]

_WINDOW = gaussian(11, 1.5)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def _moments(image: Float) -> tuple[Float, Float]:
    mean = windowed(image, _WINDOW)
    return mean, windowed(image * image, _WINDOW) - mean * mean


def _blend(images: tuple[Float, Float, Float]) -> tuple[Float, Float]:
    """Return the similarity to the sources, weighted by variance, and the larger weight."""
    a, b, fused = images
    (mean_a, var_a), (mean_b, var_b), (mean_f, var_f) = (_moments(image) for image in images)

    def similarity(source: Float, mean: Float, variance: Float) -> Float:
        shared = windowed(source * fused, _WINDOW) - mean * mean_f
        light = (2 * mean * mean_f + _C1) / (mean * mean + mean_f * mean_f + _C1)
        return np.asarray(light * (2 * shared + _C2) / (variance + var_f + _C2))

    alike_a, alike_b = similarity(a, mean_a, var_a), similarity(b, mean_b, var_b)
    flat = 0.5 * (var_a + var_b == 0)  # flat in both: half each, with a little weight
    share_a, share_b = var_a + flat, var_b + flat
    blend = (share_a * alike_a + share_b * alike_b) / (share_a + share_b)
    return blend, np.maximum(share_a, share_b)


def q_s(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> float:
    """Similarity Q_S: the mean over all windows, about -1 to 1, higher is better."""
    blend, _ = _blend(greys(source_a, source_b, fused))
    return float(blend.mean())


def _weighted(images: tuple[Float, Float, Float]) -> float:
    blend, salience = _blend(images)
    return float((salience * blend).sum() / salience.sum())


def _edges(image: Float) -> Float:
    flat, slope = (1, 1, 1), (-1, 0, 1)
    return np.hypot(correlate(image, slope, flat), correlate(image, flat, slope))


def q_w(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> float:
    """Similarity Q_W: windows count by their variance, about -1 to 1, higher is better."""
    return _weighted(greys(source_a, source_b, fused))


def q_w_edge(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> float:
    """Similarity Q_W of the edges (magnitude of Prewitt's mask) of the three images."""
    a, b, f = greys(source_a, source_b, fused)
    return _weighted((_edges(a), _edges(b), _edges(f)))


def q_e(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> float:
    """Similarity Q_E = Q_W times Q_W of the edges, about -1 to 1, higher is better.

    Parameters
    ----------
    source_a, source_b, fused : array-like, (Y, X)
        Grey images with values from 0 to 255, at least 11 x 11.

    Notes
    -----
    With structural similarity (Gaussian window 11, sigma 1.5) in the place of the paper's
    universal quality index. Some programs square the second factor instead.

    References
    ----------
    Piella, Heijmans 2003, ICIP.
    """
    a, b, f = greys(source_a, source_b, fused)
    return _weighted((a, b, f)) * _weighted((_edges(a), _edges(b), _edges(f)))
