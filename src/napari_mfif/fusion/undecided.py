"""Why the depth of a part of the area is not decided, by what was found at each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_mfif.fusion.doubts import steps_suffice
from napari_mfif.methods.base import Cause

if TYPE_CHECKING:
    from napari_mfif.engine.folded import FoldedTimepoint

__all__ = ["INVERTS", "undecided_by"]

NOT_COVERED = "not all planes cover it"
INVERTS = "contrast inverts through focus"
UNKNOWN = "no reason was found"
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
        causes = one.answer.causes
        here = [(outside, NOT_COVERED)]
        if 1 - one.survey.facts.get("inverting", 0.0) < sure:  # of the whole plane, by the survey
            here.append((~outside, INVERTS))
        elif causes is not None:
            here += [(causes & np.uint8(cause) > 0, words.get(why, why)) for cause, why in _REASONS]
        left = np.less(plane, np.float32(sure))
        for where, reason in [*here, (np.ones_like(left), UNKNOWN)]:
            share = float(np.mean(left & where)) / len(folded)
            shares[reason] = shares.get(reason, 0.0) + share
            left &= ~where
    told = {reason: share for reason, share in shares.items() if share > 0}
    return dict(sorted(told.items(), key=lambda item: -item[1]))
