"""Refinement of the fused pixels: what the network is shown, and what is made of its answer.

The network never sees pixel values, only differences in units of the local contrast, so that it
works alike at any brightness. It sees maps at half the size, the four pixels of a square as four
channels, and answers with how far to go towards the image without noise reduction, and a residual.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANNELS", "IMAGES", "RESIDUAL", "Evidence", "features", "refined", "unshuffled"]

Map = NDArray[np.float32]

#: How many images of `Evidence` are compared with the fused one.
IMAGES = 5
#: Channels that the network sees: four for each image, for the fused one's values and details, and
#: six that say how much noise there is, how much the weights left of it, and of how many planes.
CHANNELS = 4 * (IMAGES + 2) + 6
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
    noise: Map
    left: tuple[Map, Map]
    n_planes: int
    reach: int


def features(evidence: Evidence) -> tuple[Map, Map]:
    """Return what the network sees, (`CHANNELS`, Y / 2, X / 2), and the local contrast.

    Odd shapes are rounded up.
    """
    fused = unshuffled(evidence.fused)
    mean = fused.mean(0)
    middle = _window(mean)
    deviation = _window(np.square(fused - middle).mean(0))
    contrast = np.sqrt(_window(deviation) + evidence.noise / 4) + np.float32(LEAST_CONTRAST)
    per = 1 / contrast
    seen = np.empty((CHANNELS, *contrast.shape), np.float32)
    seen[:4] = np.clip((fused - middle) * per, -4, 4) * np.float32(0.5)
    detail = evidence.fused - cv2.blur(evidence.fused, (3, 3), borderType=cv2.BORDER_REFLECT_101)
    seen[4:8] = unshuffled(detail) * (3 * per)
    others = (
        evidence.plain, evidence.sharpest, evidence.lowest, evidence.highest, evidence.mean
    )  # fmt: skip
    for number, other in enumerate(others):
        apart = (unshuffled(other) - fused) * per
        place = slice(8 + 4 * number, 12 + 4 * number)
        np.divide(SLOPE * apart, 1 + np.float32(BEND) * np.abs(apart), out=seen[place])
    seen[8:12] *= 2
    one = np.ones_like(contrast)
    seen[-6] = np.clip(np.log(np.sqrt(evidence.noise) * per + 1e-9), -6, 1) * np.float32(0.4)
    for channel, left in zip((-5, -4), evidence.left, strict=True):
        seen[channel] = np.log(np.maximum(left, np.float32(1e-4))) * np.float32(0.4)
    seen[-3] = (np.log(contrast) + 3) * np.float32(0.3)
    seen[-2] = one * np.float32(0.5 * (np.log(evidence.n_planes) - 3))
    seen[-1] = one * np.float32(0.5 * evidence.reach)
    return seen, contrast


def refined(evidence: Evidence, answer: Map, contrast: Map) -> Map:
    """Return the refined image, not yet limited to what the planes have thereabouts.

    Parameters
    ----------
    evidence : Evidence
        As for `features`.
    answer : float32, (8, Y / 2, X / 2)
        The network's: residual and share, each for the four pixels of a square.
    contrast : float32, (Y / 2, X / 2)
        As `features` gave it.
    """
    shape = evidence.fused.shape
    change = _shuffled(answer[:4] * (np.float32(RESIDUAL) * contrast), shape)
    share = _shuffled(answer[4:], shape)
    share *= evidence.plain - evidence.fused
    change += share
    change *= _enlarged(_allowed(evidence, evidence.fused + change), shape)
    change += evidence.fused
    return change


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
