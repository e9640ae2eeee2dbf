"""Which of two depths that compete is taken, and what is left of the confidence then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.base import Answer, FloatMap
from napari_mfif.settings.options import PREFER

__all__ = ["mixed", "preferred", "rival"]

#: Side of the window in which copied pixels pass into blended ones.
SEAM = 3


def preferred(answer: Answer, prefer: str) -> Answer:
    """Take the depths that compete with those decided for, where they are preferred.

    Parameters
    ----------
    answer : Answer
        It stays as it is; the same one is returned where nothing changes.
    prefer : {"sharper", "nearer", "farther"}
        Nearer is an earlier plane, farther a later one.
    """
    other = answer.runner_up
    if other is None or prefer == PREFER.default:
        return answer
    taken = other < answer.decision if prefer == "nearer" else other > answer.decision
    if not taken.any():
        return answer
    unlikely = np.minimum(answer.confidence, 1 - answer.confidence)
    return replace(
        answer,
        depth=np.where(taken, other, answer.depth).astype(np.float32),
        decision=np.where(taken, other, answer.decision),
        confidence=np.where(taken, unlikely, answer.confidence),
        runner_up=np.where(taken, answer.decision, other),
    )


def rival(verified: Answer, answer: Answer) -> NDArray[np.uint16]:
    """Return the plane that competes with a verified decision; that one where none does.

    Parameters
    ----------
    verified, answer : Answer
        After the verification, and what it was made of.
    """
    if answer.runner_up is None:
        return verified.decision
    competes = answer.runner_up != answer.decision
    apart = np.abs(answer.runner_up.astype(np.int32) - verified.decision) > 1
    return np.where(competes & apart, answer.runner_up, verified.decision)


def mixed(blended: FloatMap, copies: NDArray[Any], where: NDArray[np.bool_]) -> FloatMap:
    """Put copied pixels, (Y, X, K), in the place of blended ones, without a hard seam."""
    share = cv2.blur(where.astype(np.float32), (SEAM, SEAM))[..., None]
    return np.asarray(blended + share * (copies - blended), np.float32)
