"""Consistency verification: what a decision map should look like, whatever method made it.

For two planes the steps are those of the papers (Liu et al. 2017, section 3.4): threshold, small
regions, holes, growth, guided filter. For z-stacks each step has a form that does not depend on
the order of the planes: regions are of equal or neighbouring planes, smoothing acts on the depth,
never on plane numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.guided_filter import GuidedFilter
from napari_mfif.kernels.parallel import each
from napari_mfif.methods.base import Answer, FloatMap, Region
from napari_mfif.postprocess.depth_smoothing import smoothed_confidence, smoothed_depth
from napari_mfif.postprocess.small_regions import Decision, Settled, settle

__all__ = ["Guide", "reach", "verify"]

#: What is verified.
MAPS = ("depth", "decision", "confidence", "weight")

#: The grey fused image, or how to make it from a decision map (asked for only where a step needs
#: it).
Guide = FloatMap | Callable[[Decision], FloatMap]


def reach(settings: Mapping[str, Any], *, n_planes: int) -> int:
    """Return how many pixels beyond a part the other steps look."""
    smooth = 0 if n_planes == 2 else 2 * settings["smooth_depth"]
    return int(smooth + abs(settings["grow"]) + 2 * settings["guided_radius"])


def verify(
    answer: Answer,
    guide: Guide | None,
    settings: Mapping[str, Any],
    *,
    n_planes: int,
    settled: Settled | None = None,
) -> Answer:
    """Make the decision of an image consistent.

    Parameters
    ----------
    answer : Answer
        Of the whole image, or of a part with what `settle` gave there; it stays as it is.
    guide : float32 (Y, X), callable or None
        The fused image in grey, spanning 0 to 1, whose edges the guided filter follows; or
        a function that makes it from a decision map. Without one the guided filter is left out.
    settings : mapping
        A value for each of `CONSISTENCY` (see `complete`).
    n_planes : int
        Planes of the stack.
    settled : Settled, optional
        What `settle` gave, if it was called.

    Returns
    -------
    Answer
        With new maps where something changed. Two planes and a guided filter: `weight` is soft.
    """
    if settled is None:
        settled = settle(answer, settings, n_planes=n_planes)
    margin = reach(settings, n_planes=n_planes)
    if margin == 0:
        return _verified(answer, None, settings, settled, n_planes)
    image = None
    if settings["guided_radius"]:
        grown = _grown(settled[1], settings["grow"]) if n_planes == 2 else settled[1]
        image = guide(grown) if callable(guide) else guide
    height, width = answer.depth.shape
    new = _room(answer, settings, n_planes, soft=image is not None)

    def verify_band(band: Band) -> None:
        outer = Region(band.outer.start, band.outer.stop, 0, width)
        seen = outer.slices
        part = _verified(
            answer.cut(outer),
            None if image is None else image[seen],
            settings,
            (settled[0][seen], settled[1][seen]),
            n_planes,
        )
        for name in MAPS:
            into, found = getattr(new, name), getattr(part, name)
            if into is not None:
                into[band.rows] = found[band.inner]

    each(verify_band, bands((height, width), margin=margin + margin % 2))
    return new


def _verified(
    answer: Answer,
    image: FloatMap | None,
    settings: Mapping[str, Any],
    settled: Settled,
    n_planes: int,
) -> Answer:
    if n_planes == 2:
        return _verify_pair(answer, image, settings, settled)
    return _verify_stack(answer, image, settings, settled, n_planes - 1)


def _room(answer: Answer, settings: Mapping[str, Any], n_planes: int, *, soft: bool) -> Answer:
    """Return an answer with new maps to write to, but for those that stay as they are."""
    smooth = n_planes > 2 and settings["smooth_depth"]
    return replace(
        answer,
        depth=np.empty_like(answer.depth),
        decision=np.empty_like(answer.decision),
        confidence=np.empty_like(answer.confidence) if smooth else answer.confidence,
        weight=np.empty_like(answer.depth) if n_planes == 2 and soft else None,
    )


def _verify_pair(
    answer: Answer, image: FloatMap | None, settings: Mapping[str, Any], settled: Settled
) -> Answer:
    decision = _grown(settled[1], settings["grow"])
    weight: FloatMap | None = None
    if image is not None:
        weight = _guided(decision.astype(np.float32), image, settings)
        np.clip(weight, 0, 1, out=weight)
        decision = (weight > 0.5).astype(np.uint16)
    depth = np.where(decision == answer.decision, answer.depth, decision)
    return replace(answer, depth=depth, decision=decision, weight=weight)


def _verify_stack(
    answer: Answer,
    image: FloatMap | None,
    settings: Mapping[str, Any],
    settled: Settled,
    last: int,
) -> Answer:
    depth, decision = settled
    confidence = answer.confidence
    if settings["smooth_depth"]:
        depth = smoothed_depth(depth, settings["smooth_depth"], last)
        confidence = smoothed_confidence(settled[0], depth, confidence, settings["smooth_depth"])
    depth = _grown(depth, settings["grow"])
    if image is not None:
        depth = np.clip(_guided(depth, image, settings), 0, last)
    if depth is not settled[0]:
        # A decision that fits the new depth stays, also where it is not the nearest plane.
        misfit = np.abs(depth - decision) >= 1
        decision = decision.copy()
        decision[misfit] = np.rint(depth[misfit])
    return replace(answer, depth=depth, decision=decision, confidence=confidence)


def _grown(values: Any, pixels: int) -> Any:
    """Let smaller values (earlier planes) spread by so many pixels; negative: larger ones."""
    if not pixels:
        return values
    side = 2 * abs(pixels) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return (cv2.erode if pixels > 0 else cv2.dilate)(values, disc)


def _guided(values: FloatMap, image: FloatMap, settings: Mapping[str, Any]) -> FloatMap:
    radius, epsilon = settings["guided_radius"], settings["guided_epsilon"]
    return GuidedFilter(image, radius=radius, epsilon=epsilon)(values)
