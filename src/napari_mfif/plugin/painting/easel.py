"""The layers as one wants them while one paints, and as they were before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_mfif.fusion.planes_at_hand import PlanesAtHand
from napari_mfif.plugin.closer.place import time_shown
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.showing import PLANES, SOURCE, images_of, maps_of, shown
from napari_mfif.plugin.napari_internals import leave_out_box_of_brush
from napari_mfif.plugin.painting.moved_plane import MovedPlane
from napari_mfif.plugin.painting.tools import ERASING, Hands, Tools
from napari_mfif.plugin.results import Results
from napari_mfif.wording import quoted

__all__ = ["Easel", "why_not"]


class Easel(QObject):
    """Puts the labels on top, unseen, with a brush in hand.

    napari paints on a layer that is visible; so that one sees the result, it is transparent.

    Parameters
    ----------
    results : Results
        Knows the layers.
    made : Made
        The fusion that is painted on.
    hands : Hands
        What the tools call.
    planes : PlanesAtHand
        What strokes take from.
    """

    #: Somebody changed napari's own controls: the plane, by the slider's number, the tool, the
    #: diameter of the brush.
    plane_chosen = Signal(int)
    tool_taken = Signal(str)
    brush_sized = Signal(int)
    #: The layer was hidden or deleted, another one chosen, or the view is in 3D: nothing can be
    #: painted on.
    gone = Signal()
    #: Why the source cannot be shown.
    trouble = Signal(str)

    def __init__(self, results: Results, made: Made, hands: Hands, planes: PlanesAtHand) -> None:
        super().__init__()
        self._results, self._made, self._hands = results, made, hands
        viewer = results.viewer
        layer: Any = results.layer(made, PLANES)
        self.layer = layer
        self._opacity = layer.opacity
        self._active = viewer.layers.selection.active
        source = results.source_layer(made)
        self._source_visible = source.visible if source is not None else True
        self._plane, self._seen = 0, shown(viewer, made.source)
        self._moved: MovedPlane | None = None
        if made.fusion.transforms:
            self._moved = MovedPlane(results, made, planes, self._see, self.trouble.emit)
        self.tools: Tools | None = None
        self._events: tuple[tuple[Any, Any], ...] = ()
        #: Whether all has been laid out.
        self.ready = False

    def set_up(self) -> Iterator[None]:
        """Lay all out, a piece at a time: what napari does at each one takes its time."""
        viewer, layer = self._results.viewer, self.layer
        viewer.dims.ndisplay = 2
        leave_out_box_of_brush(viewer)
        if self._seen != PLANES:
            self._seen = shown(viewer, self._made.source)  # the view may have been in 3D
            layer.opacity = 0.0
        yield
        with self._results.several():  # what is seen stays
            layer.visible = True
        yield
        if self._moved is not None:
            self._moved.add_layers()
            yield
        if layer not in viewer.layers:
            return
        viewer.layers.selection.active = layer
        yield
        if layer not in viewer.layers:
            return
        self.tools = Tools(layer, self._hands)
        self._events = (
            (layer.events.selected_label, self._label_chosen),
            (layer.events.mode, self._mode_changed),
            (layer.events.brush_size, self._brush_changed),
            (layer.events.visible, self._look_whether_gone),
            (viewer.layers.events.removed, self._look_whether_gone),
            (viewer.layers.selection.events.active, self._look_whether_gone),
            (viewer.dims.events.ndisplay, self._look_whether_gone),
        )
        for event, callback in self._events:
            event.connect(callback)

    def close(self) -> None:
        """Put the layers back as they were, except for what one looks at."""
        for event, callback in self._events:
            event.disconnect(callback)
        viewer = self._results.viewer
        if self.tools is not None:
            self.tools.close()
        if self.seen != PLANES:
            self.layer.visible = False
        self.layer.opacity = self._opacity
        in_hand = viewer.layers.selection.active in (None, self.layer)
        if self._moved is not None:
            self._moved.close()
        if in_hand and self._active in viewer.layers:
            viewer.layers.selection.active = self._active

    @property
    def seen(self) -> str:
        """What one looks at: a map, the image or the source."""
        return SOURCE if self._seen == SOURCE else shown(self._results.viewer, self._made.source)

    def look_at(self, what: str) -> tuple[str, ...]:
        """Show the image, a map or the source; return which layers one does not see."""
        self._seen = what
        self.layer.opacity = (self._opacity or 0.7) if what == PLANES else 0.0
        for role, layer in maps_of(self._results.viewer, self._made.source).items():
            if layer is not self.layer:
                _show(layer, role == what)
        if self._moved is None or what != SOURCE:
            if self._moved is not None:
                self._moved.hide()
            self._see()
        else:  # when the aligned plane is there
            self._show_moved()
        return () if what == PLANES else (PLANES,)

    def _show_moved(self) -> None:
        if self._moved is not None and self._seen == SOURCE:
            self._moved.show(time_shown(self._results.viewer, self._made), self._plane)

    def _see(self) -> None:
        """Show image or source; the source as it was recorded lies beside an aligned image."""
        source = self._results.source_layer(self._made)
        alone = self._seen == SOURCE and (source is not None or self._moved is not None)
        for layer in images_of(self._results.viewer, self._made.source):
            _show(layer, not alone)
        if source is not None:
            _show(source, self._moved is None if alone else self._source_visible)

    def erases(self) -> bool:
        """Tell whether what is in hand takes away; label 0 does, with any tool."""
        return str(self.layer.mode) == ERASING or self.layer.selected_label == 0

    def show_plane(self, plane: int) -> None:
        """Turn to a plane: in napari's field number k of the slider is label k + 1."""
        self.layer.selected_label = self._made.fusion.stack.plane_number(plane) + 1
        self._plane = plane
        self._show_moved()

    def show_brush(self, diameter: int) -> None:
        """Give the brush a diameter."""
        if self.layer.brush_size != diameter:
            self.layer.brush_size = diameter

    def _label_chosen(self, event: Any = None) -> None:
        self.plane_chosen.emit(int(self.layer.selected_label) - 1)

    def _mode_changed(self, event: Any = None) -> None:
        self.tool_taken.emit(str(self.layer.mode))

    def _brush_changed(self, event: Any = None) -> None:
        self.brush_sized.emit(int(self.layer.brush_size))

    def _look_whether_gone(self, event: Any = None) -> None:
        viewer = self._results.viewer
        active = viewer.layers.selection.active is self.layer
        there = active and self.layer in viewer.layers and self.layer.visible
        if not there or viewer.dims.ndisplay == 3:
            self.gone.emit()


def _show(layer: Any, visible: bool) -> None:
    """Show or hide a layer; napari draws it anew even where nothing changes."""
    if layer.visible != visible:
        layer.visible = visible


def why_not(made: Made, results: Results) -> str:
    """Say why a result cannot be painted on; nothing where it can."""
    if made.fusion.is_lazy:
        return (
            "This result is made where one looks, so it cannot be painted on. Fuse all of it: "
            f"switch off {quoted('Fuse only what is in view')}."
        )
    if results.layer(made, PLANES) is None:
        return "The layer of the planes taken was deleted. Fuse again, then paint."
    return ""
