"""Where strokes lie: thin lines over the canvas, which are not in pictures of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform
from qtpy.QtWidgets import QWidget

from napari_mfif.kernels.strokes import share_of
from napari_mfif.settings.strokes import Stroke

__all__ = ["StrokeOutlines", "outlines_of"]

#: Rows and columns of the mask of a stroke, of which the outline is taken, at most.
FINE = 1024

Polygon = NDArray[np.float64]


def outlines_of(stroke: Stroke) -> list[Polygon]:
    """Return the outlines of a stroke: closed polygons of rows and columns."""
    if stroke.cover is None and stroke.radius is None:
        return [np.array(stroke.points, np.float64)]
    top, bottom, left, right = stroke.box
    coarse = max(1, math.ceil(max(bottom - top, right - left) / FINE))
    small = replace(stroke, soft=0.0) if coarse == 1 else stroke.scaled(1 / coarse, 1 / coarse)
    rows, columns = (
        slice(first // coarse - 1, last // coarse + 2)
        for first, last in ((top, bottom), (left, right))
    )
    inside = (share_of(small, rows, columns) >= 0.5).astype(np.uint8)
    found, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    corner = np.array((rows.start, columns.start))
    # the middle of a coarse pixel is that of the pixels it stands for
    return [(one[:, 0, ::-1] + corner + 0.5) * coarse - 0.5 for one in found]


class StrokeOutlines(QWidget):
    """Lines over the canvas that stay with the image when one moves it.

    Parameters
    ----------
    canvas : QWidget
        What the viewer draws into.
    viewer : ViewerModel
        Whose camera is followed.
    layer : Layer
        In whose rows and columns strokes are.
    letters : str
        Its axes.
    """

    def __init__(self, canvas: QWidget, viewer: Any, layer: Any, letters: str) -> None:
        super().__init__(canvas)
        self.setObjectName("stroke outlines")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._viewer, self._layer, self._letters = viewer, layer, letters
        self.path = QPainterPath()
        self._events = (viewer.scene.camera.events, layer.events.scale, layer.events.translate)
        for event in self._events:
            event.connect(self._moved)
        canvas.installEventFilter(self)
        self.setGeometry(canvas.rect())
        self.show()

    def end(self) -> None:
        """Go from the canvas."""
        for event in self._events:
            event.disconnect(self._moved)
        self.parentWidget().removeEventFilter(self)
        self.setParent(None)
        self.deleteLater()

    def draw(self, polygons: Iterable[Polygon]) -> None:
        """Show other outlines."""
        path = QPainterPath()
        for polygon in polygons:
            path.moveTo(*polygon[0, ::-1])
            for row, column in polygon[1:]:
                path.lineTo(column, row)
            path.closeSubpath()
        self.path = path
        self.update()

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Cover the canvas also when it gets another size."""
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self.parentWidget().rect())
        return False

    def _moved(self, event: Any = None) -> None:
        self.update()

    def on_screen(self) -> QTransform:
        """Return how columns and rows of the image lie on the canvas."""
        camera, dims = self._viewer.scene.camera, self._viewer.dims
        first = dims.ndim - self._layer.ndim
        seen = [axis - first for axis in dims.displayed[-2:]]
        y, x = self._letters.index("Y"), self._letters.index("X")
        units = np.zeros((3, self._layer.ndim))
        units[1, x] = units[2, y] = 1
        world = np.array([self._layer.data_to_world(one) for one in units])[:, seen]
        ways = [-1 if one in ("up", "left") else 1 for one in camera.orientation[-2:]]
        place = (world - np.array(camera.center)[-2:]) * camera.zoom * ways
        place += (self.height() / 2, self.width() / 2)
        (down, across), along_x, along_y = place[0], place[1] - place[0], place[2] - place[0]
        return QTransform(along_x[1], along_x[0], along_y[1], along_y[0], across, down)

    def paintEvent(self, event: Any) -> None:
        """Draw light lines on dark ones, so that they are seen on every image."""
        if self.path.isEmpty() or self._viewer.canvas.grid.enabled:
            return
        path = self.on_screen().map(self.path)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 150), 2.5), (QColor(255, 255, 255, 220), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawPath(path)
        painter.end()
