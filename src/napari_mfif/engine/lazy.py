"""A fusion that is made where it is looked at: dask arrays over blocks of the planes.

Every block is folded with its halo by the same code as a whole plane, in a task of its own. So
tasks may run in threads, in processes or on the workers of a cluster; each reads what it needs.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from napari_mfif.arrays.cache import SizedCache
from napari_mfif.arrays.chunked import block_shape, read_in_chunks
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import covered_confidence
from napari_mfif.engine.driver import Layout, plan, reach
from napari_mfif.engine.folded import FoldedTimepoint, fold_all, fold_region
from napari_mfif.engine.memory import default_budget
from napari_mfif.engine.mending import mended, part_of_plane
from napari_mfif.engine.part import Part
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.preparation import Preparation
from napari_mfif.engine.pyramid import coarser_stacks
from napari_mfif.engine.repairs import Repairs
from napari_mfif.engine.request import settings_of
from napari_mfif.engine.sampling import strips, survey_region
from napari_mfif.engine.survey import SurveyedTimepoint, downsampled_survey, shares_survey
from napari_mfif.engine.tiles import Block, Tile, around, cut
from napari_mfif.kernels.hot_pixels import REACH
from napari_mfif.methods import registry
from napari_mfif.methods.base import FloatMap, Method, Region, Survey
from napari_mfif.postprocess import consistency, small_regions
from napari_mfif.postprocess.preference import preferred
from napari_mfif.settings.parameters import Settings
from napari_mfif.settings.recipe import Recipe
from napari_mfif.settings.strokes import Stroke

__all__ = ["LazyFold"]

#: Planes up to so many rows and columns are one block.
SMALL = 1024
#: Blocks are so many times as long as their halo, at least `SMALL / 2` and at most `LONGEST`.
HALOS_PER_BLOCK = 4
LONGEST = 2048

#: Bytes of surveys, of whole decisions, and of blocks that a process keeps.
_SURVEYS, _WHOLES, _PARTS = SizedCache(64 << 20), SizedCache(256 << 20), SizedCache(256 << 20)
#: One network at a time: blocks are fed to the device one after the other.
_DEVICE = threading.Lock()


@dataclass(frozen=True)
class LazyFold:
    """All that is needed to fuse any part of a z-stack, here or in another process.

    Parameters
    ----------
    stack : ZStack
        The planes.
    recipe : Recipe
        Complete.
    device : str
        For the networks.
    budget : int, optional
        Bytes that the fold of a whole plane may use, where a plane has to be folded as a whole.
    worker : bool, optional
        Whether the method runs in a process of its own.
    finest : LazyFold, optional
        The same at full resolution, where this is a coarser level; its survey serves here too.
    unmended : LazyFold, optional
        The same without the strokes.
    strokes : tuple of Stroke, optional
        What a person corrected; a source that is another result is its `LazyFold`.
    """

    stack: ZStack
    recipe: Recipe
    device: str = "auto"
    budget: int | None = None
    worker: bool = False
    finest: LazyFold | None = None
    unmended: LazyFold | None = None
    strokes: tuple[Stroke, ...] = ()
    key: str = field(default_factory=lambda: os.urandom(16).hex())

    @classmethod
    def of(cls, stack: ZStack, recipe: Recipe, **known: Any) -> LazyFold:
        """Make it, so that tasks read dask arrays by themselves."""
        pixels = read_in_chunks(stack.pixels)
        if pixels is not stack.pixels:
            stack = replace(stack, pixels=pixels)
        return cls(stack, recipe, **known)

    def coarser(self) -> list[LazyFold]:
        """Return the same of the stack at ever coarser resolution, for looking at it."""
        if self.unmended is not None:
            return [one.mended(self._strokes_for(one)) for one in self.unmended.coarser()]
        return [
            replace(self.again(), stack=stack, finest=self) for stack in coarser_stacks(self.stack)
        ]

    def again(self) -> LazyFold:
        """Return the same, of which nothing is known yet."""
        return replace(self, key=os.urandom(16).hex())

    def mended(self, strokes: Sequence[Stroke]) -> LazyFold:
        """Return the same with strokes in place of those it has."""
        return replace(self.again(), unmended=self.unmended or self, strokes=tuple(strokes))

    def _strokes_for(self, coarse: LazyFold) -> list[Stroke]:
        """Return the strokes as they lie at a coarser resolution."""
        fine, stack = self.stack.plane_shape, coarse.stack
        down, across = (n / m for n, m in zip(stack.plane_shape, fine, strict=True))
        return [
            replace(
                stroke.scaled(down, across),
                source=replace(stroke.source.again(), stack=stack, finest=stroke.source)
                if isinstance(stroke.source, LazyFold)
                else stroke.source,
            )
            for stroke in self.strokes
        ]

    @cached_property
    def method(self) -> Method:
        """The method."""
        method = registry.get(self.recipe.method)
        if not self.worker:
            return method
        from napari_mfif.engine.process.client import in_worker

        return in_worker(method)

    @cached_property
    def settings(self) -> Settings:
        """Its parameters."""
        return settings_of(self.recipe, self.stack, self.device)

    @cached_property
    def tiles(self) -> tuple[list[Tile], list[Tile]]:
        """How the rows and the columns of a plane are cut into blocks."""
        halo, stride = reach(self.method, self.settings), self.method.grid(self.settings)
        whole = self.settings.get("composition") == "pyramid"
        sizes = (
            length
            if length <= SMALL or whole or 2 * halo >= length
            else max(SMALL // 2, min(LONGEST, max(together, HALOS_PER_BLOCK * halo)))
            for length, together in zip(
                self.stack.plane_shape, block_shape(self.stack), strict=True
            )
        )
        rows, columns = (
            cut(length, size=size, halo=0, stride=stride)
            for length, size in zip(self.stack.plane_shape, sizes, strict=True)
        )
        return rows, columns

    def survey(self, t: int) -> tuple[Survey, Preparation]:
        """Look at a timepoint; once per process."""
        if self.unmended is not None:
            return self.unmended.survey(t)

        def look() -> tuple[Survey, Preparation]:
            if self.finest is not None and shares_survey(self.stack, self.finest.stack):
                return downsampled_survey(*self.finest.survey(t), self.stack)
            reader = PlaneReader(self.stack, t)
            seen = SurveyedTimepoint.of(self.method, self.settings, reader, self.recipe.channel)
            return seen.survey, seen.preparation

        found: tuple[Survey, Preparation] = _SURVEYS.get((self.key, t), look, _survey_bytes)
        return found

    def remember(self, t: int, survey: Survey, preparation: Preparation) -> None:
        """Keep what another look at a timepoint found out."""
        _SURVEYS.get((self.key, t), lambda: (survey, preparation), _survey_bytes)

    def part(self, t: int, region: Region) -> Part:
        """Fuse a region of a timepoint; the last ones are kept."""
        if self.unmended is not None:
            return self._mended(t, region)
        part: Part = _PARTS.get(
            (self.key, t, region), lambda: self._fused(t, region), lambda made: made.nbytes
        )
        return part

    def pixel_there(self, t: int, row: int, column: int) -> Part | None:
        """Return one pixel, where the block that holds it has been made and is kept."""
        if self.unmended is not None:
            return None
        places = (
            next(n for n, tile in enumerate(tiles) if tile.start <= at < tile.stop)
            for tiles, at in zip(self.tiles, (row, column), strict=True)
        )
        region = self.region(*places)
        part: Part | None = _PARTS.peek((self.key, t, region))
        own = Region(row, row + 1, column, column + 1)
        return None if part is None else part.cut(own.within(region))

    def _mended(self, t: int, region: Region) -> Part:
        assert self.unmended is not None
        part = self.unmended.part(t, region)
        reader = PlaneReader(self.stack, t, self.survey(t)[1].missing)

        def taken(stroke: Stroke, place: Region) -> tuple[Part, Any]:
            if isinstance(stroke.source, LazyFold):
                return stroke.source.part(t, region).cut(place.within(region)), None
            return part_of_plane(reader, stroke.source, place)

        strokes = [stroke for stroke in self.strokes if stroke.time == t]
        return mended(part, part, region, strokes, taken)

    def _fused(self, t: int, region: Region) -> Part:
        n_planes, cleaning = self.stack.n_planes, self.recipe.consistency
        margin = consistency.reach(cleaning, n_planes=n_planes)
        wide = region.widened(margin, self.stack.plane_shape)
        settled = None
        whole = Region.whole(self.stack.plane_shape)
        if wide != whole and small_regions.sees_whole(cleaning, prod(whole.shape)):
            depth, decision = self._settled(t)
            settled = depth[wide.slices], decision[wide.slices]
        pixels, answer = self.fold_region(t, wide).postprocessed(dict(cleaning), settled)
        core = region.within(wide)
        answer = answer.cut(core)
        confidence = covered_confidence(answer.confidence, self.stack, region)
        assert answer.runner_up is not None  # postprocessing sees to it
        own = np.ascontiguousarray(pixels[core.slices])
        return Part(own, answer.depth, answer.decision, confidence, answer.runner_up)

    def fold_region(self, t: int, region: Region) -> FoldedTimepoint:
        """Fold a region."""
        survey, preparation = self.survey(t)
        reader = PlaneReader(self.stack, t, preparation.missing)
        timepoint = SurveyedTimepoint(self.method, self.settings, reader, survey, preparation)
        if region == Region.whole(self.stack.plane_shape):
            budget = default_budget() if self.budget is None else self.budget
            layout = plan(self.method, self.settings, reader, budget, threads=1)
        else:
            layout = Layout([[self._block(region)]], 0)
        with _DEVICE if self.method.neural else contextlib.nullcontext():
            return fold_all(fold_region(timepoint, layout, region))

    def repairs(self, t: int) -> Repairs:
        """Read all planes of a timepoint; return which pixels are hot in them."""
        survey, preparation = self.survey(t)
        reader = PlaneReader(self.stack, t, preparation.missing)
        whole = Region.whole(self.stack.plane_shape)
        for strip in strips(whole):
            seen = strip.widened(REACH, whole.shape)
            _, prepared = survey_region(reader, survey, preparation, seen)
            rows, columns = seen.slices
            for _ in reader.planes(prepared, rows=rows, columns=columns, pixels=False):
                pass
        return reader.repairs

    def _block(self, region: Region) -> Block:
        """Return a region with its halo."""
        halo, stride = reach(self.method, self.settings), self.method.grid(self.settings)
        height, width = self.stack.plane_shape
        return Block(
            around(region.top, region.bottom, height, halo=halo, stride=stride),
            around(region.left, region.right, width, halo=halo, stride=stride),
        )

    def _settled(self, t: int) -> small_regions.Settled:
        """Fold a whole timepoint for the steps that have to see it all; once per process."""

        def settle() -> small_regions.Settled:
            answer = self.fold_region(t, Region.whole(self.stack.plane_shape)).answer
            answer = preferred(answer, self.recipe.consistency["prefer"])
            return small_regions.settle(
                answer, self.recipe.consistency, n_planes=self.stack.n_planes
            )

        found: small_regions.Settled = _WHOLES.get(
            (self.key, t), settle, lambda maps: sum(m.nbytes for m in maps)
        )
        return found

    def score(self, t: int, z: int, region: Region) -> FloatMap:
        """Return the score map of a region of one plane."""
        reader = PlaneReader(self.stack, t, self.survey(t)[1].missing)
        block = self._block(region)
        seen = Region(
            block.rows.outer_start,
            block.rows.outer_stop,
            block.columns.outer_start,
            block.columns.outer_stop,
        )
        survey, preparation = survey_region(reader, *self.survey(t), seen)
        rows, columns = seen.slices
        planes = reader.planes(preparation, rows=rows, columns=columns, first=z, count=1)
        # to the method it is a plane of its own
        top, left = survey.origin
        own = replace(survey, plane_shape=seen.shape, origin=(top - seen.top, left - seen.left))
        with _DEVICE if self.method.neural else contextlib.nullcontext():
            scores = self.method.score(next(planes), self.settings, own)
        return np.ascontiguousarray(scores[region.within(seen).slices])

    def region(self, row: int, column: int) -> Region:
        """Return the block of this number along rows and along columns."""
        rows, columns = self.tiles[0][row], self.tiles[1][column]
        return Region(rows.start, rows.stop, columns.start, columns.stop)


def _survey_bytes(found: tuple[Survey, Preparation]) -> int:
    mean = found[0].mean
    return 1000 if mean is None else mean.nbytes
