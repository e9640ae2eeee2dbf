"""Pixels from decisions: copied where the decision is hard, mixed where it is soft."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["copied_pixels", "rounded"]


def copied_pixels(
    planes: Iterable[NDArray[Any]],
    decision: NDArray[np.uint16],
    weight: NDArray[np.float32] | None = None,
) -> NDArray[Any]:
    """Take every pixel from the plane that the decision names.

    Parameters
    ----------
    planes : iterable of (Y, X, K)
        All planes in order; one is held at a time.
    decision : uint16, (Y, X)
        The plane to take.
    weight : float32, (Y, X), optional
        For two planes: how much of plane 1 is taken, 0 to 1; then pixels are mixed.

    Returns
    -------
    (Y, X, K)
        In the planes' own type; float32 when mixed.
    """
    if weight is not None:
        first, second = planes
        share = weight[..., None]
        mixed: NDArray[Any] = np.asarray(first * (1 - share) + second * share, np.float32)
        return mixed
    composed: NDArray[Any] | None = None
    for index, plane in enumerate(planes):
        if composed is None:
            composed = np.empty_like(plane)
        np.copyto(composed, plane, where=(decision == index)[..., None])
    assert composed is not None  # a stack has planes
    return composed


def rounded(pixels: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the pixels in the stack's type: rounded and clipped where that is an integer type."""
    if pixels.dtype == dtype:
        return pixels
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        whole = np.rint(pixels)
        # The largest 32-bit integers have no exact float32: clipping in the type's own range.
        return np.clip(whole, float(limits.min), float(limits.max)).astype(dtype)
    return pixels.astype(dtype)
