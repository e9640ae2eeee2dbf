"""Which of a fusion's layers one sees: its source, or the image, and above it at most one map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mfif.plugin.layers.metadata import KEPT, result
from napari_mfif.plugin.layers.specs import MAPS

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["HEIGHT", "IMAGE", "PLANES", "SOURCE", "layers_of", "shown", "view"]

#: What one sees where no map is shown, and where not even that is.
IMAGE, SOURCE = "image", "source"
#: Maps that are chosen by name.
HEIGHT, PLANES = "height", "plane taken"


def layers_of(viewer: ViewerModel, source: str) -> list[tuple[str, Any]]:
    """Return the layers of a source's result with what they show, the lowest first.

    Of one that somebody duplicated, the copy comes after it.
    """
    notes = ((result(layer), layer) for layer in viewer.layers)
    return [(note.role, layer) for note, layer in notes if note and note.source == source]


def maps_of(viewer: ViewerModel, source: str) -> dict[str, Any]:
    """Return the layers of the maps that were made of a source, by what they show."""
    return {role: layer for role, layer in layers_of(viewer, source) if role in MAPS}


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
    return [layer for role, layer in layers_of(viewer, source) if role.startswith(IMAGE)]


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
