"""A fusion as notebooks show it."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from napari_mfif import methods
from napari_mfif.arrays.html import CHANNELS, figure, grey, map_figure, page, stack_facts
from napari_mfif.arrays.lazy_array import coarser_levels

if TYPE_CHECKING:
    from napari_mfif.fusion.result import Fusion

__all__ = ["facts_of", "fusion_html"]

#: A lazy result is fused for its picture at a coarse level of its file up to so many voxels.
AT_ONCE = 30_000_000


def fusion_html(self: Fusion) -> str:
    """Show the image, the heights with a colour bar, and how they were made.

    A lazy result is shown at the coarsest level that its file holds, or told in words only.
    """
    shown, notes = _shown(self), list(self.notes)
    if shown is None:
        notes.append("Lazy: nothing has been made yet. Index what you want to see.")
    elif shown is not self:
        notes.append("Shown from afar: at the coarsest level of the file.")
    pictures = list(_pictures(shown)) if shown is not None else []
    return page(f"{self.stack.name} in focus", pictures, facts_of(self), notes)


def facts_of(fusion: Fusion) -> dict[str, str]:
    """Return what was fused and how, a line each."""
    recipe = fusion.recipe
    facts = {"Method": f"{methods.get(recipe.method).title} ({recipe.method})"}
    if recipe.align != "none":
        facts["Aligned by"] = recipe.align
    if fusion.seconds:
        facts["Made in"] = f"{fusion.seconds:.3g} s"
    if isinstance(fusion.confidence, np.ndarray):
        facts["Confidence"] = f"median {float(np.nanmedian(fusion.confidence)):.2f}"
    facts["Height in"] = fusion.unit
    return facts | stack_facts(fusion.stack)


def _shown(fusion: Fusion) -> Fusion | None:
    """Return what costs little to look at: the fusion, a coarse one, or nothing."""
    if isinstance(fusion.image, np.ndarray):
        return fusion
    levels = coarser_levels(fusion.stack.pixels)
    cheap = not methods.get(fusion.recipe.method).neural
    if not levels or not cheap or prod(levels[-1].shape) > AT_ONCE or fusion.is_coarser:
        return None
    coarser = fusion.coarser()
    return coarser[-1] if coarser else None


def _pictures(fusion: Fusion) -> Iterator[str]:
    stack = fusion.stack
    image, height = fusion.image, fusion.height_where()
    when = ""
    if "T" in stack.axes:
        image, height, when = image[0], height[0], f", timepoint 0 of {stack.n_times}"
    for channel in range(min(stack.n_channels, CHANNELS)):
        name = f"{stack.channel_names[channel]} " if stack.channel_names else ""
        one = image[channel] if "C" in stack.axes else image
        yield figure(grey(np.asarray(one)), f"{name}in focus{when}")
    yield map_figure(np.asarray(height), f"height{when}", fusion.unit)
