"""What the status bar and the colour bars say over a result."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_mfif import fuse
from napari_mfif.fusion.pixels import pixel_of
from napari_mfif.plugin import show

pytestmark = pytest.mark.window


@pytest.fixture
def fusion(relief):
    stack = relief.stack
    return fuse(np.asarray(stack.pixels), method="gradient")


def said(viewer, name, row, column):
    """Return what the status bar says with the mouse over a pixel of a layer."""
    layer = next(one for one in viewer.layers if one.name.startswith(name))
    viewer.layers.selection.active = layer
    viewer.mouse_over_canvas = True
    place = layer.data_to_world([row, column])
    viewer.cursor.position = (*(0,) * (viewer.dims.ndim - 2), *place)
    viewer.update_status_from_cursor()
    return viewer.status["coordinates"]


@pytest.fixture
def of_pollen(panel, add_relief, fused, viewer):
    add_relief()
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("gradient"))
    fused(panel)
    return panel.fusion


def test_height_has_its_unit_its_plane_and_how_sure_it_is(of_pollen, viewer):
    row, column = np.argwhere(of_pollen.confidence > 0.9)[40]
    depth, sure = of_pollen.depth[row, column], of_pollen.confidence[row, column]
    words = f"{0.5 * depth:.2f} µm (plane {depth:.1f}), sure to {100 * sure:.0f} %"
    for name in ("in focus", "confidence", "plane taken", "height (µm)"):
        assert said(viewer, name, row, column).endswith(words), name


def test_image_keeps_its_brightness(of_pollen, viewer):
    assert f": {of_pollen.image[30, 50]}; " in said(viewer, "in focus", 30, 50)


def test_what_is_not_known_is_no_height(relief, viewer):
    fusion = fuse(np.asarray(relief.stack.pixels), method="gradient")
    strict = fusion.refine(min_confidence=0.9)
    row, column = np.argwhere(strict.confidence < 0.9)[7]
    depth, sure = strict.depth[row, column], strict.confidence[row, column]
    guess = f"(a guess: plane {depth:.1f}, sure to {100 * sure:.0f} %)"
    for unsure, words in {
        "mark": f": height not known {guess}",
        "fill": f": height filled in {guess}",
        "leave": f": plane {depth:.1f}, sure to {100 * sure:.0f} %",
    }.items():
        viewer.layers.clear()
        show(strict.refine(unsure=unsure), viewer)
        assert said(viewer, "height (planes)", row, column).endswith(words)


def test_beside_the_result_nothing_is_said(of_pollen, viewer):
    assert "plane" not in said(viewer, "height (µm)", -5, 3)


def test_timepoints_are_told_apart(relief, viewer):
    pixels = np.asarray(relief.stack.pixels)
    film = fuse(np.stack([pixels, pixels[::-1]]), axes="TZYX", method="gradient", unsure="leave")
    show(film, viewer)
    layer = viewer.layers[-1]
    for time, depth in enumerate(film.depth[:, 30, 50]):
        viewer.layers.selection.active = layer
        status = layer.get_status((time, 0, 30, 50), dims_displayed=[2, 3], world=False)
        assert f"plane {depth:.1f}," in status["value"]


def test_heights_and_confidence_have_a_colour_bar_with_a_name(of_pollen, viewer):
    for name in ("height (µm) · pollen", "confidence · pollen"):
        assert viewer.layers[name].colorbar.visible
        assert viewer.layers[name].name_overlay.visible


def test_of_a_lazy_result_what_is_made_is_told(relief, viewer):
    lazy = fuse(np.asarray(relief.stack.pixels), method="gradient", lazy=True)
    assert pixel_of(lazy, 0, 30, 50) is None
    depth, sure = float(lazy.depth[30, 50]), float(lazy.confidence[30, 50])
    assert pixel_of(lazy, 0, 30, 50) == (depth, sure)
    show(lazy.refine(unsure="leave"), viewer)
    words = f": plane {depth:.1f}, sure to {100 * sure:.0f} %"
    assert said(viewer, "height (planes)", 30, 50).endswith(words)


def test_heights_saved_by_napari_say_what_they_are(of_pollen, viewer, tmp_path):
    (path,) = viewer.layers["height (µm) · pollen"].save(
        str(tmp_path / "height.ome.tif"), plugin="napari-mfif"
    )
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(file.asarray(), of_pollen.height_where())
        assert "Heights in um, NaN where the confidence is below 0.5" in file.ome_metadata
