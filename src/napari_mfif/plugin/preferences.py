"""What the user set for this plugin in napari's preferences."""

from __future__ import annotations

from typing import Any

__all__ = ["device", "memory"]


def _running() -> Any:
    from napari.settings import get_plugin_settings

    return get_plugin_settings("napari-mfif").run


def device() -> str:
    """Return where networks run unless the panel says otherwise."""
    return str(getattr(_running().device, "value", _running().device))


def memory() -> int | None:
    """Return the bytes that a fusion may use, None for half of what is free."""
    return int(float(_running().memory) * 1e9) or None
