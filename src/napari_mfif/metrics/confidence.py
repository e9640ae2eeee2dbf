"""How well a confidence tells what is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_mfif.metrics.declare import measure

__all__ = ["calibration", "calibration_error", "roc_auc"]


@measure(
    "AUC",
    "doubt where wrong",
    needs="confidence, right",
    span="0 to 1, 0.5 for guessing, NaN where all are right or all wrong",
    formula="Share of the pairs of a right and a wrong pixel in which the right one has the higher "
    "confidence; equal values count half.",
    fooled="Only the order counts: a confidence that is far too sure everywhere scores the same.",
    reference="Area under the ROC curve (Mann, Whitney 1947).",
)
def roc_auc(confidence: ArrayLike, right: ArrayLike) -> float:
    """Area under the ROC curve: how well a confidence tells right from wrong.

    Parameters
    ----------
    confidence : array-like
        Higher means surer; equal values count half.
    right : bool, the same shape
        What was right.

    Returns
    -------
    float
        0.5 for guessing, 1 for perfect; NaN where all are right or all are wrong.
    """
    sure, good = np.ravel(np.asarray(confidence)), np.ravel(np.asarray(right, bool))
    n_good = int(good.sum())
    n_bad = good.size - n_good
    if not n_good or not n_bad:
        return float("nan")
    _, place, count = np.unique(sure, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place.ravel()]
    return float((rank[good].sum() - n_good * (n_good + 1) / 2) / (n_good * n_bad))


def calibration(
    confidence: ArrayLike, right: ArrayLike, *, bins: int = 5
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Share of right pixels in equal bins of confidence from 0 to 1.

    Parameters
    ----------
    confidence : array-like
        Values from 0 to 1.
    right : bool, the same shape
        What was right.
    bins : int
        Number of bins.

    Returns
    -------
    share : float64, (bins,)
        Share right in each bin; NaN in an empty one. A probability has the bin's own value.
    count : int64, (bins,)
        Pixels in each bin.
    """
    sure, good = np.ravel(np.asarray(confidence, np.float64)), np.ravel(np.asarray(right, bool))
    place = np.clip((sure * bins).astype(int), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    hits = np.bincount(place, weights=good, minlength=bins)
    with np.errstate(invalid="ignore"):
        return hits / count, count


@measure(
    "calibration_error",
    "confidence off by",
    needs="confidence, right",
    better="lower",
    span="0 to 1",
    formula="sum_b n_b / n |share right in b - mean confidence in b| over 10 equal bins b of the "
    "confidence from 0 to 1.",
    fooled="A confidence that says the overall share everywhere scores 0 and tells nothing.",
    reference="Expected calibration error (Naeini, Cooper, Hauskrecht 2015).",
)
def calibration_error(confidence: ArrayLike, right: ArrayLike, *, bins: int = 10) -> float:
    """How far a confidence is from the share that is right.

    Parameters
    ----------
    confidence : array-like
        Values from 0 to 1.
    right : bool, the same shape
        What was right.
    bins : int
        Number of bins.
    """
    share, count = calibration(confidence, right, bins=bins)
    sure = np.ravel(np.asarray(confidence, np.float64))
    place = np.clip((sure * bins).astype(int), 0, bins - 1)
    filled = count > 0
    mean = np.bincount(place, weights=sure, minlength=bins)[filled] / count[filled]
    return float((np.abs(share[filled] - mean) * count[filled]).sum() / sure.size)
