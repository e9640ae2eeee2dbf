"""What keeps depths of a fusion from being believed, by kind, with its share and a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.aligned import WORTH_ALIGNING, drift_seen, transforms_of
from napari_mfif.errors import MfifError
from napari_mfif.methods.base import Cause
from napari_mfif.settings.options import MIN_CONFIDENCE

if TYPE_CHECKING:
    from napari_mfif.engine.folded import FoldedTimepoint

__all__ = ["APART", "SURE", "Doubt", "decided_share", "doubts_of", "steps_suffice"]

#: From this confidence on a pixel counts as decided.
SURE: float = MIN_CONFIDENCE.default

#: Where planes differ over such a share of the area, they would wherever there is something: the
#: depth of field is the same everywhere. Of planes that are alike .10 at most is told, by chance.
TOLD = 0.25


#: The kind of doubt that aligning the planes takes away.
APART = "planes lie apart"


@dataclass(frozen=True)
class Doubt:
    """One reason why depths may be wrong.

    Parameters
    ----------
    kind : str
        ``"contrast inverts"``, ``"ground out of range"``, ``"planes look alike"``,
        ``"saturated"`` or ``"planes lie apart"``.
    share : float
        Of the area, 0 to 1.
    sentence : str
        What was found.
    remedy : str
        What to do about it.
    """

    kind: str
    share: float
    sentence: str
    remedy: str


#: By cause: its kind, the share from which it is told, sentence and remedy.
_WORDS = {
    Cause.INVERTS: (
        "contrast inverts", 0.01,
        "Neither image nor heights can be trusted where contrast inverts through focus: bright "
        "and dark rims there are not real.",
        "For the image take planes on one side of the focus only, by `planes=`; for heights, "
        "staining, fluorescence or phase contrast.",
    ),
    Cause.BEYOND: (
        "ground out of range", 0.05,
        "Over {share} of the area the first or the last plane is the sharpest: what is in focus "
        "there may lie beyond the stack.",
        "Record more planes beyond that end, where heights matter there.",
    ),
    Cause.ALIKE: (
        "planes look alike", 0.05,
        "Over {share} of the area all planes are equally sharp: no height can be told there.",
        "Record planes that lie further apart, and look whether these are planes of one z-stack.",
    ),
    Cause.SATURATED: (
        "saturated", 0.01,
        "Over {share} of the area the planes in focus are saturated: what would tell the height "
        "was not recorded.",
        "Record with less light or a shorter exposure.",
    ),
}  # fmt: skip


def doubts_of(
    folded: Sequence[FoldedTimepoint], channel: int | str | None = None
) -> Iterator[Doubt]:
    """Yield what was found in timepoints that were folded, the largest share first.

    Parameters
    ----------
    folded : sequence of FoldedTimepoint
        Some planes of the first one are looked at again, once.
    channel : int or str, optional
        The guide channel.
    """
    yield from _apart(folded[:1], channel)
    maps = [one.answer.causes for one in folded if one.answer.causes is not None]
    shares = {cause: _share(maps, cause) for cause in _WORDS}
    inverting = [one.survey.facts.get("inverting", 0.0) for one in folded]
    shares[Cause.INVERTS] = max([shares[Cause.INVERTS], *inverting])
    if steps_suffice(folded):
        shares[Cause.ALIKE] = 0.0  # nothing to act on: there is nothing to focus on
    for cause in sorted(shares, key=lambda cause: -shares[cause]):
        kind, least, sentence, remedy = _WORDS[cause]
        if maps and shares[cause] >= least:
            said = sentence.format(share=f"{100 * shares[cause]:.0f} %")
            yield Doubt(kind, shares[cause], said, remedy)


def _apart(folded: Sequence[FoldedTimepoint], channel: int | str | None) -> Iterator[Doubt]:
    """Yield a doubt where planes were fused as they are though they lie apart."""
    for one in folded:
        stack = one.reader.stack
        if transforms_of(stack) or stack.n_planes < 2:
            continue
        number = None if channel is None else stack.channel_index(channel)
        try:
            far = drift_seen(one.reader, number)
        except (MfifError, OSError):  # a file that is gone by now: nothing can be said
            continue
        if far >= WORTH_ALIGNING:
            said = (
                f"Planes lie up to {far:.1f} px apart: edges are doubled, depths beside them wrong."
            )
            yield Doubt(APART, 1.0, said, 'Align them by `align="similarity"`.')


def steps_suffice(folded: Sequence[FoldedTimepoint]) -> bool:
    """Tell whether so much is decided that planes lie far enough apart: `TOLD`.

    What is alike in all planes then is ground on which there is nothing to focus.
    """
    answers = [one.answer for one in folded if one.answer.causes is not None]
    told = [np.mean((one.confidence >= SURE) & (one.causes == 0)) for one in answers]
    return bool(told) and float(np.mean(told)) >= TOLD


def decided_share(confidence: NDArray[np.float32], sure: float = SURE) -> float:
    """Return the share of the area that is decided with confidence, 0 to 1.

    Where something keeps the depth from being told the confidence is below one half.
    """
    return float(np.mean(confidence >= np.float32(sure)))


def _share(maps: Sequence[NDArray[np.uint8]], cause: Cause) -> float:
    if not maps:
        return 0.0
    return float(np.mean([np.mean(causes & np.uint8(cause) > 0) for causes in maps]))
