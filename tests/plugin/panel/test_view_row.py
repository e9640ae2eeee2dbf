"""What one sees of a fusion: by buttons, and by the eyes of the layers."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt

from napari_mfif.plugin.layers.showing import view
from napari_mfif.plugin.panel.view_row import ViewRow
from napari_mfif.settings.presets import PRESETS

pytestmark = pytest.mark.window

MAPS = {"height": "height (µm)", "plane taken": "plane taken", "confidence": "confidence"}


@pytest.fixture
def row(panel, add_relief, fused, qtbot):
    add_relief()
    fused(panel)
    (made,) = panel.findChildren(ViewRow)
    qtbot.waitUntil(lambda: made.isVisibleTo(panel), timeout=5000)
    return made


def seen(viewer):
    return [layer.name.removeprefix("pollen ") for layer in viewer.layers[1:] if layer.visible]


def test_row_waits_for_a_fusion(panel, add_relief):
    add_relief()
    (made,) = panel.findChildren(ViewRow)
    assert not made.isVisibleTo(panel)


@pytest.mark.parametrize("role", MAPS)
def test_one_click_shows_a_map_above_the_image(row, viewer, qtbot, role):
    qtbot.mouseClick(row.buttons[role], Qt.MouseButton.LeftButton)
    assert seen(viewer) == ["in focus", MAPS[role]]
    names = [layer.name for layer in viewer.layers]
    assert names.index("pollen in focus") < names.index(f"pollen {MAPS[role]}")
    assert viewer.layers.selection.active.name == f"pollen {MAPS[role]}"
    qtbot.mouseClick(row.buttons["image"], Qt.MouseButton.LeftButton)
    assert seen(viewer) == ["in focus"]


def test_source_is_seen_in_place_of_the_result(row, viewer, qtbot):
    qtbot.mouseClick(row.buttons["height"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(row.buttons["source"], Qt.MouseButton.LeftButton)
    assert seen(viewer) == []
    assert viewer.layers["pollen"].visible
    qtbot.waitUntil(row.buttons["source"].isChecked, timeout=5000)
    qtbot.mouseClick(row.buttons["height"], Qt.MouseButton.LeftButton)
    assert seen(viewer) == ["in focus", "height (µm)"]


def test_buttons_are_reached_by_keyboard(row, viewer, qtbot):
    qtbot.keyClick(row.buttons["height"], Qt.Key.Key_Space)
    assert seen(viewer) == ["in focus", "height (µm)"]


def test_eye_shows_a_map_and_hides_the_others(row, viewer, qtbot):
    for name in ("confidence", "height (µm)", "scores", "plane taken"):
        viewer.layers[f"pollen {name}"].visible = True
        assert seen(viewer) == ["in focus", name]
    qtbot.waitUntil(row.buttons["plane taken"].isChecked, timeout=5000)
    viewer.layers["pollen plane taken"].visible = False
    qtbot.waitUntil(row.buttons["image"].isChecked, timeout=5000)


def test_side_by_side_all_maps_are_seen(row, viewer):
    viewer.canvas.grid.enabled = True
    for name in MAPS.values():
        viewer.layers[f"pollen {name}"].visible = True
    assert len(seen(viewer)) == 4


def test_fusions_of_two_stacks_are_looked_at_apart(row, panel, viewer, add_relief, fused, qtbot):
    add_relief("algae", translate=(0, 103, 4))  # beside it
    fused(panel)
    viewer.layers["pollen confidence"].visible = True
    viewer.layers["algae confidence"].visible = True
    assert viewer.layers["pollen confidence"].visible
    viewer.layers.selection.active = viewer.layers["pollen in focus"]
    qtbot.waitUntil(row.buttons["confidence"].isChecked, timeout=5000)
    qtbot.mouseClick(row.buttons["image"], Qt.MouseButton.LeftButton)
    assert not viewer.layers["pollen confidence"].visible
    assert viewer.layers["algae confidence"].visible


def ids_of(layer):
    return (layer.unique_id,)


def test_what_was_just_fused_is_seen_and_its_buttons_are_about_it(panel, viewer, add_relief, fused):
    panel.method_box.apply(PRESETS[1])
    gear, blood = add_relief("gear"), add_relief("blood")
    panel.stack_box.choose_again(ids_of(gear))
    fused(panel)
    panel.stack_box.choose_again(ids_of(blood))
    fused(panel)
    view(viewer, panel.made().source, "confidence")
    viewer.layers.remove(blood)
    viewer.layers.selection.active = viewer.layers["blood confidence"]
    panel.stack_box.choose_again(ids_of(gear))
    fused(panel)
    assert [one.name for one in viewer.layers if one.visible] == ["gear", "gear in focus"]
    assert panel.made().look.name == "gear"
    viewer.layers["blood in focus"].visible = True
    viewer.layers.selection.active = gear
    row = panel.findChild(ViewRow)
    row.buttons["height"].click()
    seen = [one.name for one in viewer.layers if one.visible]
    assert seen == ["gear", "gear in focus", "gear height (µm)"]


def test_results_of_another_stack_are_put_aside_where_they_lie_over_a_new_one(
    panel, viewer, add_relief, fused
):
    panel.method_box.apply(PRESETS[1])
    add_relief("gear")
    fused(panel)
    add_relief("far", translate=(0, 900, 900))
    assert viewer.layers["gear in focus"].visible
    add_relief("blood")
    assert not viewer.layers["gear in focus"].visible
    assert viewer.layers["gear"].visible
