"""Sizes, planes and region are typed and drawn, and kept in the result and in what is copied."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_mfif import fuse
from napari_mfif.io import write_image
from napari_mfif.plugin.comparing.keeping import keep
from napari_mfif.plugin.panel.as_code import as_command, as_python
from napari_mfif.settings.presets import PRESETS

pytestmark = pytest.mark.window


def typed(field, text: str) -> None:
    """Type into a field, and leave it by Return."""
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


@pytest.fixture
def sizes(panel):
    """The open section of a panel with a quick method."""
    panel.method_box.apply(PRESETS[1])
    panel.stack_box.sizes.fold.open()
    return panel.stack_box.sizes


def test_fields_are_filled_from_the_layer(sizes, add_relief):
    add_relief()
    assert (sizes.z_step.text(), sizes.pixel.text()) == ("0.5", "0.1")
    assert sizes.unit.currentText() == "µm"
    assert sizes.planes.placeholderText() == "all: 0-6"


def test_typed_sizes_are_those_of_layer_and_result(sizes, panel, add_relief, fused):
    source = add_relief()
    typed(sizes.z_step, "2")
    typed(sizes.pixel, "0.3, 0.4")
    sizes.unit.setFocus()
    sizes.unit.setCurrentIndex(sizes.unit.findData("nm"))
    sizes.unit.activated.emit(sizes.unit.currentIndex())
    np.testing.assert_allclose(source.scale, (2, 0.3, 0.4))
    assert "2 nm steps" in panel.stack_box.description.text()
    fused(panel)
    stack = panel.fusion.stack
    assert (stack.z_step, stack.pixel_size, stack.unit) == (2, (0.3, 0.4), "nm")


def test_step_alone_invents_no_pixel_size(sizes, panel, viewer, relief, fused):
    layer = viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    assert sizes.z_step.text() == ""
    typed(sizes.z_step, "0.7")
    fused(panel)
    stack = panel.fusion.stack
    assert (stack.z_step, stack.pixel_size, stack.unit) == (0.7, None, "um")
    assert tuple(layer.scale) == (1, 1, 1)
    assert "spacing=(0.7,)" in as_python(panel.made())
    assert "--spacing 0.7 --unit um" in as_command(panel.made())


def test_result_follows_sizes_that_are_typed_later(sizes, panel, viewer, relief, fused, qtbot):
    viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    fused(panel)
    depth = panel.fusion.depth
    typed(sizes.z_step, "0.5")
    qtbot.waitUntil(lambda: panel.fusion is not None and panel.fusion.unit == "um", timeout=20_000)
    layer = panel.results.layer(panel.made(), "height")
    qtbot.waitUntil(lambda: layer.name == "height (µm) · pollen", timeout=20_000)
    np.testing.assert_allclose(np.nanmax(panel.fusion.height), 0.5 * depth.max(), rtol=1e-6)


def test_impossible_sizes_are_refused_beside_the_fields(sizes, panel, add_relief):
    source = add_relief()
    typed(sizes.z_step, "-3")
    assert "not possible" in sizes.problem.text()
    assert sizes.problem.isVisibleTo(panel)
    assert source.scale[0] == 0.5


def test_the_z_step_is_asked_for_quietly_while_sizes_are_typed(sizes, viewer, relief, panel):
    layer = viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    typed(sizes.pixel, "0.2")
    assert "Give the z step, too" in sizes.lacking.text()
    assert not sizes.problem.isVisibleTo(panel)
    typed(sizes.z_step, "0.5")
    assert not sizes.lacking.isVisibleTo(panel)
    assert tuple(layer.scale) == (0.5, 0.2, 0.2)
    typed(sizes.z_step, "")  # it goes on to count
    assert sizes.problem.isVisibleTo(panel)
    assert not sizes.lacking.isVisibleTo(panel)


def test_one_goes_on_looking_at_the_same_plane(sizes, viewer, relief, panel):
    viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    viewer.dims.set_current_step(0, 4)
    typed(sizes.z_step, "5")
    typed(sizes.pixel, "1")
    assert viewer.dims.current_step[0] == 4
    assert viewer.dims.point[0] == 20


def test_units_of_all_layers_change_at_once(sizes, panel, viewer, relief, fused, qtbot):
    """napari warns when it draws layers whose units differ."""
    viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    fused(panel)
    keep(panel.results, panel.made())
    fused(panel)
    typed(sizes.z_step, "0.5")
    typed(sizes.pixel, "0.2")
    assert {str(layer.units[-1]) for layer in viewer.layers} == {"micrometer"}
    np.testing.assert_allclose([layer.scale[-2:] for layer in viewer.layers], 0.2)
    qtbot.waitUntil(lambda: "height (µm) · pollen kept 1" in viewer.layers, timeout=20_000)


def test_some_planes_are_fused_and_counted_as_the_slider_does(sizes, panel, viewer, relief, fused):
    from napari_mfif.plugin.layers.status import in_words, values_at

    viewer.add_image(np.asarray(relief.stack.pixels), name="pollen", scale=(0.5, 1, 1), units="um")
    typed(sizes.planes, "2-4, 6")
    fused(panel)
    expected = fuse(np.asarray(relief.stack.pixels)[[2, 3, 4, 6]], method="gradient")
    np.testing.assert_array_equal(panel.fusion.image, expected.image)
    assert set(np.unique(panel.fusion.height)) <= {0.5 * z for z in (2, 3, 4, 6)} or (
        panel.fusion.height.min() >= 1
    )
    found = values_at(panel.fusion, 0, 50, 60)
    number = np.interp(panel.fusion.depth[50, 60], range(4), (2, 3, 4, 6))
    assert f"plane {number:.1f}" in in_words(panel.fusion, found)
    assert "stack.part(planes=[2, 3, 4, 6])" in as_python(panel.made())
    assert "--planes 2-4,6" in as_command(panel.made())
    assert "Of 7 planes: 2-4, 6." in panel.fusion.notes
    labels = viewer.layers["plane taken · pollen"]
    np.testing.assert_array_equal(labels.data, np.array([2, 3, 4, 6])[panel.fusion.decision] + 1)
    assert set(labels.colormap.color_dict) == {None, 0, 3, 4, 5, 7}
    assert tuple(viewer.layers["height (µm) · pollen"].contrast_limits) == (1.0, 3.0)
    assert not labels.editable


def test_labels_of_planes_that_come_later_have_their_colours(sizes, panel, viewer, relief, fused):
    viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    for planes in ("0-2", "4-6"):
        typed(sizes.planes, planes)
        fused(panel)
    labels = viewer.layers["plane taken · pollen"]
    assert set(np.unique(labels.data)) <= {5, 6, 7} <= set(labels.colormap.color_dict)


def test_planes_that_are_not_there_are_refused(sizes, panel, add_relief):
    add_relief()
    refused = {"0-99": "planes 0 to 6", "3": "at least two", "x": "not possible"}
    for text, words in refused.items():
        typed(sizes.planes, text)
        assert words in sizes.problem.text()
        assert not panel.run_box.fuse.isEnabled()
        typed(sizes.planes, "")
        assert panel.run_box.fuse.isEnabled()


def test_rectangle_is_drawn_and_fused(sizes, panel, viewer, add_relief, fused, relief, qtbot):
    source = add_relief()  # rows and columns of 0.1 um, from 3 and 4 on
    qtbot.mouseClick(sizes.draw, Qt.MouseButton.LeftButton)
    shapes = viewer.layers["region"]
    assert shapes.mode == "add_rectangle"
    assert "Draw a rectangle" in sizes.problem.text()
    assert not panel.run_box.fuse.isEnabled()
    corners = [[20, 30], [20, 90], [59, 90], [59, 30]]
    shapes.add(np.array(corners), shape_type="rectangle")  # it lies on the stack
    assert sizes.about.text() == "Fused: rows 20 to 59, columns 30 to 90."
    fused(panel)
    expected = fuse(np.asarray(relief.stack.pixels)[:, 20:60, 30:91], method="gradient")
    np.testing.assert_array_equal(panel.fusion.image, expected.image)
    image = viewer.layers["in focus · pollen"]
    np.testing.assert_allclose(image.data_to_world((0, 0)), source.data_to_world((0, 20, 30))[1:])
    assert "rows=slice(20, 60), columns=slice(30, 91)" in as_python(panel.made())
    assert "--region 20:60,30:91" in as_command(panel.made())


def test_file_in_part_with_other_sizes_is_repeated(sizes, panel, viewer, relief, fused, tmp_path):
    import shlex

    import tifffile

    from napari_mfif.cli import main

    path = tmp_path / "pollen.ome.tif"
    write_image(path, np.asarray(relief.stack.pixels), axes="ZYX", z_step=1, unit="um")
    viewer.open(str(path), plugin="napari-mfif")
    typed(sizes.z_step, "0.25")
    typed(sizes.planes, "1-5")
    fused(panel)
    names: dict = {}
    exec(as_python(panel.made()), names)
    np.testing.assert_array_equal(names["fusion"].height, panel.fusion.height)
    np.testing.assert_array_equal(names["fusion"].image, panel.fusion.image)
    _, *words = shlex.split(as_command(panel.made()))
    words[words.index("-o") + 1] = str(tmp_path / "image.tif")
    assert main([*words, "--height", str(tmp_path / "height.tif"), "--quiet"]) == 0
    height = panel.fusion.height_where()
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "height.tif"), height)
