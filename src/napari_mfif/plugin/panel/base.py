"""What every panel shares: its place beside the viewer, its look, and an end without harm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QSize, Qt, QTimer
from qtpy.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QFrame,
    QMainWindow,
    QScrollArea,
    QScrollBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_mfif.plugin.napari_internals import name_dock
from napari_mfif.plugin.panel.forms import WheelWithFocus
from napari_mfif.plugin.panel.style import sheet

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Panel"]

WIDTH = 350

#: What napari adds to the title of a dock.
PLUGIN_NAME = re.compile(r" \([^()]*\)$")


class Panel(QWidget):
    """A dock widget: settings that scroll when the window is low, and a footer that stays.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        self._docked = self._ended = False
        super().__init__()
        self._wheel = WheelWithFocus(self)
        self.viewer = napari_viewer
        self.setObjectName("panel")
        self.setMinimumWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.column = QVBoxLayout()
        self.column.setContentsMargins(12, 10, 12, 8)
        self.column.setSpacing(6)
        self.footer = QVBoxLayout()
        self.footer.setContentsMargins(12, 8, 12, 10)
        self.footer.setSpacing(6)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._scrolling(), 1)
        whole.addLayout(self.footer)
        self._connections: list[tuple[Any, Any]] = []
        self.listen(napari_viewer.events.theme, self._dress)
        self._dress()

    def sizeHint(self) -> QSize:
        """Ask for enough room that nothing is cut off."""
        return QSize(WIDTH + 20, 560)

    def showEvent(self, event: Any) -> None:
        """Let the wheel scroll the panel over every control that has not the keyboard."""
        super().showEvent(event)
        for kind in (QComboBox, QAbstractSpinBox, QAbstractSlider):
            for part in self.findChildren(kind):
                if not part.property("wheel") and not isinstance(part, QScrollBar):
                    part.setProperty("wheel", True)
                    part.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                    part.installEventFilter(self._wheel)

    def listen(self, event: Any, callback: Any) -> None:
        """Connect to an event of the viewer until the panel ends."""
        event.connect(callback)
        self._connections.append((event, callback))

    def end(self) -> None:
        """Let go of the viewer; called once, when the panel is closed for good."""
        for event, callback in self._connections:
            event.disconnect(callback)
        self._connections.clear()

    def _end_once(self) -> None:
        if not self._ended:
            self._ended = True
            self.end()

    def event(self, event: Any) -> bool:
        """Notice when napari takes the panel out of its dock: then it is over."""
        if event.type() == QEvent.Type.ParentChange:
            if self.parent() is not None:
                self._docked = True
                QTimer.singleShot(0, self._join_others)
            elif self._docked:
                self._end_once()
                self.deleteLater()
        return bool(super().event(event))

    def _join_others(self) -> None:
        """Become a tab where another panel is docked already: there is room for one."""
        if self._ended or not isinstance(window := self.window(), QMainWindow):
            return
        docks = {d.findChild(Panel): d for d in window.findChildren(QDockWidget)}
        docks.pop(None, None)
        mine = docks.pop(self, None)
        if mine is None:
            return
        name_dock(mine, PLUGIN_NAME.sub("", mine.windowTitle()))  # tabs are narrow
        if mine.isFloating():
            return
        area = window.dockWidgetArea(mine)
        beside = [d for d in docks.values() if d.isVisible() and not d.isFloating()]
        beside = [d for d in beside if window.dockWidgetArea(d) == area]
        if beside:
            window.tabifyDockWidget(beside[0], mine)
            mine.show()
            mine.raise_()

    def watch_window(self) -> None:
        """End when the window is closed: napari does not tell what is docked in it."""
        self.window().installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Look, once the window has been asked to close, whether it did."""
        if event.type() == QEvent.Type.Close and watched is self.window():
            if event.spontaneous():  # the user may still be asked, and say no
                QTimer.singleShot(0, self._end_with_window)
            else:
                self._end_once()
        return bool(super().eventFilter(watched, event))

    def _end_with_window(self) -> None:
        if not self.window().isVisible():
            self._end_once()

    def closeEvent(self, event: Any) -> None:
        """End with the window."""
        self._end_once()
        super().closeEvent(event)

    def _scrolling(self) -> QScrollArea:
        inside = QWidget()
        inside.setObjectName("column")
        inside.setLayout(self.column)
        area = QScrollArea()
        area.setObjectName("scroll")
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _dress(self, event: Any = None) -> None:
        self.setStyleSheet(sheet(self.viewer.theme))
