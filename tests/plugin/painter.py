"""Somebody who paints on a result with mouse and keyboard."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

WAIT = 60_000
LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier


class Hand:
    """Somebody with a mouse over the result."""

    def __init__(self, paint, qtbot) -> None:
        self.paint, self.qtbot = paint, qtbot
        self.viewer = paint.viewer
        inside = paint.window().findChildren(QWidget)
        (self.canvas,) = (one for one in inside if type(one).__name__ == "CanvasBackendDesktop")

    @property
    def fusion(self):
        return self.paint.results.current().fusion

    def layer(self, role):
        return self.paint.results.layer(self.paint.results.current(), role)

    @property
    def made(self):
        return self.paint.session.made if self.paint.session else None

    def press(self, widget) -> None:
        self.qtbot.mouseClick(widget, LEFT)

    def paint_on(self) -> None:
        self.press(self.paint.start)
        self.qtbot.waitUntil(self.paint.is_painting, timeout=WAIT)

    def at(self, row, column) -> QPoint:
        """Return the place of a pixel on the canvas."""
        y, x = self.layer("plane taken").data_to_world((row, column))[-2:]
        camera = self.viewer.scene.camera
        across = (x - camera.center[-1]) * camera.zoom + self.canvas.width() / 2
        down = (y - camera.center[-2]) * camera.zoom + self.canvas.height() / 2
        return QPoint(round(across), round(down))

    def move(self, row, column, button=Qt.MouseButton.NoButton) -> None:
        place = self.at(row, column)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(place),
            QPointF(self.canvas.mapToGlobal(place)),
            Qt.MouseButton.NoButton,
            button,
            PLAIN,
        )
        QApplication.sendEvent(self.canvas, event)

    def drag(self, *way) -> None:
        self.move(*way[0])
        QTest.mousePress(self.canvas, LEFT, PLAIN, self.at(*way[0]))
        for place in way[1:]:
            QTest.qWait(20)  # moves that follow at once are taken together
            self.move(*place, LEFT)
        QTest.mouseRelease(self.canvas, LEFT, PLAIN, self.at(*way[-1]))
        self.settle()

    def lasso(self, *corners) -> None:
        for corner in corners:
            self.move(*corner)
            QTest.mouseClick(self.canvas, LEFT, PLAIN, self.at(*corner))
            QTest.qWait(QApplication.doubleClickInterval() + 50)
        QTest.mouseDClick(self.canvas, LEFT, PLAIN, self.at(*corners[-1]))
        self.settle()

    def key(self, key, modifier=PLAIN) -> None:
        QTest.keyClick(self.canvas, key, modifier)
        self.settle()

    def settle(self) -> None:
        session = self.paint.session
        self.qtbot.waitUntil(lambda: session is None or not session.jobs.busy, timeout=WAIT)
        QApplication.processEvents()

    def slide_to(self, plane) -> None:
        self.viewer.dims.set_current_step(0, plane)

    def layers_show(self, fusion) -> bool:
        expected = {
            "image0": fusion.image,
            "plane taken": fusion.stack.numbered(fusion.decision) + 1,
            "height": fusion.height_where(),
            "confidence": fusion.confidence,
        }
        return all(
            np.array_equal(self.layer(role).data, array, equal_nan=array.dtype.kind == "f")
            for role, array in expected.items()
        )


def choose_method(panel, name) -> None:
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData(name))
