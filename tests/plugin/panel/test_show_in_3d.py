"""The height in 3D, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_mfif.plugin.layers.solid import Wish, lit, solid
from napari_mfif.plugin.panel.surface import show_in_3d, view_3d
from napari_mfif.plugin.panel.view_row import ViewRow
from napari_mfif.plugin.results import results_of
from napari_mfif.surface.heights import HeightMap

pytestmark = pytest.mark.window


@pytest.fixture
def view(made, panel, qtbot):
    found = show_in_3d(panel.viewer, made)
    qtbot.waitUntil(lambda: found.is_on, timeout=10_000)
    return found


TURNED = np.array([[1, 0, 0, 7], [0, 0.8, -0.6, 2], [0, 0.6, 0.8, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize("beyond", [{}, {"affine": TURNED}], ids=["straight", "turned"])
def test_the_surface_lies_where_the_stack_lies(panel, add_relief, fused, qtbot, beyond):
    """Each vertex, in the stack's own coordinates, at the depth of its pixel."""
    source = add_relief(**beyond)
    fused(panel)
    made = results_of(panel.viewer).current()
    view = show_in_3d(panel.viewer, made)
    qtbot.waitUntil(lambda: view.is_on, timeout=10_000)
    layer = view.layer
    places = np.array([source.world_to_data(layer.data_to_world(v)) for v in layer.vertices])
    rows, columns = np.round(places[:, 1:]).astype(int).T
    np.testing.assert_allclose(places[:, 1:], np.column_stack([rows, columns]), atol=1e-3)
    np.testing.assert_allclose(places[:, 0], made.fusion.depth[rows, columns], atol=1e-3)
    assert layer.units == source.units
    sure = (made.fusion.confidence >= 0.5).sum()  # one alone makes no triangle
    assert sure - 5 <= len(layer.vertices) <= sure


def test_the_surface_follows_sizes_that_are_given(view, made, panel, qtbot):
    panel.stack_box.sizes.sized.emit((2.0, 0.3, 0.4), "um")
    layer = view.layer
    qtbot.waitUntil(lambda: view.made is not made and not view.busy, timeout=10_000)
    assert view.layer is layer
    np.testing.assert_allclose(layer.scale, (2, 0.3, 0.4))
    lowest, highest = view.solid.vertices[:, 0].min(), view.solid.vertices[:, 0].max()
    world = layer.data_to_world((np.mean([lowest, highest]), 0, 0))
    np.testing.assert_allclose(world[0], lowest + highest, atol=1e-3)  # 2 um a plane, halved


def test_the_image_is_on_it_as_its_layer_shows_it(view, made, qtbot):
    image = view.results.layer(made, "image0")
    image.colormap, image.contrast_limits = "green", (100, 3000)
    view.ask(light=False)
    qtbot.waitUntil(lambda: not view.busy, timeout=10_000)
    texture = view.layer.texture
    assert texture[..., 0].max() == texture[..., 2].max() == 0
    shade = np.clip((made.fusion.image - 100.0) / 2900, 0, 1)
    np.testing.assert_allclose(texture[..., 1] / 255, shade, atol=1 / 128)


def test_only_the_surface_is_seen_and_back_in_2d_all_is_as_it_was(panel, made, qtbot):
    viewer = panel.viewer
    viewer.layers["pollen"].visible = False
    viewer.dims.set_current_step(0, 2)
    before = {layer.name: layer.visible for layer in viewer.layers}
    active, camera = viewer.layers.selection.active, viewer.scene.camera
    camera.zoom, camera.center = 3.5, (0, 5, 6)
    ranges, place = viewer.dims.range, (camera.zoom, camera.center, camera.angles)
    view = show_in_3d(viewer, made)
    qtbot.waitUntil(lambda: view.is_on, timeout=10_000)
    assert viewer.dims.ndisplay == 3
    assert [layer.name for layer in viewer.layers if layer.visible] == ["surface · pollen"]
    viewer.dims.ndisplay = 2  # as napari's own button does
    qtbot.waitUntil(lambda: view.layer is None, timeout=5000)
    assert {layer.name: layer.visible for layer in viewer.layers} == before
    assert viewer.layers.selection.active == active
    assert (camera.zoom, camera.center, camera.angles) == place
    assert viewer.dims.range == ranges
    assert viewer.dims.current_step[0] == 2


