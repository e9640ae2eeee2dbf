"""What belongs to other stacks is put aside where it would hide what one asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from napari_mfif.plugin.layers.metadata import KEPT, result

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["put_aside_others"]


def put_aside_others(
    viewer: ViewerModel, own: Collection[Any], *, stack_id: str = "", stacks: bool = False
) -> None:
    """Hide results of other stacks that lie at the same place as some layers.

    Where layers stand side by side, in a grid, nothing hides anything.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers.
    own : collection of layer
        What one is to see.
    stack_id : str, optional
        The stack whose results these are: those that were kept of it stay.
    stacks : bool, optional
        Whether z-stacks above them are hidden too, as far as they do not add to them.
    """
    if viewer.canvas.grid.enabled or not own:
        return
    places = [_place(layer) for layer in own]
    shown = [layer for layer in own if result(layer)] or own
    lowest = min(viewer.layers.index(layer) for layer in shown)
    for index, layer in enumerate(list(viewer.layers)):
        if layer in own or not layer.visible:
            continue
        note = result(layer)
        if note is not None:
            other = note.source.partition(KEPT)[0] != stack_id
        else:
            covers = isinstance(layer, Image) and layer.ndim > 2 and index > lowest
            other = stacks and covers and str(layer.blending) != "additive"
        if other and any(_overlap(_place(layer), place) for place in places):
            layer.visible = False


def _place(layer: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the lowest and the highest row and column of a layer in the world."""
    return np.asarray(layer.extent.world, np.float64)[:, -2:]


def _overlap(one: Any, other: Any) -> bool:
    return bool(np.all(np.maximum(one[0], other[0]) < np.minimum(one[1], other[1])))
