"""``adaptive``: a pyramid whose weights along z sharpen with the local signal-to-noise ratio."""

from __future__ import annotations

import copy
import functools
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.parallel import beside, each
from napari_mfif.kernels.pyramid import BAND_NOISE, align_up, gaussian_levels, level_shapes
from napari_mfif.methods.adaptive.base import BaseFold
from napari_mfif.methods.adaptive.contrast import ContrastFold
from napari_mfif.methods.adaptive.depth import DepthFold
from napari_mfif.methods.adaptive.level import LevelFold
from napari_mfif.methods.adaptive.state import (
    LEAST_NOISE,
    State,
    as_float,
    collapsed,
    enlarged,
    mean_of,
    reach,
)
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.settings.parameters import Parameter, Settings

if TYPE_CHECKING:
    from napari_mfif.methods.adaptive.depth import Refine
    from napari_mfif.methods.adaptive.refinement import Evidence

__all__ = ["Adaptive"]

#: More levels change nothing measurable (the true level in place of ours gains < .1 dB).
LEVELS = 4
#: On so many more pixels round its own a refined pixel depends, and a refined depth; so many bytes
#: each takes, and so many each band of a pixel.
REFINEMENT_HALO, REFINEMENT_BYTES, REFINEMENT_BYTES_OF_BAND = 112, 190, 48
DEPTH_REFINEMENT_HALO, DEPTH_REFINEMENT_BYTES = 256, 150
#: Of fewer planes every depth is right within one: there is nothing to refine.
FEWEST_TO_REFINE = 4


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
            "refinement", str, "none",
            "Whether a small network corrects the fused pixels, within what the planes have "
            "thereabouts: closer to the truth, but an estimate.",
            choices=("none", "network"),
        ),
        Parameter(
            "depth_refinement", str, "none",
            "Whether a small network corrects the height and says how sure it is.",
            choices=("none", "network"), title="Refine height",
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
    knows_rivals = True
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
        over = reach(survey)
        # the image decided on is summed too; it is the only one where there is a single band
        images = 1 if survey.n_bands == 1 else 1 + survey.n_bands
        refine = _refines(settings)
        variance = np.maximum(survey.noise.variance(mean_of(survey)), np.float32(LEAST_NOISE))
        variance *= np.float32(settings["noise"])

        def noise(number: int) -> FloatMap:
            return enlarged(variance, region, survey, shapes[number], 1 << number)

        def fold(number: int) -> LevelFold:
            return LevelFold(
                noise(number) * np.float32(BAND_NOISE[number] ** 2),
                finest=number == 0,
                coarsest=number == levels - 1,
                images=images,
                reach=over,
                sharpest=number == 0 and refine,
            )

        folds = each(fold, range(levels))
        detail_noise = [noise(n) * np.float32(BAND_NOISE[n] ** 2) for n in range(min(levels, 3))]
        base = BaseFold(shapes[-1], bands=images)
        depth = None
        if refine or _maps(settings):
            depth = DepthFold(
                region.shape,
                noise(1),
                octaves=levels,
                reach=over,
                width=survey.facts.get("focus_width"),
                images=survey.n_bands if refine else 0,
            )
        nothing = np.empty(0)
        contrast = ContrastFold(region.shape, detail_noise)
        state = State(region, settings, survey, folds, base, depth, contrast, nothing, nothing)
        if refine:
            state.totals = [np.zeros(region.shape, np.float32) for _ in range(survey.n_bands)]
        return state

    def update(self, state: State, plane: Plane) -> None:
        """Take the next plane into the running sums."""
        pyramids = [
            gaussian_levels(image, len(state.levels)) for image in (plane.guide, *_apart(plane))
        ]

        def level(number: int) -> FloatMap | None:
            return state.levels[number].update([(p[number], p[number + 1]) for p in pyramids])

        def finest() -> FloatMap | None:
            _widen(state, plane.pixels)
            for k, total in enumerate(state.totals):
                total += plane.pixels[..., k]
            return level(0)

        def others() -> list[FloatMap | None]:
            if state.depth is not None:
                kept = pyramids[-len(state.totals) :] if state.totals else []
                state.depth.update(pyramids[0], [pyramid[0] for pyramid in kept])
            return [level(number) for number in range(1, len(state.levels))]

        # On two threads: the finest level costs as much as all the rest.
        first, rest = beside(finest, others)
        evidence = rest[-1] if rest else first
        if _maps(state.settings):
            state.contrast.update([level.detail for level in state.levels])
        state.base.update([pyramid[-1] for pyramid in pyramids], evidence)
        state.n_seen += 1
        if state.n_seen == state.survey.n_planes:
            _close(state)

    def finish(self, state: State) -> Answer:
        """Return the fused pixels, the depth and how sure it is."""
        if not state.closed:
            state = copy.deepcopy(state)
            _close(state)
        fused = self.fused(state)
        if state.depth is None or not _maps(state.settings):
            return Answer.of_pixels(_pixels(state, _refined(state, fused)))
        told = state.depth.answer(
            fused[0],
            window=state.settings["depth_window"],
            inverted=state.contrast.found(),
            refine=_depth_refinement(state),
        )
        blend = state.settings.get("composition", "auto") == "auto"
        pixels = _pixels(state, _refined(state, fused)) if blend else None
        return replace(told, pixels=pixels)

    def fused(self, state: State) -> list[FloatMap]:
        """Return the image decided on and, where there are several, each band."""
        levels = [fold.fused(denoise=state.settings["denoise"]) for fold in state.levels]
        return [
            collapsed([level[k] for level in levels], base)
            for k, base in enumerate(state.base.fused())
        ]

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the score by which depth is told, of one whole plane on its own."""
        state = self.begin(Region.whole(survey.plane_shape), settings, survey)
        images = gaussian_levels(plane.guide, len(state.levels))
        assert state.depth is not None  # maps are asked for
        return align_up(state.depth.score(images), survey.plane_shape)

    def halo(self, settings: Settings) -> int:
        """Return on how many rows and columns beyond a part the answer there depends."""
        of_pixels = REFINEMENT_HALO if _refines(settings) else 0
        of_depths = DEPTH_REFINEMENT_HALO if _refines_depth(settings) else 0
        return self.tile_halo + max(of_pixels, of_depths)

    def extra_bytes(self, n_bands: int, settings: Settings, n_planes: int) -> int:
        """Bytes per pixel of the refinement: sums, peaks, and the images the network is shown."""
        of_pixels = REFINEMENT_BYTES_OF_BAND * n_bands + REFINEMENT_BYTES
        of_pixels = of_pixels if _refines(settings) else 0
        return of_pixels + (DEPTH_REFINEMENT_BYTES if _refines_depth(settings) else 0)

    def state_bytes(self, n_bands: int) -> int:
        """Bytes per pixel: sums, three planes in waiting, energies, peaks, scratch."""
        images = 1 if n_bands == 1 else 1 + n_bands
        return 59 + 28 * images


def _widen(state: State, pixels: NDArray[Any]) -> None:
    """Keep the lowest and the highest value of each pixel."""
    if state.n_seen == 0:
        state.lowest, state.highest = pixels.copy(), pixels.copy()
    else:
        for band in bands(state.region.shape):
            some, low, high = (m[band.rows] for m in (pixels, state.lowest, state.highest))
            np.minimum(low, some, out=low)
            np.maximum(high, some, out=high)


def _apart(plane: Plane) -> list[FloatMap]:
    """Return the bands to fuse beside the image decided on; a single band is that image."""
    if plane.pixels.shape[-1] == 1:
        return []
    return [as_float(plane.pixels[..., k]) for k in range(plane.pixels.shape[-1])]


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


def _maps(settings: Settings) -> bool:
    return bool(settings.get("maps", True))


def _refines(settings: Settings) -> bool:
    copied = settings.get("composition", "auto") != "auto"
    return settings.get("refinement", "none") == "network" and not copied


def _refines_depth(settings: Settings) -> bool:
    wanted = settings.get("depth_refinement", "none") == "network"
    return wanted and _maps(settings)


def _depth_refinement(state: State) -> Refine | None:
    """Return what refines a depth, where that is asked for and all planes were taken."""
    n_planes = state.survey.n_planes
    if not _refines_depth(state.settings) or not FEWEST_TO_REFINE <= n_planes == state.n_seen:
        return None
    from napari_mfif.methods.adaptive.depth_refinement import refined_depth

    return functools.partial(refined_depth, state)


def _refined(state: State, fused: list[FloatMap]) -> list[FloatMap]:
    """Return the fused images, refined where that is asked for and all planes were taken."""
    survey = state.survey
    if not state.totals or not 1 < survey.n_planes == state.n_seen:
        return fused
    from napari_mfif.methods.adaptive.evidence import evidence_of

    made = [_refined_band(one) for one in evidence_of(state, fused)]
    if len(fused) == 1:
        return made
    gain, offset = np.float32(survey.gain), np.float32(survey.offset)
    return [fused[0], *(image / gain + offset for image in made)]


def _refined_band(evidence: Evidence) -> FloatMap:
    from napari_mfif.methods.adaptive.refinement import features, refined
    from napari_mfif.networks.refinement_run import PIXELS

    seen = features(evidence)
    return refined(evidence, seen, PIXELS.answer(seen.maps))


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
                morph(as_float(extreme[band.outer, :, k]), kernel)[band.inner]
                for morph, extreme in ((cv2.erode, state.lowest), (cv2.dilate, state.highest))
            )
            cv2.min(cv2.max(rows, low, dst=low), high, dst=rows)

    each(limited, bands(state.region.shape, margin=2))
    return fused[0][..., None] if alone else np.stack(fused[1:], axis=-1)
