"""Pixels from decisions: copied, or blended between two planes; one plane at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.base import FloatMap

__all__ = ["rounded", "take_pixels"]

Pixels = NDArray[Any]


def take_pixels(
    out: Pixels,
    pixels: Pixels,
    index: int,
    decision: NDArray[Any],
    *,
    weight: FloatMap | None = None,
) -> None:
    """Copy from a plane what the decision takes from it, or blend it in.

    Call it for each plane in order. Without a weight a pixel of `out` equals one of a plane bit
    for bit; with one it does so where the weight is 0 or 1.

    Parameters
    ----------
    out : (Y, X, K) or (Y, X)
        What is being fused; changed in place.
    pixels : like out
        The plane's pixels.
    index : int
        The plane's number.
    decision : unsigned integer, (Y, X)
        The plane to take.
    weight : float32, (Y, X), optional
        Of two planes: how much of plane 1 is taken, 0 to 1; the decision is not looked at then.
    """
    if weight is None:
        taken = decision == index
        np.copyto(out, pixels, where=taken if out.ndim == 2 else taken[..., None])
    elif index == 0:
        out[...] = pixels
    else:
        share = weight if out.ndim == 2 else weight[..., None]
        step = share * (pixels.astype(np.float64) - out)
        out[...] = rounded(out + step, out.dtype)


def rounded(values: NDArray[Any], dtype: np.dtype[Any]) -> Pixels:
    """Return values in a type: rounded to the nearest and clipped to its range for integers."""
    if values.dtype == dtype:
        return values
    if dtype.kind not in "iu":
        return np.asarray(values, dtype)
    if dtype.itemsize > 2:  # float32 does not hold the largest of these
        values = values.astype(np.float64)
    limits = np.iinfo(dtype)
    whole = np.clip(np.rint(values), float(limits.min), float(limits.max))
    return np.asarray(whole.astype(dtype))
