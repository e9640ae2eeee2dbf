"""The strokes of a result, outlined over the canvas as they come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QObject

from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.napari_internals import canvas_of
from napari_mfif.plugin.painting.outlines import Polygon, StrokeOutlines, outlines_of
from napari_mfif.settings.strokes import Stroke

__all__ = ["ShownStrokes"]


class ShownStrokes(QObject):
    """Outlines strokes, each of them once, in a thread.

    Parameters
    ----------
    viewer : ViewerModel
        Over whose canvas.
    layer : Layer
        In whose rows and columns strokes are.
    letters : str
        Its axes.
    """

    def __init__(self, viewer: Any, layer: Any, letters: str) -> None:
        super().__init__()
        self._known: dict[int, tuple[Stroke, list[Polygon]]] = {}
        canvas = canvas_of(viewer)
        self.lines = None if canvas is None else StrokeOutlines(canvas, viewer, layer, letters)
        self._work = Latest(self._outlined, self._draw, parent=self)

    @property
    def busy(self) -> bool:
        """Whether strokes are being outlined."""
        return self._work.busy

    def show(self, strokes: Sequence[Stroke]) -> None:
        """Outline these strokes and no others."""
        if self.lines is not None:
            self._work.ask(tuple(strokes))

    def end(self) -> None:
        """Outline nothing any more."""
        self._work.stop()
        if self.lines is not None:
            self.lines.end()
            self.lines = None

    def _outlined(self, strokes: tuple[Stroke, ...]) -> list[Polygon]:
        known = self._known
        self._known = {
            id(one): known[id(one)] if id(one) in known else (one, outlines_of(one))
            for one in strokes
        }
        return [polygon for _, polygons in self._known.values() for polygon in polygons]

    def _draw(self, polygons: list[Polygon]) -> None:
        if self.lines is not None:
            self.lines.draw(polygons)
