"""napari's brush, eraser, polygon and bucket on a labels layer, reporting what one does with them.

napari's own painting of labels is switched off meanwhile: it cannot paint labels in several levels,
and a label alone is no correction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from napari_mfif.plugin.layers.locking import lock, unlock

__all__ = ["BRUSHES", "ERASING", "FILLING", "LASSO", "PAINTING", "Hands", "Tools"]

#: napari's modes of a labels layer.
PAINTING, ERASING, FILLING, LASSO, PICKING = "paint", "erase", "fill", "polygon", "pick"
BRUSHES = (PAINTING, ERASING)

#: What napari would do by itself, in place of which we do it.
REPLACED = ("paint", "fill", "paint_polygon", "undo", "redo")

Coordinates = Sequence[float]


@dataclass(frozen=True)
class Hands:
    """What is called when somebody uses the tools; places in the layer's own coordinates.

    Parameters
    ----------
    brushed : callable
        With a place, while a brush moves.
    lifted : callable
        When the brush is lifted.
    lassoed : callable
        With the corners of a polygon, in rows and columns half a pixel further than other places.
    filled : callable
        With a place in the area that is to be filled.
    undo, redo : callable
        When that is asked for by the keyboard.
    keys : mapping
        By key: what it does, given the layer.
    """

    brushed: Callable[[Coordinates], object]
    lifted: Callable[[], object]
    lassoed: Callable[[list[Coordinates]], object]
    filled: Callable[[Coordinates], object]
    undo: Callable[[], object]
    redo: Callable[[], object]
    keys: Mapping[str, Callable[[Any], object]]


class Tools:
    """The tools of one labels layer while one paints on it.

    Parameters
    ----------
    layer : Labels
        The layer, which has to be visible.
    hands : Hands
        What is called.
    """

    def __init__(self, layer: Any, hands: Hands) -> None:
        self.layer, self._hands = layer, hands
        replacing: dict[str, Callable[..., object]] = {
            "paint": _nothing,
            "fill": _nothing,
            "paint_polygon": self._lassoed,
            "undo": hands.undo,
            "redo": hands.redo,
        }
        for name in REPLACED:
            setattr(layer, name, replacing[name])
        layer.mouse_drag_callbacks.append(self._dragged)
        for key, action in hands.keys.items():
            layer.bind_key(key, action, overwrite=True)
        unlock(layer)
        layer.mode = PAINTING

    def close(self) -> None:
        """Give the layer back to napari."""
        layer = self.layer
        layer.mode = "pan_zoom"
        for name in REPLACED:
            delattr(layer, name)
        layer.mouse_drag_callbacks.remove(self._dragged)
        for key in self._hands.keys:
            layer.bind_key(key, None)
        lock(layer)

    @property
    def mode(self) -> str:
        """The tool that is taken up, by napari's name."""
        return str(self.layer.mode)

    def take_up(self, mode: str) -> None:
        """Take up another tool."""
        self.layer.mode = mode

    def _dragged(self, layer: Any, event: Any) -> Iterator[None]:
        """Follow the mouse while its button is down."""
        if event.button != 1 or layer.cursor == "circle_frozen":  # the brush changes its size
            return
        place = layer.world_to_data(event.position)
        if self.mode == FILLING:
            self._hands.filled(place)
        if self.mode not in BRUSHES:
            return
        self._hands.brushed(place)
        yield
        while event.type == "mouse_move":
            self._hands.brushed(layer.world_to_data(event.position))
            yield
        self._hands.lifted()

    def _lassoed(self, points: Any, new_label: int) -> None:
        self._hands.lassoed([list(point) for point in points])


def _nothing(*given: Any, **named: Any) -> None:
    """Do nothing, where napari would paint."""
