"""Pictures of other programs have grey values of their own: brought to those of a result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["matched"]

#: From this ratio of their ranges on two images do not count in the same units.
UNLIKE = 2.0
#: Pixels looked at along each side.
LOOK = 512


def matched(
    picture: NDArray[Any], image: NDArray[Any], name: str
) -> tuple[NDArray[np.float32], str]:
    """Return a picture in the grey values of an image, and a sentence where they were changed.

    Gain and offset that fit best are taken, where the ranges are far from one another.

    Parameters
    ----------
    picture, image : array, (Y, X)
        Of one size.
    name : str
        Of the picture, for the sentence.
    """
    step = max(1, max(image.shape) // LOOK)
    few, wanted = (np.asarray(one[::step, ::step], np.float64).ravel() for one in (picture, image))
    known = np.isfinite(few) & np.isfinite(wanted)
    few, wanted = few[known], wanted[known]
    values = np.asarray(picture, np.float32)
    if few.size < 2:
        return values, ""
    spans = [float(np.ptp(np.percentile(one, (0.5, 99.5)))) for one in (few, wanted)]
    if min(spans) == 0 or 1 / UNLIKE < spans[0] / spans[1] < UNLIKE:
        return values, ""
    gain, offset = np.polyfit(few, wanted, 1)
    if gain <= 0:
        return values, f"{name} has other grey values, which do not run with those of the result."
    told = (
        f"{name} has other grey values: they were brought to those of the result, x {gain:.4g} "
        f"{offset:+.4g}."
    )
    return np.asarray(values * gain + offset, np.float32), told
