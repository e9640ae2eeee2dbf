"""Small regions and holes of a decision map take the plane of what surrounds them.

Of z-stacks a region is of equal or neighbouring planes, so that it does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.regions import border_regions, connected_regions, nearest_kept
from napari_mfif.methods.base import Answer, FloatMap

__all__ = ["Decision", "Settled", "sees_whole", "settle"]

Decision = NDArray[np.uint16]
#: Depth and decision without small regions and holes.
Settled = tuple[FloatMap, Decision]


def sees_whole(settings: Mapping[str, Any], n_pixels: int) -> bool:
    """Tell whether a step looks at the whole image of so many pixels, not only nearby."""
    return bool(max(settings["small_regions"], settings["holes"]) * n_pixels > 1)


def settle(answer: Answer, settings: Mapping[str, Any], *, n_planes: int) -> Settled:
    """Do the steps that look at the whole image; `verify` does the others, also in parts of it."""
    if n_planes == 2:
        decision = _thresholded(answer, settings)
        return answer.depth, _without_small_regions(
            decision, settings, tolerance=0, maps=(decision,)
        )[0]
    maps = (answer.depth, answer.decision)
    depth, decision = _without_small_regions(answer.decision, settings, tolerance=1, maps=maps)
    return depth, decision


def _thresholded(answer: Answer, settings: Mapping[str, Any]) -> Decision:
    if answer.weight is None:
        return answer.decision
    return np.asarray(answer.weight > settings["threshold"], np.uint16)


def _without_small_regions(
    decision: Decision, settings: Mapping[str, Any], *, tolerance: int, maps: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Return maps whose small regions have the values of the nearest pixel of others."""
    if not sees_whole(settings, decision.size):
        return maps
    regions, areas = connected_regions(decision, tolerance=tolerance)
    inside = np.ones(len(areas), np.bool_)
    inside[border_regions(regions)] = False
    smallest, largest_hole = (settings[name] * regions.size for name in ("small_regions", "holes"))
    small = (areas < smallest) | (inside & (areas < largest_hole))
    if not small.any() or small.all():
        return maps
    lost = small[regions]
    where, nearest = np.flatnonzero(lost), nearest_kept(lost)
    settled = tuple(values.copy() for values in maps)
    for new, old in zip(settled, maps, strict=True):
        new.flat[where] = old.flat[nearest]
    return settled
