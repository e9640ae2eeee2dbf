"""The Fuse panel in a real window."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_mfif import fuse
from napari_mfif.engine.process.client import Stopped
from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.panel.foresight import LOOKING, NOT_KNOWN
from napari_mfif.settings.presets import PRESETS

pytestmark = pytest.mark.window

WAIT = 60_000

NAMES = [
    "in focus · pollen",
    "scores · pollen",
    "confidence · pollen",
    "plane taken · pollen",
    "height (µm) · pollen",
]


def choose(panel, **values):
    for form in (panel.method_box.basic_form, panel.method_box.advanced_form):
        form.set_values(values)


def test_empty_window_offers_to_open_and_three_samples(panel):
    assert panel.welcome.isVisibleTo(panel)
    assert not panel.run_box.isVisibleTo(panel)
    assert len(panel.welcome._samples) == 3


def test_one_click_adds_five_layers_that_lie_on_the_source(panel, viewer, add_relief, fused):
    source = add_relief()
    fused(panel)
    assert [layer.name for layer in viewer.layers] == ["pollen", *NAMES]
    assert [layer.visible for layer in viewer.layers] == 2 * [True] + 4 * [False]
    for name in (NAMES[0], *NAMES[2:]):
        layer = viewer.layers[name]
        assert layer.data.shape == (97, 131)
        np.testing.assert_allclose(layer.scale, source.scale[1:])
        np.testing.assert_allclose(layer.translate, (3, 4))
        assert layer.units == source.units[1:]
    assert "Done in" in panel.result_box.sentence.text()
    assert "% of the area decided" in panel.result_box.sentence.text()


def test_layers_hold_what_fuse_gives(panel, viewer, add_relief, fused, relief):
    add_relief()
    fused(panel)
    expected = fuse(relief.stack.pixels, method=panel.method_box.name())
    np.testing.assert_array_equal(viewer.layers["in focus · pollen"].data, expected.image)
    np.testing.assert_array_equal(viewer.layers["plane taken · pollen"].data, expected.decision + 1)
    heights = np.where(expected.confidence < 0.5, np.nan, 0.5 * expected.depth)
    np.testing.assert_allclose(viewer.layers["height (µm) · pollen"].data, heights, atol=1e-5)
    scores = viewer.layers["scores · pollen"]
    assert not isinstance(scores.data, np.ndarray)
    assert scores.data.shape[0] == 7


def test_second_run_updates_its_layers(panel, viewer, add_relief, fused):
    source = add_relief()
    fused(panel)
    before = list(viewer.layers)
    viewer.layers["in focus · pollen"].contrast_limits = (1, 2)
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    assert list(viewer.layers) == before
    assert tuple(viewer.layers["in focus · pollen"].contrast_limits) == (1, 2)
    assert '"gradient"' in result(viewer.layers["in focus · pollen"]).recipe
    source.data = np.asarray(source.data)[:, :80, :90].astype(np.float32)
    fused(panel)
    assert list(viewer.layers) == before
    assert viewer.layers["in focus · pollen"].data.shape == (80, 90)
    assert viewer.layers["in focus · pollen"].data.dtype == np.float32


def test_another_stack_gets_its_own_layers(panel, viewer, add_relief, fused):
    add_relief()
    fused(panel)
    add_relief("algae")
    assert panel.stack_box.box.currentText() == "algae"
    fused(panel)
    assert len(viewer.layers) == 12
    assert "in focus · algae" in viewer.layers


def test_result_deleted_by_the_user_comes_back(panel, viewer, add_relief, fused):
    add_relief()
    fused(panel)
    viewer.layers.remove("height (µm) · pollen")
    fused(panel)
    assert [layer.name for layer in viewer.layers][1:] == NAMES


def test_cancel_leaves_everything_as_it_was(panel, viewer, add_relief, qtbot, slow):
    add_relief()
    panel.run_box.fuse.click()
    qtbot.waitUntil(lambda: "in focus · pollen" in viewer.layers, timeout=WAIT)
    panel.run_box.stop.click()
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=WAIT)
    assert [layer.name for layer in viewer.layers] == ["pollen"]
    assert "Cancelled" in panel.run_box.note.text()
    assert panel.run_box.fuse.isEnabled()


def test_result_can_be_saved_and_copied_after_a_cancelled_second_run(
    panel, viewer, add_relief, fused, qtbot, slow
):
    add_relief()
    slow.set()
    fused(panel)
    said, made = panel.result_box.sentence.text(), panel.made()
    slow.clear()
    choose(panel, window=7)
    qtbot.mouseClick(panel.run_box.fuse, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.run_box.stop.isVisibleTo(panel), timeout=WAIT)
    qtbot.mouseClick(panel.run_box.stop, Qt.MouseButton.LeftButton)
    assert panel.made() is made
    choose(panel, **made.fusion.recipe.parameters)
    assert panel.result_box.sentence.text() == said
    assert panel.result_box.row.isVisibleTo(panel)
    assert "Cancelled" in panel.run_box.note.text()


def test_folder_of_pictures_is_opened_from_the_empty_panel(panel, viewer, qtbot, tmp_path):
    for number in range(3):
        plane = np.full((20, 30), 40 * number, np.uint8)
        Image.fromarray(plane).save(tmp_path / f"bug_z{number}.png")
    (opening,) = (
        one for one in panel.welcome.findChildren(QPushButton) if one.text().startswith("Open fold")
    )
    qtbot.mouseClick(opening, Qt.MouseButton.LeftButton)
    (dialog,) = panel.findChildren(QFileDialog)
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.filesSelected.emit([str(tmp_path)])
    dialog.reject()
    (layer,) = viewer.layers
    assert layer.data.shape == (3, 20, 30)


def test_source_deleted_while_running_harms_nothing(panel, viewer, add_relief, qtbot, slow):
    source = add_relief()
    panel.run_box.fuse.click()
    qtbot.waitUntil(lambda: "in focus · pollen" in viewer.layers, timeout=WAIT)
    viewer.layers.remove(source)
    viewer.layers.remove("in focus · pollen")
    slow.set()
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=WAIT)
    assert [layer.name for layer in viewer.layers] == NAMES


def test_dock_closed_while_running_leaves_no_half_fused_image(
    panel, viewer, add_relief, qtbot, slow
):
    add_relief()
    panel.run_box.fuse.click()
    qtbot.waitUntil(lambda: "in focus · pollen" in viewer.layers, timeout=WAIT)
    worker = panel.runner.worker
    viewer.window.remove_dock_widget(panel)
    slow.set()
    qtbot.waitUntil(lambda: not worker.is_running, timeout=WAIT)
    assert [layer.name for layer in viewer.layers] == ["pollen"]


def test_window_closed_while_running_harms_nothing(make_napari_viewer, relief, qtbot, slow):
    viewer = make_napari_viewer()
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    panel.run_box.fuse.click()
    worker = panel.runner.worker
    qtbot.waitUntil(lambda: "in focus · pollen" in viewer.layers, timeout=WAIT)
    viewer.close()
    slow.set()
    qtbot.waitUntil(lambda: not worker.is_running, timeout=WAIT)


def test_single_image_is_refused_in_a_sentence(panel, viewer):
    viewer.add_image(np.zeros((31, 45)), name="photo")
    assert "photo is a single image (45 x 31)" in panel.stack_box.problem.text()
    assert panel.stack_box.problem.isVisibleTo(panel)
    assert not panel.run_box.fuse.isEnabled()


def test_image_added_beside_a_stack_does_not_take_its_place(panel, viewer, add_relief):
    add_relief()
    viewer.add_image(np.zeros((31, 45)), name="photo")
    assert panel.stack_box.box.currentText() == "pollen"


def test_four_axes_are_asked_for_and_time_is_kept(panel, viewer, relief, fused):
    pixels = np.asarray(relief.stack.pixels)
    source = viewer.add_image(np.stack([pixels, pixels[::-1]]), name="film", scale=(1, 2, 1, 1))
    assert panel.stack_box.stack is None
    assert "first axis of film" in panel.stack_box.problem.text()
    axes = panel.stack_box.axes
    assert axes.itemText(axes.findData("TZYX")) == "2 times, 7 planes"
    axes.setCurrentIndex(axes.findData("TZYX"))
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    image = viewer.layers["in focus · film"]
    assert image.data.shape == (2, 1, 97, 131)
    assert (image.scale[1], image.translate[1]) == (14, 6)  # one voxel as thick as the stack
    viewer.dims.set_point(1, source.extent.world[1, 1])
    assert image._data_slice.point[1] == pytest.approx(6 / 14)
    assert viewer.layers["scores · film"].data.shape[:2] == (2, 7)


def test_colour_stays_colour(panel, viewer, relief, fused):
    grey = np.asarray(relief.stack.pixels)
    viewer.add_image(np.stack([grey, grey // 2, grey // 3], axis=-1), name="leaf", rgb=True)
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    assert viewer.layers["in focus · leaf"].rgb
    assert viewer.layers["in focus · leaf"].data.shape == (97, 131, 3)


def test_channels_get_a_layer_each(panel, viewer, relief, fused):
    from napari_mfif import ZStack
    from napari_mfif.plugin.reader import layers_of

    grey = np.asarray(relief.stack.pixels)
    stack = ZStack.from_array(
        np.stack([grey, grey[:, ::-1]]), "CZYX", name="cell", channel_names=("DAPI", "GFP")
    )
    for data, options, _ in layers_of(stack):
        viewer.add_image(data, **options)
    box = panel.stack_box
    assert box.box.count() == 1
    assert [box.decide.itemText(i) for i in range(3)] == ["all together", "DAPI", "GFP"]
    box.decide.setCurrentIndex(2)
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    assert "in focus · cell DAPI" in viewer.layers
    image = viewer.layers["in focus · cell GFP"]
    expected = fuse(stack.pixels[1], method="gradient")
    np.testing.assert_array_equal(image.data, expected.image)
    assert image.colormap.name == "bop orange"
    box.which.setCurrentIndex(1)
    panel.result_box.copy("python")
    assert panel.request().stack.axes == "ZYX"


def test_error_stands_in_the_panel(panel, viewer, fused, qtbot):
    viewer.add_image(np.full((3, 41, 51), 7, np.uint8), name="broken", contrast_limits=(0, 9))
    fused(panel)
    assert "broken" in panel.run_box.problem.text()
    panel.run_box.show_estimate("")
    panel.foresight.look()
    told = panel.run_box.estimate
    qtbot.waitUntil(lambda: told.text().startswith("About "), timeout=WAIT)
    assert "broken" in panel.run_box.problem.text()
    assert [layer.name for layer in viewer.layers] == ["broken"]
    assert panel.run_box.fuse.isEnabled()


def test_presets_fill_the_form(panel, add_relief):
    add_relief()
    box = panel.method_box
    for number, preset in enumerate(PRESETS):
        box.presets.button(number).click()
        assert box.name() == preset.recipe.method
        shown = {**box.parameters(), **box.consistency()}
        for name, value in {**preset.recipe.parameters, **preset.recipe.consistency}.items():
            assert shown[name] == value
        assert box.presets.button(number).isChecked()
    box.apply(PRESETS[1])
    choose(panel, window=33)
    assert box.presets.checkedButton() is None


def test_estimate_is_said_before_the_start(panel, add_relief, qtbot):
    add_relief()
    told = panel.run_box.estimate
    assert told.text() == LOOKING
    qtbot.waitUntil(lambda: told.text() != LOOKING, timeout=WAIT)
    text = told.text()
    assert text.startswith("About ")
    assert text.endswith("on the CPU")
    method = panel.method_box.name()
    panel.method_box.apply(PRESETS[1])
    assert panel.method_box.name() != method
    assert told.text() == LOOKING
    qtbot.waitUntil(lambda: told.text().startswith("About "), timeout=WAIT)
    known = told.text()
    panel.stack_box.changed.emit()  # nothing is asked for that is not known already
    assert told.text() == known


def test_that_no_time_is_known_is_said(panel, add_relief, qtbot, monkeypatch):
    def ended(*given, **named):
        raise Stopped("The process was ended.")

    monkeypatch.setattr("napari_mfif.plugin.panel.foresight.estimate", ended)
    add_relief()
    qtbot.waitUntil(lambda: panel.run_box.estimate.text() == NOT_KNOWN, timeout=WAIT)


def test_copied_python_repeats_the_fusion(panel, viewer, add_relief, fused, qtbot):
    from qtpy.QtWidgets import QApplication

    add_relief()
    panel.method_box.apply(PRESETS[1])
    choose(panel, window=5)
    fused(panel)
    panel.result_box.copy("python")
    names: dict = {"viewer": viewer}
    exec(QApplication.clipboard().text(), names)
    np.testing.assert_array_equal(names["fusion"].image, panel.fusion.image)
    np.testing.assert_array_equal(names["fusion"].decision, panel.fusion.decision)
    assert names["fusion"].recipe.parameters["window"] == 5


def test_panel_closes_without_a_trace(panel, viewer, add_relief):
    viewer.window.remove_dock_widget(panel)
    add_relief()
    assert panel.stack_box.is_empty()


def test_theme_changes_the_look(panel, viewer):
    dark = panel.styleSheet()
    viewer.theme = "light"
    assert panel.styleSheet() != dark


def test_preferences_set_device_and_memory(viewer, preferred, relief):
    preferred.device = "cpu"
    preferred.memory = 1.5
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("cnn"))
    assert panel.request().device == "cpu"
    assert panel.request().memory == 1_500_000_000


def test_keyboard_reaches_every_control_from_top_to_bottom(panel, add_relief):
    add_relief()
    panel.method_box.apply(PRESETS[1])
    panel.method_box.advanced.open()
    reached, widget = [], panel.stack_box.box
    for _ in range(500):
        widget = widget.nextInFocusChain()
        if widget is panel.stack_box.box:
            break
        if panel.isAncestorOf(widget) and widget.isVisibleTo(panel):
            reached.append(widget)
    controls = [
        panel.method_box.method,
        *panel.method_box.basic_form.keyboard_order(),
        *panel.method_box.advanced_form.keyboard_order(),
        panel.run_box.fuse,
    ]
    places = [reached.index(control) for control in controls]
    assert places == sorted(places)
    for control in controls:
        assert control.accessibleName()


def test_every_parameter_has_a_tooltip_with_its_range(panel):
    for form in (panel.method_box.basic_form, panel.method_box.cleaning_form):
        for control in form.controls.values():
            assert form.parameters[control.name].help in control.tooltip
            assert "Default" in control.tooltip


def test_file_is_opened_fused_and_repeated_by_python_and_command(
    panel, viewer, relief, fused, tmp_path, monkeypatch
):
    import shlex

    from qtpy.QtWidgets import QApplication

    from napari_mfif import open_stack
    from napari_mfif.cli import main
    from napari_mfif.io import write_image

    monkeypatch.chdir(tmp_path)
    pixels = np.asarray(relief.stack.pixels)
    write_image("pollen.ome.tif", pixels, axes="ZYX", z_step=0.5, pixel_size=(0.1, 0.1), unit="um")
    viewer.open("pollen.ome.tif", plugin="napari-mfif")
    assert "7 planes, 131 x 97, uint16, 0.5 µm steps" in panel.stack_box.description.text()
    panel.method_box.apply(PRESETS[2])
    fused(panel)
    panel.result_box.copy("python")
    names: dict = {}
    exec(QApplication.clipboard().text(), names)
    np.testing.assert_array_equal(names["fusion"].image, panel.fusion.image)
    assert names["fusion"].unit == "um"
    panel.result_box.copy("command")
    program, *words = shlex.split(QApplication.clipboard().text())
    assert program == "napari-mfif"
    assert main(words) == 0
    written = open_written("pollen in focus.ome.tif")
    np.testing.assert_array_equal(written, panel.fusion.image)
    assert open_stack("pollen.ome.tif").z_step == 0.5


def open_written(path):
    import tifffile

    return tifffile.imread(path)


def test_results_are_saved_without_waiting(panel, add_relief, fused, tmp_path, qtbot):
    from napari_mfif.plugin.panel.saving import write

    add_relief()
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    said = write(panel.fusion, "all", str(tmp_path / "pollen in focus.ome.tif"))
    assert "height" in said
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted(
        ["pollen in focus.ome.tif"]
        + [f"pollen {name}.ome.tif" for name in ("height", "depth", "decision", "confidence")]
    )
    assert "recipe.json" in write(panel.fusion, "recipe", str(tmp_path / "recipe.json"))
    said = write(panel.fusion, "height", str(tmp_path / "alone.ome.tif"))
    assert said.endswith("beside it, height (in µm).")
    assert {path.name for path in tmp_path.glob("alone*")} == {
        "alone.ome.tif", "alone height.ome.tif"
    }  # fmt: skip
