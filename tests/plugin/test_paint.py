"""Correcting a result by hand in a real window, with the mouse and the keyboard."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from painter import LEFT, PLAIN, WAIT, Hand, choose_method
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from napari_mfif import Recipe, Stroke, fuse
from napari_mfif.kernels.strokes import share_of
from napari_mfif.plugin.comparing.keeping import keep
from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.painting.outlines import outlines_of
from napari_mfif.plugin.panel.result_box import ResultBox
from napari_mfif.plugin.results import results_of

pytestmark = [pytest.mark.window, pytest.mark.drawn]


def test_panel_waits_for_a_fusion(paint, add_relief):
    assert not paint.start.isEnabled()
    add_relief()
    assert not paint.start.isEnabled()
    assert "Fuse a z-stack first" in paint.what.text()


def test_brush_puts_in_the_plane_on_the_z_slider_and_all_layers_follow(hand):
    before = hand.fusion
    hand.slide_to(6)
    hand.drag((40, 40), (45, 60), (60, 80))
    after = hand.fusion
    (stroke,) = after.strokes
    assert stroke.source == 6
    assert stroke.radius == 10
    np.testing.assert_allclose(stroke.points, [(40, 40), (45, 60), (60, 80)], atol=0.6)
    assert np.all(after.decision[42:45, 45:58] == 6)
    assert hand.layers_show(after)
    assert not hand.layers_show(before)
    assert hand.paint.row.count.text() == "1 stroke"


def test_what_is_decided_is_told_of_what_was_painted(hand, panel):
    box, wait = panel.result_box, hand.qtbot.waitUntil

    def told():
        share = np.mean(hand.fusion.confidence >= np.float32(hand.fusion.recipe.min_confidence))
        return f"{int(100 * share)} % of the area decided with confidence."

    before = told()
    assert box.sentence.text().endswith(f"; {before}") and "Done in" in box.sentence.text()
    hand.slide_to(6)
    hand.paint.box.brush.value = 60
    hand.drag((30, 30), (30, 100), (70, 100), (70, 30))
    assert told() != before
    wait(lambda: box.sentence.text() == f"Painted; {told()}", timeout=WAIT)
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: box.sentence.text().endswith(f"; {before}"), timeout=WAIT)
    assert "Done in" in box.sentence.text()


def test_layers_and_recipe_are_those_that_python_makes(hand):
    hand.slide_to(6)
    hand.drag((40, 40), (60, 80))
    hand.slide_to(1)
    hand.drag((50, 60), (50, 90))
    recipe = Recipe.from_json(result(hand.layer("image0")).recipe)
    again = fuse(hand.fusion.stack, recipe=recipe)
    assert len(again.strokes) == 2
    assert hand.layers_show(again)


def test_result_is_seen_while_the_brush_moves(hand):
    hand.slide_to(6)
    shown = hand.layer("image0").data
    before = shown.copy()
    QTest.mousePress(hand.canvas, LEFT, PLAIN, hand.at(40, 40))
    hand.move(45, 60, LEFT)
    assert (shown != before).any()
    assert not hand.fusion.strokes
    QTest.mouseRelease(hand.canvas, LEFT, PLAIN, hand.at(45, 60))
    hand.settle()
    assert hand.layer("image0").data is shown
    assert hand.layers_show(hand.fusion)


def test_fusion_that_was_painted_on_stays_as_it_was(hand, panel):
    before = hand.fusion
    image, confidence = before.image.copy(), before.confidence.copy()
    hand.slide_to(6)
    hand.drag((40, 40), (60, 80))
    np.testing.assert_array_equal(before.image, image)
    np.testing.assert_array_equal(before.confidence, confidence)


def test_undo_and_redo_by_keyboard_and_buttons(hand):
    before = hand.fusion
    hand.slide_to(6)
    hand.drag((40, 40), (60, 80))
    once = hand.fusion
    hand.drag((70, 40), (70, 80))
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert hand.layers_show(once)
    hand.press(hand.paint.row.buttons["undo"])
    hand.settle()
    assert hand.layers_show(before)
    assert not hand.paint.row.buttons["undo"].isEnabled()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    hand.key(Qt.Key.Key_Z, both)
    assert hand.layers_show(once)
    hand.press(hand.paint.row.buttons["redo"])
    hand.settle()
    assert len(hand.fusion.strokes) == 2
    assert not hand.paint.row.buttons["redo"].isEnabled()
    hand.press(hand.paint.row.buttons["clear"])
    hand.settle()
    assert hand.layers_show(before)
    hand.press(hand.paint.row.buttons["undo"])
    hand.settle()
    assert len(hand.fusion.strokes) == 2


def test_eraser_gives_back_what_the_method_said(hand):
    before = hand.fusion
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    hand.key(Qt.Key.Key_E)
    assert hand.paint.box.tools.choice == "erase"
    hand.paint.box.brush.value = 60
    hand.drag((40, 40), (50, 80))
    assert [stroke.source for stroke in hand.fusion.strokes] == [6, "erase"]
    assert hand.layers_show(before)


def test_lasso_takes_the_best_plane_within_it(hand, relief):
    hand.press(hand.paint.box.sources.buttons["best"])
    hand.press(hand.paint.box.tools.buttons["polygon"])
    hand.lasso((20, 20), (20, 60), (60, 60), (60, 20))
    (stroke,) = hand.fusion.strokes
    true = np.median(np.asarray(relief.depth)[25:55, 25:55])
    assert abs(stroke.source - true) <= 1
    np.testing.assert_allclose(stroke.points, [(20, 20), (20, 60), (60, 60), (60, 20)], atol=1.1)
    assert np.all(hand.fusion.decision[23:57, 23:57] == stroke.source)
    assert hand.layers_show(hand.fusion)
    assert f"took plane {stroke.source}." in hand.paint.box.about.text()
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "took plane" not in hand.paint.box.about.text()


def test_looking_for_the_best_plane_is_told_and_can_be_cancelled(hand, monkeypatch):
    from napari_mfif.engine.lazy import LazyFold

    score, before, looked = LazyFold.score, hand.fusion, []

    def slowly(fold, t, z, region):
        looked.append(z)
        time.sleep(0.3)
        return score(fold, t, z, region)

    monkeypatch.setattr(LazyFold, "score", slowly)
    row = hand.paint.row
    assert not row.stop.isVisible()
    hand.press(hand.paint.box.sources.buttons["best"])
    hand.paint.session.lasso([(20, 20), (20, 60), (60, 60), (60, 20)])
    hand.qtbot.waitUntil(lambda: row.bar.isVisible() and row.bar.fraction > 0, timeout=WAIT)
    assert row.count.text().startswith("Looking for the best plane, ")
    hand.press(row.stop)
    hand.settle()
    assert len(looked) < 7
    assert not hand.fusion.strokes
    assert hand.layers_show(before)
    assert not row.stop.isVisible() and not hand.paint.box.problem.isVisible()
    monkeypatch.undo()
    hand.paint.session.lasso([(20, 20), (20, 60), (60, 60), (60, 20)])
    hand.settle()
    assert len(hand.fusion.strokes) == 1


def test_bucket_fills_what_one_plane_gives(hand):
    decision = hand.fusion.decision
    hand.slide_to(6)
    hand.key(Qt.Key.Key_F)
    QTest.mouseClick(hand.canvas, LEFT, PLAIN, hand.at(48, 66))
    hand.qtbot.waitUntil(lambda: len(hand.fusion.strokes) == 1, timeout=WAIT)
    mask = hand.fusion.strokes[0].cover.mask()
    assert mask.sum() > 1
    assert np.all(decision[mask_place(hand.fusion.strokes[0])][mask] == decision[48, 66])
    assert hand.fusion.decision[48, 66] == 6


def mask_place(stroke):
    top, left = stroke.cover.top, stroke.cover.left
    return slice(top, top + stroke.cover.height), slice(left, left + stroke.cover.width)


def test_brush_takes_another_result(hand, panel, relief):
    other = fuse(relief.stack.pixels, method="laplacian")
    hand.paint.session.source = other
    hand.drag((40, 40), (50, 80))
    assert np.array_equal(hand.fusion.image[42:46, 48:70], other.image[42:46, 48:70])
    assert hand.layers_show(hand.fusion)
    assert '"laplacian"' in result(hand.layer("image0")).recipe


def test_a_result_that_was_kept_can_be_painted_into_the_next(hand, panel, fused):
    assert hand.paint.box.other.count() == 0
    kept = keep(hand.paint.results, hand.paint.results.current())
    choose_method(panel, "laplacian")
    fused(panel)
    hand.qtbot.waitUntil(hand.paint.is_painting, timeout=WAIT)
    assert hand.made.source != kept.source
    assert hand.paint.box.other.count() == 1
    hand.press(hand.paint.box.sources.buttons["other"])
    assert hand.paint.box.other.isVisibleTo(hand.paint)
    hand.drag((40, 40), (50, 80))
    assert hand.fusion.recipe.method == "laplacian"
    assert hand.fusion.strokes[0].source is kept.fusion
    assert np.array_equal(hand.fusion.image[42:46, 48:70], kept.fusion.image[42:46, 48:70])


def test_key_looks_at_the_source_and_painting_shows_the_result(hand):
    image = hand.layer("image0")
    hand.key(Qt.Key.Key_S)
    assert not image.visible
    assert hand.viewer.layers["pollen"].visible
    hand.key(Qt.Key.Key_S)
    assert image.visible
    hand.press(hand.paint.box.looks.buttons["source"])
    assert not image.visible
    hand.drag((40, 40), (50, 50))
    assert image.visible
    assert hand.paint.box.looks.choice == "image"


def test_planes_taken_are_seen_when_asked_for(hand):
    assert hand.layer("plane taken").opacity == 0
    hand.press(hand.paint.box.looks.buttons["plane taken"])
    assert hand.layer("plane taken").opacity > 0.5


def test_from_the_source_one_comes_back_to_what_one_saw(hand):
    hand.press(hand.paint.box.looks.buttons["plane taken"])
    hand.key(Qt.Key.Key_S)
    assert hand.paint.box.looks.choice == "source"
    hand.key(Qt.Key.Key_S)
    assert hand.paint.box.looks.choice == "plane taken"
    assert hand.layer("plane taken").opacity > 0.5


def lit(hand):
    """Return what is lit as looked at."""
    QApplication.processEvents()
    return hand.paint.box.looks.choice


def test_height_that_one_sees_stays_while_one_paints_and_follows(hand):
    height = hand.layer("height")
    hand.press(hand.paint.start)
    assert lit(hand) == "image"
    hand.press(hand.paint.box.looks.buttons["height"])
    assert height.visible and lit(hand) == "height"
    hand.paint_on()
    assert height.visible and lit(hand) == "height"
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    assert np.all(height.data[42:46, 50:70] == hand.fusion.stack.heights(np.float32(6)))
    assert height.visible and lit(hand) == "height"
    hand.key(Qt.Key.Key_S)
    assert not height.visible and lit(hand) == "source"
    hand.key(Qt.Key.Key_S)
    hand.press(hand.paint.start)
    assert height.visible and lit(hand) == "height"


def test_what_is_lit_is_what_is_seen(hand):
    hand.press(hand.paint.start)
    hand.layer("height").visible = True  # as by its eye
    assert lit(hand) == "height"
    hand.layer("confidence").visible = True
    assert lit(hand) == ""
    hand.layer("confidence").visible = False
    assert lit(hand) == "image"
    hand.press(hand.paint.box.looks.buttons["plane taken"])
    hand.paint_on()
    assert lit(hand) == "plane taken" and hand.layer("plane taken").opacity > 0.5
    hand.press(hand.paint.box.looks.buttons["image"])
    hand.layer("height").visible = True
    assert hand.paint.is_painting() and lit(hand) == "height"
    hand.viewer.dims.ndisplay = 3
    assert lit(hand) == ""


def test_choosing_another_layer_ends_painting(hand):
    image = hand.layer("image0")
    hand.viewer.layers.selection.active = image
    assert not hand.paint.is_painting()
    assert hand.paint.start.text() == "Paint"
    assert hand.viewer.layers.selection.active == image


def test_nothing_moves_when_another_source_is_chosen(hand):
    box = hand.paint.box

    def places():
        QApplication.processEvents()
        shown = (*box.tools.buttons.values(), box.brush.native, *box.looks.buttons.values())
        return [one.mapTo(box, QPoint(0, 0)) for one in shown]

    before = places()
    for name in ("best", "plane"):
        hand.press(box.sources.buttons[name])
        assert places() == before


def test_key_takes_the_plane_under_the_mouse(hand):
    plane = int(hand.fusion.decision[30, 100])
    hand.slide_to((plane + 3) % 7)
    hand.move(30, 100)
    hand.key(Qt.Key.Key_T)
    assert hand.viewer.dims.current_step[0] == plane
    assert hand.paint.box.plane.value == plane
    assert hand.paint.session.source == plane


def test_plane_in_the_panel_and_label_of_napari_move_the_z_slider(hand):
    hand.paint.box.plane.value = 4
    assert hand.viewer.dims.current_step[0] == 4
    assert hand.layer("plane taken").selected_label == 5
    hand.layer("plane taken").selected_label = 3
    assert hand.viewer.dims.current_step[0] == 2


def test_planes_are_counted_as_the_slider_counts_where_some_were_left_out(
    hand, relief, panel, fused
):
    made = hand.paint.results.current()
    part = fuse(made.fusion.stack.part([1, 2, 4, 6]), method="gradient")
    new = hand.paint.results.replace(made, part)
    hand.qtbot.waitUntil(lambda: hand.paint.is_painting() and hand.made is new, timeout=WAIT)
    hand.slide_to(6)
    assert hand.paint.box.plane.value == 6
    assert hand.layer("plane taken").selected_label == 7
    hand.drag((40, 40), (50, 80))
    assert hand.fusion.strokes[0].source == 3
    assert hand.fusion.image[45, 60] == relief.stack.pixels[6, 45, 60]
    assert hand.layer("plane taken").data[45, 60] == 7
    assert hand.layers_show(hand.fusion)
    hand.layer("plane taken").selected_label = 6
    assert "Planes 1-2, 4, 6 were fused" in hand.paint.box.problem.text()
    assert hand.layer("plane taken").selected_label == 7
    hand.paint.box.plane.value = 2
    assert hand.viewer.dims.current_step[0] == 2
    assert hand.paint.session.source == 1
    hand.move(45, 60)
    hand.key(Qt.Key.Key_T)
    assert hand.viewer.dims.current_step[0] == 6


def test_plane_stays_when_the_stack_is_deleted(hand):
    hand.slide_to(4)
    hand.viewer.layers.remove("pollen")
    QApplication.processEvents()
    assert hand.paint.box.plane.value == 4
    hand.drag((40, 40), (50, 50))
    assert hand.fusion.strokes[0].source == 4


def test_status_bar_is_told_anew_after_a_stroke(hand):
    told, asked = [], hand.viewer.cursor.events.position
    asked.connect(told.append)
    hand.paint.session.put(Stroke.brush([(40, 40)], 9, 5))
    assert not told
    hand.settle()
    assert len(told) == 1
    assert hand.fusion.decision[40, 40] == 5
    told.clear()  # it holds the viewer
    asked.disconnect(told.append)


def test_impossible_label_is_refused(hand):
    hand.slide_to(2)
    hand.layer("plane taken").selected_label = 8
    assert hand.layer("plane taken").selected_label == 3
    assert "Planes 0-6 were fused" in hand.paint.box.problem.text()
    hand.drag((40, 40), (50, 50))
    assert hand.fusion.strokes[0].source == 2


def test_brush_size_is_that_of_napari(hand):
    hand.layer("plane taken").brush_size = 31
    assert hand.paint.box.brush.value == 31
    hand.paint.box.brush.value = 12
    assert hand.layer("plane taken").brush_size == 12
    hand.key(Qt.Key.Key_BracketRight)
    assert hand.paint.box.brush.value == 13
    hand.drag((40, 40))
    assert hand.fusion.strokes[0].radius == 6.5


def test_dab_is_the_circle_that_napari_shows_where_pixels_are_not_square(
    paint, panel, add_relief, fused, qtbot
):
    add_relief(scale=(0.5, 0.1, 0.2))
    choose_method(panel, "gradient")
    fused(panel)
    hand = Hand(paint, qtbot)
    qtbot.waitUntil(paint.start.isEnabled, timeout=WAIT)
    hand.paint_on()
    hand.slide_to(6)
    hand.paint.box.brush.value, hand.paint.box.soft.value = 30, 0
    hand.drag((40, 60))
    (stroke,) = hand.fusion.strokes
    ((row, column),) = stroke.points
    radius = hand.viewer.cursor.size / 2
    assert radius == pytest.approx(1.5)
    y, x = np.indices((97, 131))
    expected = np.hypot(0.1 * (y - row), 0.2 * (x - column)) <= radius
    assert not np.array_equal(hand.fusion.unmended.decision[expected], 6)
    np.testing.assert_array_equal(hand.fusion.decision[expected], 6)
    outside = hand.fusion.unmended.decision[~expected]
    np.testing.assert_array_equal(hand.fusion.decision[~expected], outside)


def test_strokes_outlive_another_run_when_asked(hand, panel, fused):
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    strokes = hand.fusion.strokes
    fused(panel)
    hand.qtbot.waitUntil(lambda: hand.fusion.strokes == strokes, timeout=WAIT)
    hand.qtbot.waitUntil(hand.paint.is_painting, timeout=WAIT)
    assert hand.layers_show(hand.fusion)
    assert hand.paint.row.count.text() == "1 stroke"


def test_strokes_are_left_when_they_are_not_to_be_kept(hand, panel, fused):
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    hand.paint.row.keep.setChecked(False)
    fused(panel)
    hand.qtbot.waitUntil(lambda: hand.paint.row.count.text() == "No strokes", timeout=WAIT)
    assert not hand.fusion.strokes


def test_strokes_stay_when_the_result_is_refined(hand):
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    made = hand.paint.results.current()
    refined = made.fusion.refine(smooth_depth=9)
    new = hand.paint.results.replace(made, refined)
    hand.qtbot.waitUntil(lambda: hand.paint.results.current() is new, timeout=WAIT)
    hand.qtbot.waitUntil(
        lambda: hand.paint.session is not None and hand.paint.session.made is new, timeout=WAIT
    )
    hand.qtbot.waitUntil(hand.paint.is_painting, timeout=WAIT)
    assert hand.layers_show(refined)
    hand.press(hand.paint.row.buttons["undo"])
    hand.settle()
    assert hand.layers_show(refined.unmended)


def test_saving_writes_what_was_painted(hand, panel, monkeypatch):
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    saved = []
    monkeypatch.setattr(
        "napari_mfif.plugin.panel.result_box.choose_target", lambda *given: saved.append(given[1])
    )
    box = panel.findChild(ResultBox)
    hand.qtbot.waitUntil(lambda: box.made is hand.paint.session.made, timeout=WAIT)
    box.save("image")
    assert saved[0] is hand.fusion


def test_putting_the_brush_down_leaves_the_layers_as_they_were(hand):
    labels = hand.layer("plane taken")
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    hand.press(hand.paint.start)
    assert not hand.paint.is_painting()
    assert not labels.editable
    assert (labels.visible, labels.opacity, str(labels.mode)) == (False, 0.7, "pan_zoom")
    assert "paint" not in vars(labels)
    assert hand.layers_show(hand.fusion)
    strokes = len(hand.fusion.strokes)
    hand.drag((60, 40), (60, 80))
    assert len(hand.fusion.strokes) == strokes


def test_layer_that_is_hidden_or_deleted_ends_painting(hand):
    hand.layer("plane taken").visible = False
    assert not hand.paint.start.isChecked()
    hand.paint_on()
    hand.viewer.layers.remove(hand.layer("plane taken"))
    assert not hand.paint.is_painting()
    hand.qtbot.waitUntil(lambda: not hand.paint.start.isEnabled(), timeout=WAIT)
    assert "was deleted" in hand.paint.why.text()


def test_view_in_3d_ends_painting(hand):
    hand.viewer.dims.ndisplay = 3
    assert not hand.paint.is_painting()


def test_results_made_where_one_looks_are_refused_in_words(paint, panel, add_relief, fused, qtbot):
    add_relief()
    panel.run_box.offer_in_view(large=True, huge=True)
    fused(panel)
    qtbot.waitUntil(lambda: "made where one looks" in paint.why.text(), timeout=WAIT)
    assert paint.why.isVisibleTo(paint)
    qtbot.mouseClick(paint.start, LEFT)
    assert not paint.is_painting()


def test_closing_the_panel_gives_the_layers_back(hand):
    labels = hand.layer("plane taken")
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    hand.viewer.window.remove_dock_widget(hand.paint)
    assert str(labels.mode) == "pan_zoom"
    assert len(results_of(hand.viewer).current().fusion.strokes) == 1


@pytest.fixture
def in_levels(monkeypatch):
    """Let small planes be shown in levels, as large ones are."""
    monkeypatch.setattr("napari_mfif.plugin.layers.multiscale.LARGE", 1000)
    monkeypatch.setattr("napari_mfif.plugin.layers.multiscale.SMALL", 40)


def test_large_planes_in_levels_are_painted_on(in_levels, hand):
    assert hand.layer("plane taken").multiscale
    hand.slide_to(6)
    hand.drag((40, 40), (50, 80))
    for level, factor in zip(hand.layer("image0").data, (1, 4), strict=False):
        expected = hand.fusion.image[factor // 2 :: factor, factor // 2 :: factor]
        np.testing.assert_array_equal(level, expected)


@pytest.mark.parametrize("kind", ["channels", "colour", "times"])
def test_channels_colours_and_timepoints_follow(
    kind, paint, panel, viewer, relief, fused, qtbot, monkeypatch
):
    pixels = np.asarray(relief.stack.pixels)
    if kind == "colour":
        rgb = np.stack([pixels, pixels // 2, pixels // 3], -1)
        viewer.add_image((rgb // 256).astype(np.uint8), name="pollen", rgb=True)
    elif kind == "times":
        stack = np.stack([pixels, pixels[::-1]])
        viewer.add_image(stack, name="pollen", axis_labels=("t", "z", "y", "x"))
    else:
        stack = np.stack([pixels, pixels // 2])
        viewer.add_image(stack, name="pollen", axis_labels=("c", "z", "y", "x"))
    assert panel.stack_box.stack is not None
    choose_method(panel, "gradient")
    fused(panel)
    qtbot.waitUntil(paint.start.isEnabled, timeout=WAIT)
    hand = Hand(paint, qtbot)
    hand.paint_on()
    axis = 1 if kind in ("times", "channels") else 0
    hand.viewer.dims.set_current_step(axis, 6)
    if kind == "times":
        hand.viewer.dims.set_current_step(0, 1)
    y, x = (40, 40), (50, 80)
    ndim = hand.layer("plane taken").ndim
    monkeypatch.setattr(Hand, "at", _at_in(ndim))
    hand.drag(y, x)
    (stroke,) = hand.fusion.strokes
    assert (stroke.source, stroke.time) == (6, 1 if kind == "times" else 0)
    image = np.squeeze(hand.layer("image0").data)
    fusion = hand.fusion
    expected = fusion.image[0] if kind == "channels" else fusion.image
    np.testing.assert_array_equal(image, expected)
    np.testing.assert_array_equal(np.squeeze(hand.layer("plane taken").data), fusion.decision + 1)
    if kind == "times":  # the key takes away what is seen, and not what lies there at another time
        for moment, left in ((0, 1), (1, 0)):
            hand.viewer.dims.set_current_step(0, moment)
            hand.move(*y)
            hand.key(Qt.Key.Key_D)
            assert len(hand.fusion.strokes) == left


def _at_in(ndim):
    def at(self, row, column) -> QPoint:
        place = (0,) * (ndim - 2) + (row, column)
        y, x = self.layer("plane taken").data_to_world(place)[-2:]
        camera = self.viewer.scene.camera
        across = (x - camera.center[-1]) * camera.zoom + self.canvas.width() / 2
        down = (y - camera.center[-2]) * camera.zoom + self.canvas.height() / 2
        return QPoint(round(across), round(down))

    return at


def test_strokes_of_a_recipe_can_be_undone_in_the_window(paint, panel, add_relief, qtbot, fused):
    add_relief()
    fused(panel)
    results = paint.results
    made = results.current()
    painted = made.fusion.mend([Stroke.brush([(40, 40)], 9, 5), Stroke.brush([(60, 60)], 9, 5)])
    new = results.replace(made, painted)
    qtbot.waitUntil(lambda: results.current() is new, timeout=WAIT)
    qtbot.waitUntil(lambda: paint.row.count.text() == "2 strokes", timeout=WAIT)
    qtbot.mouseClick(paint.row.buttons["undo"], LEFT)
    qtbot.waitUntil(lambda: len(results.current().fusion.strokes) == 1, timeout=WAIT)
    hand = Hand(paint, qtbot)
    assert hand.layers_show(made.fusion.mend(painted.strokes[:1]))


def canvas_with_lines(hand):
    """Return what one sees on the canvas, once what was painted is outlined."""
    qtbot = hand.qtbot
    qtbot.waitUntil(lambda: not hand.paint.look.strokes.busy, timeout=WAIT)
    hand.viewer.cursor.size = 0
    hand.move(90, 5)  # the brush would be seen
    qtbot.wait(100)
    shot = hand.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = shot.constBits()
    bits.setsize(shot.sizeInBytes())
    lines = np.frombuffer(bits, np.uint8).reshape(shot.height(), shot.bytesPerLine() // 4, 4)
    return lines[:, : shot.width(), :3].astype(int)


def test_strokes_are_outlined_on_the_screen_and_in_no_picture(hand):
    show = hand.paint.row.shown

    def switch():
        hand.qtbot.mouseClick(show, LEFT, pos=QPoint(8, show.height() // 2))

    hand.slide_to(6)
    hand.paint.box.brush.value = 30
    hand.drag((40, 60))
    hand.viewer.scene.camera.zoom *= 0.8  # lines follow the camera
    seen = canvas_with_lines(hand)
    picture = hand.viewer.screenshot(canvas_only=True, flash=False)
    switch()
    assert not show.isChecked()
    without = canvas_with_lines(hand)
    np.testing.assert_array_equal(hand.viewer.screenshot(canvas_only=True, flash=False), picture)
    there = np.argwhere(np.abs(seen - without).max(axis=2) > 60)
    factor = seen.shape[1] / hand.canvas.width()
    middle, radius = hand.at(40, 60), 15 * 0.1 * hand.viewer.scene.camera.zoom
    away = np.hypot(*(there / factor - (middle.y(), middle.x())).T)
    assert len(there) > 4 * radius
    assert np.all(np.abs(away - radius) < 3 + 0.1 * hand.viewer.scene.camera.zoom)
    switch()
    assert show.isChecked()
    np.testing.assert_allclose(canvas_with_lines(hand), seen, atol=2)
    hand.press(hand.paint.start)
    assert not hand.canvas.findChild(QWidget, "stroke outlines")


def test_key_takes_away_the_stroke_under_the_mouse_alone(hand):
    before = hand.fusion
    for plane, row in ((6, 30), (5, 40), (4, 70)):
        hand.slide_to(plane)
        hand.drag((row, 40), (row, 80))
    first, _, third = hand.fusion.strokes
    hand.move(36, 60)  # within both
    hand.key(Qt.Key.Key_D)
    assert hand.fusion.strokes == (first, third)
    assert hand.layers_show(before.mend([first, third]))
    hand.move(36, 60)
    hand.key(Qt.Key.Key_D)
    assert hand.fusion.strokes == (third,)
    hand.move(36, 60)
    hand.key(Qt.Key.Key_D)
    assert hand.fusion.strokes == (third,)
    hand.press(hand.paint.row.buttons["undo"])
    hand.settle()
    assert hand.fusion.strokes == (first, third)


@pytest.mark.parametrize("kind", ["brush", "lasso", "mask", "large"])
def test_outlines_run_where_a_stroke_is_half_in(kind):
    inside = np.zeros((60, 80), bool)
    inside[10:40, 20:70], inside[20:30, 40:50] = True, False
    stroke = {
        "brush": Stroke.brush([(30, 30), (50, 60)], 12, 0, pixel=(1, 2)),
        "lasso": Stroke.lasso([(10, 20), (50, 30), (40, 70)], 0),
        "mask": Stroke.mask(inside, 0, at=(3, 5)),
        "large": Stroke.brush([(300, 300), (3500, 2600)], 120, 0),
    }[kind]
    slack = 4 if kind == "large" else 1
    outlines = np.concatenate(outlines_of(stroke))
    for row, column in outlines[:: max(1, len(outlines) // 60)]:
        around = (
            slice(int(row) - slack, int(row) + slack + 2),
            slice(int(column) - slack, int(column) + slack + 2),
        )
        share = share_of(replace(stroke, soft=0.0), *around)
        assert share.min() == 0 and share.max() == 1
