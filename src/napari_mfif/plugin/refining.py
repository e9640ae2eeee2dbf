"""What the *Refine* panel has done in threads: a fusion refined, or first what is in view of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.part import Part
from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.heights import settled_heights
from napari_mfif.fusion.refining import refined_part
from napari_mfif.methods.base import Region
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.multiscale import levels_of
from napari_mfif.plugin.layers.telling import Telling, told_of
from napari_mfif.settings.options import HEIGHTS
from napari_mfif.settings.parameters import Settings
from napari_mfif.settings.recipe import Recipe

__all__ = ["SIDES", "heights_said", "in_view", "previewed", "refined", "unknown", "values_of"]

#: Rows and columns of what is refined first of a large result, in the middle of what is in view,
#: and of what follows at once.
SIDES = (512, 1024)


def values_of(recipe: Recipe) -> Settings:
    """Return what can be refined, as a recipe has it."""
    return {**recipe.consistency, **{p.name: getattr(recipe, p.name) for p in HEIGHTS}}


def heights_said(made: Made | None, *, lazy: bool) -> Settings:
    """Return what somebody said of heights that are not known, for the next run of a stack."""
    if made is None:
        return {}
    said = {p.name: getattr(made.fusion.recipe, p.name) for p in HEIGHTS}
    if lazy and said["unsure"] == "fill":  # which looks at the whole map
        del said["unsure"]
    return said


def changes(made: Made, values: Mapping[str, Any]) -> Settings:
    """Return the values that differ from those of a fusion."""
    known = values_of(made.fusion.recipe)
    return {name: value for name, value in values.items() if known.get(name) != value}


def refined(made: Made, values: Mapping[str, Any]) -> tuple[Made, Made]:
    """Return what it was made of, and a fusion with these values, with what is told of it."""
    wanted = changes(made, values)
    fusion = made.fusion.refine(**wanted) if wanted else made.fusion
    first = made.first or made.fusion.recipe
    telling = Telling(told_of(fusion)) if wanted else made.telling
    return made, replace(made, fusion=fusion, telling=telling, first=first)


def unknown(made: Made) -> tuple[Made, str]:
    """Say of how much of a fusion the height is not known; of a lazy one that is not known."""
    fusion = made.fusion
    if fusion.is_lazy:
        return made, ""
    share = 100 * float((fusion.confidence < fusion.recipe.min_confidence).mean())
    told = f"{share:.0f} %" if share >= 1 or not share else "Less than 1 %"
    return made, f"{told} of the area is not sure."


def in_view(layer: Any, shape: tuple[int, int], side: int) -> Region | None:
    """Return the middle of what is seen of a layer; nothing where it is out of view.

    Parameters
    ----------
    layer : Layer
        What is seen.
    shape : (int, int)
        Rows and columns of all of it.
    side : int
        Rows and columns of the middle, at most.
    """
    corners = np.asarray(layer.corner_pixels, float)[:, -2:]
    if layer.multiscale:
        corners = corners * np.asarray(layer.downsample_factors[layer.data_level])[-2:]
    spans = []
    for (begin, end), length in zip(corners.T, shape, strict=True):
        low, high = max(0, int(begin)), min(length, int(end) + 1)
        middle = (low + high) // 2
        span = max(low, middle - side // 2), min(high, middle + side // 2)
        if span[1] <= span[0]:
            return None
        spans.append(span)
    (top, bottom), (left, right) = spans
    return Region(top, bottom, left, right)


def previewed(
    made: Made,
    values: Mapping[str, Any],
    region: Region,
    time: int,
    shown: Mapping[str, Any],
    own: Collection[str] = (),
) -> tuple[Made, dict[str, Any]]:
    """Return layers' data in which a rectangle is refined.

    Parameters
    ----------
    made : Made
        A fusion that can be refined partly.
    values : mapping
        As for `refined`.
    region : Region
        The rectangle.
    time : int
        Its timepoint.
    shown : mapping
        By what it shows, the data of each layer that is seen.
    own : collection of str, optional
        Which of them an earlier call made: into those it is written, the others stay as they are.
    """
    fusion = made.fusion
    heights = {p.name: values[p.name] for p in HEIGHTS if p.name in values}
    recipe = replace(fusion.recipe, **heights)
    consistency = {name: value for name, value in values.items() if name not in heights}
    part = refined_part(fusion, consistency, region, time)
    new = {}
    for role, data in shown.items():
        colour = role.startswith("image") and fusion.stack.n_samples > 1
        whole = data[0] if isinstance(data, list) else data
        if role not in own:
            whole = np.array(whole)
        lead = [0] * (whole.ndim - 2 - colour)
        if "T" in fusion.stack.axes:
            lead[0] = time
        place: tuple[Any, ...] = (*lead, *region.slices)
        whole[place] = _map(role, part, fusion, recipe)
        new[role] = data if role in own else levels_of(whole, colour=colour)
    return made, new


def _map(role: str, part: Part, fusion: Fusion, recipe: Recipe) -> NDArray[Any]:
    """Return what a layer shows of a part."""
    if role == "height":
        return settled_heights(fusion.stack.heights(part.depth), part.confidence, recipe)
    if role == "confidence":
        return part.confidence
    if role == "plane taken":  # label 0 is transparent
        return np.asarray(fusion.stack.numbered(part.decision) + part.decision.dtype.type(1))
    stack = fusion.stack
    channel = int(role.removeprefix("image"))
    pixels = part.pixels.reshape(*part.pixels.shape[:2], stack.n_channels, stack.n_samples)
    return pixels[:, :, channel] if stack.n_samples > 1 else pixels[:, :, channel, 0]
