"""``adaptive``: a pyramid whose weights along z sharpen with the local signal-to-noise ratio."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.parallel import beside, each
from napari_mfif.kernels.pyramid import (
    BAND_NOISE,
    align_up,
    gaussian_levels,
    level_shapes,
    up,
)
from napari_mfif.methods.adaptive.base import BaseFold
from napari_mfif.methods.adaptive.depth import DepthFold
from napari_mfif.methods.adaptive.level import LevelFold
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.settings.parameters import Parameter, Settings

__all__ = ["Adaptive"]

#: More levels change nothing measurable (the true level in place of ours gains < .1 dB).
LEVELS = 4
#: `Survey.mean` is so many times smaller than the planes.
QUARTER = 4
#: No noise is believed to be smaller than this variance, in the unit of `Plane.guide`.
LEAST_NOISE = 1e-9
#: From so many planes on, and such a width of the focus curve in planes, energies are smoothed over
#: one and over two planes on either side.
PLANES_FOR_REACH, WIDTH_FOR_REACH = (4, 6), (0.75, 1.2)


@dataclass
class State:
    """What is kept of the planes taken so far."""

    region: Region
    settings: Settings
    survey: Survey
    levels: list[LevelFold]
    base: BaseFold
    depth: DepthFold | None
    lowest: NDArray[Any]
    highest: NDArray[Any]
    n_seen: int = 0
    closed: bool = False


class Adaptive(Method):
    """Noise-aware pyramid fusion, in one pass over the planes."""

    name = "adaptive"
    title = "Noise-aware pyramid"
    reference = "this project: docs/methods.md"
    summary = (
        "Blends planes where they are alike and chooses sharply where they differ: clean, free of "
        "halos, with depth between planes."
    )
    parameters = (
        Parameter(
            "denoise", float, 1.0,
            "How much of what is statistically noise is taken out of blended pixels: 0 leaves all.",
            minimum=0.0, maximum=2.0,
        ),
        Parameter(
            "noise", float, 1.0,
            "Factor on the noise measured in the stack: more blends more planes, less chooses "
            "harder.",
            minimum=0.1, maximum=10.0, advanced=True,
        ),
        Parameter(
            "depth_window", int, 5,
            "Side of the window, in steps of two pixels, in which neighbours agree on a depth.",
            minimum=1, maximum=33, advanced=True,
        ),
    )  # fmt: skip
    blends = True
    facts = ("focus_width",)
    # Its depths have been voted on already; a wider median would wipe out hairs.
    verification = MappingProxyType({"smooth_depth": 2})
    tile_halo = 96
    stride = 2**LEVELS
    threads = 2

    def begin(self, region: Region, settings: Settings, survey: Survey) -> State:
        """Make the state for a region."""
        levels = max(1, min(LEVELS, int(np.log2(max(2, min(survey.plane_shape)))) - 1))
        shapes = level_shapes(region.shape, levels)
        reach = _reach(survey)
        # the image decided on is summed too; it is the only one where there is a single band
        images = 1 if survey.n_bands == 1 else 1 + survey.n_bands
        variance = np.maximum(survey.noise.variance(_mean(survey)), np.float32(LEAST_NOISE))
        variance *= np.float32(settings["noise"])

        def noise(number: int) -> FloatMap:
            return _enlarged(variance, region, survey, shapes[number], 1 << number)

        def fold(number: int) -> LevelFold:
            return LevelFold(
                noise(number) * np.float32(BAND_NOISE[number] ** 2),
                finest=number == 0,
                coarsest=number == levels - 1,
                images=images,
                reach=reach,
            )

        folds = each(fold, range(levels))
        base = BaseFold(shapes[-1], bands=images)
        depth = None
        if settings.get("maps", True):
            depth = DepthFold(region.shape, noise(1), octaves=levels, reach=reach)
        nothing = np.empty(0)
        return State(region, settings, survey, folds, base, depth, nothing, nothing)

    def update(self, state: State, plane: Plane) -> None:
        """Take the next plane into the running sums."""
        pyramids = [
            gaussian_levels(image, len(state.levels)) for image in (plane.guide, *_apart(plane))
        ]

        def level(number: int) -> FloatMap | None:
            return state.levels[number].update([(p[number], p[number + 1]) for p in pyramids])

        def finest() -> FloatMap | None:
            _widen(state, plane.pixels)
            return level(0)

        def others() -> list[FloatMap | None]:
            if state.depth is not None:
                state.depth.update(pyramids[0])
            return [level(number) for number in range(1, len(state.levels))]

        # On two threads: the finest level costs as much as all the rest.
        first, rest = beside(finest, others)
        evidence = rest[-1] if rest else first
        state.base.update([pyramid[-1] for pyramid in pyramids], evidence)
        state.n_seen += 1
        if state.n_seen == state.survey.n_planes:
            _close(state)

    def finish(self, state: State) -> Answer:
        """Return the fused pixels, the depth and how sure it is."""
        if not state.closed:
            state = copy.deepcopy(state)
            _close(state)
        levels = [fold.fused(denoise=state.settings["denoise"]) for fold in state.levels]
        fused = [
            _collapsed([level[k] for level in levels], base)
            for k, base in enumerate(state.base.fused())
        ]
        del levels
        if state.depth is None:  # no map is asked for
            return Answer.of_pixels(_pixels(state, fused))
        depth, confidence = state.depth.answer(fused[0], window=state.settings["depth_window"])
        decision = np.rint(depth).astype(np.uint16)
        blend = state.settings.get("composition", "auto") == "auto"
        return Answer(depth, decision, confidence, _pixels(state, fused) if blend else None)

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the score by which depth is told, of one whole plane on its own."""
        state = self.begin(Region.whole(survey.plane_shape), settings, survey)
        images = gaussian_levels(plane.guide, len(state.levels))
        assert state.depth is not None  # maps are asked for
        return align_up(state.depth.score(images), survey.plane_shape)

    def state_bytes(self, n_bands: int) -> int:
        """Bytes per pixel: sums, three planes in waiting, energies, scratch."""
        images = 1 if n_bands == 1 else 1 + n_bands
        return 42 + 28 * images


