"""All that can be said of a fusion from what is known: sources, truth, depth, confidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.metrics.registry import MEASURES, USUAL

__all__ = ["eight_bits", "evaluate", "tolerance", "without_colour"]

_LUMA = (299, 587, 114)  # ITU-R 601, in thousandths


def evaluate(
    fused: ArrayLike | None = None,
    *,
    sources: Sequence[ArrayLike] = (),
    truth: ArrayLike | None = None,
    depth: ArrayLike | None = None,
    true_depth: ArrayLike | None = None,
    confidence: ArrayLike | None = None,
    planes: float | None = None,
    measures: Iterable[str] = USUAL,
) -> dict[str, float]:
    """Compute every chosen measure for which all that it needs is given.

    Parameters
    ----------
    fused : array-like, (Y, X) or (Y, X, S), optional
        The all-in-focus image.
    sources : sequence of array-like, optional
        The planes it was fused from, two or more, of the same size and type.
    truth : array-like, optional
        The true image, in the units of `fused`.
    depth, true_depth : array-like, (Y, X), optional
        Depth map or decision and its truth, in planes.
    confidence : array-like, (Y, X), optional
        Values from 0 to 1, to be judged by where `depth` is right.
    planes : float, optional
        The largest error of the depth that counts as right; see `tolerance`.
    measures : names, optional
        Out of `MEASURES`; otherwise the usual ones.

    Returns
    -------
    dict
        Name to value, in the order of `measures`; NaN where a measure is not defined.

    Raises
    ------
    ParameterError
        Sizes differ, or nothing can be measured.
    """
    given: dict[str, tuple[Any, ...]] = {}
    if fused is not None:
        grey = eight_bits(sources or [fused], fused)
        given["fused"] = grey[-1:]
        if sources:
            given["sources, fused"] = grey
        if truth is not None:
            given["fused, truth"] = _same_size("truth", truth, fused)[::-1]
    near: float | None = None
    if depth is not None and true_depth is not None:
        given["depth, true depth"] = found, true = _same_size("depth", depth, true_depth)
        near = tolerance(true) if planes is None else planes
        if confidence is not None:
            sure, _ = _same_size("confidence", confidence, true)
            given["confidence, right"] = sure, np.abs(found - true) <= near
    values = {}
    for name in measures:
        about = MEASURES[name]
        if about.needs in given:
            allowed = {"planes": near} if name in _WITHIN else {}
            values[name] = about.function(*given[about.needs], **allowed)
    if not values:
        raise ParameterError(
            "Nothing can be measured: give a fused image with its sources or its truth, or a depth "
            "map with its truth."
        )
    return values


_WITHIN = ("share_within", "wrong_near_boundaries")


def tolerance(true_depth: ArrayLike) -> float:
    """Return the error of the depth, in planes, that counts as right.

    One plane in a stack; half a plane where the truth spans one plane at most, as in a pair.
    """
    return 0.5 if np.ptp(np.asarray(true_depth, np.float64)) <= 1 else 1.0


def eight_bits(sources: Sequence[ArrayLike], fused: ArrayLike) -> tuple[NDArray[Any], ...]:
    """Return the sources and the fused image as the measures take them: grey, 0 to 255.

    Parameters
    ----------
    sources : sequence of array-like, (Y, X) or (Y, X, S)
        Colour becomes grey by the weights of ITU-R 601.
    fused : array-like
        The fused image in the units of the sources.

    Returns
    -------
    tuple of float64, (Y, X)
        The sources, then the fused image, in whole numbers. Sources of 8 bits stay as they are;
        of others the lowest and the highest value of all become 0 and 255, and what the fused
        image has beyond is cut.
    """
    images = [without_colour(np.asarray(image)) for image in (*sources, fused)]
    kinds = {np.asarray(source).dtype for source in sources}
    low, high = 0.0, 255.0
    if kinds != {np.dtype(np.uint8)}:
        low = min(float(image.min()) for image in images[:-1])
        high = max(float(image.max()) for image in images[:-1])
    scale = 255 / (high - low) if high > low else 1.0
    return tuple(np.floor(np.clip((image - low) * scale, 0, 255) + 0.5) for image in images)


def without_colour(image: NDArray[Any]) -> NDArray[np.float64]:
    """Return an image without its colour; of 8 bits in whole numbers, halves up."""
    if image.ndim == 2:
        return image.astype(np.float64)
    weighted = image[..., :3].astype(np.float64) @ np.array(_LUMA, np.float64)
    if image.dtype == np.uint8:
        return np.floor((weighted + 500) / 1000)
    return np.asarray(weighted / 1000)


def _same_size(
    what: str, array: ArrayLike, expected: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(array, np.float64), np.asarray(expected, np.float64)
    if first.shape != second.shape:
        raise ParameterError(
            f"The {what} has the shape {first.shape}, what it is compared with {second.shape}: "
            "they must have one size."
        )
    return first, second
