"""One goes on looking at the same pixels of a layer while it gets other sizes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["same_view"]


@contextmanager
def same_view(viewer: ViewerModel, layer: Any) -> Iterator[None]:
    """Keep the plane, the middle of the view and how large a pixel is drawn.

    Parameters
    ----------
    viewer : ViewerModel
        Through which one looks.
    layer : Image
        What is looked at; it and all that lies on it may get other sizes.
    """
    dims, camera = viewer.dims, viewer.scene.camera
    shown, before = list(dims.displayed), float(layer.scale[-1])
    place = np.array(dims.point, np.float64)
    place[shown] = camera.center[-len(shown) :]
    pixel = layer.world_to_data(place[-layer.ndim :])
    yield
    place[-layer.ndim :] = layer.data_to_world(pixel)
    for axis in set(range(dims.ndim)) - set(shown):
        dims.set_point(axis, place[axis])
    camera.center = (*camera.center[: -len(shown)], *place[shown])
    camera.zoom *= before / float(layer.scale[-1])
