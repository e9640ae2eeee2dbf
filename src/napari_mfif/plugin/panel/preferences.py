"""What the user set for this plugin in napari's preferences."""

from __future__ import annotations

from typing import Any

__all__ = ["device", "in_own_process", "memory"]


def _running() -> Any:
    from napari.settings import get_plugin_settings

    return get_plugin_settings("napari-mfif").run


def device() -> str:
    """Return where networks run unless the panel says otherwise."""
    return str(getattr(_running().device, "value", _running().device))


def memory() -> int | None:
    """Return the bytes that a fusion may use, None for half of what is free."""
    return int(float(_running().memory) * 1e9) or None


def in_own_process() -> bool:
    """Tell whether networks run in a process of their own, as they do unless the user says so.

    It keeps the window smoother (docs/window.md). On Windows torch cannot be imported at all once
    Qt is loaded (pytorch issue 169429).
    """
    wanted = str(getattr(_running().networks, "value", _running().networks))
    return wanted != "thread"
