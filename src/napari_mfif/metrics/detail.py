"""What of the sources' detail is in the fused image: wavelets, differences, spatial frequency."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.metrics.arrays import Float, greys
from napari_mfif.metrics.declare import measure

__all__ = ["msd_sources", "psnr_published", "psnr_sources", "q_m", "q_sf"]

_DIAGONAL = np.sqrt(2) / 2


def _haar(image: Float) -> tuple[Float, Float]:
    """Return the half-size image (values doubled) and its three bands of detail, (3, Y, X)."""
    rows, columns = (size // 2 * 2 for size in image.shape)
    a, b = image[:rows:2, :columns:2], image[:rows:2, 1:columns:2]
    c, d = image[1:rows:2, :columns:2], image[1:rows:2, 1:columns:2]
    detail = np.stack((a + b - c - d, a - b + c - d, a - b - c + d)) / 2
    return np.asarray((a + b + c + d) / 2), detail


@measure(
    "Q_M",
    "detail copied",
    span="0 to 3",
    formula="q_1^(2/3) q_2^(1/3) over two levels of Haar's wavelet, q = sum(E_i W_i) / sum(W_i) "
    "over the sources and pixels, W = the sum of the squares of a source's three bands of detail, "
    "E = the sum over the bands of exp(-|source - F|).",
    several="the sums run over all sources.",
    fooled="It counts copied pixels: one grey level of error costs 63 per cent, JPEG at quality 95 "
    "a third, and a speckled choice nothing.",
    reference="Wang, Liu 2008, ICSP; the paper averages the bands, the program adds them up.",
)
def q_m(*images: ArrayLike) -> float:
    """Detail copied, at two scales."""
    sources, fused = greys(*images)
    quality = 1.0
    for power in (2 / 3, 1 / 3):
        fused, detail_f = _haar(fused)
        pairs = [_haar(source) for source in sources]
        sources = [smaller for smaller, _ in pairs]
        held = total = 0.0
        for _, detail in pairs:
            weight = (detail * detail).sum(0)
            held += float((np.exp(-np.abs(detail - detail_f)).sum(0) * weight).sum())
            total += float(weight.sum())
        if not total:
            return float("nan")
        quality *= (held / total) ** power
    return quality


@measure(
    "MSD_sources",
    "off the planes",
    better="lower",
    span="0 to 65025",
    formula="Mean over the sources of the mean of (source - F)^2. Not the MSD of MFIF-GAN's "
    "tables: see MSD_fused.",
    several="the mean runs over all of them.",
    fooled="Every choice between two sources scores half their own difference, the wrong one too, "
    "and the average of them scores best.",
    reference="No reference code is known; this reading is that of a mean square difference.",
)
def msd_sources(*images: ArrayLike) -> float:
    """Mean square difference to the sources."""
    sources, fused = greys(*images)
    return float(np.mean([np.mean((source - fused) ** 2) for source in sources]))


@measure(
    "PSNR_sources",
    "near the planes",
    span="0 and more decibels, infinite for equal images",
    formula="20 log10(255 / sqrt(MSD_sources)).",
    several="MSD_sources is the mean over all of them.",
    fooled="As MSD_sources: the average of the sources scores best.",
    reference="As in tables of fusion; PSNR against the truth is another thing.",
)
def psnr_sources(*images: ArrayLike) -> float:
    """Peak signal-to-noise ratio against the sources."""
    with np.errstate(divide="ignore"):
        return float(20 * np.log10(255 / np.sqrt(np.float64(msd_sources(*images)))))


@measure(
    "PSNR_published",
    "near the planes, as published",
    span="48 and more decibels, infinite for equal images",
    formula="PSNR_sources + 20 log10(255): a program in use takes the error on 0..1 and the peak "
    "255, so its values are 48.13 dB too high.",
    several="as PSNR_sources.",
    fooled="As MSD_sources: the average of the sources scores best.",
    reference="For comparison with published values near 65 dB only.",
)
def psnr_published(*images: ArrayLike) -> float:
    """Peak signal-to-noise ratio as a program in use computes it, by mistake."""
    return psnr_sources(*images) + float(20 * np.log10(255))


def _differences(image: Float) -> list[Float]:
    """Return the absolute differences along y, x and the two diagonals."""
    return [
        np.abs(image[1:] - image[:-1]),
        np.abs(image[:, 1:] - image[:, :-1]),
        np.abs(image[1:, 1:] - image[:-1, :-1]),
        np.abs(image[1:, :-1] - image[:-1, 1:]),
    ]


def _frequency(differences: list[Float], size: int) -> float:
    weights = (1, 1, _DIAGONAL, _DIAGONAL)
    squares = (w * float((d * d).sum()) for w, d in zip(weights, differences, strict=True))
    return float(np.sqrt(sum(squares) / size))


@measure(
    "Q_SF",
    "detail lost or added",
    better="nearer to 0",
    span="-1 and more, NaN where the sources are constant",
    formula="(SF_F - SF_R) / SF_R, SF = the root of the mean squares of the differences along x, y "
    "and, times sqrt(2)/2, both diagonals; SF_R of the larger absolute difference of the sources.",
    several="the largest absolute difference of all sources.",
    fooled="Noise and sharpening cancel lost detail: the sum can be 0 for the wrong reason.",
    reference="Zheng, Essock, Hansen, Haun 2007, Information Fusion 8(2).",
)
def q_sf(*images: ArrayLike) -> float:
    """Spatial frequency lost (below 0) or added (above 0)."""
    sources, fused = greys(*images)
    best = _differences(sources[0])
    for source in sources[1:]:
        best = [np.maximum(*both) for both in zip(best, _differences(source), strict=True)]
    reference = _frequency(best, fused.size)
    if not reference:
        return float("nan")
    return (_frequency(_differences(fused), fused.size) - reference) / reference
