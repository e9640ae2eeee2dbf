"""A command for each method in napari's palette: opens the *Fuse* panel and starts it.

``python docs/make_manifest.py`` writes them into ``napari.yaml``, which is static.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_mfif import methods

__all__ = ["command_name", "command_title", "fuse_by"]


def command_name(method: str) -> str:
    """Return the name of a method's command, in the manifest and in this module."""
    return f"fuse_by_{method.replace('-', '_')}"


def command_title(method: str) -> str:
    """Return what the palette shows: that it starts is said."""
    return f"Fuse z-stack now: {methods.get(method).title}"


def fuse_by(viewer: Any, method: str) -> None:
    """Choose a method in the *Fuse* panel and start; what hinders it, the panel says.

    A fusion that runs is left alone.
    """
    from napari_mfif.plugin.panel.opened import open_fuse_panel

    panel = open_fuse_panel(viewer)
    if panel.is_running():
        panel.run_box.show_note("A fusion is running: cancel it, or start the other one after it.")
        return
    box = panel.method_box.method
    box.setCurrentIndex(box.findData(method))
    panel.start()


def _command(method: str) -> Callable[..., None]:
    def fuse_now(viewer: napari.viewer.Viewer) -> None:  # type: ignore[name-defined]  # noqa: F821
        fuse_by(viewer, method)

    fuse_now.__name__ = fuse_now.__qualname__ = command_name(method)
    fuse_now.__doc__ = f"{command_title(method)}."
    return fuse_now


globals().update({command_name(method): _command(method) for method in methods.names()})
