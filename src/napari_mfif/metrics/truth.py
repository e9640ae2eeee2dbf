"""How good a fusion is where the truth is known: image, depth and, from `confidence`, the rest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_mfif.metrics.confidence import calibration, calibration_error, roc_auc
from napari_mfif.metrics.declare import measure

__all__ = [
    "calibration",
    "calibration_error",
    "depth_error",
    "psnr",
    "roc_auc",
    "share_within",
    "ssim",
    "wrong_near_boundaries",
]


def _inside(pixels: ArrayLike, border: int) -> NDArray[np.float64]:
    array = np.asarray(pixels, np.float64)
    if border and min(array.shape[:2]) > 2 * border:
        array = array[border:-border, border:-border]
    return array


def _range(truth: NDArray[np.float64]) -> float:
    low, high = np.percentile(truth, (0.1, 99.9))
    return float(high - low)


@measure(
    "PSNR",
    "near the truth",
    needs="fused, truth",
    span="decibels, infinite for equal images",
    formula="10 log10(range^2 / mean((F - truth)^2)), the range of the truth from its 0.1 to its "
    "99.9 percentile; 4 pixels of the border are left out.",
    fooled="A few wrong pixels and a faint error everywhere give the same value.",
)
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


@measure(
    "SSIM",
    "structure of the truth",
    needs="fused, truth",
    span="about -1 to 1",
    formula="Mean SSIM(F, truth): Gaussian window, sigma 1.5, the range of PSNR; 4 pixels of the "
    "border are left out.",
    fooled="A wrong choice in dim or smooth parts costs hardly anything.",
    reference="Wang, Bovik, Sheikh, Simoncelli 2004, IEEE TIP 13(4).",
)
def ssim(image: ArrayLike, truth: ArrayLike, *, border: int = 4) -> float:
    """Structural similarity of a fused image, 1 for equal images.

    Parameters
    ----------
    image, truth : array-like, (Y, X) or (Y, X, S)
        The fused and the true image in the same units.
    border : int
        Pixels left out along the border.
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


@measure(
    "depth_error",
    "planes off",
    needs="depth, true depth",
    better="lower",
    span="0 and more planes",
    formula="mean(|depth - truth|) where it is judged.",
    fooled="Smoothing lowers it, and parts without texture decide it unless they are left out.",
)
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


@measure(
    "share_within",
    "depths right",
    needs="depth, true depth",
    span="0 to 1",
    formula="Share of pixels with |depth - truth| <= planes (1 when not given).",
    fooled="It does not tell a near miss from a gross one.",
)
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


@measure(
    "wrong_near_boundaries",
    "wrong at boundaries",
    needs="depth, true depth",
    better="lower",
    span="0 to 1, NaN without a boundary",
    formula="Share of pixels with |decision - truth| > planes (0.5 when not given) among those "
    "within 8 pixels of a jump of the true depth; neighbours jump that differ by twice as many.",
    fooled="Whether the wrong ones cling to the boundary or lie 7 pixels off is all the same.",
)
def wrong_near_boundaries(
    decision: ArrayLike,
    truth: ArrayLike,
    *,
    planes: float = 0.5,
    jump: float | None = None,
    distance: float = 8.0,
    where: ArrayLike | None = None,
) -> float:
    """Share of wrong planes near the boundaries of objects.

    Parameters
    ----------
    decision, truth : array-like, (Y, X)
        The plane taken, or a depth map, and the true one, in planes.
    planes : float
        The largest error that still counts as right.
    jump : float, optional
        Neighbours whose true depths differ by at least this are a boundary; twice `planes` when
        not given, so that no plane is right on both sides.
    distance : float
        Pixels this near to a boundary (centre to centre of its pixels) are judged.
    where : bool, (Y, X), optional
        Pixels outside are not judged.

    Returns
    -------
    float
        NaN where the truth has no such boundary.
    """
    true = np.asarray(truth, np.float64)
    height = 2 * planes if jump is None else jump
    down = np.abs(np.diff(true, axis=0)) >= height
    across = np.abs(np.diff(true, axis=1)) >= height
    away = np.ones(true.shape, np.uint8)  # 0 on both sides of a boundary
    for edge, near, far in (
        (down, np.s_[:-1], np.s_[1:]),
        (across, np.s_[:, :-1], np.s_[:, 1:]),
    ):
        away[near][edge] = away[far][edge] = 0
    if away.all():
        return float("nan")
    judged = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) < distance
    if where is not None:
        judged &= np.asarray(where, bool)
    errors = _errors(decision, true, judged)
    return float((errors > planes).mean()) if errors.size else float("nan")
