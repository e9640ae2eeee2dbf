"""Dialogs for files, answered by typing."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import QFileDialog, QLineEdit, QWidget

from napari_mfif import ZStack, fuse
from napari_mfif.plugin.dialogs import ask_where

pytestmark = pytest.mark.window


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
