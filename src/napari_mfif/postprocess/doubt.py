"""What a confidence is worth where something keeps the depth from being told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_mfif.methods.base import Answer, Cause

__all__ = ["AT_MOST", "doubted"]

#: The confidence where there is such a cause: below one half, which counts as decided.
AT_MOST = {
    Cause.INVERTS: 0.4,
    Cause.BEYOND: 0.4,
    Cause.ALIKE: 0.3,
    Cause.SATURATED: 0.4,
    Cause.FLAT: 0.2,
    Cause.BESIDE: 0.4,
}


def doubted(answer: Answer) -> Answer:
    """Lower the confidence where there is a cause for doubt."""
    if answer.causes is None or not answer.causes.any():
        return answer
    bits = range(sum(AT_MOST) + 1)
    limits = [min((AT_MOST[cause] for cause in Cause(bit)), default=1.0) for bit in bits]
    most = np.array(limits, np.float32)[answer.causes]
    return replace(answer, confidence=np.minimum(answer.confidence, most))
