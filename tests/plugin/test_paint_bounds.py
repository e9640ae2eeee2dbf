"""What painting leaves alone: other buttons, other parts, other stacks, what is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from painter import PLAIN, WAIT
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_mfif.plugin.comparing.keeping import keep
from napari_mfif.plugin.layers.metadata import KEPT
from napari_mfif.plugin.panel.paint_box import others_of

pytestmark = [pytest.mark.window, pytest.mark.drawn]


def test_label_0_erases_with_the_brush_too(hand):
    before = hand.fusion
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    hand.layer("plane taken").selected_label = 0
    hand.paint.box.brush.value = 60
    hand.drag((40, 40), (50, 80))
    assert [stroke.source for stroke in hand.fusion.strokes] == [6, "erase"]
    assert hand.layers_show(before)


def test_strokes_go_into_the_layers_of_the_result_at_hand_alone(hand, panel, fused):
    kept = keep(hand.paint.results, hand.paint.results.current())
    fused(panel)
    hand.qtbot.waitUntil(hand.paint.is_painting, timeout=WAIT)
    layers = [hand.paint.results.layer(kept, role) for role in ("image0", "plane taken")]
    before = [np.array(layer.data) for layer in layers]
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    assert hand.made.source != kept.source
    assert hand.layers_show(hand.fusion)
    for layer, data in zip(layers, before, strict=True):
        np.testing.assert_array_equal(layer.data, data)
    assert not hand.paint.results.of(layers[0]).fusion.strokes


def test_corners_of_a_lasso_lie_where_one_clicked(hand):
    hand.slide_to(6)
    hand.press(hand.paint.box.tools.buttons["polygon"])
    corners = [(20, 20), (20, 60), (60, 60), (60, 20)]
    hand.lasso(*corners)
    (stroke,) = hand.fusion.strokes
    away = np.array(stroke.points) - corners
    np.testing.assert_allclose(away.mean(axis=0), 0, atol=0.3)


def test_another_button_of_the_mouse_does_not_paint(hand):
    hand.slide_to(6)
    hand.move(40, 40)
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
        QTest.mousePress(hand.canvas, button, PLAIN, hand.at(40, 40))
        hand.move(50, 60, button)
        QTest.mouseRelease(hand.canvas, button, PLAIN, hand.at(50, 60))
        hand.settle()
    assert not hand.fusion.strokes


def test_heights_that_are_filled_in_follow_when_the_brush_is_put_down(hand):
    made = hand.paint.results.current()
    filled = made.fusion.refine(unsure="fill", min_confidence=0.9)
    new = hand.paint.results.replace(made, filled)
    hand.qtbot.waitUntil(lambda: hand.paint.is_painting() and hand.made is new, timeout=WAIT)
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    hand.press(hand.paint.start)
    expected = hand.fusion.height_where()
    assert not np.array_equal(expected, filled.height_where())
    hand.qtbot.waitUntil(lambda: np.array_equal(hand.layer("height").data, expected), timeout=WAIT)


def test_strokes_are_not_put_into_another_part_of_the_planes(hand, panel, fused):
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    sizes = panel.stack_box.sizes
    sizes._draw()
    sizes._shapes().add_rectangles([[10, 20], [70, 110]])
    hand.qtbot.waitUntil(lambda: panel.stack_box.taken().plane_shape == (61, 91), timeout=WAIT)
    fused(panel)
    hand.qtbot.waitUntil(
        lambda: "Another part of the planes" in hand.paint.box.problem.text(), timeout=WAIT
    )
    assert not panel.fusion.strokes


def test_only_results_of_the_same_planes_are_offered_to_paint_from(made):
    def of(source):
        return replace(made, look=replace(made.look, source=source))

    kept = of(f"{made.source}{KEPT}1")
    shown = [made, kept, of("another"), of(f"another{KEPT}1")]
    assert [one for _, one in others_of(made, shown)] == [kept]


def test_closing_the_window_while_one_paints_ends_all(hand):
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    hand.qtbot.waitUntil(lambda: not hand.paint.look.strokes.busy, timeout=WAIT)
    labels = hand.layer("plane taken")
    hand.viewer.close()
    hand.qtbot.waitUntil(lambda: hand.paint.session is None, timeout=WAIT)
    assert str(labels.mode) == "pan_zoom"
