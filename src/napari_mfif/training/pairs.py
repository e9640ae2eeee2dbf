"""Pairs to learn from: two planes of one scene, and which of them is in focus where.

Every function takes sharp pictures (float32, (Y, X) or (Y, X, 3), 0 to 255), masks of objects
(float32, (Y, X), 1 on the object) and blurs, and returns a `Pair`. Nothing is drawn at random
but by the generators handed over, so what a seed gives is what it gave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.simulation.lens import defocus

__all__ = [
    "MEAN_FILTERS",
    "Blur",
    "Pair",
    "composite",
    "conventional",
    "disc",
    "gaussian",
    "half_size",
    "mean_filter",
    "mean_filtered",
    "none",
    "paint_behind",
    "sharp_or_blurred",
    "spread_as_published",
    "spread_whole",
    "two_distances",
]

Pixels = NDArray[np.float32]
Mask = NDArray[np.float32]
#: Makes a picture, or a mask, unsharp.
Blur = Callable[[Pixels], Pixels]

#: Sizes of the mean filters of UFA-FUSE's four groups, from weak to strong.
MEAN_FILTERS = ((2, 3), (4, 5), (5, 7), (8, 10))


@dataclass(frozen=True)
class Pair:
    """Two planes of one scene.

    Parameters
    ----------
    first, second : float32, (Y, X) or (Y, X, 3)
        The planes, 0 to 255.
    focus : float32, (Y, X)
        The true focus map: 1 where `first` is in focus (or nearer to it), 0 where `second` is.
    image : float32, like the planes
        The scene, sharp everywhere.
    counts : float32, (Y, X), optional
        Weight of each pixel in a loss: 0 where neither plane is the better.
    """

    first: Pixels
    second: Pixels
    focus: Mask
    image: Pixels
    counts: Mask | None = None

    def swapped(self) -> Pair:
        """Return the pair in the other order."""
        return replace(self, first=self.second, second=self.first, focus=1 - self.focus)

    def near_outline(self, distance: float = 8.0) -> NDArray[np.bool_]:
        """Return the pixels this near to where one plane takes over from the other."""
        flat = np.ones(self.focus.shape, np.uint8)  # 0 on both sides of an outline
        for near, far in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
            edge = self.focus[near] != self.focus[far]
            flat[near][edge] = flat[far][edge] = 0
        if flat.all():
            return np.zeros(self.focus.shape, np.bool_)
        return np.asarray(cv2.distanceTransform(flat, cv2.DIST_L2, 5) < distance)

    def weights(self) -> Mask:
        """Return the weight of each pixel."""
        return np.ones_like(self.focus) if self.counts is None else self.counts


def none(pixels: Pixels) -> Pixels:
    """Leave a picture sharp."""
    return pixels


def gaussian(sigma: float) -> Blur:
    """Return a Gaussian blur; the border is mirrored."""
    return lambda pixels: defocus(pixels, 2 * sigma, "gaussian")


def disc(radius: float) -> Blur:
    """Return the blur of a lens: a disc; the border is mirrored."""
    return lambda pixels: defocus(pixels, radius, "disc")


def mean_filter(size: int) -> Blur:
    """Return a mean over a square of so many pixels; the border is mirrored."""

    def blur(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.blur(pixels, (size, size), borderType=cv2.BORDER_REFLECT))

    return blur


def sharp_or_blurred(picture: Pixels, blur: Blur) -> tuple[Pixels, Pixels, Mask, Mask]:
    """Return a picture, its blur, and their labels at half the size (FD-FCN, section 3.2).

    Returns
    -------
    sharp, blurred : float32, like the picture
        Two examples for a network that sees one plane.
    ones, zeros : float32, ((Y + 1) // 2, (X + 1) // 2)
        Their labels: all in focus, all out of focus.
    """
    half = tuple(-(-length // 2) for length in picture.shape[:2])
    return picture, blur(picture), np.ones(half, np.float32), np.zeros(half, np.float32)


def half_size(mask: Mask) -> Mask:
    """Return a label at half the size: the mean of each 2 x 2 pixels."""
    rows, columns = mask.shape
    even = cv2.copyMakeBorder(mask, 0, rows % 2, 0, columns % 2, cv2.BORDER_REPLICATE)
    return np.asarray(even.reshape(-(-rows // 2), 2, -(-columns // 2), 2).mean((1, 3)), np.float32)


def composite(foreground: Pixels, background: Pixels, matte: Mask, blur: Blur) -> Pair:
    """Lay an object over a background, either of them blurred (boundary-aware, eq. 4 and 5).

    ``A = FG m + blur(BG) (1 - m)``, ``B = blur(FG) m + BG (1 - m)``: the edge of the matte is as
    sharp where the object is out of focus.
    """
    alpha = _alpha(matte, foreground)
    return Pair(
        foreground * alpha + blur(background) * (1 - alpha),
        blur(foreground) * alpha + background * (1 - alpha),
        _focus(matte),
        foreground * alpha + background * (1 - alpha),
    )


def conventional(picture: Pixels, mask: Mask, blur: Blur) -> Pair:
    """Blur one side of a mask or the other, without defocus spread (MFIF-GAN, eq. 12 and 13)."""
    return composite(picture, picture, mask, blur)


def mean_filtered(picture: Pixels, mask: Mask, size: int) -> Pair:
    """Blur one side of a mask or the other by a mean filter (UFA-FUSE, eq. 11).

    Parameters
    ----------
    picture, mask
        As for all pairs; the mask is made binary first, as there.
    size : int
        Pixels of the filter's side; see `MEAN_FILTERS` for the four strengths.
    """
    return conventional(picture, _focus(mask), mean_filter(size))


def spread_as_published(picture: Pixels, mask: Mask, blur: Blur) -> Pair:
    """Blur an object beyond its edge by the alpha-matte model as printed (MFIF-GAN, eq. 7 to 11).

    The background behind the object is black there, so that A darkens beside the object, and B
    within it.
    """
    alpha = _alpha(mask, picture)
    front, back = alpha * picture, (1 - alpha) * picture
    return Pair(
        front + (1 - alpha) * blur(back),
        blur(front) + (1 - _alpha(blur(mask), picture)) * back,
        _focus(mask),
        picture,
    )


def spread_whole(foreground: Pixels, background: Pixels, matte: Mask, blur: Blur) -> Pair:
    """Blur an object beyond its edge, over a background that goes on behind it.

    The alpha-matte model made physically whole: ``A = m FG + (1 - m) blur(BG)``,
    ``B = blur(m FG) + (1 - blur(m)) BG``. Of a single picture the background is made by
    `paint_behind`.
    """
    return two_distances(foreground, background, matte, first=(none, blur), second=(blur, none))


def two_distances(
    foreground: Pixels,
    background: Pixels,
    matte: Mask,
    *,
    first: tuple[Blur, Blur],
    second: tuple[Blur, Blur],
    nearer: tuple[float, float] = (1.0, 0.0),
) -> Pair:
    """Photograph an object before a background twice, with any two blurs each time.

    Parameters
    ----------
    foreground, background, matte
        What is seen.
    first, second : (Blur, Blur)
        Blur of the object and of the background in either plane.
    nearer : (float, float), optional
        The true focus map on the object and on the background: 1 where `first` blurs less.
    """
    front, back = nearer
    focus = _focus(matte)
    alpha = _alpha(matte, foreground)
    return Pair(
        _seen(foreground, background, alpha, *first),
        _seen(foreground, background, alpha, *second),
        front * focus + back * (1 - focus),
        foreground * alpha + background * (1 - alpha),
    )


def paint_behind(picture: Pixels, mask: Mask, *, reach: int = 2) -> Pixels:
    """Paint over an object what may lie behind it: the background near it, the nearer the finer.

    Parameters
    ----------
    picture : float32, (Y, X) or (Y, X, 3)
        It stays as it is where the mask is 0.
    mask : float32, (Y, X)
        The object.
    reach : int, optional
        Pixels round the object that are painted too: its edge shines a little beyond the mask.

    Notes
    -----
    A pyramid of means over the pixels that are known; each level fills what the finer ones leave.
    """
    side = 2 * reach + 1
    hidden = cv2.dilate((mask > 0).astype(np.float32), np.ones((side, side), np.uint8))
    known: Pixels = 1 - np.asarray(hidden, np.float32)
    if not known.any():
        return np.full_like(picture, picture.mean())
    filled = _fill(picture if picture.ndim == 3 else picture[..., None], known[..., None])
    alpha = known[..., None]
    painted = alpha * picture.reshape(filled.shape) + (1 - alpha) * filled
    return np.asarray(painted.reshape(picture.shape), np.float32)


def _fill(pixels: Pixels, known: Pixels) -> Pixels:
    rows, columns = pixels.shape[:2]
    if known.all() or max(rows, columns) == 1:
        return pixels
    smaller = (-(-columns // 2), -(-rows // 2))

    def shrunk(values: Pixels) -> Pixels:
        small = cv2.resize(values, smaller, interpolation=cv2.INTER_AREA)
        return np.asarray(small.reshape(smaller[1], smaller[0], -1))

    share = shrunk(known)
    means = np.asarray(shrunk(pixels * known) / np.maximum(share, 1e-6), np.float32)
    coarse = _fill(means, (share > 0).astype(np.float32))
    wide = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(known * pixels + (1 - known) * wide.reshape(pixels.shape), np.float32)


def _seen(front: Pixels, back: Pixels, alpha: Pixels, near: Blur, far: Blur) -> Pixels:
    cover = near(alpha)
    return near(alpha * front) + (1 - cover.reshape(alpha.shape)) * far(back)


def _alpha(mask: Mask, picture: Pixels) -> Pixels:
    """Return a mask that multiplies a picture: with a last axis where the picture has colours."""
    return mask if picture.ndim == 2 else mask[..., None]


def _focus(mask: Mask) -> Mask:
    return (mask > 0.5).astype(np.float32)
