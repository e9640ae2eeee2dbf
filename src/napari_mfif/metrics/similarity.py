"""How alike the structure of a fused image and its sources is (Piella, Heijmans 2003)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.metrics.arrays import Float, correlate, gaussian, greys, windowed
from napari_mfif.metrics.declare import measure

__all__ = ["q_e", "q_s", "q_w", "q_w_edge", "ssim_sources"]

_WINDOW = gaussian(11, 1.5)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_PIELLA = "Piella, Heijmans 2003, ICIP."
_SHARES = "a window's shares are the variances of all sources, scaled to the sum 1."


def _moments(image: Float) -> tuple[Float, Float]:
    mean = windowed(image, _WINDOW)
    return mean, windowed(image * image, _WINDOW) - mean * mean


def _similarities(sources: Sequence[Float], fused: Float) -> tuple[list[Float], list[Float]]:
    """Return the structural similarity of each source to the fused image, and its variance."""
    mean_f, var_f = _moments(fused)
    alike, variances = [], []
    for source in sources:
        mean, variance = _moments(source)
        both = mean * mean_f
        shared = windowed(source * fused, _WINDOW) - both
        light = (2 * both + _C1) / (mean * mean + mean_f * mean_f + _C1)
        alike.append(light * (2 * shared + _C2) / (variance + var_f + _C2))
        variances.append(variance)
    return alike, variances


def _blend(sources: Sequence[Float], fused: Float) -> tuple[Float, Float]:
    """Return the similarity to the sources, weighted by variance, and the largest weight."""
    alike, variances = _similarities(sources, fused)
    flat = (sum(variances) == 0) / len(sources)  # flat in all: a little weight, in equal shares
    shares = [variance + flat for variance in variances]
    blend = sum(share * similar for share, similar in zip(shares, alike, strict=True)) / sum(shares)
    return np.asarray(blend), np.asarray(np.maximum.reduce(shares))


def _weighted(sources: Sequence[Float], fused: Float) -> float:
    blend, salience = _blend(sources, fused)
    return float((salience * blend).sum() / salience.sum())


def _edges(image: Float) -> Float:
    flat, slope = (1, 1, 1), (-1, 0, 1)
    return np.asarray(cv2.magnitude(correlate(image, slope, flat), correlate(image, flat, slope)))


def _edge_weighted(sources: Sequence[Float], fused: Float) -> float:
    return _weighted([_edges(source) for source in sources], _edges(fused))


@measure(
    "SSIM_sources",
    "like the planes",
    span="about -1 to 1",
    formula="Mean over the sources of the mean SSIM(source, F): Gaussian window 11, sigma 1.5, "
    "C1 = (0.01 255)^2, C2 = (0.03 255)^2, whole windows only.",
    several="the mean runs over all of them.",
    fooled="Being alike to blurred sources pays, so the average of the sources scores high.",
    reference="Wang, Bovik, Sheikh, Simoncelli 2004, IEEE TIP 13(4).",
)
def ssim_sources(*images: ArrayLike) -> float:
    """Structural similarity to the sources."""
    alike, _ = _similarities(*greys(*images))
    return float(np.mean([similar.mean() for similar in alike]))


@measure(
    "Q_S",
    "structure kept",
    span="about -1 to 1",
    formula="Mean over the windows of M = sum_i l_i SSIM(source i, F), l_i = v_i / sum v, v the "
    "variance in the window; SSIM as in SSIM_sources, in the place of the paper's universal "
    "quality index.",
    several=_SHARES,
    fooled="It is mild to averaging, and good methods differ by 0.003 only.",
    reference=_PIELLA,
)
def q_s(*images: ArrayLike) -> float:
    """Similarity of structure, every window counting alike."""
    blend, _ = _blend(*greys(*images))
    return float(blend.mean())


@measure(
    "Q_W",
    "strong structure kept",
    span="about -1 to 1",
    formula="sum(c M) / sum(c) over the windows, c = the largest variance of a source there; M as "
    "in Q_S.",
    several=_SHARES,
    fooled="Noise of a standard deviation of 10 costs 0.06 only, and good methods differ by 0.003.",
    reference=_PIELLA,
)
def q_w(*images: ArrayLike) -> float:
    """Similarity of structure, windows counting by their variance."""
    return _weighted(*greys(*images))


@measure(
    "Q_W_edge",
    "edges alike",
    span="about -1 to 1",
    formula="Q_W of the magnitudes of Prewitt's slopes of all images (zeros outside).",
    several=_SHARES,
    fooled="Shifts of grey values in flat parts are not seen.",
    reference=_PIELLA,
)
def q_w_edge(*images: ArrayLike) -> float:
    """Similarity of the edges."""
    return _edge_weighted(*greys(*images))


@measure(
    "Q_E",
    "structure and edges kept",
    span="about -1 to 1",
    formula="Q_W times Q_W_edge. Some programs square the second factor instead; FD-FCN's paper "
    "(Guo et al. 2020, equation 9, alpha 0.5) has the square root of the product, so that its "
    "values are the square roots of ours.",
    several=_SHARES,
    fooled="Noise costs little: a standard deviation of 10 takes 0.11, a shift by one pixel 0.36.",
    reference=_PIELLA,
)
def q_e(*images: ArrayLike) -> float:
    """Similarity of structure and of edges."""
    sources, fused = greys(*images)
    return _weighted(sources, fused) * _edge_weighted(sources, fused)
