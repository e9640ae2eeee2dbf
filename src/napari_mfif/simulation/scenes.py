"""The kinds of scenes: what lies before the lens, and at which depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.simulation.lens import Layer
from napari_mfif.simulation.phase import phase_layers
from napari_mfif.simulation.shapes import add_beads, bodies, heights, plates, strands
from napari_mfif.simulation.textures import Rng, Shape, fractal, paint

__all__ = ["DOUBTFUL", "KINDS", "SCENES", "Scene", "Stage", "true_depth"]

Float = NDArray[np.float32]

#: Every kind of simulated z-stack, in one sentence.
KINDS: dict[str, str] = {
    "relief": "A smooth surface with hills and a strong texture.",
    "steps": "Terraces with sharp jumps of depth, each with ground that goes on beneath the next.",
    "occlusion": "Hairs and bristles that cross in front of a surface.",
    "fluorescence": "Beads, filaments and soft bodies that shine through each other in the dark.",
    "weak": "A surface with hardly any texture, in places none.",
    "halo": "Bright bodies far in front of a dim, textured ground.",
    "tissue": "A transparent, stained section: layers that absorb light, one above the other.",
    "colour": "A surface, terraces, hairs or a stained section in colour (RGB).",
}

#: Kinds of which no focus measure tells the truth; for tests of how sure methods are.
DOUBTFUL: dict[str, str] = {
    "phase": "Transparent cells whose contrast inverts through focus, in bright field.",
}


@dataclass(frozen=True)
class Scene:
    """What is before the lens: a ground without depth and layers from back to front."""

    ground: Float
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Stage:
    """The place for a scene: chance, rows and columns, planes, colour samples."""

    rng: Rng
    shape: Shape
    planes: int
    samples: int = 1

    def between(self, near: float, far: float) -> tuple[float, float]:
        """Return two depths given as shares of the stack."""
        return near * (self.planes - 1), far * (self.planes - 1)

    def surface(self, near: float, far: float) -> Float:
        """Return a smooth depth map that fills most of this share of the stack."""
        span = (far - near) * self.rng.uniform(0.6, 1)
        start = near + self.rng.uniform(0, far - near - span)
        low, high = self.between(start, start + span)
        return low + (high - low) * heights(self.rng, self.shape)

    def paint(self, contrast: float | None = None, *, change: float = 0.25) -> Float:
        """Return the light of a textured surface."""
        strong = self.rng.uniform(1.1, 2.2) if contrast is None else contrast
        return paint(self.rng, self.shape, samples=self.samples, contrast=strong, change=change)

    def constant(self, light: float) -> Float:
        """Return the same light everywhere."""
        return np.full((*self.shape, self.samples), light, np.float32)

    def colour(self) -> NDArray[np.float64]:
        """Return a random colour of mean near 1, or just 1 for grey."""
        return self.rng.uniform(0.6, 1.3, self.samples) if self.samples > 1 else np.ones(1)

    def whole(self) -> Float:
        """Return the matte of a closed surface."""
        return np.ones(self.shape, np.float32)


def relief(stage: Stage) -> Scene:
    """Build a smooth surface."""
    layer = Layer(stage.paint(), stage.surface(0.06, 0.94), stage.whole())
    return Scene(stage.constant(0), (layer,))


def steps(stage: Stage) -> Scene:
    """Build terraces."""
    levels = int(stage.rng.integers(3, 7))
    near, far = stage.between(0.08, 0.92)
    depths = np.sort(stage.rng.uniform(0, 1, levels))[::-1]
    depths = near + (far - near) * (depths - depths.min()) / max(np.ptp(depths), 1e-6)
    tilt = stage.rng.uniform(0, 0.04) * (stage.planes - 1)
    layers = []
    for depth, matte in zip(depths, plates(stage.rng, stage.shape, levels), strict=True):
        slope = tilt * (heights(stage.rng, stage.shape) - 0.5)
        light = stage.paint() * stage.rng.uniform(0.5, 1)
        layers.append(Layer(np.asarray(light, np.float32), depth + slope, matte))
    return Scene(stage.constant(0), tuple(layers))


def occlusion(stage: Stage) -> Scene:
    """Build hairs in front of a surface."""
    rng = stage.rng
    behind = stage.paint() * rng.uniform(0.4, 1)
    layers = [Layer(behind.astype(np.float32), stage.surface(0.55, 0.95), stage.whole())]
    bands = int(rng.integers(3, 6))
    edges = np.linspace(0.55, 0.05, bands + 1)
    thick = rng.uniform(1.5, 6)
    for far, near in pairwise(edges):
        count = int(rng.integers(1, 6))
        span = stage.between(near, far)
        matte, depth, light = strands(
            rng, stage.shape, count, width=(0.5 * thick, 1.6 * thick), depth=span
        )
        grain = 0.75 + 0.5 * (fractal(rng, stage.shape, power=0.8, coarsest=0.1) - 0.5)
        shine = (light * grain)[..., None] * stage.colour() * rng.uniform(0.3, 1)
        layers.append(Layer(np.clip(shine, 0.01, 1).astype(np.float32), depth, matte))
    return Scene(stage.constant(0), tuple(layers))


def fluorescence(stage: Stage) -> Scene:
    """Build luminous beads, filaments and bodies in the dark."""
    rng, shape = stage.rng, stage.shape
    area = shape[0] * shape[1] / 256**2
    count, cuts = int(rng.integers(4, 7)), stage.between(0.06, 0.94)
    edges = np.linspace(*cuts, count + 1)
    beads, threads, soft = rng.uniform(10, 40), rng.uniform(0, 5), rng.uniform(0, 2.5)
    layers = []
    for near, far in pairwise(edges):
        span = (float(near), float(far))
        width = (1.0, rng.uniform(1.2, 3))
        matte, depth, light = strands(rng, shape, rng.poisson(threads), width=width, depth=span)
        light = cv2.GaussianBlur(light * matte * rng.uniform(0.3, 0.9), (0, 0), 0.7)
        add_beads(rng, light, depth, rng.poisson(beads * area), span)
        layers.append(Layer(light[..., None], depth, stage.whole(), "add"))
        matte, depth, light = bodies(
            rng, shape, rng.poisson(soft * area), radius=(8, 28), depth=span
        )
        inner = 0.15 + 0.85 * fractal(rng, shape, power=1.0, coarsest=0.1) ** 2
        glow = cv2.GaussianBlur(matte * light * inner, (0, 0), 0.8) * rng.uniform(0.15, 0.5)
        layers.append(Layer(glow[..., None], depth, stage.whole(), "add"))
    dark = rng.uniform(0.01, 0.05) * (0.7 + 0.6 * fractal(rng, shape, power=3.0))
    return Scene(dark[..., None].astype(np.float32), tuple(layers))


def weak(stage: Stage) -> Scene:
    """Build a surface of weak texture."""
    light = stage.paint(stage.rng.uniform(0.15, 0.4), change=stage.rng.uniform(0.02, 0.12))
    layer = Layer(light, stage.surface(0.06, 0.94), stage.whole())
    return Scene(stage.constant(0), (layer,))


def halo(stage: Stage) -> Scene:
    """Build bright bodies in front of a dim ground."""
    rng = stage.rng
    dim = (stage.paint() * rng.uniform(0.15, 0.4)).astype(np.float32)
    layers = [Layer(dim, stage.surface(0.6, 0.95), stage.whole())]
    area = stage.shape[0] * stage.shape[1] / 256**2
    for near, far in ((0.25, 0.4), (0.08, 0.25)):
        count = max(1, rng.poisson(rng.uniform(1, 5) * area))
        matte, depth, light = bodies(
            rng, stage.shape, count, radius=(6, 30), depth=stage.between(near, far)
        )
        grain = 1 - rng.uniform(0.02, 0.35) * fractal(rng, stage.shape, power=1.0, coarsest=0.1)
        bright = (light * grain)[..., None] * stage.colour()
        layers.append(Layer(np.clip(bright, 0, 1.2).astype(np.float32), depth, matte))
    return Scene(stage.constant(0), tuple(layers))


def tissue(stage: Stage) -> Scene:
    """Build a stained section in transmitted light."""
    rng = stage.rng
    stains = np.array([[0.65, 1.4, 0.55], [1.3, 1.1, 0.4], [0.5, 0.7, 1.4]])
    stain = rng.permutation(stains) if stage.samples == 3 else np.ones((3, 1))
    strong = rng.uniform(0.8, 2.5)
    fill = stage.paint().mean(2, keepdims=True)
    sheet = np.asarray(1 - np.exp(-strong * fill * stain[0]), np.float32)
    layers = [Layer(sheet, stage.surface(0.25, 0.75), stage.whole(), "absorb")]
    area = stage.shape[0] * stage.shape[1] / 256**2
    size = rng.uniform(4, 12)
    for number, (near, far) in enumerate(((0.7, 0.94), (0.4, 0.6), (0.06, 0.3))):
        count = rng.poisson(rng.uniform(4, 22) * area)
        matte, depth, light = bodies(
            rng, stage.shape, count, radius=(0.6 * size, 1.5 * size), depth=stage.between(near, far)
        )
        inner = 0.3 + 0.7 * fractal(rng, stage.shape, power=0.8, coarsest=0.1)
        density = rng.uniform(0.6, 2.0) * (matte * light * inner)[..., None]
        stop = np.asarray(1 - np.exp(-density * stain[1 + number % 2]), np.float32)
        layers.append(Layer(stop, depth, stage.whole(), "absorb"))
    lamp = 0.95 - 0.1 * fractal(rng, stage.shape, power=3.0)[..., None]
    return Scene(np.repeat(lamp, stage.samples, 2), tuple(layers))


def colour(stage: Stage) -> Scene:
    """Build one of the other scenes in colour."""
    scenes = (relief, steps, occlusion, halo, tissue)
    return scenes[stage.rng.integers(len(scenes))](stage)


def phase(stage: Stage) -> Scene:
    """Build transparent cells before a lamp."""
    lamp = 0.9 - 0.1 * fractal(stage.rng, stage.shape, power=3.0)[..., None]
    return Scene(np.repeat(lamp, stage.samples, 2), phase_layers(stage))


#: The function that builds each kind.
SCENES: dict[str, Callable[[Stage], Scene]] = {
    "relief": relief,
    "steps": steps,
    "occlusion": occlusion,
    "fluorescence": fluorescence,
    "weak": weak,
    "halo": halo,
    "tissue": tissue,
    "colour": colour,
    "phase": phase,
}


def local_contrast(light: Float) -> Float:
    """Return the local standard deviation of detail finer than about 6 pixels, (Y, X)."""
    grey = light.mean(2) if light.ndim == 3 else light
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 3)
    return np.asarray(np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 2.5)), np.float32)


def true_depth(layers: tuple[Layer, ...]) -> tuple[Float, NDArray[np.bool_]]:
    """Return the depth of what is seen at each pixel, and where it is a single one.

    An opaque layer has the depth where it covers at least half. Of layers that shine through
    each other the brightest, or in absorbing ones that with the strongest detail, has it;
    it counts as single where the next is at most half as strong.
    """
    depth = layers[0].depth.copy()
    strongest = np.zeros_like(depth)
    second = np.zeros_like(depth)
    for layer in layers:
        if layer.mode == "refract":  # seen beside its focus only
            detail = local_contrast(layer.light)
            first = detail > 0
            strongest[first] = np.inf
        elif layer.mode == "over":
            detail = (layer.matte >= 0.5).astype(np.float32)
            first = detail > 0
            second[first] = 0
        else:
            share = layer.light.mean(2) * layer.matte
            detail = share if layer.mode == "add" else local_contrast(share) * (share > 0.03)
            first = detail > strongest
            second = np.where(first, strongest, np.maximum(second, detail))
        depth[first] = layer.depth[first]
        strongest[first] = detail[first]
    return depth, (strongest > 0.02) & (second <= 0.5 * strongest)
