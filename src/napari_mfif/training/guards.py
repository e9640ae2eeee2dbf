"""Crops that guard against liking blurred planes: faint ones, and ones brighter than the camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_mfif.training.data import Picture, crop
from napari_mfif.training.pairs import gaussian

__all__ = ["draw_faint", "draw_glaring", "draw_guards"]

Map = NDArray[np.float32]

#: Contrast, sigma of the far blur, and of the noise in grey levels and in pixels (as a camera's own
#: processing leaves it).
CONTRAST, FAR, NOISE, GRAIN = (0.08, 1.0), (3.0, 12.0), (0.3, 3.0), (0.4, 1.5)
#: By how much the light exceeds what the camera can tell.
GLARE = (1.2, 4.0)


def draw_faint(rng: np.random.Generator, pictures: Sequence[Picture], size: int) -> tuple[Map, Map]:
    """Draw a crop, sharp and far out of focus: of any contrast, rounded, its noise correlated."""
    square = crop(rng, pictures[int(rng.integers(len(pictures)))], size)
    middle = square.mean()
    square = (square - middle) * between(rng, CONTRAST) + middle
    return _taken(rng, square)


def draw_glaring(
    rng: np.random.Generator, pictures: Sequence[Picture], size: int
) -> tuple[Map, Map]:
    """Draw a crop, sharp and far out of focus, whose bright parts are white where it is sharp.

    In focus they are flat, without texture or noise; out of focus they are neither.
    """
    square = crop(rng, pictures[int(rng.integers(len(pictures)))], size)
    sharp, blurred = _taken(rng, square * between(rng, GLARE))
    return sharp.clip(0, 255), blurred.clip(0, 255)


def draw_guards(rng: np.random.Generator, pictures: Sequence[Picture], size: int) -> list[Map]:
    """Draw a faint and a glaring crop: each sharp first, then far out of focus."""
    return [plane for draw in (draw_faint, draw_glaring) for plane in draw(rng, pictures, size)]


def _taken(rng: np.random.Generator, square: Map) -> tuple[Map, Map]:
    """Return a crop sharp and far out of focus, as a camera takes it."""
    strength, grain = between(rng, NOISE), gaussian(between(rng, GRAIN))
    planes = []
    for plane in (square, gaussian(between(rng, FAR))(square)):
        noise = grain(rng.standard_normal(square.shape).astype(np.float32))
        planes.append(np.round(plane + noise * (strength / noise.std())).astype(np.float32))
    return planes[0], planes[1]


def between(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    """Draw a number evenly in its logarithm."""
    low, high = np.log(ends)
    return float(np.exp(rng.uniform(low, high)))
