"""What one sees of a fusion: by buttons, and by the eyes of the layers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from napari._app_model import get_app_model
from qtpy.QtCore import Qt

from napari_mfif.plugin.comparing.keeping import keep
from napari_mfif.plugin.layers.showing import view
from napari_mfif.plugin.panel.view_row import ViewRow
from napari_mfif.settings.presets import PRESETS
from napari_mfif.simulation import simulate

WAIT = 20_000

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
    return [layer.name.removesuffix(" · pollen") for layer in viewer.layers[1:] if layer.visible]


def test_row_waits_for_a_fusion(panel, add_relief):
    add_relief()
    (made,) = panel.findChildren(ViewRow)
    assert not made.isVisibleTo(panel)


def test_one_click_shows_a_map_above_the_image(row, viewer, qtbot):
    for role, name in MAPS.items():
        qtbot.mouseClick(row.buttons[role], Qt.MouseButton.LeftButton)
        assert seen(viewer) == ["in focus", name]
        names = [layer.name for layer in viewer.layers]
        assert names.index("in focus · pollen") < names.index(f"{name} · pollen")
        assert viewer.layers.selection.active.name == f"{name} · pollen"
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


def test_source_of_an_aligned_result_is_said_to_lie_elsewhere(panel, viewer, fused, qtbot):
    drifting = simulate("relief", seed=5, shape=(97, 131), planes=7, slope=1.0, drift=12.0)
    viewer.add_image(np.asarray(drifting.stack.pixels), name="pollen")
    panel.method_box.apply(PRESETS[1])
    panel.method_box.alignment_form.set_values({"align": "translation"})
    fused(panel)
    (row,) = panel.findChildren(ViewRow)
    assert not row.about.isVisibleTo(panel)
    qtbot.mouseClick(row.buttons["source"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: row.about.isVisibleTo(panel), timeout=5000)
    apart = re.search(r"up to (.+?) px apart", row.about.text())
    assert float(apart[1]) == pytest.approx(12, abs=1)
    qtbot.mouseClick(row.buttons["image"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not row.about.isVisibleTo(panel), timeout=5000)


def test_source_that_was_deleted_cannot_be_looked_at(row, viewer, qtbot):
    viewer.layers.remove("pollen")
    qtbot.waitUntil(lambda: not row.buttons["source"].isEnabled(), timeout=5000)
    qtbot.mouseClick(row.buttons["source"], Qt.MouseButton.LeftButton)
    assert viewer.layers["in focus · pollen"].visible


def test_buttons_are_reached_by_keyboard(row, viewer, qtbot):
    qtbot.keyClick(row.buttons["height"], Qt.Key.Key_Space)
    assert seen(viewer) == ["in focus", "height (µm)"]


def test_eye_shows_a_map_and_hides_the_others(row, viewer, qtbot):
    for name in ("confidence", "height (µm)", "scores", "plane taken"):
        viewer.layers[f"{name} · pollen"].visible = True
        assert seen(viewer) == ["in focus", name]
    qtbot.waitUntil(row.buttons["plane taken"].isChecked, timeout=5000)
    viewer.layers["plane taken · pollen"].visible = False
    qtbot.waitUntil(row.buttons["image"].isChecked, timeout=5000)


def test_side_by_side_all_maps_are_seen(row, viewer):
    viewer.canvas.grid.enabled = True
    for name in MAPS.values():
        viewer.layers[f"{name} · pollen"].visible = True
    assert len(seen(viewer)) == 4


def test_fusions_of_two_stacks_are_looked_at_apart(row, panel, viewer, add_relief, fused, qtbot):
    add_relief("algae", translate=(0, 103, 4))  # beside it
    fused(panel)
    viewer.layers["confidence · pollen"].visible = True
    viewer.layers["confidence · algae"].visible = True
    assert viewer.layers["confidence · pollen"].visible
    viewer.layers.selection.active = viewer.layers["in focus · pollen"]
    qtbot.waitUntil(row.buttons["confidence"].isChecked, timeout=5000)
    qtbot.mouseClick(row.buttons["image"], Qt.MouseButton.LeftButton)
    assert not viewer.layers["confidence · pollen"].visible
    assert viewer.layers["confidence · algae"].visible


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
    viewer.layers.selection.active = viewer.layers["confidence · blood"]
    panel.stack_box.choose_again(ids_of(gear))
    fused(panel)
    assert [one.name for one in viewer.layers if one.visible] == ["in focus · gear"]
    assert panel.made().look.name == "gear"
    viewer.layers["in focus · blood"].visible = True
    viewer.layers.selection.active = gear
    row = panel.findChild(ViewRow)
    row.buttons["height"].click()
    seen = [one.name for one in viewer.layers if one.visible]
    assert seen == ["in focus · gear", "height (µm) · gear"]


def test_results_of_another_stack_are_put_aside_where_they_lie_over_a_new_one(
    panel, viewer, add_relief, fused
):
    panel.method_box.apply(PRESETS[1])
    add_relief("gear")
    fused(panel)
    add_relief("far", translate=(0, 900, 900))
    assert viewer.layers["in focus · gear"].visible
    add_relief("blood")
    assert not viewer.layers["in focus · gear"].visible
    assert viewer.layers["far"].visible


def test_another_stack_is_put_aside_and_a_new_one_fills_the_view(panel, viewer, add_relief):
    gear = add_relief("gear", scale=(1, 1, 1), units="pixel")
    fitted = viewer.scene.camera.zoom
    glow = add_relief("glow", scale=(1, 1, 1), units="pixel", blending="additive")
    assert gear.visible  # what adds to it lies on it on purpose
    viewer.scene.camera.zoom *= 3
    ant = add_relief("ant", scale=(1, 0.5, 0.5), units="pixel")
    assert not gear.visible
    assert glow.visible and ant.visible
    assert viewer.scene.camera.zoom == pytest.approx(2 * fitted, rel=0.05)


def test_a_stack_that_lies_over_a_result_makes_way_for_it(panel, viewer, add_relief, fused):
    panel.method_box.apply(PRESETS[1])
    gear = add_relief("gear")
    fused(panel)
    blood, glow = add_relief("blood"), add_relief("glow", blending="additive")
    panel.stack_box.choose_again(ids_of(gear))
    viewer.layers.selection.active = gear
    panel.findChild(ViewRow).buttons["height"].click()
    assert viewer.layers["height (µm) · gear"].visible
    assert not blood.visible
    assert glow.visible  # it adds to what lies beneath


def bars(viewer):
    return [one.name for one in viewer.layers if one.visible and one.colorbar.visible]


def test_one_colour_bar_is_seen_where_two_stacks_lie_at_one_place(panel, viewer, add_relief, fused):
    panel.method_box.apply(PRESETS[1])
    for name in ("gear", "blood"):
        add_relief(name)
        fused(panel)
        view(viewer, panel.made().source, "height")
        assert bars(viewer) == [f"height (µm) · {name}"]
    viewer.layers["height (µm) · gear"].visible = True  # by its eye
    assert bars(viewer) == ["height (µm) · gear"]


def test_a_cancelled_run_leaves_other_results_in_sight(
    panel, viewer, add_relief, fused, slow, qtbot
):
    slow.set()
    panel.method_box.apply(PRESETS[1])
    add_relief()
    fused(panel)
    view(viewer, panel.made().source, "height")
    keep(panel.results, panel.made())
    before = [one.name for one in viewer.layers if one.visible]
    slow.clear()
    panel.start()
    qtbot.waitUntil(lambda: "in focus · pollen" in viewer.layers, timeout=WAIT)
    assert bars(viewer) == []
    panel.cancel()
    assert [one.name for one in viewer.layers if one.visible] == before


def test_a_new_run_is_at_hand_where_a_kept_result_was(panel, viewer, add_relief, fused):
    panel.method_box.apply(PRESETS[1])
    add_relief()
    fused(panel)
    keep(panel.results, panel.made())
    fused(panel)
    viewer.layers.selection.active = viewer.layers["in focus · pollen kept 1"]
    assert panel.made().look.name == "pollen kept 1"
    fused(panel)
    assert panel.made().look.name == "pollen"
    assert not viewer.layers["in focus · pollen kept 1"].visible


def test_a_copy_that_somebody_made_of_a_layer_is_left_as_it_is(panel, viewer, add_relief, fused):
    panel.method_box.apply(PRESETS[1])
    add_relief()
    fused(panel)
    viewer.layers.selection = {viewer.layers["in focus · pollen"]}
    get_app_model().commands.execute_command("napari.layer.duplicate").result()
    copy = viewer.layers["in focus · pollen copy"]
    before = np.array(copy.data)
    panel.method_box.apply(PRESETS[0])
    fused(panel)
    np.testing.assert_array_equal(copy.data, before)
    assert not np.array_equal(viewer.layers["in focus · pollen"].data, before)
    assert copy.visible
