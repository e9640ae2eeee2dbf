"""Which of a fusion's layers one sees: its source, or the image, and above it at most one map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mfif.plugin.layers.metadata import KEPT, result
from napari_mfif.plugin.layers.specs import MAPS

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["IMAGE", "SOURCE", "hide_kept_maps", "hide_other_maps", "shown", "view"]

#: What one sees where no map is shown, and where not even that is.
IMAGE, SOURCE = "image", "source"


def maps_of(viewer: ViewerModel, source: str) -> dict[str, Any]:
    """Return the layers of the maps that were made of a source, by what they show."""
    notes = ((result(layer), layer) for layer in viewer.layers)
    return {n.role: layer for n, layer in notes if n and n.source == source and n.role in MAPS}


def shown(viewer: ViewerModel, source: str) -> str:
    """Return the map of a source that is seen, or `IMAGE`, or `SOURCE`, or nothing."""
    maps = maps_of(viewer, source).items()
    # one painted on unseen is transparent
    visible = [role for role, layer in maps if layer.visible and layer.opacity > 0]
    if visible:
        return visible[-1]
    if any(layer.visible for layer in images_of(viewer, source)):
        return IMAGE
    fused = source_of(viewer, source)
    return SOURCE if fused is not None and fused.visible else ""


def source_of(viewer: ViewerModel, source: str) -> Any | None:
    """Return the layer that was fused, the first of several channels, if it is still there."""
    identity = source.partition(KEPT)[0]
    return next((layer for layer in viewer.layers if str(layer.unique_id) == identity), None)


def images_of(viewer: ViewerModel, source: str) -> list[Any]:
    """Return the layers of the all-in-focus image of a source: one per channel."""
    notes = ((result(layer), layer) for layer in viewer.layers)
    return [layer for n, layer in notes if n and n.source == source and n.role.startswith(IMAGE)]


def view(viewer: ViewerModel, source: str, role: str) -> None:
    """Show a map of a source above its image, the image, or itself; it becomes the active layer."""
    maps, images = maps_of(viewer, source), images_of(viewer, source)
    for name, layer in maps.items():
        layer.visible = name == role
    for layer in images:
        layer.visible = role != SOURCE
    fused = source_of(viewer, source)
    if role == SOURCE and fused is not None:
        fused.visible = True
    wanted = {SOURCE: fused, IMAGE: next(iter(images), None), **maps}.get(role)
    if wanted is not None:
        viewer.layers.selection.active = wanted


def hide_kept_maps(viewer: ViewerModel, source: str) -> None:
    """Hide the maps of results that were kept, as a new one of their stack comes above them."""
    notes = ((result(layer), layer) for layer in viewer.layers)
    for note, layer in notes:
        if note and note.role in MAPS and note.source.startswith(f"{source}{KEPT}"):
            layer.visible = layer.visible and viewer.canvas.grid.enabled


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
