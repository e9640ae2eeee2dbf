"""Drawn masks of objects, for pictures that come without: outlines, hairs, plants and holes.

A mask is float32, (Y, X): 1 on the object, 0 beside it, between on its edge of about one pixel.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.simulation.shapes import strands

__all__ = [
    "MASKS",
    "Outline",
    "blob",
    "draw_furry",
    "draw_mask",
    "furry",
    "hairs",
    "islands",
    "pierced",
    "polygon",
]

Mask = NDArray[np.float32]
Rng = np.random.Generator
Shape = tuple[int, int]
#: Draws an object.
Outline = Callable[[Rng, Shape], Mask]

#: Outlines are drawn so many times larger, then averaged: an edge of one pixel.
_FINE = 4
_SHIFT = 4  # bits behind the point in OpenCV's drawing


def draw_mask(rng: Rng, shape: Shape) -> Mask:
    """Draw an object of any kind that covers neither nothing nor everything."""
    mask = np.zeros(shape, np.float32)
    for _ in range(20):
        kind = rng.choice(len(MASKS), p=[share for _, share in MASKS])
        mask = MASKS[kind][0](rng, shape)
        if 0.03 < mask.mean() < 0.97:
            break
    return mask


def draw_furry(rng: Rng, shape: Shape) -> Mask:
    """Draw what `draw_mask` does, or in every other case an object with fur."""
    mask = furry(rng, shape) if rng.random() < 0.5 else draw_mask(rng, shape)
    return mask if 0.03 < mask.mean() < 0.97 else draw_mask(rng, shape)


def furry(rng: Rng, shape: Shape) -> Mask:
    """Draw a natural outline with fur: hairs finer than a pixel, which cover it in part.

    A matte, as the alpha matting set has them: between 0 and 1 over the whole width of the fur.
    """
    body = blob(rng, shape)
    grown = cv2.dilate((body > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8))
    roots = np.argwhere(grown - (body > 0.5))
    if not len(roots):
        return body
    slopes = np.stack(np.gradient(cv2.GaussianBlur(body, (0, 0), 3.0)), axis=-1)
    length, cover = min(shape) * rng.uniform(0.05, 0.2), rng.uniform(0.3, 1.0)
    fur = np.zeros(shape, np.float32)
    for row, column in roots[rng.integers(len(roots), size=int(rng.integers(80, 400)))]:
        outward = -slopes[row, column] / max(float(np.hypot(*slopes[row, column])), 1e-6)
        heading = np.arctan2(*outward) + rng.normal(0, 0.35) + np.cumsum(rng.normal(0, 0.12, 12))
        steps = np.stack([np.cos(heading), np.sin(heading)], axis=1)
        hair = np.array([column, row]) + np.cumsum(steps * length * rng.uniform(0.4, 1) / 12, 0)
        one = np.zeros(shape, np.uint8)
        points = np.round(hair * 2**_SHIFT).astype(np.int32)
        cv2.polylines(one, [points[:, None]], False, 255, 1, cv2.LINE_AA, _SHIFT)
        fur += (1 - fur) * one * np.float32(cover / 255)
    return np.asarray(np.maximum(body, fur), np.float32)


def blob(rng: Rng, shape: Shape) -> Mask:
    """Draw a natural outline: a circle whose radius swings, the less the finer."""
    orders = np.arange(1, 33)
    roughness = rng.uniform(1.0, 2.2)
    swing = rng.normal(0, 1, (2, orders.size)) * rng.uniform(0.1, 0.5) / orders**roughness
    angle = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    waves = orders[:, None] * angle
    radius = 1 + swing[0] @ np.cos(waves) + swing[1] @ np.sin(waves)
    size = min(shape) * np.exp(rng.uniform(np.log(0.12), np.log(1.0)))
    radius = size * np.maximum(radius, 0.05)
    stretch, turn = rng.uniform(0.5, 1), rng.uniform(0, np.pi)
    along, across = radius * np.cos(angle), stretch * radius * np.sin(angle)
    points = np.stack(
        [
            along * np.cos(turn) - across * np.sin(turn),
            along * np.sin(turn) + across * np.cos(turn),
        ],
        axis=1,
    )
    return _filled(shape, [points + _centre(rng, shape)])


def polygon(rng: Rng, shape: Shape) -> Mask:
    """Draw a few straight-edged plates, as things made by people have them."""
    plates = []
    for _ in range(int(rng.integers(1, 4))):
        corners = int(rng.integers(3, 8))
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        radius = min(shape) * rng.uniform(0.15, 0.8) * rng.uniform(0.5, 1, corners)
        points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        plates.append(points + _centre(rng, shape))
    return _filled(shape, plates)


def hairs(rng: Rng, shape: Shape) -> Mask:
    """Draw hairs, bristles, twigs: curves from one to a dozen pixels wide."""
    widest = np.exp(rng.uniform(np.log(2), np.log(14)))
    count = int(rng.integers(2, max(3, int(60 / widest))))
    matte, _, _ = strands(rng, shape, count, width=(1.0, widest), depth=(0.0, 1.0))
    return np.asarray(matte, np.float32)


def islands(rng: Rng, shape: Shape) -> Mask:
    """Draw what lies above a level of a hilly landscape: leaves, clouds, coasts."""
    rows, columns = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    radius = np.maximum(np.hypot(rows, columns), 1 / max(shape))
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) * radius ** -rng.uniform(1.8, 3.0)
    hills = cv2.GaussianBlur(np.fft.irfft2(spectrum, shape).astype(np.float32), (0, 0), 1.0)
    level = np.quantile(hills, rng.uniform(0.3, 0.8))
    down, across = np.gradient(hills)
    steep = np.maximum(np.hypot(down, across), 1e-6 * float(hills.std()))
    return np.asarray(np.clip((hills - level) / steep + 0.5, 0, 1), np.float32)


def pierced(rng: Rng, shape: Shape) -> Mask:
    """Draw an outline with holes through which one looks."""
    mask = blob(rng, shape)
    for _ in range(int(rng.integers(1, 9))):
        radius = min(shape) * np.exp(rng.uniform(np.log(0.02), np.log(0.12)))
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        points = radius * np.stack([np.cos(angle), rng.uniform(0.4, 1) * np.sin(angle)], axis=1)
        mask = mask * (1 - _filled(shape, [points + _centre(rng, shape)]))
    return mask


#: What is drawn, and how often.
MASKS: tuple[tuple[Callable[[Rng, Shape], Mask], float], ...] = (
    (blob, 0.35),
    (islands, 0.2),
    (polygon, 0.15),
    (hairs, 0.15),
    (pierced, 0.15),
)


def _centre(rng: Rng, shape: Shape) -> NDArray[np.float64]:
    """Return a point (x, y) on the canvas or a little beside it."""
    return np.asarray(rng.uniform(-0.1, 1.1, 2) * shape[::-1])


def _filled(shape: Shape, outlines: list[NDArray[np.float64]]) -> Mask:
    canvas = np.zeros((shape[0] * _FINE, shape[1] * _FINE), np.uint8)
    for points in outlines:
        corners = np.round(points * _FINE * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(canvas, [corners[:, None]], 255, cv2.LINE_8, _SHIFT)
    mask = cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(mask, np.float32) / np.float32(255)
