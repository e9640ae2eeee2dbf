"""Scenes beside the simulator's own, to learn refinement from: what real stacks have and it lacks.

Photographs as surfaces, clutter of any brightness before any ground, ground that lies beyond the
stack, thin separate layers, and points smaller than a pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.simulation.lens import Layer
from napari_mfif.simulation.scenes import SCENES, Scene, Stage
from napari_mfif.simulation.shapes import bodies, plates, strands
from napari_mfif.simulation.textures import fractal

__all__ = ["KINDS", "PhotoStage", "beyond", "clutter", "out_of_reach", "points", "thin_layers"]

Float = NDArray[np.float32]


@dataclass(frozen=True)
class PhotoStage(Stage):
    """A stage where some surfaces show a photograph.

    Parameters
    ----------
    photographs : sequence of float32, (Y, X)
        Grey, 0 to 255.
    share : float
        Of the grey surfaces that show one.
    """

    photographs: Sequence[Float] = field(default=())
    share: float = 0.0

    def paint(self, contrast: float | None = None, *, change: float = 0.25) -> Float:
        """Return the light of a textured surface, drawn or photographed."""
        if self.samples > 1 or self.rng.random() >= self.share:
            return super().paint(contrast, change=change)
        picture = self.photographs[int(self.rng.integers(len(self.photographs)))]
        light = (self._cut(picture) / 255) ** self.rng.uniform(0.7, 1.6)
        if contrast is not None:
            mean = max(float(light.mean()), 1e-3)
            light = mean * (light / mean) ** min(contrast, 1.0)
        return np.asarray(np.clip(light, 0.01, 1.2)[..., None], np.float32)

    def _cut(self, picture: Float) -> Float:
        """Return a part of a photograph, enlarged or reduced, as large as the stage."""
        rows, columns = self.shape
        least = 1.01 * max(rows / picture.shape[0], columns / picture.shape[1])
        scale = max(float(np.exp(self.rng.uniform(np.log(0.5), np.log(1.3)))), least)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how)
        top = int(self.rng.integers(large.shape[0] - rows + 1))
        left = int(self.rng.integers(large.shape[1] - columns + 1))
        return np.asarray(large[top : top + rows, left : left + columns], np.float32)


def clutter(stage: Stage) -> Scene:
    """Build a ground of any brightness, crossed by hairs and bodies of any brightness."""
    rng = stage.rng
    light = stage.paint(rng.uniform(0.3, 2.0)) * np.exp(rng.uniform(np.log(0.08), 0))
    far = rng.uniform(0.6, 0.95)
    depth = stage.surface(far - 0.3, far)
    if rng.random() < 0.5:
        waves = fractal(rng, stage.shape, power=2.5) - 0.5
        depth = far * (stage.planes - 1) + 0.1 * stage.planes * waves
    depth = np.minimum(depth, stage.planes - 1)
    ground = Layer(light.astype(np.float32), depth.astype(np.float32), stage.whole())
    edges = np.sort(rng.uniform(rng.uniform(0.05, 0.3), far - 0.1, int(rng.integers(3, 7))))[::-1]
    darkest = 0.5 if rng.random() < 0.6 else 0.05
    things = [_thing(stage, near, away, darkest) for away, near in pairwise(edges)]
    return Scene(stage.constant(0), (ground, *things))


def _thing(stage: Stage, near: float, far: float, darkest: float) -> Layer:
    rng, span = stage.rng, stage.between(near, far)
    if rng.random() < 0.55:
        width = rng.uniform(1.0, 5.0)
        matte, depth, light = strands(
            rng, stage.shape, int(rng.integers(1, 6)), width=(width, 1.6 * width), depth=span
        )
    else:
        radius, area = rng.uniform(5, 30), stage.shape[0] * stage.shape[1] / 256**2
        matte, depth, light = bodies(
            rng, stage.shape, max(1, rng.poisson(rng.uniform(1, 4) * area)),
            radius=(0.6 * radius, 1.4 * radius), depth=span,
        )  # fmt: skip
    if rng.random() < 0.5:
        light = np.full_like(light, 0.75)
    texture = np.clip(stage.paint(rng.uniform(0.2, 1.5)), 0.02, 1.5)
    shine = light[..., None] * (texture / texture.mean()) * rng.uniform(darkest, 1.0)
    shine = np.clip(shine, 0.005, 1.2).astype(np.float32)
    return Layer(shine, depth.astype(np.float32), matte)


def beyond(stage: Stage) -> Scene:
    """Build things before a ground that is sharp nowhere: it lies beyond the stack."""
    rng, planes = stage.rng, stage.planes
    contrast = rng.uniform(0.02, 0.3) if rng.random() < 0.4 else rng.uniform(0.5, 2.0)
    light = stage.paint(contrast) * np.exp(rng.uniform(np.log(0.05), 0))
    away = planes + 1 + rng.uniform(0, 4.0) + rng.uniform(0, 0.8) * planes
    waves = 0.1 * planes * (fractal(rng, stage.shape, power=2.5) - 0.3)
    depth = np.maximum(away + waves, planes).astype(np.float32)
    layers = [Layer(light.astype(np.float32), depth, stage.whole())]
    if rng.random() < 0.7:
        matte = plates(rng, stage.shape, 2)[1]
        shine = (stage.paint() * rng.uniform(0.3, 1)).astype(np.float32)
        layers.append(Layer(shine, stage.surface(0.2, 0.95), matte))
    for near, far in ((0.5, 0.9), (0.1, 0.5)):
        if rng.random() < 0.7:
            layers.append(_thing(stage, near, far, 0.1))
    return Scene(stage.constant(0), tuple(layers))


def out_of_reach(stage: Stage) -> Scene:
    """Build things of which half lie before or behind all planes."""
    rng, last = stage.rng, stage.planes - 1
    places = []
    for _ in range(int(rng.integers(2, 6))):
        away = (1.5 + rng.uniform(0, 4) + rng.uniform(0, 0.8) * stage.planes) / last
        outside = -away if rng.random() < 0.5 else 1 + away
        places.append(outside if rng.random() < 0.5 else rng.uniform(0.05, 0.8))
    back = stage.paint(rng.uniform(0.3, 2.0)) * np.exp(rng.uniform(np.log(0.1), 0))
    depth = stage.surface(0.5, 0.95)
    if rng.random() < 0.5:
        depth = depth + stage.planes
    layers = [Layer(back.astype(np.float32), depth.astype(np.float32), stage.whole())]
    for place in sorted(places, reverse=True):
        layers.append(_thing(stage, place, place + 0.1, 0.1))
    return Scene(stage.constant(0), tuple(layers))


def thin_layers(stage: Stage) -> Scene:
    """Build two to eight thin layers that absorb light, each with its own things."""
    rng, area = stage.rng, stage.shape[0] * stage.shape[1] / 256**2
    layers = []
    for place in np.sort(rng.uniform(0.04, 0.96, int(rng.integers(2, 9)))):
        span = stage.between(max(place - 0.02, 0), min(place + 0.02, 1))
        if rng.random() < 0.4:
            width = (1.0, rng.uniform(1.5, 5))
            count = int(rng.integers(1, 9))
            matte, depth, light = strands(rng, stage.shape, count, width=width, depth=span)
        else:
            size, count = rng.uniform(3, 14), rng.poisson(rng.uniform(3, 25) * area)
            radius = (0.6 * size, 1.5 * size)
            matte, depth, light = bodies(rng, stage.shape, count, radius=radius, depth=span)
        grain = 0.3 + 0.7 * fractal(rng, stage.shape, power=rng.uniform(0.5, 1.5), coarsest=0.1)
        density = rng.uniform(0.3, 2.0) * (matte * light * grain)[..., None]
        stopped = np.asarray(1 - np.exp(-density), np.float32)
        layers.append(Layer(stopped, depth.astype(np.float32), stage.whole(), "absorb"))
    lamp = 0.95 - 0.1 * fractal(rng, stage.shape, power=3.0)[..., None]
    return Scene(lamp.astype(np.float32), tuple(layers))


def points(stage: Stage) -> Scene:
    """Build points smaller than a pixel, few and bright or many and dim, on a dark ground."""
    rng, (rows, columns) = stage.rng, stage.shape
    layers = []
    for place in np.sort(rng.uniform(0.04, 0.96, int(rng.integers(1, 6)))):
        light = np.zeros(stage.shape, np.float32)
        count = int(np.exp(rng.uniform(np.log(4), np.log(300))))
        at = rng.integers(rows, size=count), rng.integers(columns, size=count)
        light[at] = rng.uniform(0.1, 1, count) ** 2
        light = cv2.GaussianBlur(light, (0, 0), rng.uniform(0.3, 0.8))
        light *= rng.uniform(0.3, 1) / max(float(light.max()), 1e-6)
        depth = np.full(stage.shape, place * (stage.planes - 1), np.float32)
        layers.append(Layer(light[..., None], depth, stage.whole(), "add"))
    dark = np.exp(rng.uniform(np.log(0.005), np.log(0.3)))
    ground = dark * (0.7 + 0.6 * fractal(rng, stage.shape, power=3.0))
    return Scene(ground[..., None].astype(np.float32), tuple(layers))


def blank(stage: Stage) -> Scene:
    """Build nothing but a slow change of light: all there is in the planes is noise."""
    rng = stage.rng
    waves = fractal(rng, stage.shape, power=3.0) - 0.5
    light = rng.uniform(0.1, 1) * (1 + rng.uniform(0, 0.5) * waves)
    layer = Layer(light[..., None].astype(np.float32), stage.surface(0.1, 0.9), stage.whole())
    return Scene(stage.constant(0), (layer,))


#: The function that builds each kind of scene, and its share of the stacks.
KINDS: dict[str, tuple[Callable[[Stage], Scene], float]] = {
    **{
        name: (SCENES[name], share)
        for name, share in {
            "relief": 0.06, "steps": 0.13, "occlusion": 0.13, "fluorescence": 0.11,
            "weak": 0.09, "halo": 0.09, "tissue": 0.08, "colour": 0.07,
        }.items()
    },
    "clutter": (clutter, 0.1),
    "beyond": (beyond, 0.05),
    "thin layers": (thin_layers, 0.04),
    "points": (points, 0.03),
    "blank": (blank, 0.02),
}  # fmt: skip
