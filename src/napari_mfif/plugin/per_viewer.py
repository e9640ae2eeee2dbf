"""What there is one of for each viewer, shared by all panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

__all__ = ["OnePerViewer", "unwrapped"]

Shared = TypeVar("Shared")


def unwrapped(viewer: Any) -> Any:
    """Return the viewer itself: plugins are given a wrapper that hides what is private."""
    return getattr(viewer, "__wrapped__", viewer)


class OnePerViewer(Generic[Shared]):
    """Makes something once for each viewer; it lives as long as somebody holds it.

    Parameters
    ----------
    make : callable
        Makes it of the viewer, which it keeps as ``viewer``.
    """

    def __init__(self, make: Callable[[Any], Shared]) -> None:
        self._make = make
        self._known: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def __call__(self, viewer: Any) -> Shared:
        """Return that of a viewer."""
        viewer = unwrapped(viewer)
        known = self._known.get(id(viewer))
        if known is None or known.viewer is not viewer:
            known = self._known[id(viewer)] = self._make(viewer)
        return known
