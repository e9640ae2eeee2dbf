"""What we lean on in napari beyond its documented interface, and what happens when it is gone.

- *Who asks for pixels.* napari slices a layer in the window's thread and waits; the documented
  interface offers no way to answer later. `is_drawing` recognises that call by the module it comes
  from. If napari renames the module, nothing counts as drawing: layers stay right, but the window
  waits for their pixels.
- *All viewers.* napari documents the current viewer only. Without the list of all, the layers of
  other windows are drawn again when something else draws them.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["is_drawing", "layers_of_all_viewers"]

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
