"""How well a fused image keeps the edges of its sources (Xydeas, Petrovic 2000).

Two programs of this measure are in use and give different numbers, both called Q^AB/F.
`q_g` is the mean over pixels of the first, `q_abf` the weighted mean of the second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.metrics.arrays import Float, greys, sobel
from napari_mfif.metrics.declare import measure

__all__ = ["q_abf", "q_g"]


def _kept(strength: Float, fused: Float) -> Float:
    """Return the smaller strength over the larger, 1 where both are 0."""
    small, large = np.minimum(strength, fused), np.maximum(strength, fused)
    return np.divide(small, large, out=np.ones_like(large), where=large > 0)


def _sigmoid(values: Float, steepness: float, middle: float) -> Float:
    return np.asarray(1 / (1 + np.exp(-steepness * (values - middle))))


@measure(
    "Q_G",
    "edges kept",
    span="0 to 0.987",
    formula="Mean over the pixels of sum_i Q_i g_i / sum_i g_i, with g the magnitude of Sobel's "
    "slopes, Q_i = s(G; 10, 0.5) s(D; 20, 0.75), G the smaller over the larger magnitude of "
    "source and fused image, D = |the angle between them - pi/2| 2/pi, and s(x; k, m) = "
    "1 / (1 + exp(-k (x - m))).",
    several="the sums run over all sources.",
    fooled="Every pixel counts alike, so noise in flat parts weighs as much as an edge.",
    reference="Xydeas, Petrovic 2000, as in the comparison of Liu et al. 2012 (TPAMI 34).",
)
def q_g(*images: ArrayLike) -> float:
    """Edges kept, the mean over the pixels."""
    sources, fused = greys(*images)

    def slopes(image: Float) -> tuple[Float, Float]:
        gx, gy, strength = sobel(image)
        return np.arctan(gy / np.where(gx == 0, 1e-5, gx)), strength

    angle_f, strength_f = slopes(fused)
    held, total = np.zeros_like(fused), np.zeros_like(fused)
    for source in sources:
        angle, strength = slopes(source)
        aligned = np.abs(np.abs(angle - angle_f) - np.pi / 2) * 2 / np.pi
        quality = _sigmoid(_kept(strength, strength_f), 10, 0.5) * _sigmoid(aligned, 20, 0.75)
        strength[strength == 0] = 1e-5
        held += quality * strength
        total += strength
    return float(np.mean(held / total))


@measure(
    "Q_ABF",
    "strong edges kept",
    span="0 to 0.975, NaN where all is flat",
    formula="sum_i Q_i g_i / sum_i g_i, the sums over the pixels too, with Q_i = 0.9994 "
    "s(G; 15, 0.5) 0.9879 s(D; 22, 0.8) and D = 1 - |angle_i - angle_F| 2/pi; g, G and s as in "
    "Q_G. The sign of the horizontal slope, the angle of a vertical one, and equal magnitudes "
    "(which count with their value instead of 1) follow the program in use.",
    several="the sums run over all sources.",
    fooled="Saving as JPEG costs more than lies between good methods, and a horizontal edge whose "
    "slope along x changes sign by a trace counts as turned by 180 degrees.",
    reference="Xydeas, Petrovic 2000, Electronics Letters 36(4).",
)
def q_abf(*images: ArrayLike) -> float:
    """Edges kept, weighted by the strength of the edges."""
    sources, fused = greys(*images)

    def slopes(image: Float) -> tuple[Float, Float]:
        gx, gy, strength = sobel(image)
        upright = np.full_like(gx, np.pi / 2)
        ratio = np.divide(gy, -gx, out=upright.copy(), where=gx != 0)
        return np.arctan(ratio, where=gx != 0, out=upright), strength

    angle_f, strength_f = slopes(fused)
    held = total = 0.0
    for source in sources:
        angle, strength = slopes(source)
        aligned = 1 - np.abs(angle - angle_f) / (np.pi / 2)
        kept = np.where(strength == strength_f, strength_f, _kept(strength, strength_f))
        quality = 0.9994 * _sigmoid(kept, 15, 0.5) * 0.9879 * _sigmoid(aligned, 22, 0.8)
        held += float((quality * strength).sum())
        total += float(strength.sum())
    return held / total if total else float("nan")
