"""The *Fuse* panel of a window: the one that is there, from wherever it was opened."""

from __future__ import annotations

from typing import Any

from napari_mfif.plugin.panel.fuse import FusePanel

__all__ = ["DISPLAY_NAME", "find_fuse_panel", "open_fuse_panel"]

#: As in the manifest. napari's menus know a panel by the title that is made with it, so that they
#: do not open another one.
DISPLAY_NAME = "Focus stacking"


def find_fuse_panel(viewer: Any) -> FusePanel | None:
    """Return the panel, if it is open or hidden."""
    docked = viewer.window.dock_widgets.values()
    return next((one for one in docked if isinstance(one, FusePanel)), None)


def open_fuse_panel(viewer: Any) -> FusePanel:
    """Return the panel, which is opened and seen from now on."""
    panel = find_fuse_panel(viewer)
    if panel is None:
        panel = FusePanel(viewer)
        viewer.window.add_dock_widget(panel, name=f"Fuse ({DISPLAY_NAME})")
    dock = panel.parentWidget()
    if dock is not None:
        dock.show()
        dock.raise_()
    return panel
