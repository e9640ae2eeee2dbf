"""Similarity without constants, and what to take for a source: Yang et al. and Cvejic et al."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.metrics.arrays import Float, gaussian, greys, windowed
from napari_mfif.metrics.declare import measure

__all__ = ["q_c", "q_c_clipped", "q_y"]

_WINDOW = gaussian(7, 1.5)
_TINY = 2e-16
_FLAT = 1e-6  # smaller variances are what rounding leaves of 0
_ALIKE = 0.75


@dataclass(frozen=True)
class _Windows:
    """An image and its mean and variance in every window."""

    image: Float
    mean: Float
    variance: Float

    @classmethod
    def of(cls, image: Float) -> _Windows:
        mean = windowed(image, _WINDOW)
        variance = windowed(image * image, _WINDOW) - mean * mean
        return cls(image, mean, np.where(variance < _FLAT, 0, variance))

    def shared(self, other: _Windows) -> Float:
        """Return the covariance with another image."""
        return windowed(self.image * other.image, _WINDOW) - self.mean * other.mean

    def similarity(self, other: _Windows, shared: Float) -> Float:
        """Return the similarity in every window; two flat ones have the same structure."""
        light = (2 * self.mean * other.mean + _TINY) / (
            self.mean * self.mean + other.mean * other.mean + _TINY
        )
        total = self.variance + other.variance
        structure = (2 * shared + _TINY) / (total + _TINY)
        return np.asarray(light * np.where(total == 0, 1, structure))


def _shares(weights: Sequence[Float]) -> list[Float]:
    """Return each weight's part of their sum, equal parts where the sum is 0."""
    total = np.asarray(sum(weights))
    equal = np.full_like(total, 1 / len(weights))
    return [np.divide(w, total, out=equal.copy(), where=total != 0) for w in weights]


def _blend(shares: Sequence[Float], alike: Sequence[Float]) -> Float:
    return np.asarray(sum(s * a for s, a in zip(shares, alike, strict=True)))


@measure(
    "Q_Y",
    "like one or all planes",
    span="-1 to 1",
    formula="Mean over windows of l SSIM(A, F) + (1 - l) SSIM(B, F), l = v_A / (v_A + v_B), where "
    "SSIM(A, B) >= 0.75, and of the larger SSIM elsewhere: Gaussian window 7, sigma 1.5, no "
    "constants. Variances below 1e-6 count as 0; two flat windows have the same structure.",
    several="the blend where every pair of sources is alike to 0.75, else the largest; the time "
    "grows with the square of their number.",
    fooled="It cannot see focus: where sources differ either of them is right, so the wrong choice "
    "everywhere scores 0.97.",
    reference="Yang, Zhang, Wang, Li 2008, Information Fusion 9.",
)
def q_y(*images: ArrayLike) -> float:
    """Similarity to all sources where they agree, to any where they differ."""
    arrays, last = greys(*images)
    sources, fused = [_Windows.of(array) for array in arrays], _Windows.of(last)
    alike = [source.similarity(fused, source.shared(fused)) for source in sources]
    blend = _blend(_shares([source.variance for source in sources]), alike)
    agree = np.ones(blend.shape, bool)
    for one, other in combinations(sources, 2):
        agree &= one.similarity(other, one.shared(other)) >= _ALIKE
    return float(np.where(agree, blend, np.maximum.reduce(alike)).mean())


def _by_covariance(images: Sequence[ArrayLike]) -> tuple[list[Float], list[Float]]:
    """Return each source's share in the covariance with the fused image, and its similarity."""
    arrays, last = greys(*images)
    sources, fused = [_Windows.of(array) for array in arrays], _Windows.of(last)
    shared = [source.shared(fused) for source in sources]
    alike = [source.similarity(fused, cov) for source, cov in zip(sources, shared, strict=True)]
    return _shares(shared), alike


@measure(
    "Q_C",
    "likeness by covariance, unclipped",
    span="about 0 to 1",
    formula="Mean over windows of s SSIM(A, F) + (1 - s) SSIM(B, F), s = cov(A, F) / (cov(A, F) + "
    "cov(B, F)); where s < 0 it counts 0, where s > 1 it counts 1, as the program in use does. "
    "SSIM as in Q_Y.",
    several="s_i = cov_i / sum cov, and the share of the first decides where 0 or 1 counts.",
    fooled="Exchanging the sources changes it, and in flat windows it is a ratio of rounding "
    "errors: not to be trusted with saturated parts.",
    reference="Cvejic, Loza, Bull, Canagarajah 2006, as in the comparison of Liu et al. 2012.",
)
def q_c(*images: ArrayLike) -> float:
    """Similarity weighted by covariance, as the program in use computes it."""
    shares, alike = _by_covariance(images)
    quality = _blend(shares, alike)
    quality = np.where(shares[0] < 0, 0, np.where(shares[0] > 1, 1, quality))
    return float(quality.mean())


@measure(
    "Q_C_clipped",
    "likeness by covariance",
    span="about -1 to 1",
    formula="Q_C as the paper has it: the share s is kept within 0 to 1 and the similarity stays.",
    several="shares below 0 count as 0, then all are scaled to the sum 1.",
    fooled="In flat windows it is a ratio of rounding errors, and noise costs it more than blur.",
    reference="Cvejic, Loza, Bull, Canagarajah 2006.",
)
def q_c_clipped(*images: ArrayLike) -> float:
    """Similarity weighted by covariance."""
    shares, alike = _by_covariance(images)
    kept = _shares([np.clip(share, 0, 1) for share in shares])
    return float(_blend(kept, alike).mean())
