"""What we lean on in napari beyond its documented interface, and what happens when it is gone.

- *Who asks for pixels.* napari slices a layer in the window's thread and waits; the documented
  interface offers no way to answer later. `is_drawing` recognises that call by the module it comes
  from. If napari renames the module, nothing counts as drawing: layers stay right, but the window
  waits for their pixels.
- *Where and what the canvas draws.* napari documents neither the widget that it draws into nor
  the node of a layer there; a layer of two dimensions cannot be cut at a line otherwise without
  copying its pixels at every step. If napari renames them, `canvas_of` and `node_of` give nothing,
  and comparing offers no split view.
- *All viewers.* napari documents the current viewer only. Without the list of all, the layers of
  other windows are drawn again when something else draws them.
- *The box of the brush.* napari 0.9 draws a small box behind the circle of a brush, forgets it on
  the canvas, and dies of it (glDrawArrays) when the last layer that is seen goes. Without that
  overlay's name the box stays.
- *The title of a dock.* napari draws it itself, as it was at first. If it draws it otherwise,
  the bar over a panel names the plugin too.
- *Which reader opens what.* napari has no call to ask or say which reader is preferred; its
  settings hold it. Without the former, nothing counts as preferred.
- *What the status bar says.* napari asks the active layer by its method `get_status`, which is
  replaced on that one layer. If napari asks otherwise, the bare value is shown. It asks when the
  mouse moves; that it does so when the place of the cursor is told again is not documented.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from napari_mfif.plugin.per_viewer import unwrapped

__all__ = [
    "canvas_of",
    "is_drawing",
    "layers_of_all_viewers",
    "leave_out_box_of_brush",
    "node_of",
    "say_status",
    "say_status_anew",
]

#: Our name among napari's plugins.
PLUGIN = "napari-mfif"

#: Where napari asks for pixels in order to draw them.
DRAWING = "napari.layers._scalar_field."


def is_drawing(caller: int = 1) -> bool:
    """Tell whether napari asks in order to draw; everybody else waits for the pixels.

    Parameters
    ----------
    caller : int, optional
        How many calls up the stack whoever asks is: 1 for the caller of this function.
    """
    frame = sys._getframe(caller)
    return str(frame.f_globals.get("__name__", "")).startswith(DRAWING)


def layers_of_all_viewers() -> list[Any]:
    """Return the layers of all viewers."""
    from napari import current_viewer
    from napari.viewer import Viewer

    current = current_viewer()
    viewers = getattr(Viewer, "_instances", [] if current is None else [current])
    return [layer for viewer in list(viewers) for layer in viewer.layers]


#: Of a layer, what napari would say, and a place in its data; returns what is said.
Status = Callable[[Any, dict[str, str], Sequence[float]], dict[str, str]]


def say_status(layer: Any, say: Status) -> None:
    """Let the status bar say something else while the mouse is over a layer that is seen flat."""
    plain = type(layer).get_status

    def get_status(position: Any = None, **how: Any) -> dict[str, str]:
        status: dict[str, str] = plain(layer, position, **how)
        if position is None or len(how.get("dims_displayed") or (0, 0)) != 2:
            return status
        place = layer.world_to_data(position) if how.get("world") else position
        return say(layer, status, place)

    layer.get_status = get_status


def say_status_anew(viewer: Any) -> None:
    """Let the status bar tell what is under the mouse though the mouse has not moved."""
    viewer.cursor.events.position(value=viewer.cursor.position)


def canvas_of(viewer: Any) -> Any | None:
    """Return the widget that a viewer draws into, or None."""
    window = getattr(unwrapped(viewer), "window", None)
    canvas = getattr(getattr(window, "_qt_viewer", None), "canvas", None)
    return getattr(canvas, "native", None)


def node_of(viewer: Any, layer: Any) -> Any | None:
    """Return what draws a layer in vispy's scene, to which filters can be attached, or None."""
    window = getattr(unwrapped(viewer), "window", None)
    canvas = getattr(getattr(window, "_qt_viewer", None), "canvas", None)
    visual = getattr(canvas, "layer_to_visual", {}).get(layer)
    node = getattr(visual, "node", None)
    return node if hasattr(node, "attach") else None


def leave_out_box_of_brush(viewer: Any) -> None:
    """Draw no box behind the circle of the brush, which napari leaves behind without a circle."""
    canvas = getattr(unwrapped(viewer), "canvas", None)
    circle: Any = getattr(getattr(canvas, "overlays", None), "_brush_circle", None)
    if hasattr(circle, "box"):
        circle.box = False


def drop_target(window: Any) -> Any | None:
    """Return the widget of a window that takes files that are dropped."""
    from qtpy.QtWidgets import QWidget

    found = window.findChildren(QWidget)
    return next((one for one in found if one.metaObject().className() == "QtViewer"), None)


def name_dock(dock: Any, name: str) -> None:
    """Give a dock another title, on its tab as in the bar that napari draws over it."""
    from qtpy.QtWidgets import QLabel

    before = dock.windowTitle()
    dock.setWindowTitle(name)
    bar = dock.titleBarWidget()
    for label in [] if bar is None else bar.findChildren(QLabel):
        if label.text() == before:
            label.setText(name)


def prefer_reader(patterns: Sequence[str], plugin: str) -> None:
    """Let napari open such files with a plugin from now on, unasked, as its *Preferences* do."""
    from napari.settings import get_settings

    plugins = get_settings().plugins
    plugins.extension2reader = {**plugins.extension2reader, **dict.fromkeys(patterns, plugin)}


def preferred_reader(path: str) -> str | None:
    """Return the plugin that the user wants to open such files with, if any."""
    try:
        from napari.plugins.utils import get_preferred_reader
    except ImportError:
        return None
    found: str | None = get_preferred_reader(path)
    return found
