"""Puts drawings into the viewer: one layer per turn of the event loop, updating what is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels
from qtpy.QtCore import QObject, Signal

from napari_mfif.plugin.layers.locking import lock
from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.layers.others import put_aside_others
from napari_mfif.plugin.layers.showing import IMAGE, layers_of
from napari_mfif.plugin.layers.specs import MAPS, Drawing
from napari_mfif.plugin.layers.status import say_heights
from napari_mfif.plugin.timers import single_shot

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["LayerWriter", "find_layer"]

#: What the name of a layer of heights begins with.
HEIGHT = re.compile(r"^height \([^()]*\)")

#: What has a colour bar.
BARS = ("height", "confidence", "scores")


class LayerWriter(QObject):
    """A queue of drawings, emptied one per turn of the event loop.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    parent : QObject
        With it the queue ends.
    """

    #: All that waited has been shown, or undone.
    wrote = Signal()

    def __init__(self, viewer: ViewerModel, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._waiting: list[Drawing] = []
        self._done: Callable[[], None] | None = None
        self._before: dict[tuple[str, str], tuple[Any, Any] | None] = {}
        self._aside: list[Any] = []
        self._timer = single_shot(self, self._write_next)

    def write(self, drawings: Iterable[Drawing], done: Callable[[], None] | None = None) -> None:
        """Show these soon, then call `done`; older ones of the same role that wait are dropped."""
        drawings = list(drawings)
        roles = {(drawing.source, drawing.role) for drawing in drawings}
        kept = [d for d in self._waiting if (d.source, d.role) not in roles]
        # what is already in sight first, so that it changes at once
        self._waiting = kept + sorted(drawings, key=self._turn)
        self._done = done or self._done
        self._timer.start(0)

    def _turn(self, drawing: Drawing) -> tuple[bool, bool]:
        layer = find_layer(self._viewer, drawing.source, drawing.role)
        return layer is None or not layer.visible, not drawing.role.startswith("image")

    def clear(self) -> None:
        """Forget what waits, and what was there before."""
        self._waiting.clear()
        self._before.clear()
        self._aside.clear()
        self._done = None
        self._timer.stop()

    def undo(self) -> None:
        """Bring back what was there before the drawings since the last `clear`."""
        for (source, role), before in self._before.items():
            layer = find_layer(self._viewer, source, role)
            if layer is not None and before is None:
                self._viewer.layers.remove(layer)
            elif layer is not None and before is not None:
                data, metadata = before
                if len(_finest(layer.data).shape) == len(_finest(data).shape):
                    layer.data, layer.metadata = data, metadata
        for layer in self._aside:
            layer.visible = True
        self.clear()
        self.wrote.emit()

    def _write_next(self) -> None:
        if self._waiting:
            drawing = self._waiting.pop(0)
            layer = find_layer(self._viewer, drawing.source, drawing.role)
            before = None if layer is None else (layer.data, dict(layer.metadata))
            self._before.setdefault((drawing.source, drawing.role), before)
            self._aside += show(self._viewer, drawing)
        if self._waiting:
            self._timer.start(0)
            return
        done, self._done = self._done, None
        if done is not None:
            done()
        self.wrote.emit()


def find_layer(viewer: ViewerModel, source: str, role: str) -> Any | None:
    """Return the layer that shows this of that source, or None."""
    shown = (layer for known, layer in layers_of(viewer, source) if known == role)
    return next(shown, None)


def show(viewer: ViewerModel, drawing: Drawing) -> list[Any]:
    """Update the layer of a drawing, or add it in its place; return what is hidden for it."""
    layer = find_layer(viewer, drawing.source, drawing.role)
    if layer is not None and _fits(layer, drawing):
        _update(layer, drawing)
        return []
    index = _place(viewer, drawing)
    if layer is not None:  # colour where there was none, or other axes: a new layer in its place
        index = viewer.layers.index(layer)
        drawing.first["visible"] = layer.visible
        viewer.layers.remove(layer)
    _insert(viewer, index, _made(drawing), select=drawing.role.startswith(IMAGE))
    if layer is not None or not drawing.role.startswith(IMAGE):
        return []
    own = [layer for _, layer in layers_of(viewer, drawing.source)]
    return put_aside_others(viewer, own)


def _insert(viewer: ViewerModel, index: int, layer: Any, *, select: bool) -> None:
    selected = set(viewer.layers.selection)
    viewer.layers.insert(index, layer)
    if not select:  # maps come without getting in the way
        viewer.layers.selection = selected & set(viewer.layers)


def _made(drawing: Drawing) -> Any:
    kind = Labels if drawing.kind == "labels" else Image
    levels = isinstance(drawing.data, list)
    options = {**drawing.first, **drawing.options, "multiscale": levels}
    layer = kind(drawing.data, name=drawing.name, **options)
    lock(layer)
    say_heights(layer)
    if drawing.role in BARS:
        layer.colorbar.visible = True
        layer.colorbar.size = (16, 120)
        layer.name_overlay.visible = True  # it has the unit
        layer.name_overlay.position = "bottom_left"  # a long one would lie across the bar above
    return layer


def _fits(layer: Any, drawing: Drawing) -> bool:
    rgb = drawing.first.get("rgb", False)
    levels = isinstance(drawing.data, list)
    same_axes = layer.ndim == _finest(drawing.data).ndim - rgb
    same_look = getattr(layer, "rgb", False) == rgb and layer.multiscale == levels
    return bool(same_axes and same_look)


def _finest(data: Any) -> Any:
    """Return the finest of several levels, or the only one."""
    return data[0] if isinstance(data, Sequence) else data


def _update(layer: Any, drawing: Drawing) -> None:
    changed = _finest(layer.data).dtype != _finest(drawing.data).dtype
    layer.data = drawing.data
    layer.metadata = drawing.options["metadata"]
    for name in ("scale", "translate"):
        if list(getattr(layer, name)) != list(drawing.options[name]):
            setattr(layer, name, drawing.options[name])
    if not np.array_equal(layer.affine.affine_matrix, drawing.options["affine"]):
        layer.affine = drawing.options["affine"]
    if drawing.role == "height" and (unit := HEIGHT.match(drawing.name)):
        layer.name = HEIGHT.sub(unit[0], layer.name)
    if tuple(layer.units) != tuple(drawing.options["units"]):
        layer.units = drawing.options["units"]
    if drawing.kind == "labels":
        if set(layer.colormap.color_dict) != set(drawing.first["colormap"].color_dict):
            layer.colormap = drawing.first["colormap"]
    elif "contrast_limits" in drawing.first and (changed or drawing.role == "height"):
        low, high = drawing.first["contrast_limits"]
        layer.contrast_limits_range = (low, high)
        layer.contrast_limits = (low, high)


def _place(viewer: ViewerModel, drawing: Drawing) -> int:
    """Return where a new layer belongs: the image beneath the maps, those in their order."""
    notes = enumerate(map(result, viewer.layers))
    above = [
        index
        for index, note in notes
        if note and note.source == drawing.source and _rank(note.role) > _rank(drawing.role)
    ]
    return min(above, default=len(viewer.layers))


def _rank(role: str) -> int:
    """Return how high a layer lies: opaque as the image is, it would hide what is beneath it."""
    if role.startswith("image"):
        return -1
    return MAPS.index(role) if role in MAPS else len(MAPS)
