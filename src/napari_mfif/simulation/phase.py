"""Transparent cells in bright field: seen by what they refract, and not at all in focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.simulation.lens import Layer
from napari_mfif.simulation.shapes import bodies
from napari_mfif.simulation.textures import fractal

if TYPE_CHECKING:
    from napari_mfif.simulation.scenes import Stage

__all__ = ["phase_layers"]

Float = NDArray[np.float32]


def phase_layers(stage: Stage) -> tuple[Layer, ...]:
    """Return cells that refract, and the little light that they absorb, in one sheet of liquid.

    The bend of a wave front, minus the Laplacian of the optical path, focuses the light behind it
    and spreads the light before it: the contrast grows with the distance from focus, with its sign.
    """
    rng, shape = stage.rng, stage.shape
    area = shape[0] * shape[1] / 256**2
    size = rng.uniform(6, 18)
    sheet = stage.surface(0.3, 0.7)
    path = np.zeros(shape, np.float32)
    for _ in range(2):
        matte, _, light = bodies(
            rng, shape, rng.poisson(rng.uniform(15, 40) * area * 100 / size**2),
            radius=(0.7 * size, 1.4 * size), depth=(0, 1),
        )  # fmt: skip
        path += cv2.GaussianBlur(matte, (0, 0), 0.12 * size) * (1 + light)
    grain = fractal(rng, shape, power=rng.uniform(1.5, 2.5), coarsest=0.1)
    path += path * rng.uniform(0.05, 0.4) * grain + 0.02 * grain
    bend = -cv2.Laplacian(cv2.GaussianBlur(path, (0, 0), 0.8), cv2.CV_32F)
    bend *= np.float32(rng.uniform(0.03, 0.12) / max(float(bend.std()), 1e-6))
    stain = np.asarray(rng.choice([0.0, 0.02, 0.06]) * path, np.float32)
    return (
        Layer(_samples(bend, stage), sheet, stage.whole(), "refract"),
        Layer(_samples(stain, stage), sheet, stage.whole(), "absorb"),
    )


def _samples(light: Float, stage: Stage) -> Float:
    return np.repeat(light[..., None], stage.samples, 2)
