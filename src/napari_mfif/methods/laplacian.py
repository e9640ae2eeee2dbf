"""Laplacian pyramid: of every band the strongest coefficient is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from napari_mfif.kernels.chance import WINDOW as CHANCE_WINDOW
from napari_mfif.kernels.running_best import RunningBest
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.settings.parameters import Parameter, Settings

__all__ = ["Laplacian"]

LEVELS = Parameter(
    "levels",
    int,
    5,
    "Number of scales: fine detail, then twice as coarse, and so on.",
    title="Scales",
    minimum=1,
    maximum=8,
)
WINDOW = Parameter(
    "window",
    float,
    1.5,
    "Coefficients are compared by their energy within this distance; 0 compares them singly.",
    title="Sharpness scale",
    minimum=0,
    maximum=20,
    unit="px",
)


@dataclass
class _State:
    levels: int
    window: float
    running: RunningBest
    energy: list[FloatMap]  # per level: the largest energy so far
    details: list[FloatMap]  # per level (Y, X, K): the coefficients that had it
    base: FloatMap  # (Y, X, K): sum of the coarsest images
    n_seen: int = 0


class Laplacian(Method):
    """Choose-max fusion of Laplacian pyramids; the base is the mean of all planes."""

    name: ClassVar[str] = "laplacian"
    title: ClassVar[str] = "Laplacian pyramid"
    summary: ClassVar[str] = "Crisp where hairs cross; brings noise forward in dim stacks."
    reference: ClassVar[str] = "Burt, Kolczynski 1993, 10.1109/ICCV.1993.378222"
    parameters: ClassVar[tuple[Parameter, ...]] = (LEVELS, WINDOW)
    blends: ClassVar[bool] = True

    def begin(self, region: Region, settings: Settings, survey: Survey) -> _State:
        """Make empty pyramids."""
        levels = min(settings["levels"], max(1, min(survey.plane_shape).bit_length() - 2))
        shapes = [region.shape]
        for _ in range(levels):
            shapes.append(((shapes[-1][0] + 1) // 2, (shapes[-1][1] + 1) // 2))
        bands = survey.n_bands
        return _State(
            levels,
            settings["window"],
            RunningBest(region.shape),
            [np.full(shape, -1, np.float32) for shape in shapes[:-1]],
            [np.zeros((*shape, bands), np.float32) for shape in shapes[:-1]],
            np.zeros((*shapes[-1], bands), np.float32),
        )

    def update(self, state: _State, plane: Plane) -> None:
        """Keep the coefficients of this plane wherever they are the strongest so far."""
        energies = [
            _energy(detail, state.window) for detail in _pyramid(plane.guide, state.levels)[:-1]
        ]
        bands = [
            _pyramid(np.ascontiguousarray(plane.pixels[..., k], np.float32), state.levels)
            for k in range(plane.pixels.shape[2])
        ]
        for level, energy in enumerate(energies):
            stronger = energy > state.energy[level]
            np.copyto(state.energy[level], energy, where=stronger)
            for k, band in enumerate(bands):
                np.copyto(state.details[level][..., k], band[level], where=stronger)
        for k, band in enumerate(bands):
            state.base[..., k] += band[-1]
        state.running.update(_sharpness(energies))
        state.n_seen += 1

    def finish(self, state: _State) -> Answer:
        """Collapse the pyramid of the strongest coefficients."""
        fused = np.empty((*state.energy[0].shape, state.base.shape[2]), np.float32)
        for k in range(fused.shape[2]):
            image: FloatMap = np.ascontiguousarray(state.base[..., k]) / np.float32(
                state.n_seen or 1
            )
            for detail in reversed(state.details):
                image = _up(image, detail.shape[:2]) + detail[..., k]
            fused[..., k] = image
        running = state.running
        confidence = running.probability(CALIBRATION)
        answer = Answer(running.depth(), running.index, confidence, fused)
        # measured at the usual window; a wider one has more independent values
        deviation = NOISE * WINDOW.default / max(state.window, WINDOW.default)
        return answer.doubted(*running.told(deviation))

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the root of the energies of the two finest bands together."""
        pyramid = _pyramid(plane.guide, min(settings["levels"], 2))
        return _sharpness([_energy(detail, settings["window"]) for detail in pyramid[:-1]])

    def halo(self, settings: Settings) -> int:
        """Return the reach of the coarsest level's filter and of its window."""
        coarsest = 1 << (settings["levels"] - 1)
        return int(coarsest * (12 + math.ceil(4 * settings["window"])) + CHANCE_WINDOW // 2)

    def grid(self, settings: Settings) -> int:
        """Return the pixels of the finest level on which one of the coarsest lies."""
        return 1 << int(settings["levels"])

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel."""
        return 40 + 4 * n_bands


#: Standard deviation of the score of pure noise, as a share of its mean.
NOISE = 0.07
#: By distinctness, what makes the confidence of the result the share of pixels within one plane of
#: the truth: simulated stacks of all kinds, seeds 0 to 3, three noises (benchmarks/calibrate.py).
CALIBRATION = (
    (0.0, 0.17, 0.21, 0.27, 0.35, 0.41, 0.49, 0.58, 0.67, 0.80, 0.91),
    (0.1, 0.42, 0.67, 0.71, 0.73, 0.76, 0.84, 0.90, 0.93, 0.95, 0.98),
)


def _up(image: FloatMap, shape: tuple[int, ...]) -> FloatMap:
    raised: FloatMap = cv2.pyrUp(image, dstsize=(shape[1], shape[0]))
    return raised


def _pyramid(image: FloatMap, levels: int) -> list[FloatMap]:
    bands = []
    for _ in range(levels):
        smaller = cv2.pyrDown(image)
        bands.append(image - _up(smaller, image.shape))
        image = smaller
    return [*bands, image]


def _energy(detail: FloatMap, window: float) -> FloatMap:
    energy = detail * detail
    if window > 0:
        energy = cv2.GaussianBlur(energy, (0, 0), window, borderType=cv2.BORDER_REFLECT_101)
    return energy


def _sharpness(energies: list[FloatMap]) -> FloatMap:
    together = energies[0]
    if len(energies) > 1:
        together = together + _up(energies[1], together.shape)
    calm = cv2.GaussianBlur(together, (0, 0), 2.0, borderType=cv2.BORDER_REFLECT_101)
    sharpness: FloatMap = np.sqrt(calm)
    return sharpness
