"""Nothing of a panel is cut off, however small the window is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from qtpy.QtWidgets import QApplication, QLabel, QMainWindow, QScrollArea

from napari_mfif.plugin.panel.style import Fold

pytestmark = pytest.mark.window

PANELS = ("Fuse", "Refine", "Paint", "Look closer", "Compare", "Batch")


@pytest.mark.parametrize("size", [(900, 560), (1280, 800), (1920, 1080)])
def test_no_text_is_cut_off_in_any_panel(viewer, panel, add_relief, fused, qtbot, size, cut_off):
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
        for theme in ("light", "dark"):
            viewer.theme = theme
            qtbot.wait(200)
            QApplication.processEvents()
            area = shown.findChild(QScrollArea, "scroll")
            needed = area.widget().minimumSizeHint().width()
            assert needed <= area.viewport().width(), f"{name} is wider than its panel: {theme}"
            assert list(cut_off(shown)) == [], (name, theme)
        assert dock.windowTitle() == name
        assert name in [one.text() for one in dock.titleBarWidget().findChildren(QLabel)]


def test_all_is_there_and_works_on_a_screen_of_one_and_a_half_times_the_scale():
    """Qt asks for the scale when it starts: in a process of its own."""
    wanted = {**os.environ, "QT_SCALE_FACTOR": "1.5"}
    tests = Path(__file__).with_name("scaled_window.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)]
    done = subprocess.run(command, env=wanted, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