def _widen(state: State, pixels: NDArray[Any]) -> None:
    """Keep the lowest and the highest value of each pixel."""
    if state.n_seen == 0:
        state.lowest, state.highest = pixels.copy(), pixels.copy()
    else:
        for band in bands(state.region.shape):
            some, low, high = (m[band.rows] for m in (pixels, state.lowest, state.highest))
            np.minimum(low, some, out=low)
            np.maximum(high, some, out=high)


def _reach(survey: Survey) -> int:
    """Over how many planes on either side to smooth: fewer where planes lie far apart."""
    width = survey.facts.get("focus_width") or np.inf
    return sum(
        survey.n_planes >= enough and width > wide
        for enough, wide in zip(PLANES_FOR_REACH, WIDTH_FOR_REACH, strict=True)
    )


def _mean(survey: Survey) -> FloatMap:
    assert survey.mean is not None  # the engine sees to it
    return survey.mean


def _enlarged(
    quarter: FloatMap, region: Region, survey: Survey, shape: tuple[int, int], reduced: int
) -> FloatMap:
    """Return a map like `Survey.mean` for a region, so many times smaller than its pixels."""
    down, right = region.top - survey.origin[0], region.left - survey.origin[1]
    scale = reduced / QUARTER
    place = np.array(
        [
            [scale, 0, (right + reduced / 2) / QUARTER - 0.5],
            [0, scale, (down + reduced / 2) / QUARTER - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    enlarged: FloatMap = cv2.warpAffine(
        quarter, place, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return enlarged


def _apart(plane: Plane) -> list[FloatMap]:
    """Return the bands to fuse beside the image decided on; a single band is that image."""
    if plane.pixels.shape[-1] == 1:
        return []
    return [_float(plane.pixels[..., k]) for k in range(plane.pixels.shape[-1])]


def _close(state: State) -> None:
    """Weigh the planes that still wait for those after them."""
    evidences: list[FloatMap] = []
    for fold in state.levels:
        evidences = fold.flush()
    for evidence in evidences:
        state.base.weigh(evidence)
    if state.depth is not None:
        state.depth.close()
    state.closed = True


def _collapsed(levels: list[FloatMap], base: FloatMap) -> FloatMap:
    """Put an image together from its levels, finest first, which are written over."""
    image = base
    for level in reversed(levels):
        coarse, shape = image, (level.shape[0], level.shape[1])

        def add(band: Band, level: FloatMap = level, coarse: FloatMap = coarse) -> None:
            smooth = up(coarse[band.reduced().outer], (band.height, level.shape[1]))
            level[band.rows] += smooth[band.inner]

        each(add, bands(shape, margin=4))
        image = level
    return image


def _pixels(state: State, fused: list[FloatMap]) -> FloatMap:
    """Fused pixels in the stack's unit, nowhere beyond what the planes have thereabouts."""
    survey = state.survey
    alone = len(fused) == 1
    kernel = np.ones((3, 3), np.uint8)

    def limited(band: Band) -> None:
        for k, image in enumerate(fused if alone else fused[1:]):
            rows = image[band.rows]
            if alone:
                rows /= np.float32(survey.gain)
                rows += np.float32(survey.offset)
            low, high = (
                morph(_float(extreme[band.outer, :, k]), kernel)[band.inner]
                for morph, extreme in ((cv2.erode, state.lowest), (cv2.dilate, state.highest))
            )
            cv2.min(cv2.max(rows, low, dst=low), high, dst=rows)

    each(limited, bands(state.region.shape, margin=2))
    return fused[0][..., None] if alone else np.stack(fused[1:], axis=-1)


def _float(band: NDArray[Any]) -> FloatMap:
    return np.ascontiguousarray(band, np.float32)
