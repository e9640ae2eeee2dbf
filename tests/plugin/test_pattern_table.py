"""The table that asks what file names mean."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QApplication, QDialogButtonBox

from napari_mfif.plugin.panel.pattern_table import PatternTable

pytestmark = pytest.mark.window


@pytest.fixture
def beads(tmp_path):
    """Two samples of three planes, whose names leave a question."""
    for sample, z in product((1, 2), (0, 1, 2)):
        pixels = np.full((9, 14), 10 * sample + z, np.uint16)
        tifffile.imwrite(tmp_path / f"bead{sample}_{z}.tif", pixels)
    return tmp_path


def choose(table, row, word):
    """Choose what a part is, as a person does."""
    box = table.meanings[row]
    box.setCurrentText(word)
    box.activated.emit(box.currentIndex())


def test_the_table_proposes_counts_and_writes_a_pattern(qtbot, beads):
    table = PatternTable([beads])
    qtbot.addWidget(table)
    assert [box.currentText() for box in table.meanings] == ["position", "plane"]
    assert table.pattern.text() == "bead{bead}_{z}.tif"
    assert table.count.text() == "2 z-stacks of 3 planes"
    choose(table, 0, "channel")
    assert table.count.text() == "1 z-stack of 3 planes, 2 channels"
    choose(table, 1, "time")
    assert "no z-stack" in table.problem.text()
    assert not table.buttons.button(QDialogButtonBox.StandardButton.Open).isEnabled()
    assert "`" not in table.problem.text()
    table.pattern.setText("{z}_{_}.tif")
    table.pattern.setText("bead{z}_1.tif")
    assert table.count.text().startswith("1 z-stack of 2 planes")
    assert "bead1_0.tif" in table.count.text()


def test_the_chosen_stack_is_opened(qtbot, beads):
    table = PatternTable(sorted(beads.iterdir()))
    qtbot.addWidget(table)
    shown = []
    table.chosen = lambda stack, opening: shown.append(stack)
    table.image.setCurrentText("bead2")
    table.buttons.accepted.emit()
    assert [stack.name for stack in shown] == ["bead2"]
    np.testing.assert_array_equal(np.asarray(shown[0].pixels)[:, 0, 0], [20, 21, 22])


def test_a_dropped_folder_with_a_question_asks_and_shows_what_is_chosen(viewer, beads):
    assert viewer.open(str(beads), plugin="napari-mfif") == []
    (table,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, PatternTable)]
    table.image.setCurrentIndex(table.image.count() - 1)
    table.buttons.accepted.emit()
    assert [layer.name for layer in viewer.layers] == ["bead1", "bead2"]
    assert viewer.layers[1].data.shape == (3, 9, 14)


def test_several_positions_are_offered(viewer, tmp_path):
    for well, z in product(("A01", "B02"), range(3)):
        tifffile.imwrite(tmp_path / f"p_{well}_z{z}.tif", np.zeros((9, 14), np.uint16))
    viewer.open(sorted(map(str, tmp_path.iterdir())), plugin="napari-mfif", stack=True)
    (table,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, PatternTable)]
    assert [table.image.itemText(i) for i in range(3)] == ["p_A01", "p_B02", "all 2"]
    assert table.pattern.text() == ""
    table.reject()
    assert not viewer.layers


def test_files_that_leave_no_choice_are_opened_at_once(viewer, tmp_path):
    for z in range(3):
        tifffile.imwrite(Path(tmp_path, f"z{z}.tif"), np.zeros((9, 14), np.uint16))
    (layer,) = viewer.open(str(tmp_path), plugin="napari-mfif")
    assert layer.data.shape == (3, 9, 14)
