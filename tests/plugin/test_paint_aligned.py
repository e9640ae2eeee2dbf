"""Painting on the result of planes that drift, in a real window with the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from painter import WAIT, Hand, choose_method
from qtpy.QtCore import Qt

from napari_mfif import Recipe, fuse
from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.layers.to_stack import entries
from napari_mfif.simulation import simulate

pytestmark = [pytest.mark.window, pytest.mark.drawn]


@pytest.fixture(scope="module")
def drifting():
    made = simulate("relief", seed=5, shape=(97, 131), planes=7, slope=1.0, drift=12.0)
    return np.asarray(made.stack.pixels)


@pytest.fixture
def crop():
    """Whether the result is cut to what all planes cover."""
    return True


@pytest.fixture
def hand(paint, panel, viewer, drifting, crop, fused, qtbot):
    """A drifting stack that was aligned, fused, and is painted on."""
    viewer.add_image(drifting, name="pollen", scale=(0.5, 0.1, 0.1), translate=(0, 3, 4))
    choose_method(panel, "gradient")
    panel.method_box.alignment_form.set_values({"align": "translation", "crop": crop})
    fused(panel)
    made = Hand(paint, qtbot)
    qtbot.waitUntil(paint.start.isEnabled, timeout=WAIT)
    made.paint_on()
    return made


def look_at_source(hand):
    """Show the source; return its layer when the plane is there."""
    hand.press(hand.paint.box.looks.buttons["source"])
    layer = hand.layer("aligned plane0")
    hand.qtbot.waitUntil(lambda: layer.visible, timeout=WAIT)
    return layer


@pytest.mark.parametrize("crop", [False, True])
def test_source_is_shown_as_strokes_take_it(hand):
    hand.slide_to(0)
    layer = look_at_source(hand)
    stack = hand.fusion.stack
    for plane in (0, 5, 2):
        hand.slide_to(plane)
        aligned = stack.plane(plane)
        hand.qtbot.waitUntil(lambda a=aligned: np.array_equal(layer.data, a), timeout=WAIT)
        recorded = np.asarray(hand.viewer.layers["pollen"].data)[plane]
        same = recorded.shape == aligned.shape and np.array_equal(recorded, aligned)
        assert same == (plane == 3)
    image = hand.layer("image0")
    for corner in ((0, 0), aligned.shape):
        np.testing.assert_allclose(layer.data_to_world(corner), image.data_to_world(corner))
    assert not image.visible and not hand.viewer.layers["pollen"].visible
    assert "shown aligned" in hand.paint.box.moved.text()


def test_dab_takes_what_is_seen_under_the_mouse(hand):
    hand.slide_to(0)
    hand.layer("image0").contrast_limits = (500, 1500)
    layer = look_at_source(hand)
    hand.qtbot.waitUntil(lambda: np.array_equal(layer.data, hand.fusion.stack.plane(0)))
    row, column = 50, 60
    seen = canvas_around(hand, row, column)
    hand.paint.box.brush.value, hand.paint.box.soft.value = 20, 0
    hand.drag((row, column))
    assert hand.paint.box.looks.choice == "image"
    dab = (slice(row - 6, row + 7), slice(column - 6, column + 7))
    np.testing.assert_array_equal(hand.fusion.image[dab], layer.data[dab])
    assert np.all(hand.fusion.decision[dab] == 0)
    # on the screen it stays where it was
    np.testing.assert_allclose(canvas_around(hand, row, column), seen, atol=3)


def test_recipe_puts_strokes_where_they_were_painted_on_the_cropped_result(hand, drifting):
    hand.slide_to(0)
    hand.paint.box.brush.value, hand.paint.box.soft.value = 20, 0
    hand.drag((50, 60), (50, 80))
    assert hand.fusion.origin != (0, 0)
    again = fuse(drifting, recipe=Recipe.from_json(result(hand.layer("image0")).recipe))
    assert np.all(again.decision[48:53, 60:80] == 0)
    np.testing.assert_array_equal(again.decision, hand.fusion.decision)
    np.testing.assert_array_equal(again.image, hand.fusion.image)


def canvas_around(hand, row, column):
    """Return what is drawn in a square around a pixel."""
    hand.viewer.cursor.size = 0
    hand.move(5, 5)  # the brush would be seen
    hand.qtbot.wait(150)
    shot = hand.viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    place, zoom = hand.at(row, column), hand.viewer.scene.camera.zoom * 0.1
    reach = round(5 * zoom)
    factor = shot.shape[1] / hand.canvas.width()
    y, x = round(place.y() * factor), round(place.x() * factor)
    return shot[y - reach : y + reach, x - reach : x + reach]


def test_plane_under_the_mouse_is_taken_while_the_source_is_looked_at(hand):
    layer, stack = look_at_source(hand), hand.fusion.stack

    def shows(plane):
        return np.array_equal(layer.data, stack.plane(plane))

    plane = int(hand.fusion.decision[40, 70])
    other = (plane + 3) % 7
    hand.slide_to(other)
    hand.qtbot.waitUntil(lambda: shows(other), timeout=WAIT)
    hand.move(40, 70)
    hand.key(Qt.Key.Key_T)
    assert hand.viewer.dims.current_step[0] == plane
    hand.qtbot.waitUntil(lambda: shows(plane), timeout=WAIT)


def test_layer_of_the_aligned_plane_is_there_only_while_one_paints(hand):
    before = hand.viewer.layers.selection.active
    layer = look_at_source(hand)
    assert hand.viewer.layers.selection.active == before
    assert str(before.mode) == "paint"
    assert result(layer).made is hand.paint.results.current()
    assert [one.title for one in entries(hand.viewer.layers)] == ["pollen"]
    hand.key(Qt.Key.Key_S)
    assert not layer.visible and hand.layer("image0").visible
    hand.press(hand.paint.start)
    assert layer not in hand.viewer.layers
    assert hand.viewer.layers["pollen"].visible


def test_nothing_of_the_brush_is_left_when_it_is_put_down(hand, viewer, qtbot):
    """What napari leaves on its canvas ends the process when no layer is seen any more."""
    hand.drag((40, 50), (60, 70))
    hand.press(hand.paint.start)
    qtbot.waitUntil(lambda: not hand.paint.is_painting(), timeout=WAIT)
    drawn = viewer.window._qt_viewer.canvas.view.children
    assert not [one for one in drawn if type(one).__name__ == "Rectangle"]
    viewer.layers.remove("pollen")
    hand.layer("image0").visible = False
    qtbot.wait(100)
    assert hand.canvas.isVisible()
