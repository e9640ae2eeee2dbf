"""``adaptive``: a pyramid whose weights along z sharpen with the local signal-to-noise ratio."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.pyramid import BAND_NOISE, collapse, laplacian_levels, level_shapes, up
from napari_mfif.methods._adaptive_base import BaseFold
from napari_mfif.methods._adaptive_depth import DepthFold
from napari_mfif.methods._adaptive_level import LevelFold
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.parameters import Parameter, Settings

__all__ = ["Adaptive"]

#: More levels change nothing measurable (the true level in place of ours gains < .1 dB).
LEVELS = 4
#: No noise is believed to be smaller than this, in the unit of `Plane.decide` squared.
LEAST_NOISE = 1e-9


@dataclass
class State:
    """What is kept of the planes taken so far."""

    region: Region
    settings: Settings
    survey: Survey
    levels: list[LevelFold]
    base: BaseFold
    depth: DepthFold
    lowest: NDArray[Any]
    highest: NDArray[Any]
    last: list[FloatMap] = field(default_factory=list)
    taken: int = 0
    closed: bool = False


class Adaptive(Method):
    """Noise-aware pyramid fusion, in one pass over the planes."""

    name = "adaptive"
    title = "Adaptive"
    summary = (
        "Blends planes where they are alike and chooses sharply where they differ: clean, free of "
        "halos, with depth between planes."
    )
    parameters = (
        Parameter(
            "denoise", float, 1.0,
            "How much noise is taken out of the fused image: 0 keeps all, 1 removes what is "
            "statistically noise.",
            minimum=0.0, maximum=2.0,
        ),
        Parameter(
            "noise", float, 1.0,
            "Factor on the noise measured in the stack: more blends more planes, "
            "less chooses harder.",
            minimum=0.1, maximum=10.0, advanced=True,
        ),
    )  # fmt: skip
    blends = True
    tile_halo = 96
    stride = 2**LEVELS

    def begin(self, region: Region, settings: Settings, survey: Survey) -> State:
        """Make the state for a region."""
        levels = max(1, min(LEVELS, int(np.log2(max(2, min(survey.plane_shape)))) - 1))
        shapes = level_shapes(region.shape, levels)
        reach = 2 if survey.n_planes >= 4 else 0
        variance = self._variance(region, survey) * np.float32(settings["noise"])
        folds = []
        noises = []
        for number, shape in enumerate(shapes[:-1]):
            noise = cv2.resize(variance, shape[::-1], interpolation=cv2.INTER_AREA)
            noises.append(noise)
            noise = noise * np.float32(BAND_NOISE[number] ** 2)
            folds.append(LevelFold(noise, bands=survey.n_bands, reach=reach))
        base = BaseFold(shapes[-1], bands=survey.n_bands)
        depth = DepthFold(noises, reach=reach)
        nothing = np.empty(0)
        return State(region, settings, survey, folds, base, depth, nothing, nothing)

    def _variance(self, region: Region, survey: Survey) -> FloatMap:
        """Variance of the noise at each pixel of the region."""
        noise = survey.noise
        mean = cv2.resize(survey.mean, survey.plane_shape[::-1], interpolation=cv2.INTER_LINEAR)[
            region.top : region.bottom
        ]
        variance = noise.floor + noise.slope * np.maximum(mean - noise.dark, 0)
        return np.maximum(variance, LEAST_NOISE).astype(np.float32)

    def take(self, state: State, plane: Plane) -> None:
        """Take the next plane into the running sums."""
        if state.taken == 0:
            state.lowest, state.highest = plane.pixels.copy(), plane.pixels.copy()
        else:
            np.minimum(state.lowest, plane.pixels, out=state.lowest)
            np.maximum(state.highest, plane.pixels, out=state.highest)
        levels, base = laplacian_levels(plane.decide, len(state.levels))
        if state.survey.n_bands == 1:
            bands, bases = [[level] for level in levels], [base]
        else:
            pyramids = [
                laplacian_levels(plane.pixels[..., k].astype(np.float32), len(state.levels))
                for k in range(state.survey.n_bands)
            ]
            bands = [list(level) for level in zip(*(p[0] for p in pyramids), strict=True)]
            bases = [p[1] for p in pyramids]
        evidence = None
        for fold, level, band in zip(state.levels, levels, bands, strict=True):
            evidence = fold.take(level, band)
        state.base.take(bases, evidence)
        state.depth.take(plane.decide)
        state.last = levels
        state.taken += 1
        if state.taken == state.survey.n_planes:
            self._close(state)

    def _close(self, state: State) -> None:
        """Weigh the planes that still wait for those after them."""
        evidences: list[FloatMap] = []
        for fold, level in zip(state.levels, state.last, strict=True):
            evidences = fold.flush(level)
        for evidence in evidences:
            state.base.weigh(evidence)
        state.depth.close()
        state.closed = True

    def finish(self, state: State) -> Answer:
        """Return the fused pixels, the depth and how sure it is."""
        if not state.closed:
            state = copy.deepcopy(state)
            self._close(state)
        denoise = float(state.settings["denoise"])
        levels = [fold.fused(denoise=denoise) for fold in state.levels]
        bases = state.base.fused()
        bands = [collapse([level[k] for level in levels], bases[k]) for k in range(len(bases))]
        pixels = np.stack(bands, axis=-1)
        if state.survey.n_bands == 1:
            pixels /= np.float32(state.survey.gain)
            pixels += np.float32(state.survey.offset)
        kernel = np.ones((3, 3), np.uint8)
        for k in range(pixels.shape[-1]):
            low = cv2.erode(state.lowest[..., k].astype(np.float32), kernel)
            high = cv2.dilate(state.highest[..., k].astype(np.float32), kernel)
            np.clip(pixels[..., k], low, high, out=pixels[..., k])
        depth, confidence = state.depth.answer(state.region.shape)
        decision = np.rint(depth).astype(np.uint16)
        return Answer(depth, decision, confidence, pixels)

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the score by which depth is told, of one whole plane on its own."""
        region = Region(0, survey.plane_shape[0], survey.plane_shape[1])
        fold = self.begin(region, settings, survey).depth
        return up(fold.score(plane.decide), region.shape)

    def state_bytes(self, n_bands: int) -> int:
        """Bytes per pixel: sums, three planes in waiting, energies, scratch."""
        return 60 + 30 * n_bands
