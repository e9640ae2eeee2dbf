"""Other results from which strokes of a recipe take."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from napari_mfif.engine.lazy import LazyFold
from napari_mfif.fusion.progress import Progress
from napari_mfif.fusion.result import Fusion
from napari_mfif.settings.recipe import Recipe
from napari_mfif.settings.strokes import Stroke

__all__ = ["with_sources"]


def with_sources(
    strokes: Sequence[Stroke],
    fold: LazyFold,
    steps: Callable[..., Iterator[Progress]],
    *,
    lazy: bool,
) -> Generator[Progress, None, list[Stroke]]:
    """Make the other results that strokes take from; return strokes that take from those.

    Parameters
    ----------
    strokes : sequence of Stroke
        A source that is another result is its `Recipe`.
    fold : LazyFold
        What they are put into.
    steps : callable
        `napari_mfif.iter_fuse`.
    lazy : bool
        Whether other results are lazy.
    """
    made: list[tuple[Recipe, Fusion]] = []
    means: dict[str, Any] = {"device": fold.device, "memory": fold.budget, "worker": fold.worker}
    found = []
    for stroke in strokes:
        source = stroke.source
        if isinstance(source, Recipe):
            known = [fusion for recipe, fusion in made if recipe == source]
            if not known:
                for step in steps(fold.stack, recipe=source, lazy=lazy, **means):
                    if step.finished and step.fusion is not None:
                        known = [step.fusion]
                    else:
                        yield replace(step, stage=f"{step.stage}, to paint from it", fusion=None)
                made.append((source, known[0]))
            source = known[0]
        found.append(replace(stroke, source=source))
    return found
