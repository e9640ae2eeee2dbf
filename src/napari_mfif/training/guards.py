"""Crops that guard against liking blurred planes: faint ones, glaring ones, and bright print."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_mfif.training.data import Picture, crop
from napari_mfif.training.masks import draw_mask
from napari_mfif.training.pairs import Pair, gaussian

__all__ = ["draw_faint", "draw_glaring", "draw_guards", "draw_print"]

Map = NDArray[np.float32]

#: Contrast, sigma of the far blur, and of the noise in grey levels and in pixels (as a camera's own
#: processing leaves it).
CONTRAST, FAR, NOISE, GRAIN = (0.08, 1.0), (3.0, 12.0), (0.3, 3.0), (0.4, 1.5)
#: By how much the light exceeds what the camera can tell.
GLARE = (1.2, 4.0)
#: Light of print, where the camera's white is 1.
PRINT = (0.6, 2.0)
#: Sigmas of print in the plane farther from focus, and how many times as narrow it is in the other
#: one; over how many pixels the one plane takes over from the other.
WIDE, NARROWER, TURN = (2.0, 24.0), (1.5, 30.0), 4.0


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


def draw_print(rng: np.random.Generator, pictures: Sequence[Picture], size: int) -> Pair:
    """Draw flat bright print on a crop, of which either plane shows a part nearer to focus.

    Within one crop: the first plane on one side of an outline, the second one on the other. In
    focus print is flat, and white where the camera can tell no more; out of focus it is grey and
    has slopes, far from its edges too.
    """
    square = crop(rng, pictures[int(rng.integers(len(pictures)))], size)
    paint = draw_mask(rng, (size, size))
    scene = square * (1 - paint) + np.float32(255 * between(rng, PRINT)) * paint
    sigma = between(rng, WIDE)
    near, far = gaussian(sigma / between(rng, NARROWER))(scene), gaussian(sigma)(scene)
    side = gaussian(TURN)(draw_mask(rng, (size, size)))
    side = 1 - side if rng.random() < 0.5 else side
    camera = _camera(rng)
    first, second = (
        camera(plane).clip(0, 255)
        for plane in (near * side + far * (1 - side), far * side + near * (1 - side))
    )
    counts = (abs(side - np.float32(0.5)) > 0.25).astype(np.float32)
    return Pair(first, second, (side > 0.5).astype(np.float32), scene.clip(0, 255), counts)


def _taken(rng: np.random.Generator, square: Map) -> tuple[Map, Map]:
    """Return a crop sharp and far out of focus, as a camera takes it."""
    camera = _camera(rng)
    blurred = gaussian(between(rng, FAR))(square)
    return camera(square), camera(blurred)


def _camera(rng: np.random.Generator) -> Callable[[Map], Map]:
    """Return a camera: it adds noise of a strength and grain of its own to light, and rounds."""
    strength, grain = between(rng, NOISE), gaussian(between(rng, GRAIN))

    def recorded(light: Map) -> Map:
        noise = grain(rng.standard_normal(light.shape).astype(np.float32))
        return np.asarray(np.round(light + noise * (strength / noise.std())), np.float32)

    return recorded


def between(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    """Draw a number evenly in its logarithm."""
    low, high = np.log(ends)
    return float(np.exp(rng.uniform(low, high)))
