"""Reading in pieces: what arrays read together, and dask arrays chunk by chunk within a task."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.arrays.cache import SizedCache
from napari_mfif.arrays.lazy_array import (
    BasicIndex,
    LazyArray,
    Pixels,
    chunks_of,
    enclosing_box,
)
from napari_mfif.arrays.stack import ZStack
from napari_mfif.arrays.views import Multiscale

if TYPE_CHECKING:
    import dask.array

__all__ = ["ChunkReader", "block_shape", "block_shape_of", "read_in_chunks"]

#: Bytes of chunks that are kept, since parts of one chunk are asked for one after the other.
ROOM = 128 << 20


def block_shape(stack: ZStack) -> tuple[int, int]:
    """Return how many rows and columns of a plane are read together, where the array tells."""
    return block_shape_of(stack.pixels, stack.axes)


def block_shape_of(pixels: Pixels, axes: str) -> tuple[int, int]:
    """Return the same of pixels whose axes have these letters."""
    if isinstance(pixels, LazyArray) and pixels.block_shape is not None:
        return pixels.block_shape
    chunks = chunks_of(pixels)
    if chunks is None:
        return 1, 1
    lengths = (chunks[axes.index(axis)] for axis in "YX")
    rows, columns = (max(one) if isinstance(one, tuple) else int(one) for one in lengths)
    return rows, columns


def read_in_chunks(pixels: Pixels) -> Pixels:
    """Return pixels of which dask arrays, also those of coarser copies, are read within a task."""
    if isinstance(pixels, Multiscale):
        coarser = [read_in_chunks(level) for level in pixels.coarser]
        return Multiscale(read_in_chunks(pixels.finest), coarser)
    return ChunkReader(pixels) if hasattr(pixels, "dask") else pixels


class ChunkReader(LazyArray):
    """A dask array that a task reads by itself, without a scheduler or a graph of its own.

    Parameters
    ----------
    array : dask.array.Array
        The array.
    """

    def __init__(self, array: dask.array.Array) -> None:
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.chunks = array.chunks
        self._bounds = [np.concatenate([[0], np.cumsum(lengths)]) for lengths in array.chunks]
        self._graph: dict[Any, Any] | None = None
        self._kept = SizedCache(ROOM)

    def __getstate__(self) -> dict[str, Any]:
        return {"array": self._array}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["array"])  # type: ignore[misc]

    def _read(self, index: BasicIndex) -> Any:
        box, inside = enclosing_box(index)
        if not all(box):
            return np.empty([len(item) for item in index if isinstance(item, range)], self.dtype)
        return self._block([span.start for span in box], [span.stop for span in box])[inside]

    def _block(self, start: list[int], stop: list[int]) -> np.ndarray:
        """Read a box, chunk by chunk."""
        block = np.empty([b - a for a, b in zip(start, stop, strict=True)], self.dtype)
        places = [
            range(
                int(np.searchsorted(bounds, a, "right")) - 1,
                int(np.searchsorted(bounds, b, "left")),
            )
            for bounds, a, b in zip(self._bounds, start, stop, strict=True)
        ]
        for place in product(*places):
            inside, outside = [], []
            for axis, number in enumerate(place):
                low, high = self._bounds[axis][number : number + 2]
                a, b = max(low, start[axis]), min(high, stop[axis])
                inside.append(slice(int(a - low), int(b - low)))
                outside.append(slice(int(a - start[axis]), int(b - start[axis])))
            block[tuple(outside)] = self._chunk(place)[tuple(inside)]
        return block

    def _chunk(self, place: tuple[int, ...]) -> np.ndarray:
        chunk: np.ndarray = self._kept.get(
            place, lambda: self._computed(place), lambda made: made.nbytes
        )
        return chunk

    def _computed(self, place: tuple[int, ...]) -> np.ndarray:
        from dask.local import get_sync
        from dask.optimization import cull

        if self._graph is None:
            self._graph = dict(self._array.__dask_graph__())
        key = (self._array.name, *place)
        needed, _ = cull(self._graph, [key])
        return np.asarray(get_sync(needed, [key])[0])
