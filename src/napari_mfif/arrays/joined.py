"""Arrays of one shape seen as one, along new axes before theirs."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.views import Pixels, as_slice, basic_index

__all__ = ["Joined"]


class Joined:
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
        self.ndim = len(self.shape)
        for name in ("grain", "cheap"):
            if hasattr(first, name):
                setattr(self, name, getattr(first, name))
        levels = [tuple(getattr(one, "coarser", ())) for one in sources]
        shapes = {tuple(level.shape for level in some) for some in levels}
        self.coarser = (
            tuple(Joined(some, leading) for some in zip(*levels, strict=True))
            if len(shapes) == 1
            else ()
        )

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part: numbers and slices are handed on, anything else reads it all first."""
        asked = basic_index(index, self.shape)
        if asked is None:
            return np.asarray(self)[index]
        outer, inner = asked[: len(self._leading)], asked[len(self._leading) :]
        native = tuple(as_slice(item) if isinstance(item, range) else item for item in inner)
        spans = [item if isinstance(item, range) else range(item, item + 1) for item in outer]
        lengths = [len(item) for item in asked if isinstance(item, range)]
        block = np.empty(lengths, self.dtype)
        parts = block.reshape(
            *(len(span) for span in spans),
            *(len(item) for item in inner if isinstance(item, range)),
        )
        for place in np.ndindex(*(len(span) for span in spans)):
            chosen = tuple(span[i] for span, i in zip(spans, place, strict=True))
            number = int(np.ravel_multi_index(chosen, self._leading))
            parts[place] = np.asarray(self._sources[number][native])
        return block if lengths else block[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.asarray(self[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)
