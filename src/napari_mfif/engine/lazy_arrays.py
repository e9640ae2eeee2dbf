"""The dask arrays of a fusion that is made where it is looked at: a task per block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import dask.array

    from napari_mfif.engine.lazy import LazyFold

__all__ = ["arrays_of", "scores_of"]


def arrays_of(fold: LazyFold) -> dict[str, dask.array.Array]:
    """Return ``image``, ``depth``, ``decision``, ``confidence``, ``runner_up``, in its axes."""
    import dask
    import dask.array as da

    rows, columns = (tuple(t.stop - t.start for t in tiles) for tiles in fold.tiles)
    stack = fold.stack
    ones = (1,) * stack.n_times
    parts = da.map_blocks(
        _part_of,
        fold=dask.delayed(fold, name=f"napari-mfif-{fold.key}", traverse=False),
        chunks=(ones, (1,) * len(rows), (1,) * len(columns)),
        dtype=object,
        meta=np.empty((0, 0, 0), object),
        name=f"fused-{fold.key}",
    )
    sizes = {"y": rows, "x": columns}

    def over(letters: str, name: str, dtype: Any, **added: int) -> dask.array.Array:
        return da.blockwise(
            _map_of,
            letters,
            parts,
            "tyx",
            name=f"{name}-{fold.key}",
            wanted=name,
            channels=stack.n_channels,
            new_axes=added,
            adjust_chunks=sizes,
            dtype=dtype,
            meta=np.empty((0,) * len(letters), dtype),
        )

    image = over("tcyxs", "pixels", stack.dtype, c=stack.n_channels, s=stack.n_samples)
    index = tuple(
        slice(None) if letter in stack.axes else 0 for letter in ("T", "C", "Y", "X", "S")
    )
    maps = {
        name: over("tyx", name, dtype)
        for name, dtype in (
            ("depth", np.float32),
            ("decision", np.uint16),
            ("confidence", np.float32),
            ("runner_up", np.uint16),
        )
    }
    if "T" not in stack.axes:
        maps = {name: array[0] for name, array in maps.items()}
    return {"image": image[index], **maps}


def scores_of(fold: LazyFold) -> dask.array.Array:
    """Return the score maps, ``(Z, Y, X)`` or ``(T, Z, Y, X)``."""
    import dask
    import dask.array as da

    rows, columns = (tuple(t.stop - t.start for t in tiles) for tiles in fold.tiles)
    scores = da.map_blocks(
        _score_of,
        fold=dask.delayed(fold, name=f"napari-mfif-{fold.key}", traverse=False),
        chunks=((1,) * fold.stack.n_times, (1,) * fold.stack.n_planes, rows, columns),
        dtype=np.float32,
        meta=np.empty((0,) * 4, np.float32),
        name=f"scores-{fold.key}",
    )
    return scores if "T" in fold.stack.axes else scores[0]


def _part_of(*, fold: LazyFold, block_id: tuple[int, int, int]) -> NDArray[Any]:
    """Make a block; it travels as the one entry of an array."""
    t, *place = block_id
    made = np.empty((1, 1, 1), object)
    made[0, 0, 0] = fold.part(t, fold.region(*place))
    return made


def _map_of(parts: NDArray[Any], *, wanted: str, channels: int) -> NDArray[Any]:
    """Take one map out of a block; pixels become T C Y X S."""
    array: NDArray[Any] = getattr(parts.item(), wanted)
    if wanted != "pixels":
        return array[None]
    apart = array.reshape(*array.shape[:2], channels, -1)
    return np.moveaxis(apart, 2, 0)[None]


def _score_of(*, fold: LazyFold, block_id: tuple[int, int, int, int]) -> NDArray[Any]:
    t, z, *place = block_id
    return fold.score(t, z, fold.region(*place))[None, None]
