"""One timepoint after the fold: its pixels, its verified decision, its score maps."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.driver import Layout, fold
from napari_mfif.engine.planes import PlaneReader, prefetched
from napari_mfif.engine.preparation import Preparation, to_guide
from napari_mfif.engine.survey import SurveyedTimepoint
from napari_mfif.methods.base import Answer, FloatMap, Region, Survey
from napari_mfif.postprocess.composition import (
    PyramidBlend,
    copy_pixels,
    rounded,
    weighed,
    well_exposed,
)
from napari_mfif.postprocess.consistency import verify
from napari_mfif.postprocess.doubt import doubted, with_causes
from napari_mfif.postprocess.preference import mixed, preferred, rival
from napari_mfif.postprocess.small_regions import Settled
from napari_mfif.settings.parameters import Settings

__all__ = ["FoldedTimepoint", "copied", "fold_all", "fold_region"]


@dataclass(frozen=True)
class FoldedTimepoint:
    """One timepoint, or a region of it, folded: what refining needs."""

    timepoint: SurveyedTimepoint
    answer: Answer
    #: The region; the whole plane when not given.
    region: Region | None = None

    @property
    def reader(self) -> PlaneReader:
        """Its planes."""
        return self.timepoint.reader

    @property
    def survey(self) -> Survey:
        """What the survey found, for methods."""
        return self.timepoint.survey

    @property
    def preparation(self) -> Preparation:
        """What the survey found, for reading planes."""
        return self.timepoint.preparation

    def postprocessed(
        self, settings: Settings, settled: Settled | None = None
    ) -> tuple[NDArray[Any], Answer]:
        """Verify the decision and make the pixels that follow from it.

        Where nothing but pixels was asked for there is no decision.
        """
        if self.preparation.identical:
            return self._unfused()
        if not self.answer.has_maps:
            pixels = rounded(self.pixels(self.answer), self.reader.stack.dtype)
            return self._without_missing(pixels), self.answer
        chosen = preferred(self.answer, settings["prefer"])
        verified = verify(
            chosen,
            self._grey,
            settings,
            n_planes=self.survey.n_planes,
            settled=settled,
        )
        verified = doubted(self._recorded(verified), self.survey)
        verified = replace(verified, runner_up=rival(verified, chosen))
        made = self.pixels(verified)
        if made is self.answer.pixels and chosen is not self.answer:
            copies = copied(self.reader, verified, self.region)
            made = mixed(self.answer.pixels, copies, chosen.decision != self.answer.decision)
        pixels = rounded(made, self.reader.stack.dtype)
        return self._without_missing(pixels), verified

    @property
    def _place(self) -> tuple[slice, slice]:
        region = self.region or Region.whole(self.reader.stack.plane_shape)
        return region.slices

    def _recorded(self, answer: Answer) -> Answer:
        """Name planes that have the pixel: the nearest ones to those found; doubt those far off."""
        if not self.reader.incomplete:
            return answer
        chosen = np.zeros(answer.decision.shape, np.uint16)
        apart = np.full(answer.decision.shape, np.inf, np.float32)
        for z in range(self.survey.n_planes):
            off = np.abs(answer.decision.astype(np.float32) - z)
            nearer = self.reader.recorded(z, *self._place) & (off < apart)
            chosen[nearer], apart[nearer] = z, off[nearer]
        moved = chosen != answer.decision
        depth = np.where(moved, chosen, answer.depth).astype(np.float32)
        confidence = np.where(np.isfinite(apart), answer.confidence / (1 + apart), 0)
        return replace(
            answer, depth=depth, decision=chosen, confidence=confidence.astype(np.float32)
        )

    def _without_missing(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Leave pixels empty that no plane has: NaN, or 0 in whole numbers."""
        if not self.reader.incomplete:
            return pixels
        nothing = self.reader.coverage(*self._place) == 0
        pixels = pixels.copy()
        pixels[nothing] = np.nan if pixels.dtype.kind == "f" else 0
        return pixels

    def _unfused(self) -> tuple[NDArray[Any], Answer]:
        """Return the one picture that all planes show; nothing tells where it is sharp."""
        region = self.region or Region.whole(self.reader.stack.plane_shape)
        nothing = np.zeros(region.shape, np.float32)
        first = np.zeros(region.shape, np.uint16)
        answer = Answer(nothing, first, nothing, runner_up=first)
        pixels = self.reader.bands(0, *region.slices).copy()
        return self._without_missing(pixels), self._recorded(answer)

    def pixels(self, answer: Answer) -> NDArray[Any]:
        """Return the fused pixels, (Y, X, K), that belong to an answer."""
        composition = self.timepoint.settings.get("composition", "auto")
        if composition == "pyramid":
            return self._blended(answer)
        if answer.pixels is not None and composition == "auto":
            return answer.pixels
        return copied(self.reader, answer, self.region)

    def _blended(self, answer: Answer) -> FloatMap:
        """Blend all planes, the decision their weight; of two planes the method's focus map."""
        planes = range(self.survey.n_planes)
        margin = self.timepoint.settings.get("well_exposed", 0.0)
        total: FloatMap | None = None
        if margin:
            total = np.zeros(self.survey.plane_shape, np.float32)
            for z in planes:
                total += self._weight(answer, z, self.reader.bands(z), margin)
        blend = PyramidBlend(self.survey.plane_shape, self.reader.n_bands)
        for z in planes:
            bands = self.reader.bands(z)
            weight = self._weight(answer, z, bands, margin)
            blend.add(bands, weight if total is None else weight / total)
        return blend.pixels()

    def _weight(self, answer: Answer, z: int, bands: NDArray[Any], margin: float) -> FloatMap:
        focus = self.answer.weight if self.survey.n_planes == 2 else None
        if focus is None:
            taken = (answer.decision == z).astype(np.float32)
        else:
            taken = focus if z else 1 - focus
        exposed = well_exposed(to_guide(bands, self.preparation), margin) if margin else None
        return weighed(taken, exposed)

    def _grey(self, decision: NDArray[np.uint16]) -> FloatMap:
        """Return the fused image in which sharpness is judged, as it follows from a decision."""
        pixels = self.answer.pixels
        if pixels is None:
            answer = replace(self.answer, decision=decision, weight=None)
            pixels = copied(self.reader, answer, self.region)
        return to_guide(pixels, self.preparation)


def fold_region(
    timepoint: SurveyedTimepoint, layout: Layout, region: Region | None = None
) -> Generator[Answer | None, bool | None, FoldedTimepoint]:
    """Fold a region of a timepoint, the whole plane when not given; yields as `fold` does."""
    answer = yield from fold(timepoint, layout)
    return FoldedTimepoint(timepoint, with_causes(answer, timepoint.survey), region)


def fold_all(folding: Generator[Answer | None, bool | None, FoldedTimepoint]) -> FoldedTimepoint:
    """Go through all planes and return what was folded."""
    while True:
        try:
            next(folding)
        except StopIteration as end:
            folded: FoldedTimepoint = end.value
            return folded


def copied(reader: PlaneReader, answer: Answer, region: Region | None = None) -> NDArray[Any]:
    """Copy every pixel of a region from the plane decided for, one plane after the other."""
    region = region or Region.whole(reader.stack.plane_shape)
    fused = np.zeros((*region.shape, reader.n_bands), reader.stack.dtype)
    planes = (reader.bands(z, *region.slices) for z in range(reader.stack.n_planes))
    for z, bands in enumerate(prefetched(planes)):
        copy_pixels(fused, bands, z, answer.decision, weight=answer.weight)
    return fused
