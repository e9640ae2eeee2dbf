"""Pixels from decisions: copied, or blended between planes; one plane at a time.

Two ways. `copy_pixels` copies what a decision takes from each plane. `PyramidBlend` takes weights
in place of a decision and blends scale by scale (Liu et al. 2017, section 4.3; Mertens et al.
2007): for planes that differ in more than focus, as two modalities or two exposures do.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.parallel import each
from napari_mfif.kernels.pyramid import collapse, gaussian_levels, level_shapes, up
from napari_mfif.methods.base import FloatMap

__all__ = ["PyramidBlend", "blended", "copy_pixels", "rounded", "weighed", "well_exposed"]

#: What a plane counts for that is not decided for, and one that is badly exposed: so little, and
#: still more than nothing where all planes are.
UNDECIDED, UNEXPOSED = 1e-2, 1e-4
#: The coarsest level of a pyramid has at least so many pixels along a side, and there are at most
#: so many levels: coarser ones only move brightness across the image.
COARSEST, LEVELS = 4, 8

#: Types of OpenCV as long as a pixel: bits are copied, whatever they mean.
WORDS = {1: np.uint8, 2: np.uint16, 4: np.int32, 8: np.float64}

Pixels = NDArray[Any]


def copy_pixels(
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
        _copy(out, pixels, decision == index)
    elif index == 0:
        out[...] = pixels
    else:
        share = weight if out.ndim == 2 else weight[..., None]
        step = share * (pixels.astype(np.float64) - out)
        out[...] = rounded(out + step, out.dtype)


def _copy(out: Pixels, pixels: Pixels, where: NDArray[np.bool_]) -> None:
    """Copy pixels where a map is true; OpenCV does it five times as fast as numpy."""
    word = WORDS.get(out.dtype.itemsize)
    if word is None or not out.flags.c_contiguous or out.size == 0 or out.dtype != pixels.dtype:
        np.copyto(out, pixels, where=where if out.ndim == 2 else where[..., None])
        return
    source = np.ascontiguousarray(pixels).view(word)
    cv2.copyTo(source, where.view(np.uint8), out.view(word))


def blended(old: Pixels, new: Pixels, share: FloatMap) -> Pixels:
    """Return a mix of two arrays of one type, (Y, X) or (Y, X, K), by the share of the new one.

    Where the share is 0 or 1 they are taken bit for bit, and nothing lies beyond both of them.
    """
    if old.dtype.kind == "b":
        share = (share >= 0.5).astype(np.float32)
    mix = old.copy()
    whole = share >= 1
    mix[whole] = new[whole]
    edge = (share > 0) & ~whole
    if not edge.any():
        return mix
    one, two = old[edge].astype(np.float64), new[edge].astype(np.float64)
    part = share[edge] if old.ndim == 2 else share[edge][:, None]
    between = np.clip(one + part * (two - one), np.fmin(one, two), np.fmax(one, two))
    mix[edge] = rounded(between, old.dtype)
    return mix


def rounded(values: NDArray[Any], dtype: np.dtype[Any]) -> Pixels:
    """Return values in a type: rounded to the nearest and clipped to its range for integers."""
    if values.dtype == dtype:
        return values
    if dtype.kind not in "iu":
        return np.asarray(values, dtype)
    limits = np.iinfo(dtype)
    found = np.empty(values.shape, dtype)

    def round_band(band: Band) -> None:
        part = values[band.rows]
        if dtype.itemsize > 2:  # float32 does not hold the largest of these
            part = part.astype(np.float64)
        whole = np.rint(part)
        found[band.rows] = np.clip(whole, float(limits.min), float(limits.max), out=whole)

    each(round_band, bands((len(values), values.size // max(1, len(values)))))
    return found


class PyramidBlend:
    """Laplacian pyramids of planes, averaged with Gaussian pyramids of their weights.

    Only the sums are kept, so it takes any number of planes.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    n_bands : int
        Channels and colours, all blended with the same weights.
    """

    def __init__(self, shape: tuple[int, int], n_bands: int) -> None:
        finest = max(1, min(shape) // COARSEST).bit_length() - 1
        self.levels = min(LEVELS, finest)
        shapes = level_shapes(shape, self.levels)
        self._sums = [[np.zeros(s, np.float32) for s in shapes] for _ in range(n_bands)]

    @staticmethod
    def bytes_per_pixel(n_bands: int) -> int:
        """Return what blending takes: sums, two pyramids at a time, the result twice."""
        return 14 * n_bands + 30

    def add(self, pixels: Pixels, weight: FloatMap) -> None:
        """Add a plane.

        Parameters
        ----------
        pixels : (Y, X, K)
            Of any type.
        weight : float32, (Y, X)
            The plane's share of every pixel; those of all planes add up to 1.
        """
        weights = gaussian_levels(weight, self.levels)
        for k, sums in enumerate(self._sums):
            images = gaussian_levels(np.ascontiguousarray(pixels[..., k], np.float32), self.levels)
            for level, (total, part) in enumerate(zip(sums, weights, strict=True)):
                detail = images[level]
                if level < self.levels:  # what the coarser one lacks
                    detail = detail - up(images[level + 1], part.shape)
                total += detail * part

    def pixels(self) -> FloatMap:
        """Return the blend of the planes so far, (Y, X, K)."""
        blended = [collapse(sums[:-1], sums[-1]) for sums in self._sums]
        return np.stack(blended, axis=-1)


def well_exposed(grey: FloatMap, margin: float) -> NDArray[np.bool_]:
    """Return where a plane is neither too dark nor too bright.

    The threshold-based measure of Zhang and Cham (2012, 10.1109/TIP.2011.2170079), which Liu et al.
    take for exposures.

    Parameters
    ----------
    grey : float32, (Y, X)
        0 to 1 over the brightness range of all planes.
    margin : float
        Share of the range that is bad at either end.
    """
    return np.asarray((grey >= margin) & (grey <= 1 - margin))


def weighed(focus: FloatMap, exposed: NDArray[np.bool_] | None) -> FloatMap:
    """Return how much a plane counts: its focus, times its exposure where that is looked at.

    Parameters
    ----------
    focus : float32, (Y, X)
        How much of this plane the focus decision takes, 0 to 1.
    exposed : bool, (Y, X), optional
        Where it is well exposed.
    """
    if exposed is None:
        return focus
    good = exposed.astype(np.float32)
    return np.asarray((focus + np.float32(UNDECIDED)) * (good + np.float32(UNEXPOSED)))
