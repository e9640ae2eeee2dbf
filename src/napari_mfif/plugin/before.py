"""How a fusion was before it was refined, seen while a key or a button is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from qtpy.QtCore import QObject

from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.specs import MAPS, Drawing, draw
from napari_mfif.plugin.refining import refined, values_of
from napari_mfif.plugin.results import Results

__all__ = ["Before"]

#: While it is held one sees how it was.
KEY = "b"


class Before(QObject):
    """Shows in the layers in view what the run gave, and gives back what they hold.

    Parameters
    ----------
    results : Results
        Knows the fusion at hand.
    told : callable
        Called with whether one sees how it was.
    parent : QObject
        With it all ends.
    """

    def __init__(self, results: Results, told: Callable[[bool], object], parent: QObject) -> None:
        super().__init__(parent)
        self._results, self._told = results, told
        self._held = False
        self._of: tuple[Made, tuple[str, ...]] | None = None
        self._drawn: Mapping[str, Drawing] = {}
        self._after: dict[str, tuple[Any, Any]] = {}
        self._work = Latest(_drawn_before, self._ready, parent=self)
        results.viewer.bind_key(KEY, self._while_held, overwrite=True)

    def end(self) -> None:
        """Give back what the layers hold, and the key."""
        self.release()
        self._work.stop()
        self._results.viewer.bind_key(KEY, None)

    def _while_held(self, viewer: Any) -> Iterator[None]:
        self.press()
        yield
        self.release()

    def press(self) -> None:
        """Show how it was, as soon as that is known."""
        made = self._results.current()
        if self._held or made is None or made.first is None:
            return
        self._held = True
        roles = tuple(role for role, layer in self._layers(made).items() if layer.visible)
        if self._of == (made, roles):
            self._show(made)
        else:
            self._work.ask(made, roles)

    def release(self) -> None:
        """Show how it is again."""
        self._held = False
        made = None if self._of is None else self._of[0]
        for role, (seen, held) in self._after.items():
            layer = None if made is None else self._layers(made).get(role)
            if layer is not None and layer.data is seen:  # it was not drawn anew meanwhile
                layer.data = held
        if self._after:
            self._told(False)
        self._after.clear()

    def forget(self) -> None:
        """Let go of what was drawn: another fusion is at hand."""
        if not self._held:
            self._of, self._drawn = None, {}

    def _ready(self, found: tuple[Made, tuple[str, ...], list[Drawing]]) -> None:
        made, roles, drawings = found
        self._of, self._drawn = (made, roles), {one.role: one for one in drawings}
        if self._held and self._results.current() is made:
            self._show(made)

    def _show(self, made: Made) -> None:
        for role, layer in self._layers(made).items():
            if role in self._drawn:
                held = layer.data
                layer.data = self._drawn[role].data
                self._after[role] = (layer.data, held)
        self._told(True)

    def _layers(self, made: Made) -> dict[str, Any]:
        images = [f"image{c}" for c in range(made.fusion.stack.n_channels)]
        layers = {role: self._results.layer(made, role) for role in (*images, *MAPS)}
        return {role: one for role, one in layers.items() if one is not None and role != "scores"}


def _drawn_before(
    made: Made, roles: tuple[str, ...]
) -> tuple[Made, tuple[str, ...], list[Drawing]]:
    assert made.first is not None
    drawings = draw(refined(made, values_of(made.first))[1], roles)
    return made, roles, [one for one in drawings if one.role in roles]
