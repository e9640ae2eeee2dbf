"""Guided-filter fusion: two scales, weights that follow the edges of each plane."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np

from napari_mfif.kernels.guided_filter import GuidedFilter
from napari_mfif.kernels.running_best import RunningBest
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.settings.parameters import Parameter, Settings

__all__ = ["Guided"]

BASE_RADIUS = Parameter(
    "base_radius",
    int,
    45,
    "How far the weights of the coarse part reach along edges.",
    minimum=1,
    maximum=100,
    unit="px",
    advanced=True,
)
BASE_EPSILON = Parameter(
    "base_epsilon",
    float,
    0.3,
    "How strong an edge must be to stop the weights of the coarse part (variance).",
    minimum=1e-8,
    maximum=10.0,
    advanced=True,
)
DETAIL_RADIUS = Parameter(
    "detail_radius",
    int,
    7,
    "How far the weights of the fine detail reach along edges.",
    minimum=1,
    maximum=50,
    unit="px",
)
DETAIL_EPSILON = Parameter(
    "detail_epsilon",
    float,
    1e-6,
    "How strong an edge must be to stop the weights of the fine detail (variance).",
    minimum=1e-10,
    maximum=10.0,
    advanced=True,
)


@dataclass
class _State:
    settings: Settings
    running: RunningBest
    sums: list[FloatMap]  # coarse part and fine detail, (Y, X, K)
    totals: list[FloatMap] = field(default_factory=list)  # their weights, (Y, X)
    fusing: bool = False


class Guided(Method):
    """Saliency picks the plane, guided filters turn the choice into smooth weights."""

    name: ClassVar[str] = "guided"
    title: ClassVar[str] = "Guided filter"
    summary: ClassVar[str] = "Smooth transitions that follow edges; good for pairs of photographs."
    reference: ClassVar[str] = "Li, Kang, Hu 2013, 10.1109/TIP.2013.2244222"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        DETAIL_RADIUS,
        DETAIL_EPSILON,
        BASE_RADIUS,
        BASE_EPSILON,
    )
    blends: ClassVar[bool] = True
    passes: ClassVar[int] = 2

    def begin(self, region: Region, settings: Settings, survey: Survey) -> _State:
        """Make empty sums."""
        shape = (*region.shape, survey.n_bands)
        sums = [np.zeros(shape, np.float32) for _ in range(2)]
        totals = [np.zeros(region.shape, np.float32) for _ in range(2)]
        return _State(settings, RunningBest(region.shape), sums, totals)

    def update(self, state: _State, plane: Plane) -> None:
        """First find the most salient plane of each pixel, then sum the planes by weight."""
        if not state.fusing:
            state.running.update(_saliency(plane.guide))
            return
        chosen = (state.running.index == plane.index).astype(np.float32)
        if not chosen.any():
            return
        coarse = _average(np.asarray(plane.pixels, np.float32))
        parts = (coarse, plane.pixels - coarse)
        for part, name, total, fused in zip(
            parts, ("base", "detail"), state.totals, state.sums, strict=True
        ):
            radius, epsilon = (state.settings[f"{name}_{what}"] for what in ("radius", "epsilon"))
            weight = np.clip(
                GuidedFilter(plane.guide, radius=radius, epsilon=epsilon)(chosen), 0, 1
            )
            total += weight
            fused += weight[..., None] * part

    def turn(self, state: _State) -> None:
        """Go from finding to fusing."""
        state.fusing = True

    def finish(self, state: _State) -> Answer:
        """Divide the sums by their weights."""
        fused: FloatMap | None = None
        if state.fusing:
            coarse, detail = (
                part / np.maximum(total, np.float32(1e-6))[..., None]
                for part, total in zip(state.sums, state.totals, strict=True)
            )
            fused = np.asarray(coarse + detail, np.float32)
        running = state.running
        confidence = running.probability(CALIBRATION)
        answer = Answer(running.depth(), running.index, confidence, fused)
        return answer.doubted(*running.told(NOISE))

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the saliency: the blurred absolute Laplacian (eq. 11, 12)."""
        return _saliency(plane.guide)

    def halo(self, settings: Settings) -> int:
        """Return the reach of a guided filter (two boxes) and of the saliency before it."""
        return int(2 * max(settings["base_radius"], settings["detail_radius"]) + 15 + 6)

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel."""
        return 76 + 4 * n_bands


#: Standard deviation of the saliency of pure noise, as a share of its mean.
NOISE = 0.078
#: By distinctness, what makes the confidence of the result the share of pixels within one plane of
#: the truth: simulated stacks of all kinds, seeds 0 to 3, three noises (benchmarks/calibrate.py).
CALIBRATION = (
    (0.0, 0.13, 0.16, 0.20, 0.25, 0.30, 0.32, 0.34, 0.38, 0.42, 0.55, 0.71, 0.91),
    (0.0, 0.09, 0.10, 0.19, 0.32, 0.36, 0.41, 0.51, 0.70, 0.84, 0.89, 0.94, 0.98),
)


def _saliency(image: FloatMap) -> FloatMap:
    laplacian = cv2.Laplacian(image, cv2.CV_32F, ksize=1, borderType=cv2.BORDER_REFLECT_101)
    np.abs(laplacian, out=laplacian)
    salient: FloatMap = cv2.GaussianBlur(
        laplacian, (11, 11), 5.0, borderType=cv2.BORDER_REFLECT_101
    )
    return salient


def _average(pixels: FloatMap) -> FloatMap:
    averaged: FloatMap = cv2.blur(pixels, (31, 31), borderType=cv2.BORDER_REFLECT_101)
    return averaged.reshape(pixels.shape)
