"""Smoothed gradient energy, the sharpest plane wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from napari_mfif.kernels.along_z import binomial_mean
from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.chance import WINDOW as CHANCE_WINDOW
from napari_mfif.kernels.parallel import each
from napari_mfif.kernels.running_best import RunningBest, told
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.settings.options import SMOOTH_ALONG_Z
from napari_mfif.settings.parameters import Parameter, Settings

__all__ = ["Gradient"]

WINDOW = Parameter(
    "window",
    int,
    9,
    "Side of the square over which sharpness is averaged: larger is calmer, smaller is finer.",
    title="Sharpness scale",
    minimum=1,
    maximum=99,
    unit="px",
)


@dataclass
class _State:
    shape: tuple[int, int]
    window: int
    smooth: bool
    running: RunningBest
    waiting: list[FloatMap]  # the last score maps, for smoothing along z
    bands: list[Band]


class Gradient(Method):
    """Sobel magnitude averaged in a box, smoothed along z; a running best over the planes."""

    name: ClassVar[str] = "gradient"
    title: ClassVar[str] = "Gradient energy"
    summary: ClassVar[str] = "The fastest; copies pixels of the sharpest plane. Noisy where flat."
    reference: ClassVar[str] = (
        "Tenenbaum 1970; Pertuz, Puig, Garcia 2013, 10.1016/j.patcog.2012.11.011"
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (WINDOW, SMOOTH_ALONG_Z)
    threads: ClassVar[int] = 8

    def begin(self, region: Region, settings: Settings, survey: Survey) -> _State:
        """Make an empty running best."""
        # Two photographs are no sampled focus curve: nothing to smooth.
        smooth = settings["smooth_along_z"] and survey.n_planes > 3
        window, margin = settings["window"], settings["window"] // 2 + 1
        parts = bands(region.shape, margin=margin + margin % 2)
        return _State(region.shape, window, smooth, RunningBest(region.shape), [], parts)

    def update(self, state: _State, plane: Plane) -> None:
        """Compare the plane's score map with the best so far."""
        waiting, count = state.waiting, len(state.waiting)
        scores = waiting.pop(0) if count == 3 else np.empty(state.shape, np.float32)

        def score(band: Band) -> None:
            rows = band.rows
            found = _sobel_energy(plane.guide[band.outer], state.window)[band.inner]
            if not state.smooth:
                state.running.update_rows(rows, found)
                return
            scores[rows] = found
            if waiting:
                sides = [one[rows] for one in waiting[-2:]]
                state.running.update_rows(rows, binomial_mean(sides[0], sides[-1], found))

        each(score, state.bands)
        if not state.smooth or waiting:
            state.running.next()
        if state.smooth:
            waiting.append(scores)

    def finish(self, state: _State) -> Answer:
        """Return the running best, the plane still waiting included."""
        depth = np.empty(state.shape, np.float32)
        decision = np.empty(state.shape, np.uint16)
        confidence, spread, best = (np.empty(state.shape, np.float32) for _ in range(3))

        def answer(band: Band) -> None:
            rows = band.rows
            running = state.running.part(rows)
            if state.smooth:
                before, last = (one[rows] for one in (state.waiting[-2:][0], state.waiting[-1]))
                running.update_rows(slice(None), binomial_mean(before, last, last))
                running.next()
            depth[rows], decision[rows] = running.depth(), running.index
            confidence[rows] = running.probability(CALIBRATION)
            spread[rows], best[rows] = running.spread(), running.best

        each(answer, state.bands)
        # as wide as usual, and smoothed along z, it deviates by `NOISE`
        deviation = NOISE * WINDOW.default / state.window * (1 if state.smooth else SINGLE)
        seen = state.running.n_seen + state.smooth
        return Answer(depth, decision, confidence).doubted(*told(spread, best, seen, deviation))

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the averaged Sobel magnitude."""
        return _sobel_energy(plane.guide, settings["window"])

    def halo(self, settings: Settings) -> int:
        """Return half the window, the Sobel filter's row, half of what is compared to noise."""
        return int(settings["window"]) // 2 + 1 + CHANCE_WINDOW // 2

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel."""
        return 26 + 5 * n_bands


#: Standard deviation of the score of pure noise, as a share of its mean, at the usual window and
#: smoothed along z; without smoothing so many times as much (weights 1 2 1).
NOISE, SINGLE = 0.0505, 1.63
#: By distinctness, what makes the confidence of the result the share of pixels within one plane of
#: the truth: simulated stacks of all kinds, seeds 0 to 3, three noises (benchmarks/calibrate.py).
CALIBRATION = (
    (0.0, 0.20, 0.25, 0.34, 0.39, 0.44, 0.49, 0.54, 0.61, 0.74, 0.85),
    (0.1, 0.59, 0.77, 0.78, 0.82, 0.88, 0.92, 0.94, 0.97, 0.99, 1.00),
)


def _sobel_energy(image: FloatMap, window: int) -> FloatMap:
    across = cv2.Sobel(image, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT_101)
    down = cv2.Sobel(image, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT_101)
    # Not cv2.magnitude: with IPP its last bit depends on where the arrays lie in memory.
    across *= across
    down *= down
    across += down
    magnitude = cv2.sqrt(across, dst=across)
    averaged: FloatMap = cv2.blur(magnitude, (window, window), borderType=cv2.BORDER_REFLECT_101)
    return averaged