@pytest.mark.parametrize("title", ["Fuse", "Refine"])
def test_the_same_button_leads_there_and_back(made, dock, viewer, qtbot, title):
    row = dock(title).findChild(ViewRow)
    qtbot.waitUntil(row.buttons["height"].isEnabled, timeout=10_000)
    qtbot.mouseClick(row.buttons["height"], Qt.MouseButton.LeftButton)
    before = {layer.name: layer.visible for layer in viewer.layers}
    for shown in (3, 2, 3):
        qtbot.mouseClick(row.buttons["3D"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda n=shown: viewer.dims.ndisplay == n, timeout=10_000)
        qtbot.waitUntil(lambda n=shown: row.buttons["3D"].isChecked() == (n == 3), timeout=5000)
        if shown == 2:
            assert {one.name: one.visible for one in viewer.layers if one.name in before} == before
            assert row.buttons["height"].isChecked()


def test_heights_are_exaggerated_about_their_middle(view):
    def seen():
        layer = view.layer
        return np.array([layer.data_to_world(v) for v in layer.vertices[::50]])

    plain = seen()
    view.ask(exaggeration=3.0)
    tall = seen()
    np.testing.assert_allclose(tall[:, 1:], plain[:, 1:])
    heights = view.solid.vertices[:, 0]
    middle = 0.5 * (heights.min() + heights.max()) / 2
    np.testing.assert_allclose(tall[:, 0] - middle, 3 * (plain[:, 0] - middle), atol=1e-5)


def test_what_is_less_sure_is_left_out_as_is_wished(view, made, qtbot):
    view.ask(min_confidence=0.97)
    qtbot.waitUntil(lambda: not view.busy, timeout=10_000)
    assert len(view.layer.vertices) < (made.fusion.confidence >= 0.5).sum()


def test_where_nothing_is_sure_it_is_said_and_nothing_changes(panel, made, qtbot):
    view, said = view_3d(panel.viewer), []
    view.failed.connect(said.append)
    view.ask(min_confidence=1.0)
    view.show(made)
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert "Nowhere is the height sure enough" in said[0]
    assert panel.viewer.dims.ndisplay == 2


def test_a_refined_fusion_is_drawn_again(view, made, qtbot):
    other = made.fusion.refine(smooth_depth=9)
    new = view.results.replace(made, other)
    qtbot.waitUntil(lambda: view.made is new and not view.busy, timeout=10_000)
    assert view.results.current() is new
    depths = other.depth[other.confidence >= 0.5]
    np.testing.assert_allclose(np.sort(view.layer.vertices[:, 0]), np.sort(depths), rtol=1e-6)


def test_when_its_layer_is_deleted_one_is_back_in_2d(view, panel, qtbot):
    panel.viewer.layers.remove(view.layer)
    qtbot.waitUntil(lambda: panel.viewer.dims.ndisplay == 2, timeout=5000)
    assert panel.viewer.layers["pollen"].visible


def test_a_large_surface_has_fewer_points_on_the_screen(made):
    from napari_mfif.plugin.layers import solid as module

    every = []
    for most in (module.VERTICES, 3000):
        module.VERTICES, kept = most, module.VERTICES
        try:
            found = solid(made, Wish(min_confidence=0))
        finally:
            module.VERTICES = kept
        assert len(found.vertices) <= most
        every.append(found.every)
    assert every == [1, 3]


def test_light_falls_from_the_upper_left():
    rows, columns = np.mgrid[:50, :50].astype(np.float32)
    bump = 8 * np.exp(-((rows - 25) ** 2 + (columns - 25) ** 2) / 50)
    sure = np.ones_like(bump)
    heights = HeightMap(bump, sure, sure, (0, 9), (1, 1), "planes", "pixels")
    shade = lit(heights, 1.0)
    assert shade[20, 20] > shade[0, 0] - 1e-6 > shade[30, 30]
    assert lit(heights, -1.0)[30, 30] > lit(heights, -1.0)[20, 20]
    assert (lit(heights, 0.0) == 1).all()


def test_camera_looks_from_above_whichever_end_is_on_top(view, panel):
    camera = panel.viewer.scene.camera
    up = [camera.up_direction[0]]
    view.ask(first_on_top=True)
    up.append(camera.up_direction[0])
    # heights grow with z where the last plane is on top
    assert up[0] > 0.5 and up[1] < -0.5
