"""How well a fused image keeps the edges of its two sources (Xydeas, Petrovic 2000).

Two programs of this measure are in use and give different numbers, both called Q^AB/F.
`q_g` is the mean over pixels of the first, `q_abf` the weighted mean of the second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.metrics.arrays import Float, correlate, greys

__all__ = ["q_abf", "q_g"]

_SMOOTH, _SLOPE = (1, 2, 1), (-1, 0, 1)


def _sobel(image: Float) -> tuple[Float, Float, Float]:
    """Return the slope along x and along y and their magnitude."""
    gx, gy = correlate(image, _SLOPE, _SMOOTH), correlate(image, _SMOOTH, _SLOPE)
    return gx, gy, np.hypot(gx, gy)


def _kept(strength: Float, fused: Float) -> Float:
    """Return the smaller strength over the larger, 1 where both are 0."""
    small, large = np.minimum(strength, fused), np.maximum(strength, fused)
    return np.divide(small, large, out=np.ones_like(large), where=large > 0)


def _sigmoid(values: Float, steepness: float, middle: float) -> Float:
    return np.asarray(1 / (1 + np.exp(-steepness * (values - middle))))


def q_g(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> float:
    """Gradient measure Q_G, 0 to 0.987, higher is better.

    Parameters
    ----------
    source_a, source_b, fused : array-like, (Y, X)
        Grey images with values from 0 to 255.

    Notes
    -----
    Every pixel counts alike, so noise in flat parts weighs as much as an edge.

    References
    ----------
    Xydeas, Petrovic 2000, as in the comparison of Liu et al. 2012 (TPAMI 34).
    """
    (ax, ay, a), (bx, by, b), (fx, fy, f) = (_sobel(i) for i in greys(source_a, source_b, fused))
    angle_f = np.arctan(fy / np.where(fx == 0, 1e-5, fx))

    def quality(gx: Float, gy: Float, strength: Float) -> Float:
        angle = np.arctan(gy / np.where(gx == 0, 1e-5, gx))
        aligned = np.abs(np.abs(angle - angle_f) - np.pi / 2) * 2 / np.pi
        return _sigmoid(_kept(strength, f), 10, 0.5) * _sigmoid(aligned, 20, 0.75)

    quality_a, quality_b = quality(ax, ay, a), quality(bx, by, b)
    a, b = (np.where(strength == 0, 1e-5, strength) for strength in (a, b))
    return float(np.mean((quality_a * a + quality_b * b) / (a + b)))


def q_abf(source_a: ArrayLike, source_b: ArrayLike, fused: ArrayLike) -> float:
    """Gradient measure Q_ABF, 0 to 0.975, higher is better; NaN where all is flat.

    Parameters
    ----------
    source_a, source_b, fused : array-like, (Y, X)
        Grey images with values from 0 to 255.

    Notes
    -----
    Pixels count by the strength of their edge. The sign of the horizontal slope, the angle of
    a vertical one, and equal strengths (which count with their value instead of 1) follow the
    program in use, so that its numbers are met.

    References
    ----------
    Xydeas, Petrovic 2000, Electronics Letters 36(4).
    """
    (ax, ay, a), (bx, by, b), (fx, fy, f) = (_sobel(i) for i in greys(source_a, source_b, fused))

    def angle(gx: Float, gy: Float) -> Float:
        upright = np.full_like(gx, np.pi / 2)
        return np.arctan(np.divide(gy, -gx, out=upright, where=gx != 0), where=gx != 0, out=upright)

    angle_f = angle(fx, fy)

    def quality(gx: Float, gy: Float, strength: Float) -> Float:
        aligned = 1 - np.abs(angle(gx, gy) - angle_f) / (np.pi / 2)
        same = np.where(strength == f, f, _kept(strength, f))
        kept = _sigmoid(same, 15, 0.5)
        return 0.9994 * kept * 0.9879 * _sigmoid(aligned, 22, 0.8)

    total = (a + b).sum()
    if total == 0:
        return float("nan")
    return float((quality(ax, ay, a) * a + quality(bx, by, b) * b).sum() / total)
