"""Consistency verification: what a decision map should look like, whatever method made it.

For two planes the steps are those of the papers (Liu et al. 2017, section 3.4): threshold, small
regions, holes, growth, guided filter. For z-stacks each step has a form that does not depend on
the order of the planes: regions are of equal or neighbouring planes, smoothing acts on the depth,
never on plane numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.guided_filter import GuidedFilter
from napari_mfif.kernels.parallel import each
from napari_mfif.kernels.regions import border_regions, connected_regions, nearest_kept
from napari_mfif.methods.base import Answer, FloatMap
from napari_mfif.settings.options import PREFER
from napari_mfif.settings.parameters import Parameter, Settings, resolve

__all__ = [
    "CONSISTENCY",
    "OFF",
    "PAIR",
    "STACK",
    "Guide",
    "Settled",
    "complete",
    "reach",
    "sees_whole",
    "settle",
    "verify",
]

#: What is verified.
MAPS = ("depth", "decision", "confidence", "weight")

Decision = NDArray[np.uint16]
#: The grey fused image, or how to make it from a decision map (asked for only where a step needs
#: it).
Guide = FloatMap | Callable[[Decision], FloatMap]

#: Depth and decision without small regions and holes.
Settled = tuple[FloatMap, Decision]

CONSISTENCY: tuple[Parameter, ...] = (
    Parameter(
        "threshold",
        float,
        0.5,
        "Of two planes, how sure the focus map must be before the second is taken.",
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    ),
    Parameter(
        "small_regions",
        float,
        0.0,
        "Regions smaller than this share of the image take the plane of what surrounds them.",
        minimum=0.0,
        maximum=0.5,
        title="Small regions",
    ),
    Parameter(
        "holes",
        float,
        0.0,
        "The same for regions that do not touch the image's border.",
        minimum=0.0,
        maximum=0.5,
        advanced=True,
        title="Fill holes",
    ),
    Parameter(
        "grow",
        int,
        0,
        "Grow what is taken from earlier planes by this many pixels (later planes: negative).",
        minimum=-50,
        maximum=50,
        unit="px",
        advanced=True,
        title="Grow earlier",
    ),
    Parameter(
        "smooth_depth",
        int,
        0,
        "Radius of a median filter on the depth of a z-stack; 0 leaves depth and confidence alone.",
        minimum=0,
        maximum=12,
        unit="px",
        title="Smooth height",
    ),
    Parameter(
        "guided_radius",
        int,
        0,
        "Radius of a filter that fits the decision to the edges of the image; 0 leaves it alone.",
        minimum=0,
        maximum=100,
        unit="px",
        title="Follow edges",
    ),
    Parameter(
        "guided_epsilon",
        float,
        0.1,
        "How strong an edge that filter must see, as a variance where the image spans 0 to 1.",
        minimum=1e-8,
        maximum=10.0,
        advanced=True,
        title="Edge strength",
    ),
    PREFER,
)

#: Nothing is changed.
OFF: Mapping[str, Any] = MappingProxyType({p.name: p.default for p in CONSISTENCY})
#: What two planes get when nothing is said: the values of Liu et al. 2017.
PAIR: Mapping[str, Any] = MappingProxyType(
    {**OFF, "small_regions": 0.01, "guided_radius": 8, "guided_epsilon": 0.1}
)
#: What a z-stack gets when nothing is said, chosen on simulated stacks (docs/consistency.md).
STACK: Mapping[str, Any] = MappingProxyType({**OFF, "smooth_depth": 5})


def complete(
    given: Mapping[str, Any] | None,
    *,
    n_planes: int,
    stack: Mapping[str, Any] | None = None,
    pair: Mapping[str, Any] | None = None,
) -> Settings:
    """Fill settings from the profile for so many planes.

    Parameters
    ----------
    given : mapping or None
        Values by name; what is missing comes from `PAIR` or `STACK`.
    n_planes : int
        Planes of the stack.
    stack : mapping, optional
        Where a method has values of its own for z-stacks: these, before `STACK`.
    pair : mapping, optional
        The same for two planes, before `PAIR`.

    Raises
    ------
    ParameterError
        A name is unknown or a value is not possible.
    """
    profile = {**PAIR, **(pair or {})} if n_planes == 2 else {**STACK, **(stack or {})}
    return resolve(CONSISTENCY, {**profile, **(given or {})}, owner="consistency")


def sees_whole(settings: Mapping[str, Any], n_pixels: int) -> bool:
    """Tell whether a step looks at the whole image of so many pixels, not only nearby."""
    return bool(max(settings["small_regions"], settings["holes"]) * n_pixels > 1)


def settle(answer: Answer, settings: Mapping[str, Any], *, n_planes: int) -> Settled:
    """Do the steps that look at the whole image; `verify` does the others, also in parts of it."""
    if n_planes == 2:
        decision = _thresholded(answer, settings)
        return answer.depth, _settled(decision, settings, tolerance=0, maps=(decision,))[0]
    maps = (answer.depth, answer.decision)
    depth, decision = _settled(answer.decision, settings, tolerance=1, maps=maps)
    return depth, decision


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
    if all(settings[name] == 0 for name in ("smooth_depth", "grow", "guided_radius")):
        return _verified(answer, None, settings, settled, n_planes)
    image = None
    if settings["guided_radius"]:
        grown = _grown(settled[1], settings["grow"]) if n_planes == 2 else settled[1]
        image = guide(grown) if callable(guide) else guide
    margin = reach(settings, n_planes=n_planes)
    parts = bands(answer.depth.shape, margin=margin + margin % 2)
    new = _room(answer, settings, n_planes, soft=image is not None)

    def verify_band(band: Band) -> None:
        seen = (band.outer,)
        part = _verified(
            _cut(answer, band.outer),
            None if image is None else image[seen],
            settings,
            (settled[0][seen], settled[1][seen]),
            n_planes,
        )
        for name in MAPS:
            into, found = getattr(new, name), getattr(part, name)
            if into is not None:
                into[band.rows] = found[band.inner]

    each(verify_band, parts)
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


def _cut(answer: Answer, rows: slice) -> Answer:
    """Return some rows of what is verified."""
    weight = None if answer.weight is None else answer.weight[rows]
    maps = (answer.depth[rows], answer.decision[rows], answer.confidence[rows])
    return Answer(*maps, weight=weight)


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


def _thresholded(answer: Answer, settings: Mapping[str, Any]) -> Decision:
    if answer.weight is None:
        return answer.decision
    return np.asarray(answer.weight > settings["threshold"], np.uint16)


def _verify_pair(
    answer: Answer, image: FloatMap | None, settings: Mapping[str, Any], settled: Settled
) -> Answer:
    decision = settled[1]
    if settings["grow"]:
        decision = _grown(decision, settings["grow"])
    weight: FloatMap | None = None
    if settings["guided_radius"] and image is not None:
        weight = _guided(decision.astype(np.float32), image, settings)
        np.clip(weight, 0, 1, out=weight)
        decision = (weight > 0.5).astype(np.uint16)
    depth = answer.depth
    if not np.array_equal(decision, answer.decision):
        depth = np.where(decision == answer.decision, answer.depth, decision).astype(np.float32)
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
        depth = _median(depth, settings["smooth_depth"], last)
        confidence = _trusted(settled[0], depth, confidence, settings["smooth_depth"])
    if settings["grow"]:
        depth = _grown(depth, settings["grow"])
    if settings["guided_radius"] and image is not None:
        depth = np.clip(_guided(depth, image, settings), 0, last)
    if depth is not settled[0]:
        # A decision that fits the new depth stays, also where it is not the nearest plane.
        misfit = np.abs(depth - decision) >= 1
        decision = decision.copy()
        decision[misfit] = np.rint(depth[misfit])
    return replace(answer, depth=depth, decision=decision, confidence=confidence)


def _settled(
    decision: Decision, settings: Mapping[str, Any], *, tolerance: int, maps: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Return maps whose small regions have the values of the nearest pixel of others."""
    smallest, holes = (settings[name] * decision.size for name in ("small_regions", "holes"))
    if max(smallest, holes) <= 1:
        return maps
    regions, areas = connected_regions(decision, tolerance=tolerance)
    small = areas < smallest
    if holes > smallest:
        inside = np.ones(len(areas), np.bool_)
        inside[border_regions(regions)] = False
        small |= inside & (areas < holes)
    if not small.any() or small.all():
        return maps
    lost = small[regions]
    where, nearest = np.flatnonzero(lost), nearest_kept(lost)
    settled = tuple(values.copy() for values in maps)
    for new, old in zip(settled, maps, strict=True):
        new.flat[where] = old.flat[nearest]
    return settled


