"""The window where a pixel of its own is one and a half of the screen's; see who runs this."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QScrollArea

from napari_mfif.plugin.napari_internals import canvas_of
from napari_mfif.plugin.panel.style import Fold
from napari_mfif.plugin.panel.view_row import ViewRow
from napari_mfif.settings.presets import PRESETS

pytestmark = pytest.mark.window


@pytest.fixture
def shown(viewer, panel, add_relief, qtbot):
    """The panel after a click on Fuse, in a window that is shown."""
    window = panel.window()
    window.show()
    window.resize(900, 560)
    qtbot.waitExposed(window)
    panel.method_box.apply(PRESETS[1])
    add_relief()
    qtbot.waitUntil(panel.run_box.fuse.isEnabled, timeout=20_000)
    qtbot.mouseClick(panel.run_box.fuse, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.made() is not None and not panel.is_running(), timeout=60_000)
    return panel


def test_the_screen_is_scaled(shown) -> None:
    assert shown.devicePixelRatioF() == 1.5


@pytest.mark.parametrize("name", ["Fuse", "Refine", "Paint", "Look closer", "Compare", "Batch"])
def test_no_text_is_cut_off(shown, dock, qtbot, cut_off, name) -> None:
    panel = shown if name == "Fuse" else dock(name)
    panel.parent().raise_()
    for fold in panel.findChildren(Fold):
        fold.open()
    area = panel.findChild(QScrollArea, "scroll")
    qtbot.waitUntil(
        lambda: area.widget().minimumSizeHint().width() <= area.viewport().width(), timeout=5000
    )
    qtbot.waitUntil(lambda: list(cut_off(panel)) == [], timeout=5000)


def test_what_is_clicked_is_what_is_meant(shown, viewer, qtbot) -> None:
    row = shown.findChild(ViewRow)
    for role in ("height", "confidence", "image"):
        qtbot.waitUntil(row.buttons[role].isVisible, timeout=5000)
        QTest.mouseClick(
            row.window().windowHandle(),
            Qt.MouseButton.LeftButton,
            pos=row.buttons[role].mapTo(row.window(), row.buttons[role].rect().center()),
        )
        qtbot.waitUntil(row.buttons[role].isChecked, timeout=5000)


def test_the_pixel_under_the_mouse_is_the_one_that_is_told(shown, viewer, qtbot) -> None:
    """Where a world's point is drawn, in pixels of the window, the mouse finds it again."""
    viewer.reset_view()
    canvas = canvas_of(viewer)
    QApplication.processEvents()
    camera, size = viewer.scene.camera, (canvas.height(), canvas.width())
    world = np.add(camera.center[-2:], (2.0, -3.0))
    row, column = (world - camera.center[-2:]) * camera.zoom + np.array(size) / 2
    place = QPointF(column, row)
    moved = QMouseEvent(
        QEvent.Type.MouseMove, place, canvas.mapToGlobal(place), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(canvas, moved)
    assert viewer.cursor.position[-2:] == pytest.approx(tuple(world), abs=1.5 / camera.zoom)
