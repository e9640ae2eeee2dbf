"""Light that a camera cuts off at its white, which may lie below the largest value of its type.

Values pile up there. So they may in flat, bright ground, but noise scatters that to both sides:
where a whole window has the highest value of the stack, though noise would be seen, light was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Top", "hidden", "top_of", "white_of"]

#: Side of a window that shows nothing when it is at white; specks are smaller.
SIDE = 9
#: From such a share of it on: noise lets a pixel or two fall below white.
HIDDEN = 0.97
#: Noise is seen from such a standard deviation on, in steps of whole numbers: 81 values that are
#: rounded all agree by chance in no more than one window of 10 000.
VISIBLE = 0.35


class Top(NamedTuple):
    """The highest value of a band, and whether a whole window has it."""

    value: float
    solid: bool


def top_of(band: NDArray[Any]) -> Top:
    """Return the highest value of a band, (Y, X), by every fourth row."""
    few = band[::4]
    value = few.max()
    at_top = few == value
    if np.count_nonzero(at_top) < SIDE * (SIDE // 4):
        return Top(float(value), False)
    return Top(float(value), bool((_counted(band == value) == SIDE**2).any()))


def white_of(tops: Sequence[Top], deviation: float) -> float:
    """Return where a camera cuts light off, by the highest values of its planes.

    Parameters
    ----------
    tops : sequence of Top
        Of all planes.
    deviation : float
        Standard deviation of the noise, in steps of the values; those of fractions are 0 wide.

    Returns
    -------
    float
        Infinity where nothing shows that it does.
    """
    value = max(top.value for top in tops)
    cut = any(top.solid for top in tops if top.value == value)
    return value if cut and deviation > VISIBLE else np.inf


def hidden(white: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where so much of the window about a pixel is at white that it shows nothing."""
    return _counted(white) >= np.uint8(np.ceil(HIDDEN * SIDE**2))


def _counted(white: NDArray[np.bool_]) -> NDArray[np.uint8]:
    size, border = (SIDE, SIDE), cv2.BORDER_REFLECT_101
    counted = cv2.boxFilter(white.view(np.uint8), -1, size, normalize=False, borderType=border)
    return np.asarray(counted, np.uint8)
