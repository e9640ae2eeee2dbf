"""Why the depth of a part of the area is not decided, by what was found at each pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_mfif.fusion.doubts import steps_suffice
from napari_mfif.methods.base import Cause

if TYPE_CHECKING:
    from napari_mfif.engine.folded import FoldedTimepoint
    from napari_mfif.fusion.result import Fusion

__all__ = ["INVERTS", "reason_at", "undecided_by"]

NOT_COVERED = "not all planes cover it"
INVERTS = "contrast inverts through focus"
UNKNOWN = "reason not known"
ALIKE, EMPTY = "all planes are equally sharp", "nothing to focus on"

#: Reasons by their causes; of several at a pixel the first one counts.
_REASONS = (
    (Cause.INVERTS | Cause.BESIDE, INVERTS),
    (Cause.SATURATED, "planes are too bright for the camera"),
    (Cause.FLAT, "no plane shows more than noise"),
    (Cause.ALIKE, ALIKE),
    (Cause.BEYOND | Cause.AT_END, "the first or the last plane is the sharpest"),
)


def undecided_by(
    confidence: NDArray[np.float32],
    folded: Sequence[FoldedTimepoint],
    covered: tuple[slice, slice],
    sure: float,
) -> dict[str, float]:
    """Return the share of the area that is not decided, by reason, the largest first.

    Parameters
    ----------
    confidence : float32, (Y, X) or (T, Y, X)
        Of the fusion.
    folded : sequence of FoldedTimepoint
        What was found at each pixel of each timepoint.
    covered : (slice, slice)
        Rows and columns that all planes cover.
    sure : float
        From this confidence on a pixel is decided.
    """
    outside = np.ones(confidence.shape[-2:], np.bool_)
    outside[covered] = False
    shares: dict[str, float] = {}
    planes = confidence.reshape(-1, *outside.shape)
    words = {ALIKE: EMPTY} if steps_suffice(folded) else {}
    for one, plane in zip(folded, planes, strict=True):
        here = [(outside, NOT_COVERED), *_reasons(one, sure, words)]
        left = np.less(plane, np.float32(sure))
        for where, reason in [*here, (np.ones_like(left), UNKNOWN)]:
            share = float(np.mean(left & where)) / len(folded)
            shares[reason] = shares.get(reason, 0.0) + share
            left &= ~where
    told = {reason: share for reason, share in shares.items() if share > 0}
    return dict(sorted(told.items(), key=lambda item: -item[1]))


def reason_at(fusion: Fusion, time: int, row: int, column: int) -> str:
    """Return why the depth of one pixel is not decided; nothing where it is, or nothing is known.

    Parameters
    ----------
    fusion : Fusion
        Of a lazy one, and of a given decision, nothing is known.
    time, row, column : int
        The pixel.
    """
    folded, sure = fusion._folded, fusion.recipe.min_confidence
    place = (time, row, column) if "T" in fusion.stack.axes else (row, column)
    if not folded or fusion.confidence[place] >= np.float32(sure):
        return ""
    sides = zip((row, column), fusion.common_area, fusion.stack.plane_shape, strict=True)
    if not all(number in range(length)[part] for number, part, length in sides):
        return NOT_COVERED
    words = {ALIKE: EMPTY} if steps_suffice(folded) else {}
    pixel = slice(row, row + 1), slice(column, column + 1)
    found = _reasons(folded[time], sure, words, pixel)
    return next((why for where, why in found if where.any()), "")


def _reasons(
    one: FoldedTimepoint,
    sure: float,
    words: Mapping[str, str],
    place: tuple[slice, slice] = (slice(None), slice(None)),
) -> list[tuple[NDArray[np.bool_], str]]:
    """Return where something was found that keeps depths from being decided, and what."""
    if 1 - one.survey.facts.get("inverting", 0.0) < sure:  # of the whole plane, by the survey
        return [(np.ones(one.answer.confidence[place].shape, np.bool_), INVERTS)]
    if one.answer.causes is None:
        return []
    causes = one.answer.causes[place]
    return [(causes & np.uint8(cause) > 0, words.get(why, why)) for cause, why in _REASONS]
