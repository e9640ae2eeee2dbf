"""What would hide what one asked for, or be hidden by it, is put aside."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.layers.specs import MAPS

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["put_aside_others"]


def put_aside_others(
    viewer: ViewerModel,
    own: Collection[Any],
    *,
    only_maps: bool = False,
    stacks: bool = False,
    beneath: bool = False,
) -> list[Any]:
    """Hide other results that lie at the same place as some layers, and return them.

    One result is seen at a time: what lies beneath is not seen, but its colour bar would be. Where
    layers stand side by side, in a grid, nothing hides anything.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers.
    own : collection of layer
        What one is to see.
    only_maps : bool, optional
        Whether sharp images stay.
    stacks : bool, optional
        Whether z-stacks above them are hidden too, as far as they do not add to them.
    beneath : bool, optional
        Whether z-stacks beneath are, too: what is larger would be seen about them.
    """
    if viewer.canvas.grid.enabled or not own:
        return []
    places = [_place(layer) for layer in own]
    shown = [layer for layer in own if result(layer)] or own
    lowest = min(viewer.layers.index(layer) for layer in shown)
    hidden = []
    for index, layer in enumerate(list(viewer.layers)):
        if layer in own or not layer.visible or not layer.opacity:
            continue
        note = result(layer)
        if note is not None:
            other = note.role in MAPS or not only_maps
        else:
            covers = isinstance(layer, Image) and layer.ndim > 2
            asked = stacks if index > lowest else beneath
            other = asked and covers and str(layer.blending) != "additive"
        if other and any(_overlap(_place(layer), place) for place in places):
            layer.visible = False
            hidden.append(layer)
    return hidden


def _place(layer: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the lowest and the highest row and column of a layer in the world."""
    return np.asarray(layer.extent.world, np.float64)[:, -2:]


def _overlap(one: Any, other: Any) -> bool:
    return bool(np.all(np.maximum(one[0], other[0]) < np.minimum(one[1], other[1])))
