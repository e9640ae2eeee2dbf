"""What a lens makes of a scene: every layer blurred by its distance from the plane in focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["PSFS", "Layer", "Mode", "all_in_focus", "defocus", "photograph"]

Float = NDArray[np.float32]
Mode = Literal["over", "add", "absorb", "refract"]

#: Shapes of the defocused image of a point.
PSFS = ("disc", "gaussian")

# Blur radii between which a layer of varying depth is interpolated, in pixels.
_RADII = np.array(
    [0, 0.5, 1, 1.5, 2, 2.5, 3.25, 4, 5, 6.5, 8, 10, 13, 16, 20, 26, 32, 42, 54, 70, 90, 120],
    np.float32,
)
_LARGEST_KERNEL = 5.0


@dataclass(frozen=True)
class Layer:
    """A sheet of the scene whose points each have a depth.

    Parameters
    ----------
    light : float32, (Y, X, S)
        What it sends (``"over"``, ``"add"``), the share of light that it takes (``"absorb"``), or
        the share that it gathers (``"refract"``) per pixel of blur radius behind focus.
    depth : float32, (Y, X)
        The plane in which each point is sharp; small is near the lens.
    matte : float32, (Y, X)
        Coverage, 0 to 1; only ``"over"`` hides what is behind.
    mode : {"over", "add", "absorb", "refract"}
        How it joins what is behind it: opaque, luminous, absorbing, or transparent and refracting.
    """

    light: Float
    depth: Float
    matte: Float
    mode: Mode = "over"


@lru_cache(maxsize=256)
def _disc(radius: float) -> Float:
    """Return a disc kernel whose variance along each axis is a quarter of the squared radius."""
    inner = np.sqrt(radius * radius - 1 / 3)  # pixels integrate: take off their variance, 1/12
    reach, fine = int(np.ceil(inner)), 9
    grid = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    inside = (grid[:, None] ** 2 + grid[None, :] ** 2 <= inner * inner).astype(np.float32)
    kernel = inside.reshape(2 * reach + 1, fine, 2 * reach + 1, fine).mean((1, 3))
    return np.asarray(kernel / kernel.sum(), np.float32)


def defocus(pixels: Float, radius: float, psf: str = "disc") -> Float:
    """Blur an image as a lens does that is out of focus.

    Parameters
    ----------
    pixels : float32, (Y, X) or (Y, X, C)
        The sharp image.
    radius : float
        Radius of the disc in pixels; the Gaussian has the same variance (sigma = radius / 2).
    psf : {"disc", "gaussian"}
        Shape of the blur.

    Returns
    -------
    float32
        The same shape; the border is mirrored.

    Notes
    -----
    A wide blur leaves nothing that a smaller image could not hold, so it is made in one of
    half the size, again and again; this keeps kernels within 11 pixels.
    """
    rows, columns = pixels.shape[:2]
    mirror = cv2.BORDER_REFLECT
    blurred: Any
    if radius > _LARGEST_KERNEL and min(rows, columns) >= 16:
        even = cv2.copyMakeBorder(pixels, 0, rows % 2, 0, columns % 2, mirror)
        smaller = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        rest = np.sqrt(radius * radius - 4) / 2  # halving and doubling blur a little by themselves
        blurred = cv2.resize(defocus(smaller, rest, psf), even.shape[1::-1])[:rows, :columns]
    elif radius <= 1:
        side = radius * radius / 8
        taps = np.array([side, 1 - 2 * side, side], np.float32)
        blurred = cv2.sepFilter2D(pixels, -1, taps, taps, borderType=mirror)
    elif psf == "gaussian":
        blurred = cv2.GaussianBlur(pixels, (0, 0), radius / 2, borderType=mirror)
    else:
        blurred = cv2.filter2D(pixels, -1, _disc(round(radius, 3)), borderType=mirror)
    return np.asarray(blurred).reshape(pixels.shape)


def _spread(layer: Layer, plane: float, slope: float, psf: str) -> tuple[Float, Float]:
    """Return light (Y, X, S) and matte (Y, X, 1) of a layer as seen with `plane` in focus."""
    radius = np.abs(layer.depth - plane) * slope
    light = layer.light
    if layer.mode == "refract":  # what is bright behind focus is dark before it
        light = np.asarray(light * (slope * (plane - layer.depth))[..., None], np.float32)
    sent = np.concatenate([light, np.ones_like(layer.matte[..., None])], 2)
    sent *= layer.matte[..., None]
    place = np.interp(radius, _RADII, np.arange(len(_RADII))).astype(np.float32)
    seen = place[layer.matte > 0]
    total = np.zeros_like(sent)
    if seen.size:
        for step in range(int(seen.min()), min(int(seen.max()) + 2, len(_RADII))):
            share = np.maximum(1 - np.abs(place - step), 0)
            part = sent * share[..., None]
            total += part if step == 0 else defocus(part, float(_RADII[step]), psf)
    return total[..., :-1], total[..., -1:]


def _join(behind: Float, layer: Layer, light: Float, matte: Float) -> Float:
    if layer.mode == "add":
        return behind + light
    if layer.mode == "absorb":
        return behind * np.clip(1 - light, 0, 1)
    if layer.mode == "refract":
        return behind * np.maximum(1 + light, 0)
    spill = np.maximum(matte, 1)  # where neighbouring depths overlap, more than all is covered
    return np.asarray(behind * (1 - matte / spill) + light / spill, np.float32)


def photograph(
    ground: Float, layers: Sequence[Layer], plane: float, *, slope: float, psf: str = "disc"
) -> Float:
    """Image a scene with one plane in focus.

    Parameters
    ----------
    ground : float32, (Y, X, S)
        Light without depth behind everything: background or lamp.
    layers : sequence of Layer
        From back to front. Each is blurred together with its matte, so the blurred edge of a
        near layer lets through what is behind it.
    plane : float
        The depth in focus.
    slope : float
        Pixels of blur radius per plane of distance.
    psf : {"disc", "gaussian"}
        Shape of the blur.

    Returns
    -------
    float32, (Y, X, S)
        The image without noise.
    """
    image = ground
    for layer in layers:
        light, matte = _spread(layer, plane, slope, psf)
        if layer.mode == "over" and layer.matte.min() >= 1:  # a closed surface has no gaps
            light, matte = np.asarray(light / np.maximum(matte, 1e-6)), np.ones_like(matte)
        image = _join(image, layer, light, matte)
    return image


def all_in_focus(ground: Float, layers: Sequence[Layer]) -> Float:
    """Image a scene with every layer sharp: (Y, X, S), the truth."""
    image = ground
    for layer in layers:
        if layer.mode == "refract":
            continue
        matte = layer.matte[..., None]
        image = _join(image, layer, layer.light * matte, matte)
    return image
