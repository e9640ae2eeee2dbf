"""What was set in a panel that was closed, for the next one of the same viewer."""

from __future__ import annotations

from typing import Any
from weakref import finalize, ref

from napari_mfif.plugin.per_viewer import unwrapped

__all__ = ["keep", "recalled"]

#: By the identity of the viewer, which is not kept alive.
_KEPT: dict[int, tuple[Any, dict[str, Any]]] = {}


def keep(viewer: Any, settings: dict[str, Any]) -> None:
    """Keep settings as long as the viewer lives."""
    viewer = unwrapped(viewer)
    if id(viewer) not in _KEPT:
        finalize(viewer, _KEPT.pop, id(viewer), None)
    _KEPT[id(viewer)] = ref(viewer), settings


def recalled(viewer: Any) -> dict[str, Any] | None:
    """Return what was kept for a viewer."""
    viewer = unwrapped(viewer)
    of, settings = _KEPT.get(id(viewer), (lambda: None, None))
    return settings if of() is viewer else None
