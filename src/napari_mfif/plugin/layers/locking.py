"""Result layers can be looked at, not drawn in: a label alone is no correction, see *Paint*."""

from __future__ import annotations

from typing import Any

__all__ = ["lock", "unlock"]


def lock(layer: Any) -> None:
    """Keep napari's own brushes from a layer, also after it got other data."""
    layer.events.editable.connect(_lock)
    layer.editable = False


def unlock(layer: Any) -> None:
    """Let napari's brushes be taken up."""
    layer.events.editable.disconnect(_lock)
    layer.editable = True  # napari thinks that levels are not


def _lock(event: Any) -> None:
    if event.source.editable:
        event.source.editable = False
