"""Two results in one place: blinked, or divided by a line. What was visible comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_mfif.plugin.comparing.split import SplitView
from napari_mfif.plugin.results import results_of

__all__ = ["Sight"]


class Sight:
    """Shows one of two sides, or both, and hides all else meanwhile.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._before: dict[Any, bool] | None = None
        self.split = SplitView(viewer)
        #: The side that is seen while blinking.
        self.seen = 0

    def blink(self, sides: tuple[Sequence[Any], Sequence[Any]], seen: int) -> None:
        """Show only the layers of one of two sides."""
        self.split.end()
        self.seen = seen
        self._only(sides[seen])

    def divide(self, sides: tuple[Sequence[Any], Sequence[Any]], names: tuple[str, str]) -> None:
        """Show one side left of a line, the other right of it."""
        self._only([*sides[0], *sides[1]])
        self.split.show(*sides, names)

    def end(self) -> None:
        """Show what was visible before."""
        self.split.end()
        before, self._before = self._before, None
        there = set(self._viewer.layers)
        self._set({layer: seen for layer, seen in (before or {}).items() if layer in there})

    def _only(self, layers: Sequence[Any]) -> None:
        """Show these layers and no others that could hide them."""
        if self._before is None:
            self._before = {}
        for layer in self._viewer.layers:
            self._before.setdefault(layer, layer.visible)
        shown = set(layers)
        # first what appears, so that the canvas is never empty between two
        order = sorted(self._viewer.layers, key=lambda layer: layer not in shown)
        self._set({layer: layer in shown for layer in order})

    def _set(self, visible: dict[Any, bool]) -> None:
        with results_of(self._viewer).several():
            for layer, wanted in visible.items():
                if layer.visible != wanted:
                    layer.visible = wanted
