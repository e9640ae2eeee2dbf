"""Dialogs for files, answered by typing."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import QFileDialog, QLineEdit, QWidget

from napari_mfif import ZStack, fuse
from napari_mfif.plugin import dialogs
from napari_mfif.plugin.commands import choose_files
from napari_mfif.plugin.dialogs import ask_where
from napari_mfif.plugin.panel.saving import choose_target

pytestmark = pytest.mark.window


@pytest.fixture(autouse=True)
def saved_nowhere(monkeypatch):
    """Begin as napari does."""
    monkeypatch.setattr(dialogs, "_saved_in", [])


def test_one_saves_where_one_saved_last(qtbot, slope, tmp_path) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    fusion = fuse(ZStack(slope[0], "ZYX"), method="gradient")
    ask_where(parent, fusion, "x.png", "PNG (*.png)", print)
    first = parent.findChild(QFileDialog)
    assert first.directory().absolutePath() != str(tmp_path)
    first.setDirectory(str(tmp_path))
    first.accept()
    ask_where(parent, fusion, "y.png", "PNG (*.png)", print)
    second = parent.findChildren(QFileDialog)[-1]
    assert second.directory().absolutePath() == str(tmp_path)
    assert second.windowTitle() == "Save y.png"


def test_titles_say_what_dialogs_do(qtbot, slope) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    fusion = fuse(ZStack(slope[0], "ZYX"), method="gradient")
    choose_target(parent, fusion, "height", print, print)
    choose_files(None, parent, folder=True)
    titles = [one.windowTitle() for one in parent.findChildren(QFileDialog)]
    assert titles == ["Save the image, and the height beside it", "Open a folder of planes"]


@pytest.mark.parametrize(
    ("typed", "written"), [("ant", "ant.ome.tif"), ("ant.png", "ant.png")], ids=str
)
def test_an_ending_that_is_not_typed_is_that_of_the_kind_chosen(
    qtbot, slope, tmp_path, typed, written
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    fusion = fuse(ZStack(slope[0], "ZYX"), method="gradient")
    ask_where(parent, fusion, "x.ome.tif", "OME-TIFF (*.ome.tif);;PNG (*.png)", print)
    dialog = parent.findChild(QFileDialog)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    dialog.setDirectory(str(tmp_path))
    field.clear()
    qtbot.keyClicks(field, typed)
    assert dialog.selectedFiles() == [str(tmp_path / written)]
