"""How good a fusion is where the truth is known: image, depth, confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["calibration", "depth_error", "psnr", "roc_auc", "share_within", "ssim"]


def _inside(pixels: ArrayLike, border: int) -> NDArray[np.float64]:
    array = np.asarray(pixels, np.float64)
    if border and min(array.shape[:2]) > 2 * border:
        array = array[border:-border, border:-border]
    return array


def _range(truth: NDArray[np.float64]) -> float:
    low, high = np.percentile(truth, (0.1, 99.9))
    return float(high - low)


def psnr(image: ArrayLike, truth: ArrayLike, *, border: int = 4) -> float:
    """Peak signal-to-noise ratio of a fused image.

    Parameters
    ----------
    image, truth : array-like, (Y, X) or (Y, X, S)
        The fused and the true image in the same units.
    border : int
        Pixels left out along the border.

    Returns
    -------
    float
        In decibels; the peak is the range of the truth from its 0.1 to its 99.9 percentile.
        Infinite for equal images.
    """
    true = _inside(truth, border)
    error = float(np.mean((_inside(image, border) - true) ** 2))
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(np.float64(_range(true) ** 2) / error))


def ssim(image: ArrayLike, truth: ArrayLike, *, border: int = 4) -> float:
    """Structural similarity of a fused image, 1 for equal images.

    Parameters
    ----------
    image, truth : array-like, (Y, X) or (Y, X, S)
        The fused and the true image in the same units.
    border : int
        Pixels left out along the border.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli 2004 (Gaussian window, sigma 1.5); the range is that of `psnr`.
    """
    from skimage.metrics import structural_similarity

    true = _inside(truth, border)
    return float(
        structural_similarity(
            _inside(image, border),
            true,
            data_range=_range(true),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            channel_axis=2 if true.ndim == 3 else None,
        )
    )


def _errors(depth: ArrayLike, truth: ArrayLike, where: ArrayLike | None) -> NDArray[np.float64]:
    error = np.abs(np.asarray(depth, np.float64) - np.asarray(truth, np.float64))
    return error.ravel() if where is None else error[np.asarray(where, bool)]


def depth_error(depth: ArrayLike, truth: ArrayLike, *, where: ArrayLike | None = None) -> float:
    """Mean absolute error of a depth map in planes, NaN where nothing is judged.

    Parameters
    ----------
    depth, truth : array-like, (Y, X)
        Planes with fractions.
    where : bool, (Y, X), optional
        The pixels that are judged; all when not given.
    """
    errors = _errors(depth, truth, where)
    return float(errors.mean()) if errors.size else float("nan")


def share_within(
    depth: ArrayLike, truth: ArrayLike, *, planes: float = 1.0, where: ArrayLike | None = None
) -> float:
    """Share of pixels whose depth is right within so many planes, 0 to 1.

    Parameters
    ----------
    depth, truth : array-like, (Y, X)
        Planes with fractions.
    planes : float
        The largest error that counts as right.
    where : bool, (Y, X), optional
        The pixels that are judged; all when not given.
    """
    errors = _errors(depth, truth, where)
    return float((errors <= planes).mean()) if errors.size else float("nan")


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
