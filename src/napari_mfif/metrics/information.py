"""How much of the sources' grey levels a fused image tells: information measures.

All of them reward copying: a source that is handed back unchanged beats every real fusion.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_mfif.metrics.arrays import Float, greys, stretch
from napari_mfif.metrics.declare import measure

__all__ = ["mi", "ncie", "nmi", "nmi_unstretched", "te", "te_cvejic", "te_exchanged"]

Levels = NDArray[np.intp]

_COPIES = "It measures copying, not focus: the wrong choice everywhere costs hardly anything"
_MEAN = "twice the mean over the sources, so the range stays."
_TSALLIS_ORDER, _CVEJIC_ORDER = 0.43137, 1.85


def _levels(image: Float) -> Levels:
    """Return the grey levels as whole numbers from 0 to 255, halves up."""
    return np.floor(image + 0.5).astype(np.intp)


def _joint(first: Levels, second: Levels) -> Float:
    """Return the share of each pair of grey levels, (256, 256)."""
    counts = np.bincount((first * 256 + second).ravel(), minlength=256 * 256)
    return np.asarray(counts.reshape(256, 256) / first.size)


def _entropy(shares: Float) -> float:
    """Return the entropy of shares that sum up to 1, in bits."""
    filled = shares[shares > 0]
    return float(-(filled * np.log2(filled)).sum())


def _mutual(joint: Float) -> float:
    return _entropy(joint.sum(1)) + _entropy(joint.sum(0)) - _entropy(joint)


def _stretched(images: Sequence[ArrayLike]) -> list[Levels] | None:
    """Return the levels of all images, each stretched to its range; None if one is constant."""
    sources, fused = greys(*images)
    if any(np.ptp(image) == 0 for image in (*sources, fused)):
        return None
    return [_levels(stretch(image)) for image in (*sources, fused)]


@measure(
    "MI",
    "information shared",
    span="0 to 16 bits",
    formula="MI(A, F) + MI(B, F), MI(X, F) = H(X) + H(F) - H(X, F), of the images as they are.",
    several=_MEAN,
    fooled=f"{_COPIES}, and the maximum of the sources or one of them beats every fusion.",
    reference="Qu, Zhang, Yan 2002, Electronics Letters 38(7).",
)
def mi(*images: ArrayLike) -> float:
    """Mutual information with the sources."""
    sources, fused = greys(*images)
    told = [_mutual(_joint(_levels(source), _levels(fused))) for source in sources]
    return 2 * float(np.mean(told))


def _normalised(sources: Sequence[Levels], fused: Levels) -> float:
    """Return twice the mean of 2 MI(X, F) / (H(X) + H(F)); NaN where there is no entropy."""
    told = []
    for joint in (_joint(source, fused) for source in sources):
        entropies = _entropy(joint.sum(1)) + _entropy(joint.sum(0))
        told.append(2 * _mutual(joint) / entropies if entropies else float("nan"))
    return float(np.mean(told))


@measure(
    "NMI",
    "share of information",
    span="0 to 2, NaN where an image is constant",
    formula="2 (MI(A, F) / (H(A) + H(F)) + MI(B, F) / (H(B) + H(F))), also called Q_MI; each image "
    "stretched to 0..255 first.",
    several=_MEAN,
    fooled=f"{_COPIES}, and the maximum of the sources or one of them beats every fusion.",
    reference="Hossny, Nahavandi, Creighton 2008, Electronics Letters 44(18).",
)
def nmi(*images: ArrayLike) -> float:
    """Mutual information with the sources, normalised by the entropies (Q_MI)."""
    levels = _stretched(images)
    return 2 * _normalised(levels[:-1], levels[-1]) if levels else float("nan")


@measure(
    "NMI_unstretched",
    "share of information, unstretched",
    span="0 to 2",
    formula="NMI of the images as they are.",
    several=_MEAN,
    fooled=f"{_COPIES}.",
    reference="As NMI.",
)
def nmi_unstretched(*images: ArrayLike) -> float:
    """Mutual information, normalised, without stretching first."""
    sources, fused = greys(*images)
    return 2 * _normalised([_levels(source) for source in sources], _levels(fused))


@measure(
    "NCIE",
    "correlation with the planes",
    span="0.80 to 1, fusions 0.82 to 0.88; NaN where an image is constant",
    formula="1 + sum_i (l_i / 3) log256(l_i / 3), l the eigenvalues of the 3 x 3 matrix of the "
    "mutual informations of A, B and F to the base of 256, with ones on its diagonal; each image "
    "stretched to 0..255 first.",
    several="the matrix holds all of them and the fused image, with its size in the place of 3.",
    fooled=f"{_COPIES}, and good and bad differ in the third decimal.",
    reference="Wang, Shen, Jin 2008, in: Image Fusion, Algorithms and Applications.",
)
def ncie(*images: ArrayLike) -> float:
    """Nonlinear correlation of the sources and the fused image."""
    levels = _stretched(images)
    if levels is None:
        return float("nan")
    size = len(levels)
    shared = np.eye(size)
    for i, j in combinations(range(size), 2):
        shared[i, j] = shared[j, i] = _mutual(_joint(levels[i], levels[j])) / 8
    parts = np.abs(np.linalg.eigvalsh(shared)) / size  # a negative one would give a complex value
    signs = np.sign(np.linalg.eigvalsh(shared))
    parts[parts == 0] = 1
    return float(1 + (signs * parts * np.log(parts)).sum() / np.log(256))


def _tsallis(joint: Float, order: float, *, exchanged: bool) -> float:
    """Return the mutual information of Tsallis; `exchanged` looks marginals up at the other level.

    Of a wrong product that is zero the term is left out, as in the program in use.
    """
    first, second = joint.sum(1), joint.sum(0)
    row, column = np.nonzero(joint)
    products = first[column] * second[row] if exchanged else first[row] * second[column]
    there = products > 0
    terms = joint[row, column][there] ** order / products[there] ** (order - 1)
    return float((1 - terms.sum()) / (1 - order))


def _tsallis_ratio(images: Sequence[ArrayLike], *, exchanged: bool) -> float:
    levels = _stretched(images)
    if levels is None:
        return float("nan")
    *sources, fused = levels
    joints = [_joint(source, fused) for source in sources]

    def mean(tables: Sequence[Float]) -> float:
        shares = [_tsallis(table, _TSALLIS_ORDER, exchanged=exchanged) for table in tables]
        return float(np.mean(shares)) if shares else 0.0

    entropies = [_entropy(joint.sum(1)) ** _TSALLIS_ORDER for joint in joints]
    between = [_joint(one, other) for one, other in combinations(sources, 2)]
    return mean(joints) / (float(np.mean(entropies)) + mean(between) / 2)


@measure(
    "TE",
    "Tsallis information shared",
    span="0 to about 1, fusions 0.3 to 0.5; NaN where an image is constant",
    formula="(I(A, F) + I(B, F)) / (H(A)^q + H(B)^q + I(A, B)), q = 0.43137, I(X, Y) = (1 - sum "
    "p(x, y)^q / (p(x) p(y))^(q - 1)) / (1 - q); each image stretched to 0..255 first.",
    several="means over the sources and over their pairs stand for the sums.",
    fooled=f"{_COPIES}, and the maximum of the sources or one of them beats the right choice.",
    reference="Nava, Cristobal, Escalante 2007; the denominator as in the program in use.",
)
def te(*images: ArrayLike) -> float:
    """Tsallis information shared with the sources."""
    return _tsallis_ratio(images, exchanged=False)


@measure(
    "TE_exchanged",
    "Tsallis information, as in use",
    span="0 to about 1, fusions 0.3 to 0.5; NaN where an image is constant",
    formula="TE with the two marginals exchanged inside I, an error of the program by which the "
    "published values were made; terms whose wrong product is zero are left out.",
    several="as TE.",
    fooled=f"{_COPIES}; halving the contrast raises it; for comparison with published values only.",
    reference="As TE, as in the comparison of Liu et al. 2012 (TPAMI 34).",
)
def te_exchanged(*images: ArrayLike) -> float:
    """Tsallis information as the program in use computes it, by mistake."""
    return _tsallis_ratio(images, exchanged=True)


@measure(
    "TE_Cvejic",
    "Tsallis information, Cvejic's",
    span="0 and more, can exceed 100; NaN where an image is constant",
    formula="I(A, F) + I(B, F), q = 1.85, with the exchanged marginals of TE_exchanged.",
    several=_MEAN,
    fooled=f"{_COPIES}.",
    reference="Cvejic, Canagarajah, Bull 2006, Electronics Letters 42(11).",
)
def te_cvejic(*images: ArrayLike) -> float:
    """Tsallis information of the order of 1.85."""
    levels = _stretched(images)
    if levels is None:
        return float("nan")
    joints = (_joint(source, levels[-1]) for source in levels[:-1])
    return 2 * float(np.mean([_tsallis(j, _CVEJIC_ORDER, exchanged=True) for j in joints]))
