"""Which of a fusion's layers one sees: the image, and above it at most one map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.layers.specs import MAPS

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["IMAGE", "hide_other_maps", "shown", "view"]

#: What one sees where no map is shown.
IMAGE = "image"


def maps_of(viewer: ViewerModel, source: str) -> dict[str, Any]:
    """Return the layers of the maps that were made of a source, by what they show."""
    notes = ((result(layer), layer) for layer in viewer.layers)
    return {n.role: layer for n, layer in notes if n and n.source == source and n.role in MAPS}


def shown(viewer: ViewerModel, source: str) -> str:
    """Return the map of a source that is seen, or `IMAGE`, or nothing where neither is."""
    maps = maps_of(viewer, source).items()
    # one painted on unseen is transparent
    visible = [role for role, layer in maps if layer.visible and layer.opacity > 0]
    if visible:
        return visible[-1]
    return IMAGE if any(layer.visible for layer in images_of(viewer, source)) else ""


def images_of(viewer: ViewerModel, source: str) -> list[Any]:
    """Return the layers of the all-in-focus image of a source: one per channel."""
    notes = ((result(layer), layer) for layer in viewer.layers)
    return [layer for n, layer in notes if n and n.source == source and n.role.startswith(IMAGE)]


def view(viewer: ViewerModel, source: str, role: str) -> None:
    """Show a map of a source, or its image; it becomes the active layer."""
    maps, images = maps_of(viewer, source), images_of(viewer, source)
    for name, layer in maps.items():
        layer.visible = name == role
    if role == IMAGE:
        for layer in images:
            layer.visible = True
    wanted = images[:1] if role == IMAGE else [maps[role]] if role in maps else []
    for layer in wanted:
        viewer.layers.selection.active = layer


def hide_other_maps(viewer: ViewerModel, layer: Any) -> None:
    """Hide the maps that lie over one that was just switched on, or under it.

    Where layers stand side by side, in a grid, nothing hides anything.
    """
    note = result(layer)
    if note is None or note.role not in MAPS or not layer.visible or viewer.canvas.grid.enabled:
        return
    for other in maps_of(viewer, note.source).values():
        if other is not layer:
            other.visible = False
