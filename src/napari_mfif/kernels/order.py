"""Order statistics without numpy's: the first use of those loads masked arrays for 40 ms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["median", "quantiles"]


def quantiles(
    values: NDArray[Any], shares: Sequence[float], *, axis: int = 0
) -> list[NDArray[np.float64]]:
    """Return the values below which these shares lie, linear in between, along one axis."""
    # Of 8 and 16 bits a stable sort is a radix sort: 70 times as fast as the other one of bytes.
    kind: Literal["stable"] | None = "stable" if values.dtype.itemsize <= 2 else None
    ordered = np.moveaxis(np.sort(values, axis=axis, kind=kind), axis, 0)
    found = []
    for share in shares:
        place = share * (len(ordered) - 1)
        low = int(place)
        below = ordered[low].astype(np.float64)
        if place > low:  # values may be infinite
            above = ordered[low + 1].astype(np.float64)
            share_above = place - low
            below = (1 - share_above) * below + share_above * above
        found.append(np.asarray(below))
    return found


def median(values: NDArray[Any], *, axis: int = 0) -> NDArray[np.float64]:
    """Return the middle value along one axis."""
    return quantiles(values, (0.5,), axis=axis)[0]
