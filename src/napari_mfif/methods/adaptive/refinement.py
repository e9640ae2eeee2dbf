"""Refinement of the fused pixels: what the network is shown, and what is made of its answer.

The network never sees pixel values, only differences in units of the local contrast, so that it
works alike at any brightness. It sees maps at half the size, the four pixels of a square as four
channels, and answers with a residual, and how far to go towards the image without noise reduction
and towards the planes where the depth score has its two highest peaks.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.adaptive.peak_maps import PEAK_MAPS

__all__ = [
    "ANSWER", "CHANNELS", "RESIDUAL", "SQUARES", "TOWARDS", "Evidence", "Seen", "features",
    "refined", "unshuffled",
]  # fmt: skip

Map = NDArray[np.float32]

#: How many images there are to go towards.
TOWARDS = 3
#: Channels that the network sees: four for each image that is compared with the fused one, and for
#: that one's values and details; six that say how much noise there is, how much the weights left of
#: it, and of how many planes; the two peaks' images; and what else is known of the peaks.
CHANNELS = 28 + 6 + 8 + PEAK_MAPS
#: Which of them are the four pixels of a square: the first of each four.
SQUARES = (*range(0, 28, 4), 34, 38)
#: Channels of the answer.
ANSWER = 4 * (1 + TOWARDS)
#: The residual is in units of so many local contrasts.
RESIDUAL = 0.3
#: Local contrasts are taken in windows of this side at half the size, and are not smaller than this
#: share of the stack's range.
WINDOW, LEAST_CONTRAST = 9, 0.003
#: A difference of one contrast counts so much; large ones bend towards the limit.
SLOPE, BEND = 1.5, 0.7
#: Share of the variance of noise that is in detail finer than a window of 3 x 3.
DETAIL_NOISE = 8 / 9
#: Detail is surely no noise by what its energy exceeds that of so many times the noise; of this the
#: network has to leave this share, or its change is taken back: all of it where it leaves less than
#: `NONE_BELOW` of that.
SURELY_NOISE, KEPT_DETAIL, NONE_BELOW = 4.0, 0.6, 0.3
#: Side of the window, at half the size, in which that is judged.
DETAIL_WINDOW = 5


@dataclass(frozen=True)
class Evidence:
    """What the fold found out about one band, in the units of `Plane.guide`.

    Parameters
    ----------
    fused : float32, (Y, X)
        The fused image.
    plain : float32, (Y, X)
        The same without noise reduction.
    sharpest : float32, (Y, X)
        The same with the finest detail of the plane that is sharpest there.
    lowest, highest, mean : float32, (Y, X)
        Over the planes.
    at_peaks : (float32, float32), (Y, X)
        Of the planes where the depth score has its highest peak, and its second one.
    reliance : (float32, float32), (Y / 2, X / 2)
        How far these two peaks are there at all, 0 to 1.
    peaks : float32, (`PEAK_MAPS`, Y / 2, X / 2)
        See `peak_maps`.
    noise : float32, (Y / 2, X / 2)
        Variance of the noise of a plane.
    left : float32, (Y / 2, X / 2)
        Share of that variance that the weights leave in the finest level, and in the second one.
    n_planes, reach : int
        How many planes there are, and over how many on either side energies were smoothed.
    """

    fused: Map
    plain: Map
    sharpest: Map
    lowest: Map
    highest: Map
    mean: Map
    at_peaks: tuple[Map, Map]
    reliance: tuple[Map, Map]
    peaks: Map
    noise: Map
    left: tuple[Map, Map]
    n_planes: int
    reach: int


@dataclass(frozen=True)
class Seen:
    """What the network sees, and what its answer is in units of.

    Parameters
    ----------
    maps : float32, (`CHANNELS`, Y / 2, X / 2)
        What it sees.
    contrast : float32, (Y / 2, X / 2)
        The local contrast, of which a residual is `RESIDUAL` times as much.
    apart : float32, (`TOWARDS`, 4, Y / 2, X / 2)
        Of the images to go towards, by how much they differ from the fused one: that without noise
        reduction, and those of the two peaks.
    """

    maps: Map
    contrast: Map
    apart: Map


def features(evidence: Evidence) -> Seen:
    """Return what the network sees. Odd shapes are rounded up."""
    fused = unshuffled(evidence.fused)
    mean = fused.mean(0)
    middle = _window(mean)
    deviation = _window(np.square(fused - middle).mean(0))
    contrast = np.sqrt(_window(deviation) + evidence.noise / 4) + np.float32(LEAST_CONTRAST)
    per = np.float32(1) / contrast
    seen = np.empty((CHANNELS, *contrast.shape), np.float32)
    seen[:4] = np.clip((fused - middle) * per, -4, 4) * np.float32(0.5)
    detail = evidence.fused - cv2.blur(evidence.fused, (3, 3), borderType=cv2.BORDER_REFLECT_101)
    seen[4:8] = unshuffled(detail) * (3 * per)
    apart = _apart(evidence, fused)
    seen[8:12] = 2 * _bent(apart[0], per)
    others = evidence.sharpest, evidence.lowest, evidence.highest, evidence.mean
    for number, other in enumerate(others):
        place = slice(12 + 4 * number, 16 + 4 * number)
        seen[place] = _bent(unshuffled(other) - fused, per)
    seen[28:34] = _amounts(evidence, contrast)
    for place, at_peak in zip((slice(34, 38), slice(38, 42)), apart[1:], strict=True):
        seen[place] = _bent(at_peak, per)
    seen[42:] = evidence.peaks
    return Seen(seen, contrast, apart)


def _apart(evidence: Evidence, fused: Map) -> Map:
    """Return what `Seen.apart` holds; nothing where there is no peak to rely on."""
    apart = np.empty((TOWARDS, *fused.shape), np.float32)
    for other, image in zip(apart, (evidence.plain, *evidence.at_peaks), strict=True):
        np.subtract(unshuffled(image), fused, out=other)
    for peak, there in zip(apart[1:], evidence.reliance, strict=True):
        peak *= there
    return apart


def _bent(apart: Map, per: Map) -> Map:
    """Return differences in units of the contrast, large ones bent towards a limit."""
    apart = apart * per
    return np.asarray(SLOPE * apart / (1 + np.float32(BEND) * np.abs(apart)), np.float32)


def _amounts(evidence: Evidence, contrast: Map) -> Map:
    """Return maps of how much noise there is, how much of it is left, and of how many planes."""
    one = np.ones_like(contrast)
    noise = np.log(np.sqrt(evidence.noise) / contrast + np.float32(1e-9))
    return np.stack(
        [
            np.clip(noise, -6, 1) * np.float32(0.4),
            *(np.log(np.maximum(m, np.float32(1e-4))) * np.float32(0.4) for m in evidence.left),
            (np.log(contrast) + 3) * np.float32(0.3),
            one * np.float32(0.5 * (np.log(evidence.n_planes) - 3)),
            one * np.float32(0.5 * evidence.reach),
        ]
    )


def refined(evidence: Evidence, seen: Seen, answer: Map) -> Map:
    """Return the refined image, not yet limited to what all the planes have thereabouts.

    Parameters
    ----------
    evidence, seen
        As for `features`, and what that gave.
    answer : float32, (`ANSWER`, Y / 2, X / 2)
        The network's: residual, and the share of each difference, for the four pixels of a square.
    """
    shape = evidence.fused.shape
    changes = answer[:4] * (np.float32(RESIDUAL) * seen.contrast)
    for number, apart in enumerate(seen.apart, 1):
        changes += answer[4 * number : 4 * number + 4] * apart
    change = _shuffled(changes, shape)
    change *= _enlarged(_allowed(evidence, evidence.fused + change), shape)
    change += evidence.fused
    return _limited(evidence, seen, change)


def _limited(evidence: Evidence, seen: Seen, image: Map) -> Map:
    """Keep an image within what is fused or sharp in 3 x 3 pixels, give or take noise.

    At steep edges it would get steeper than any plane shows them, with a dark line beside.
    """
    low, high = evidence.fused.copy(), evidence.fused.copy()
    peaks = (evidence.fused + _shuffled(apart, low.shape) for apart in seen.apart[1:])
    for other in (evidence.plain, evidence.sharpest, *peaks):
        cv2.min(low, other, dst=low)
        cv2.max(high, other, dst=high)
    kernel = np.ones((3, 3), np.uint8)
    noise = _enlarged(np.sqrt(evidence.noise), low.shape)
    low, high = cv2.erode(low, kernel) - noise, cv2.dilate(high, kernel) + noise
    return np.asarray(cv2.min(cv2.max(image, low, dst=low), high, dst=low))


def _allowed(evidence: Evidence, image: Map) -> Map:
    """Return how much of the change to an image is made, 0 to 1, at half the size.

    Texture finer than a lens images it (pictures that were sharpened or made smaller) looks like
    noise to the network. But noise has a known strength: detail that stands above it must not go.
    """
    before, after = _fine_energy(evidence.plain), _fine_energy(image)
    noise = evidence.noise * evidence.left[0] * np.float32(DETAIL_NOISE)
    certain = np.maximum(before - np.float32(SURELY_NOISE) * noise, 0)
    certain *= np.float32(KEPT_DETAIL)
    kept = after / np.maximum(certain, np.float32(1e-12))
    return np.clip((kept - NONE_BELOW) / (1 - NONE_BELOW), 0, 1)


def _fine_energy(image: Map) -> Map:
    detail = image - cv2.blur(image, (3, 3), borderType=cv2.BORDER_REFLECT_101)
    energy = unshuffled(np.square(detail)).mean(0)
    side = (DETAIL_WINDOW, DETAIL_WINDOW)
    return np.asarray(cv2.blur(energy, side, borderType=cv2.BORDER_REFLECT_101))


def _enlarged(half: Map, shape: tuple[int, ...]) -> Map:
    size = (2 * half.shape[1], 2 * half.shape[0])
    return np.asarray(cv2.resize(half, size)[: shape[0], : shape[1]])


def unshuffled(image: Map) -> Map:
    """Return an image as (4, Y / 2, X / 2), a channel for each pixel of a square."""
    rows, columns = image.shape
    if rows % 2 or columns % 2:
        image = cv2.copyMakeBorder(image, 0, rows % 2, 0, columns % 2, cv2.BORDER_REPLICATE)
    half = image.shape[0] // 2, image.shape[1] // 2
    squares = image.reshape(half[0], 2, half[1], 2)
    return np.ascontiguousarray(squares.transpose(1, 3, 0, 2)).reshape(4, *half)


def _shuffled(channels: Map, shape: tuple[int, ...]) -> Map:
    half = channels.shape[1:]
    squares = channels.reshape(2, 2, *half).transpose(2, 0, 3, 1)
    image: Map = squares.reshape(2 * half[0], 2 * half[1])
    return np.ascontiguousarray(image[: shape[0], : shape[1]])


def _window(values: Map) -> Map:
    side = (WINDOW, WINDOW)
    return np.asarray(cv2.blur(values, side, borderType=cv2.BORDER_REFLECT_101))
