"""What a confidence is worth where something keeps the depth from being told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from napari_mfif.kernels.chance import within_one
from napari_mfif.methods.base import FEW_PLANES, Answer, Cause, Survey

__all__ = ["AT_MOST", "doubted", "with_causes"]

#: The confidence where there is such a cause: below one half, which counts as decided, but at an
#: end. There it is what is right within one plane of simulated stacks that end too early.
AT_MOST = {
    Cause.INVERTS: 0.4,
    Cause.BEYOND: 0.2,
    Cause.AT_END: 0.55,
    Cause.ALIKE: 0.3,
    Cause.SATURATED: 0.4,
    Cause.FLAT: 0.3,
    Cause.BESIDE: 0.4,
}
#: Of few planes a depth of which nothing is told is right by chance more often than that; still it
#: does not count as decided.
UNTOLD, UNTOLD_AT_MOST = (Cause.ALIKE, Cause.FLAT), 0.49
#: What is in an end plane by its depth alone may be there or beyond, and its confidence then.
EITHER, EITHER_AT_MOST = Cause.BEYOND | Cause.AT_END, 0.4
#: The confidence where another depth competes: that share is right within one plane in simulated
#: stacks of all kinds, seeds 0 to 3.
COMPETING = 0.65


def with_causes(answer: Answer, survey: Survey) -> Answer:
    """Give an answer of a method that does not look for it what can be told from outside.

    What is sharpest in the first or the last plane may lie beyond.
    """
    if "inverting" not in survey.facts or not answer.has_maps:
        return answer
    at_end = (answer.depth < 0.5) | (answer.depth > survey.n_planes - 1.5)
    found = np.uint8(EITHER) * (at_end & (survey.n_planes >= FEW_PLANES))
    if answer.causes is not None:
        found = np.where(answer.causes > 0, answer.causes, found)
    return replace(answer, causes=found)


def doubted(answer: Answer, survey: Survey) -> Answer:
    """Lower the confidence where there is a cause for doubt.

    What holds for a part of the textured places, as the survey found, is as probable anywhere.
    """
    inverting = np.float32(survey.facts.get("inverting", 0.0))
    if inverting:
        answer = replace(answer, confidence=np.minimum(answer.confidence, 1 - inverting))
    if answer.runner_up is not None and not answer.weighed:
        competes = answer.runner_up != answer.decision
        limit = np.where(competes, np.float32(COMPETING), np.float32(1))
        answer = replace(answer, confidence=np.minimum(answer.confidence, limit))
    if answer.causes is None or not answer.causes.any():
        return answer
    bits = range(sum(AT_MOST) + 1)
    chance = min(within_one(survey.n_planes), UNTOLD_AT_MOST)
    most_of = AT_MOST | {cause: max(AT_MOST[cause], chance) for cause in UNTOLD}
    most_of |= {Cause.AT_END: 1.0} if answer.weighed else {}
    most = np.array([_limit(Cause(bit), most_of) for bit in bits], np.float32)[answer.causes]
    return replace(answer, confidence=np.minimum(answer.confidence, most))


def _limit(causes: Cause, most_of: Mapping[Cause, float]) -> float:
    """Return what a confidence is at most where there are these causes."""
    either = EITHER in causes
    limits = [most_of[cause] for cause in (causes & ~EITHER if either else causes)]
    return min([*limits, EITHER_AT_MOST] if either else limits, default=1.0)
