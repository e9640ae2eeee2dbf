"""A split view: one layer left of a line that one drags, another right of it.

Only what the graphics card draws is cut: no pixel is copied, so the size of the images and the
number of their channels do not matter. The line stays where it is on the screen when one zooms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QRect, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QLabel, QWidget
from vispy.visuals.filters import Clipper

from napari_mfif.plugin.napari_internals import canvas_of, node_of

__all__ = ["SplitLine", "SplitView"]

#: Pixels that an arrow key moves the line; with Shift ten times as many.
STEP = 8
#: Half the width in which the line is taken by the mouse, and the radius of its handle.
GRIP, HANDLE = 9, 8
#: Further than any canvas.
FAR = 1e6

#: The look of the names, and the space beside their text.
PADDING = 8
NAMED = (
    f"background: rgba(0, 0, 0, 150); color: white; padding: 2px {PADDING}px; border-radius: 3px;"
)


class SplitLine(QWidget):
    """An upright line over a canvas, with the names of what is left and right of it.

    Parameters
    ----------
    canvas : QWidget
        Over which it lies.
    names : (str, str)
        Of what is left and right of it.
    share : float, optional
        Where it is at first, as a share of the width of the canvas.
    """

    #: It was moved; carries the share of the canvas that is left of it.
    moved = Signal(float)

    def __init__(self, canvas: QWidget, names: tuple[str, str], share: float = 0.5) -> None:
        super().__init__(canvas)
        self.setObjectName("split line")
        self.setAccessibleName("Split line")
        self.setToolTip("Drag, or move with the arrow keys.")
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.share = share
        self.names = names
        self._labels = [QLabel(canvas) for _ in names]
        for label in self._labels:
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setStyleSheet(NAMED)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.show()
        canvas.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Keep the share when the canvas gets another size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
            self.moved.emit(self.share)
        return False

    def move_to(self, share: float) -> None:
        """Put the line at a share of the width of the canvas."""
        self.share = min(1.0, max(0.0, share))
        self._place()
        self.moved.emit(self.share)

    def _place(self) -> None:
        canvas = self.parentWidget()
        x = round(self.share * canvas.width())
        self.setGeometry(QRect(x - GRIP, 0, 2 * GRIP + 1, canvas.height()))
        room = (x - 2 * GRIP, canvas.width() - x - 2 * GRIP)
        for label, name, width in zip(self._labels, self.names, room, strict=True):
            inside = max(0, width - 2 * PADDING)
            text = label.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, inside)
            label.setText(text)
            label.setVisible(len(text) > 1)
            label.adjustSize()
        left, right = self._labels  # below, where no colour bar is
        down = canvas.height() - GRIP - left.height()
        left.move(x - GRIP - left.width(), down)
        right.move(x + GRIP, down)

    def end(self) -> None:
        """Go from the canvas."""
        self.parentWidget().removeEventFilter(self)
        for one in (self, *self._labels):
            one.hide()
            one.deleteLater()

    def mousePressEvent(self, event: Any) -> None:
        """Take the line."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def mouseMoveEvent(self, event: Any) -> None:
        """Drag the line."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            x = self.mapTo(self.parentWidget(), event.position().toPoint()).x()
            self.move_to(x / max(1, self.parentWidget().width()))

    def keyPressEvent(self, event: Any) -> None:
        """Move the line by arrow keys."""
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())
        if way is None:
            super().keyPressEvent(event)
            return
        far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        self.move_to(self.share + way * far * STEP / max(1, self.parentWidget().width()))

    def paintEvent(self, event: Any) -> None:
        """Draw a white line with dark edges, seen on every image, and a handle in its middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 160), 4), (QColor("white"), 2)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(GRIP, 0, GRIP, self.height())
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
        painter.setBrush(QColor("white"))
        middle = QPoint(GRIP, self.height() // 2)
        painter.drawEllipse(middle, HANDLE, HANDLE)
        painter.end()


class SplitView:
    """Cuts layers at a line: the first ones are drawn left of it, the others right of it.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._sides: tuple[Sequence[Any], Sequence[Any]] = ((), ())
        self._cut: dict[Any, tuple[Any, Clipper]] = {}
        self._named: list[Any] = []
        self._barred: list[Any] = []
        self.line: SplitLine | None = None

    def is_possible(self) -> bool:
        """Tell whether this window can show a part of a layer."""
        return canvas_of(self._viewer) is not None

    def show(
        self, left: Sequence[Any], right: Sequence[Any], names: tuple[str, str] = ("A", "B")
    ) -> None:
        """Cut these layers; others are drawn whole."""
        if self.line is not None and (self._sides, self.line.names) == ((left, right), names):
            self._cut_all()  # the line stays in the hand that holds it
            return
        share = self.line.share if self.line is not None else 0.5
        self.end()
        self._sides = left, right
        self.line = SplitLine(canvas_of(self._viewer), names, share)
        self.line.moved.connect(self._cut_all)
        # their names are those of the line, and of two equal colour bars one will do
        self._named = [layer for layer in (*left, *right) if layer.name_overlay.visible]
        for layer in self._named:
            layer.name_overlay.visible = False
        self._barred = [one for one in right if any(_same_bar(one, other) for other in left)]
        for layer in self._barred:
            layer.colorbar.visible = False
        for layer in (*left, *right):  # another node draws it when its pixels are of another type
            layer.events.set_data.connect(self._cut_all)
        self._cut_all()

    def end(self) -> None:
        """Draw all layers whole again."""
        for layer in (*self._sides[0], *self._sides[1]):
            layer.events.set_data.disconnect(self._cut_all)
        for layer in self._named:
            layer.name_overlay.visible = True
        for layer in self._barred:
            layer.colorbar.visible = True
        for node, clipper in self._cut.values():
            node.detach(clipper)
            node.update()
        self._cut.clear()
        self._named.clear()
        self._barred.clear()
        self._sides = ((), ())
        if self.line is not None:
            self.line.end()
            self.line = None

    def _cut_all(self, event: Any = None) -> None:
        if self.line is None:
            return
        canvas = self.line.parentWidget()
        # a fragment's place is counted in the screen's own pixels
        x = self.line.share * canvas.width() * canvas.devicePixelRatioF()
        for layers, (begin, end) in zip(self._sides, ((-FAR, x), (x, FAR)), strict=True):
            for layer in layers:
                clipper = self._clipper(layer)
                if clipper is not None:
                    clipper.bounds = (begin, -FAR, end - begin, 2 * FAR)

    def _clipper(self, layer: Any) -> Clipper | None:
        """Return what cuts a layer, attached to the node that draws it now."""
        node = node_of(self._viewer, layer)
        before, clipper = self._cut.get(layer, (None, None))
        if node is None or node is before:
            if node is not None:
                node.update()
            return clipper
        if before is not None:
            before.detach(clipper)
        clipper = Clipper()
        node.attach(clipper)
        self._cut[layer] = node, clipper
        return clipper


def _same_bar(one: Any, other: Any) -> bool:
    """Tell whether both layers have a colour bar, and the same."""
    bars = [getattr(layer, "colorbar", None) for layer in (one, other)]
    if not all(bar is not None and bar.visible for bar in bars):
        return False
    alike = np.allclose(one.contrast_limits, other.contrast_limits)
    return bool(alike and one.colormap.name == other.colormap.name)
