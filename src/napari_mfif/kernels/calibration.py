"""From how far the best stands out to a probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Table", "calibrated"]

#: Measures of distinctness, and the shares of pixels that were right at them.
Table = tuple[Sequence[float], Sequence[float]]

#: A table is looked up in so many steps, and goes straight from one to the next: several times as
#: fast as `numpy.interp`. Without the latter a last bit, which differs from processor to processor
#: and from tile to whole, could move a confidence by a step.
STEPS = 4096


def calibrated(measure: NDArray[np.float32], table: Table) -> NDArray[np.float32]:
    """Turn a measure of distinctness into the share of pixels that were right at that value.

    Parameters
    ----------
    measure : float32
        From 0 to 1; larger is surer.
    table : (measures, shares)
        Measured on stacks of known depth, both rising; linear in between.
    """
    shares = np.interp(np.linspace(0, 1, STEPS), *table).astype(np.float32)
    steps = np.clip(measure, 0, 1) * np.float32(STEPS - 1)
    whole = steps.astype(np.int16)
    steps -= whole
    steps *= np.take(np.diff(shares, append=shares[-1]), whole)
    steps += np.take(shares, whole)
    return steps
