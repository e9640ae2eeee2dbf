"""Procedural textures: what surfaces and cells look like, between 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["TEXTURES", "blobs", "cells", "fibres", "fractal", "grains", "paint", "relief_light"]

Float = NDArray[np.float32]
Shape = tuple[int, int]
Rng = np.random.Generator


def unit(values: NDArray[Any], tail: float = 0.5) -> Float:
    """Stretch to 0..1 between two percentiles and clip the tails."""
    low, high = np.percentile(values[::2, ::2], (tail, 100 - tail))
    return np.asarray(np.clip((values - low) / max(high - low, 1e-9), 0, 1), np.float32)


def fractal(rng: Rng, shape: Shape, *, power: float = 1.0, coarsest: float = 0.5) -> Float:
    """Make noise whose amplitude falls as frequency to the minus `power`.

    `coarsest` is the longest wave as a share of the image's side.
    """
    white = np.fft.rfft2(rng.standard_normal(shape))
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]
    frequency = np.hypot(fy, fx)
    lowest = 1 / (coarsest * min(shape))
    return unit(np.fft.irfft2(white / np.hypot(frequency, lowest) ** power, shape))


def grains(rng: Rng, shape: Shape) -> Float:
    """Make a powder: dots of one size with brightness of their own."""
    size = rng.uniform(0.8, 2.2)
    noise = rng.standard_normal(shape).astype(np.float32)
    band = cv2.GaussianBlur(noise, (0, 0), size) - cv2.GaussianBlur(noise, (0, 0), 1.6 * size)
    return unit(np.maximum(band, -0.3 * band.std()), 0.2)


def blobs(rng: Rng, shape: Shape) -> Float:
    """Make spots of many sizes, bright and dark."""
    canvas = np.zeros(shape, np.float32)
    for size in np.geomspace(1.0, rng.uniform(4, 9), 4):
        dots = np.zeros(shape, np.float32)
        count = int(shape[0] * shape[1] / (size * size) * rng.uniform(0.002, 0.012)) + 1
        dots[rng.integers(0, shape[0], count), rng.integers(0, shape[1], count)] = rng.normal(
            0.3, 1, count
        )
        canvas += cv2.GaussianBlur(dots, (0, 0), float(size)) * size * size
    return unit(canvas, 0.2)


def fibres(rng: Rng, shape: Shape) -> Float:
    """Make a felt of fine curved fibres that follow a slowly turning direction."""
    canvas = np.full(shape, 0.25, np.float32)
    turning = fractal(rng, shape, power=2.5) * rng.uniform(1, 6) + rng.uniform(0, np.pi)
    count, length = int(shape[0] * shape[1] / rng.uniform(60, 200)), int(rng.uniform(12, 40))
    points = rng.uniform(0, 1, (count, 2)) * shape
    paths = [points]
    limit = np.array(shape) - 1
    for _ in range(length // 3):
        at = np.clip(points, 0, limit).astype(int)
        angle = turning[at[:, 0], at[:, 1]]
        points = points + 3 * np.stack([np.sin(angle), np.cos(angle)], 1)
        paths.append(points)
    lines = np.round(np.stack(paths, 1)[..., ::-1] * 16).astype(np.int32)
    for line, light in zip(lines, rng.uniform(0.1, 1, count), strict=True):
        cv2.polylines(canvas, [line], False, float(light), 1, cv2.LINE_AA, 4)
    return unit(cv2.GaussianBlur(canvas, (0, 0), 0.7), 0.2)


def cells(rng: Rng, shape: Shape) -> Float:
    """Make a tissue of cells: borders, cytoplasm of different tone, nuclei."""
    spacing = rng.uniform(11, 30)
    rows, columns = (int(np.ceil(n / spacing)) + 1 for n in shape)
    centres = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), -1)
    jitter = rng.uniform(-0.38, 0.38, centres.shape)
    places = ((centres + jitter) * spacing).reshape(-1, 2)
    places = places[((places >= 0) & (places < np.array(shape) - 0.5)).all(1)].round().astype(int)
    seeds = np.ones(shape, np.uint8)
    seeds[places[:, 0], places[:, 1]] = 0
    distance, label = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5)
    tone = rng.uniform(0.45, 0.75, label.max() + 1).astype(np.float32)[label]
    edge = cv2.morphologyEx(label.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    border = cv2.GaussianBlur((edge > 0).astype(np.float32), (0, 0), rng.uniform(0.6, 1.2))
    radius = rng.uniform(0.14, 0.3) * spacing
    nucleus = 1 / (1 + np.exp((distance - radius) / 0.6))
    speckle = 0.25 * fractal(rng, shape, power=0.8, coarsest=0.1)
    sign = rng.choice([-1, 1])
    return unit(tone + speckle - 0.35 * nucleus + sign * 0.5 * border, 0.1)


def relief_light(rng: Rng, shape: Shape) -> Float:
    """Make the light and shade of a rough surface lit from one side, as stone or metal."""
    height = fractal(rng, shape, power=rng.uniform(1.6, 2.1), coarsest=0.3)
    angle = rng.uniform(0, 2 * np.pi)
    dx, dy = cv2.Sobel(height, -1, 1, 0), cv2.Sobel(height, -1, 0, 1)
    return unit(dx * np.cos(angle) + dy * np.sin(angle), 0.3)


#: Textures by name; a surface is a mixture of two of them over a slow change of tone.
TEXTURES: dict[str, Callable[[Rng, Shape], Float]] = {
    "fractal": lambda rng, shape: fractal(rng, shape, power=rng.uniform(0.6, 1.3), coarsest=0.15),
    "grains": grains,
    "blobs": blobs,
    "fibres": fibres,
    "cells": cells,
    "rough": relief_light,
}


def paint(
    rng: Rng, shape: Shape, *, samples: int = 1, contrast: float = 1.0, change: float = 0.25
) -> Float:
    """Paint a surface: two textures, a slow change of tone, calm and busy places.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    shape : (int, int)
        Rows and columns.
    samples : int
        1 for grey, 3 for colour.
    contrast : float
        Depth of the texture; 1 is strong.
    change : float
        Slow change of tone across the surface.

    Returns
    -------
    float32, (Y, X, samples)
        Light between 0.01 and 1.5, mostly below 1.
    """
    names = rng.choice(list(TEXTURES), 2, replace=False)
    share = rng.uniform(0.35, 0.8)
    first, second = (TEXTURES[name](rng, shape) - 0.5 for name in names)
    calm = fractal(rng, shape, power=2.2)
    busy = np.clip(0.35 + 1.3 * calm, 0, 1)  # some places have little to hold on to
    texture = (share * first + (1 - share) * second) * busy
    tone = rng.uniform(0.3, 0.6) * (1 + 2 * change * (fractal(rng, shape, power=2.0) - 0.5))
    light = np.clip(tone * np.exp(2 * contrast * texture), 0.01, 1.5)
    return np.asarray(light[..., None] * _tint(rng, shape, samples), np.float32)


def _tint(rng: Rng, shape: Shape, samples: int) -> NDArray[Any]:
    """Return a slow mixture of three colours, (Y, X, samples), of mean near 1."""
    if samples == 1:
        return np.ones((1, 1, 1), np.float32)
    palette = rng.uniform(0.35, 1.3, (3, samples))
    fields = np.stack([fractal(rng, shape, power=1.6) for _ in range(3)], -1) ** 2 + 0.05
    return np.asarray(fields / fields.sum(-1, keepdims=True) @ palette)