def _grown(values: Any, pixels: int) -> Any:
    """Let smaller values (earlier planes) spread by so many pixels; negative: larger ones."""
    side = 2 * abs(pixels) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return (cv2.erode if pixels > 0 else cv2.dilate)(values, disc)


def _guided(values: FloatMap, image: FloatMap, settings: Mapping[str, Any]) -> FloatMap:
    guide = np.ascontiguousarray(image, np.float32)
    radius, epsilon = settings["guided_radius"], settings["guided_epsilon"]
    return GuidedFilter(guide, radius=radius, epsilon=epsilon)(values)


def _median(depth: FloatMap, radius: int, last: int) -> FloatMap:
    """Return the median of the depth in a square; beyond 5 x 5 in 255 steps from 0 to `last`."""
    if radius <= 2:
        return np.asarray(cv2.medianBlur(depth, 2 * radius + 1), np.float32)
    step = max(last, 1) / 255
    coarse = cv2.convertScaleAbs(depth, alpha=1 / step)
    median = cv2.medianBlur(coarse, 2 * radius + 1)
    smooth = np.asarray(cv2.LUT(median, np.float32(step * np.arange(256))), np.float32)
    # What the median leaves alone keeps its fraction.
    np.copyto(smooth, depth, where=median == coarse)
    return smooth


def _trusted(depth: FloatMap, smooth: FloatMap, confidence: FloatMap, radius: int) -> FloatMap:
    """Return the geometric mean of a confidence and of how well the depths round a pixel agree.

    A neighbour d planes off the smoothed depth agrees by 1 / (1 + d^2), and counts by its own
    confidence. On simulated stacks both together tell right from wrong better than either.
    """
    side = (2 * radius + 1, 2 * radius + 1)
    off = depth - smooth
    weight = np.maximum(confidence, np.float32(0.01))
    agreement = cv2.blur(weight / (off * off + 1), side) / cv2.blur(weight, side)
    return np.asarray(cv2.sqrt(np.clip(confidence * agreement, 0, 1)), np.float32)
