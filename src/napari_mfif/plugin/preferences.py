"""What the user set for this plugin in napari's preferences."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["device", "in_own_process", "memory"]

#: Systems on which networks run in a process of their own unless the user wants it otherwise: on
#: Windows torch cannot be imported once Qt is loaded (pytorch issue 169429).
APART = ("win32",)


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
    """Tell whether networks run in a process of their own."""
    wanted = str(getattr(_running().networks, "value", _running().networks))
    return sys.platform in APART if wanted == "auto" else wanted == "process"
