"""A fusion step by step: aligning, folding timepoints, applying a given decision."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import Transforms
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import iter_aligned
from napari_mfif.engine.cluster import iter_timepoints
from napari_mfif.engine.driver import Layout, plan
from napari_mfif.engine.folded import FoldedTimepoint, copied, fold_region
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.request import settings_of
from napari_mfif.engine.survey import SurveyedTimepoint
from napari_mfif.errors import ParameterError
from napari_mfif.fusion.outputs import Outputs
from napari_mfif.fusion.progress import Progress
from napari_mfif.fusion.result import assemble
from napari_mfif.methods import registry
from napari_mfif.methods.base import Answer
from napari_mfif.postprocess.composition import rounded
from napari_mfif.settings.recipe import Recipe

__all__ = ["Runner", "iter_aligning", "iter_cluster", "iter_decided"]

#: What stands in a recipe in the place of a method where the decision was given.
GIVEN = "given decision"

#: A folded timepoint, and its pixels with its verified answer.
Made = tuple[FoldedTimepoint, tuple[NDArray[Any], Answer]]

#: Between two previews passes at least so many times what the last one cost.
PREVIEW_SHARE = 6.0


def iter_aligning(
    stack: ZStack, recipe: Recipe, places: str | Sequence[Transforms]
) -> Generator[Progress, None, ZStack]:
    """Yield the progress of finding out where planes lie; return the aligned stack."""
    channel = None if recipe.channel is None else stack.channel_index(recipe.channel)
    settings = dict(recipe.parameters)
    total = 2 * stack.n_times * stack.n_planes
    steps = iter_aligned(
        stack, places, channel, settings, reference=recipe.reference, crop=recipe.crop
    )
    for done, ready in enumerate(steps):
        if ready is not None:
            return ready
        yield Progress("Aligning planes", done + 1, total)
    raise AssertionError("the last one is the stack")


@dataclass
class Runner:
    """Folds the timepoints of a stack one after the other, counting planes."""

    stack: ZStack
    recipe: Recipe
    device: str
    budget: int
    preview: float | None
    worker: bool = False
    #: Whether more than the image is asked for.
    maps: bool = True
    done: int = 0
    total: int = 1

    def run_all(self) -> Generator[Progress, None, list[Made]]:
        """Fold all timepoints; return what was made of each."""
        made = []
        for t in range(self.stack.n_times):
            folded = yield from self.run(t)
            made.append((folded, folded.postprocessed(dict(self.recipe.consistency))))
        return made

    def run_into(self, files: Outputs) -> Generator[Progress, None, None]:
        """Fold all timepoints; each is written when it is done, and dropped."""
        with files:
            for t in range(self.stack.n_times):
                folded = yield from self.run(t)
                files.write_timepoint(folded, *folded.postprocessed(dict(self.recipe.consistency)))

    def run(self, t: int) -> Generator[Progress, None, FoldedTimepoint]:
        """Fold one timepoint."""
        method = registry.get(self.recipe.method)
        if self.worker:
            from napari_mfif.engine.process.client import in_worker

            method = in_worker(method)
        settings = settings_of(self.recipe, self.stack, self.device)
        if method.blends and settings["composition"] == "auto":
            settings = {**settings, "maps": self.maps}
        reader = PlaneReader(self.stack, t)
        layout = plan(method, settings, reader, self.budget)
        per_time = self.stack.n_planes * method.passes * len(layout.groups)
        self.total = per_time * self.stack.n_times + 1
        yield Progress("Looking at the stack", self.done, self.total)
        timepoint = SurveyedTimepoint.of(method, settings, reader, self.recipe.channel)
        return (yield from self._fold(timepoint, layout))

    def _fold(
        self, timepoint: SurveyedTimepoint, layout: Layout
    ) -> Generator[Progress, None, FoldedTimepoint]:
        """Fold a timepoint, with previews where they are wanted and due."""
        folding = fold_region(timepoint, layout)
        pause = self.preview if self.stack.n_times == 1 else None
        shown, new = time.perf_counter(), False
        while True:
            asked = time.perf_counter()
            due = new and pause is not None and asked - shown > pause
            try:
                answer = folding.send(True) if due else next(folding)
            except StopIteration as end:
                folded: FoldedTimepoint = end.value
                return folded
            new = answer is None
            if answer is None:
                self.done += 1
                yield Progress("Fusing", self.done, self.total)
            else:
                yield self._preview(FoldedTimepoint(timepoint, answer))
                # Looking at it must not become the main part of the work.
                shown = time.perf_counter()
                pause = max(self.preview or 0, PREVIEW_SHARE * (shown - asked))

    def _preview(self, folded: FoldedTimepoint) -> Progress:
        pixels = rounded(folded.pixels(folded.answer), self.stack.dtype)
        fusion = assemble(self.stack, [(pixels, folded.answer)], self.recipe, (), 0.0)
        return Progress("Fusing", self.done, self.total, fusion)


def iter_cluster(
    client: Any, fold: LazyFold, files: Outputs | None = None
) -> Generator[Progress, None, list[Made]]:
    """Yield the progress of folding all timepoints on a cluster; return what was made of each.

    With files each is written when it has come, and dropped.
    """
    made: list[Made] = []
    planes, times = fold.stack.n_planes, fold.stack.n_times
    yield Progress("Fusing", 0, planes * times)
    finishing = iter_timepoints(client, fold)
    with files or contextlib.nullcontext(), contextlib.closing(finishing):  # cancels the rest
        for done, (folded, part) in enumerate(finishing, start=1):
            if files is None:
                made.append((folded, part))
            else:
                files.write_timepoint(folded, *part)
            yield Progress("Fusing", planes * done, planes * times)
    return made


def iter_decided(
    stack: ZStack, recipe: Recipe, decision: NDArray[Any], began: float
) -> Iterator[Progress]:
    """Take the pixels that a given decision names.

    Raises
    ------
    ParameterError
        The decision has another shape or type, or names planes that are not there.
    """
    shape = ((stack.n_times,) if "T" in stack.axes else ()) + stack.plane_shape
    if decision.shape != shape or decision.dtype.kind not in "ui":
        raise ParameterError(
            f"The decision is {decision.dtype} of shape {decision.shape}; {stack.name} needs "
            f"whole numbers of shape {shape}."
        )
    if decision.min() < 0 or decision.max() >= stack.n_planes:
        raise ParameterError(
            f"The decision names planes {decision.min()} to {decision.max()}, but {stack.name} has "
            f"planes 0 to {stack.n_planes - 1}."
        )
    # Nothing was measured: no method to repeat, and no doubt about what was asked for.
    recipe = replace(recipe, method=GIVEN, parameters={}, consistency={})
    parts = []
    for t in range(stack.n_times):
        chosen = decision[t] if "T" in stack.axes else decision
        reader = PlaneReader(stack, t)
        answer = Answer(
            chosen.astype(np.float32), chosen.astype(np.uint16), np.ones(chosen.shape, np.float32)
        )
        parts.append((copied(reader, answer), answer))
        yield Progress("Copying pixels", t, stack.n_times)
    fusion = assemble(stack, parts, recipe, (), time.perf_counter() - began)
    yield Progress("Done", 1, 1, fusion, finished=True)
