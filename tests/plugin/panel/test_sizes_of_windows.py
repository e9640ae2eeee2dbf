"""Nothing of a panel is cut off, however small the window is."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QToolButton,
)

from napari_mfif.plugin.panel.style import Fold

pytestmark = pytest.mark.window

PANELS = ("Fuse", "Refine", "Paint", "Look closer", "Compare", "Batch")


def cut_off(panel):
    """Yield the texts of a panel for which there is too little room."""
    for kind in (QLabel, QPushButton, QCheckBox, QToolButton):
        for one in panel.findChildren(kind):
            if not one.isVisible() or not one.text():
                continue
            needed = one.sizeHint().width()
            if isinstance(one, QLabel) and one.wordWrap():
                needed = one.width() if one.heightForWidth(one.width()) <= one.height() else 1e6
            outside = one.mapTo(panel, one.rect().topRight()).x() > panel.width()
            if needed > one.width() + 1 or outside:
                yield one.text()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(900, 560), (1280, 800), (1920, 1080)])
def test_no_text_is_cut_off_in_any_panel(viewer, panel, add_relief, fused, qtbot, size, theme):
    viewer.theme = theme
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("gradient"))
    add_relief()
    fused(panel)
    window = panel.window()
    assert isinstance(window, QMainWindow)
    window.show()
    window.resize(*size)
    for name in PANELS:
        dock, shown = panel.parent(), panel
        if name != "Fuse":
            dock, shown = viewer.window.add_plugin_dock_widget("napari-mfif", name)
        dock.raise_()
        for fold in shown.findChildren(Fold):
            fold.open()
        qtbot.wait(300)
        QApplication.processEvents()
        area = shown.findChild(QScrollArea, "scroll")
        needed = area.widget().minimumSizeHint().width()
        assert needed <= area.viewport().width(), f"{name} is wider than its panel"
        assert list(cut_off(shown)) == [], name
        assert dock.windowTitle() == name
        assert name in [one.text() for one in dock.titleBarWidget().findChildren(QLabel)]
