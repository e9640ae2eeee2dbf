"""A part of a fusion with another clean-up, before all of it is made."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.engine.aligned import covered_confidence
from napari_mfif.engine.folded import FoldedTimepoint
from napari_mfif.engine.part import Part
from napari_mfif.methods.base import Region
from napari_mfif.postprocess.consistency import reach
from napari_mfif.postprocess.preference import preferred
from napari_mfif.postprocess.small_regions import sees_whole, settle
from napari_mfif.settings.consistency import complete

if TYPE_CHECKING:
    from napari_mfif.fusion.result import Fusion

__all__ = ["can_refine", "refined_part"]


def can_refine(fusion: Fusion, *, partly: bool = False) -> bool:
    """Tell whether a fusion can be cleaned up otherwise without a run of its method.

    Parameters
    ----------
    fusion : Fusion
        One in memory that a method made can.
    partly : bool, optional
        Whether a part of it can, by `refined_part`: not where pixels are blended over the whole
        image, or were corrected by hand.
    """
    at_hand = bool(fusion._folded)
    blended = fusion.recipe.parameters.get("composition") == "pyramid"
    return at_hand and not (partly and (blended or fusion._mended is not None))


def refined_part(
    fusion: Fusion, consistency: Mapping[str, Any], region: Region, time: int = 0
) -> Part:
    """Return a rectangle as `Fusion.refine` would make it.

    Parameters
    ----------
    fusion : Fusion
        For which `can_refine` says that a part can be.
    consistency : mapping
        As for `Fusion.refine`.
    region : Region
        Of the result.
    time : int, optional
        The timepoint.
    """
    stack, n_planes = fusion.stack, fusion.stack.n_planes
    settings = complete({**fusion.recipe.consistency, **consistency}, n_planes=n_planes)
    folded = fusion._folded[time]
    wide = region.widened(reach(settings, n_planes=n_planes), stack.plane_shape)
    settled = None
    if sees_whole(settings, prod(stack.plane_shape)):
        answer = preferred(folded.answer, settings["prefer"])
        maps = settle(answer, settings, n_planes=n_planes)
        settled = maps[0][wide.slices], maps[1][wide.slices]
    part = FoldedTimepoint(folded.timepoint, folded.answer.cut(wide), wide)
    pixels, answer = part.postprocessed(settings, settled)
    core = region.within(wide)
    answer = answer.cut(core)
    confidence = covered_confidence(answer.confidence, stack, region)
    pixels = np.ascontiguousarray(pixels[core.slices])
    assert answer.runner_up is not None  # postprocessing sees to it
    return Part(pixels, answer.depth, answer.decision, confidence, answer.runner_up)
