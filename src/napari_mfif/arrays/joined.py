"""Arrays of one shape seen as one, along new axes before theirs."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from napari_mfif.arrays.lazy_array import (
    BasicIndex,
    LazyArray,
    Pixels,
    as_slices,
    coarser_levels,
    read_like,
)

__all__ = ["Joined"]


class Joined(LazyArray):
    """Pixels of several sources, read from those that are asked for.

    Parameters
    ----------
    sources : sequence of Pixels
        All of one shape and type, in the order of `leading`, last axis fastest.
    leading : sequence of int
        Lengths of the new axes.
    """

    def __init__(self, sources: Sequence[Pixels], leading: Sequence[int]) -> None:
        assert len(sources) == prod(leading)
        self._sources = tuple(sources)
        self._leading = tuple(leading)
        first = sources[0]
        self.shape = (*self._leading, *first.shape)
        self.dtype = np.dtype(first.dtype)
        read_like(first, self)
        levels = [coarser_levels(one) for one in sources]
        if len({tuple(level.shape for level in some) for some in levels}) == 1:
            self.coarser = [Joined(some, leading) for some in zip(*levels, strict=True)]

    def _read(self, index: BasicIndex) -> Any:
        outer, inner = index[: len(self._leading)], index[len(self._leading) :]
        native = as_slices(inner)
        spans = [item if isinstance(item, range) else range(item, item + 1) for item in outer]
        block = np.empty([len(item) for item in index if isinstance(item, range)], self.dtype)
        parts = block.reshape(
            *(len(span) for span in spans),
            *(len(item) for item in inner if isinstance(item, range)),
        )
        for place in np.ndindex(*(len(span) for span in spans)):
            chosen = tuple(span[i] for span, i in zip(spans, place, strict=True))
            number = int(np.ravel_multi_index(chosen, self._leading))
            parts[place] = np.asarray(self._sources[number][native])
        return block if block.ndim else block[()]
