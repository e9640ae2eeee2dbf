"""Layers on which one draws what is measured: lines and regions on a fusion."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Shapes
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from napari_mfif.fusion.layers import layer_name
from napari_mfif.plugin.closer.place import flat_options, rows_and_columns
from napari_mfif.plugin.layers.metadata import LIES_ON, Made
from napari_mfif.plugin.timers import single_shot
from napari_mfif.surface.heights import HeightMap

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["MEASURED", "Drawn", "DrawnBox", "outline"]

#: Under this key the metadata of a layer hold what is drawn on it, and on which stack.
MEASURED = "napari_mfif_measured"

#: Milliseconds after a change until it is measured.
SOON = 30


class Drawn(QObject):
    """A Shapes layer on the fusion at hand: made when it is wanted, found again, heard.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is.
    what : str
        What is drawn, in the name of the layer.
    options : dict
        Look of a new layer.
    """

    #: Shapes came, went or were changed.
    changed = Signal()

    def __init__(
        self, viewer: ViewerModel, what: str, options: dict[str, Any], parent: QObject
    ) -> None:
        super().__init__(parent)
        self.viewer, self.what, self._options = viewer, what, options
        self.layer: Any | None = None
        self.made: Made | None = None
        self._soon = single_shot(self, self.changed)
        viewer.layers.events.removed.connect(self._find)
        viewer.layers.events.inserted.connect(self._find)

    def end(self) -> None:
        """Let go of the viewer; the layer stays."""
        self._hear(None)
        self._soon.stop()
        self.viewer.layers.events.removed.disconnect(self._find)
        self.viewer.layers.events.inserted.disconnect(self._find)

    def follow(self, made: Made | None) -> None:
        """Turn to the layer of another fusion."""
        self.made = made
        self._find()
        self._tell()

    def draw(self, mode: str) -> None:
        """Let one draw: on the layer that is there, or a new one."""
        if self.made is None:
            return
        if self.layer is None:
            options, letters = flat_options(self.made)
            layer = Shapes(
                ndim=len(letters),
                name=layer_name(self.what, self.made.look.name),
                metadata={
                    MEASURED: (self.what, self.made.source),
                    LIES_ON: self.made.stack_id,
                },
                **self._options,
                **options,
            )
            self.viewer.layers.append(layer)
        assert self.layer is not None
        self.layer.visible = True
        self.viewer.layers.selection.active = self.layer
        self.layer.mode = mode

    def shapes(self) -> list[tuple[str, NDArray[np.float64]]]:
        """Return the kinds and the points of all shapes: rows and columns of the fused image."""
        if self.layer is None or self.made is None:
            return []
        letters = flat_options(self.made)[1]
        return [
            (str(kind), rows_and_columns(points, letters))
            for kind, points in zip(self.layer.shape_type, self.layer.data, strict=True)
        ]

    def number(self, kinds: Collection[str]) -> None:
        """Write into the picture which one each shape of these kinds is, counted from 1."""
        if self.layer is None:
            return
        numbers = itertools.count(1)
        words = [str(next(numbers)) if one in kinds else "" for one in self.layer.shape_type]
        if words and list(np.atleast_1d(self.layer.text.values)) != words:
            colour = self._options["edge_color"]
            self.layer.text = {"string": words, "size": 14, "color": colour, "anchor": "center"}

    def _find(self, event: Any = None) -> None:
        mark = (self.what, self.made.source) if self.made else None
        found = (one for one in self.viewer.layers if one.metadata.get(MEASURED) == mark)
        self._hear(next(found, None) if mark else None)

    def _hear(self, layer: Any | None) -> None:
        if layer is self.layer:
            return
        connect: list[tuple[Any | None, Callable[[Any], Callable[..., Any]]]] = [
            (self.layer, lambda event: event.disconnect),
            (layer, lambda event: event.connect),
        ]
        for one, bound in connect:
            if one is not None:
                bound(one.events.data)(self._tell)
                bound(one.events.set_data)(self._tell)
        self.layer = layer
        self._tell()

    def _tell(self, event: Any = None) -> None:
        if not self._soon.isActive():
            self._soon.start(SOON)


class DrawnBox(QWidget):
    """Measures what is drawn on the fusion at hand, anew whenever either changes.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is drawn.
    what, options : str, dict
        As for `Drawn`.
    """

    def __init__(self, viewer: ViewerModel, what: str, options: dict[str, Any]) -> None:
        super().__init__()
        self.made: Made | None = None
        self.heights: HeightMap | None = None
        self.drawn = Drawn(viewer, what, options, self)

    def end(self) -> None:
        """Let go of the viewer."""
        self.drawn.end()

    def follow(self, made: Made | None, heights: HeightMap | None) -> None:
        """Measure another fusion from now on; its heights may come later."""
        if made is not self.made:
            self.made = made
            self.drawn.follow(made)
        self.heights = heights
        self.refresh()

    @abstractmethod
    def refresh(self) -> None:
        """Measure anew."""


def outline(kind: str, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outline of a shape: points of a polygon."""
    if kind != "ellipse":
        return points
    middle = points.mean(axis=0)
    across, down = (points[1] - points[0]) / 2, (points[2] - points[1]) / 2
    turn = np.linspace(0, 2 * np.pi, 73)[:-1, None]
    return np.asarray(middle + np.cos(turn) * across + np.sin(turn) * down, np.float64)
