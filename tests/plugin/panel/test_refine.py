"""The Refine panel: the fusion at hand follows the controls, and no method runs again."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QSlider

from napari_mfif.methods import registry
from napari_mfif.plugin.panel import refine as module
from napari_mfif.plugin.results import results_of

pytestmark = pytest.mark.window

WAIT = 60_000


@pytest.fixture
def refine(dock):
    return dock("Refine")


@pytest.fixture
def pollen(refine, made, qtbot):
    """The fusion at hand."""
    qtbot.waitUntil(lambda: refine.made is not None, timeout=WAIT)
    return made.fusion


@pytest.fixture
def no_method(monkeypatch):
    def forbidden(*given):
        raise AssertionError("a method runs")

    for name in registry.names():
        for step in ("begin", "update", "finish", "score"):
            monkeypatch.setattr(type(registry.get(name)), step, forbidden, raising=False)


def drag(control, share):
    """Drag a slider to a share of its length."""
    slider = next(one for one in control.native.findChildren(QSlider))
    slider = slider if isinstance(control.native, QSlider) is False else control.native
    middle = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 3, middle))
    for step in (0.4, 0.5, share):
        QTest.mouseMove(slider, QPoint(int(step * (slider.width() - 1)), middle))
    end = QPoint(int(share * (slider.width() - 1)), middle)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=end)


def settled(refine, qtbot):
    """Wait until layers hold what the controls say; return that fusion."""

    def fits():
        made = results_of(refine.viewer).current()
        values = module.values_of(made.fusion.recipe)
        return all(values[name] == value for name, value in refine.box.values().items())

    qtbot.waitUntil(fits, timeout=WAIT)
    qtbot.waitUntil(lambda: not refine._whole.busy, timeout=WAIT)
    return results_of(refine.viewer).current().fusion


def test_without_a_fusion_it_says_what_to_do(refine):
    assert "Fuse a z-stack first" in refine.why.text()
    assert not refine.box.isVisibleTo(refine)


def test_controls_show_the_fusion_at_hand(refine, pollen):
    assert refine.what.text() == "pollen"
    for name, value in pollen.recipe.consistency.items():
        assert refine.box.values()[name] == value
    assert refine.box.values()["unsure"] == "mark"
    assert not refine.back.isEnabled()


def test_layers_follow_a_dragged_slider(refine, pollen, viewer, qtbot, no_method):
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    wanted = refine.box.values()["smooth_depth"]
    assert wanted > pollen.recipe.consistency["smooth_depth"]
    fusion = settled(refine, qtbot)
    expected = pollen.refine(smooth_depth=wanted)
    np.testing.assert_array_equal(fusion.depth, expected.depth)
    height = viewer.layers["height (µm) · pollen"]
    qtbot.waitUntil(
        lambda: np.array_equal(height.data, expected.height_where(), equal_nan=True), timeout=WAIT
    )
    assert (viewer.layers["plane taken · pollen"].data == expected.decision + 1).all()


def test_reset_takes_all_back(refine, pollen, qtbot, no_method):
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    settled(refine, qtbot)
    qtbot.waitUntil(refine.back.isEnabled, timeout=WAIT)
    qtbot.mouseClick(refine.back, Qt.MouseButton.LeftButton)
    fusion = settled(refine, qtbot)
    assert fusion.recipe == pollen.recipe
    np.testing.assert_array_equal(fusion.image, pollen.image)


@pytest.mark.parametrize("unsure", ["fill", "leave"])
def test_unsure_places_are_marked_filled_or_left(refine, pollen, viewer, qtbot, no_method, unsure):
    drag(refine.box.known.controls["min_confidence"], 0.9)
    fusion = settled(refine, qtbot)
    height = viewer.layers["height (µm) · pollen"]
    unknown = fusion.confidence < fusion.recipe.min_confidence
    qtbot.waitUntil(lambda: (np.isnan(height.data) == unknown).all(), timeout=WAIT)
    assert unknown.any()
    qtbot.mouseClick(refine.box.unsure.buttons[unsure], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: np.isfinite(height.data).all(), timeout=WAIT)
    fusion = settled(refine, qtbot)
    np.testing.assert_array_equal(height.data, fusion.height_where())
    np.testing.assert_array_equal(fusion.image, pollen.image)
    np.testing.assert_array_equal(fusion.decision, pollen.decision)


def test_next_run_of_the_stack_keeps_what_was_said_of_unsure_places(
    refine, panel, pollen, viewer, qtbot, fused
):
    drag(refine.box.known.controls["min_confidence"], 0.9)
    settled(refine, qtbot)
    qtbot.mouseClick(refine.box.unsure.buttons["fill"], Qt.MouseButton.LeftButton)
    said = settled(refine, qtbot).recipe
    heights = {"unsure": "fill", "min_confidence": said.min_confidence}
    qtbot.waitUntil(lambda: panel.request().heights == heights, timeout=WAIT)
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("gradient"))
    fused(panel)
    recipe = panel.fusion.recipe
    assert recipe.method == "gradient"
    assert (recipe.unsure, recipe.min_confidence) == ("fill", said.min_confidence)
    assert np.isfinite(viewer.layers["height (µm) · pollen"].data).all()
    panel.run_box.offer_in_view(large=True, huge=True)  # filling looks at the whole map
    assert panel.request().heights == {"min_confidence": said.min_confidence}


def test_of_two_depths_the_nearer_is_taken(refine, pollen, qtbot, no_method):
    qtbot.mouseClick(refine.box.prefer.buttons["nearer"], Qt.MouseButton.LeftButton)
    fusion = settled(refine, qtbot)
    np.testing.assert_array_equal(fusion.decision, pollen.refine(prefer="nearer").decision)


def test_method_that_knows_one_depth_only_says_so(refine, panel, add_relief, fused, qtbot):
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("gradient"))
    add_relief()
    fused(panel)
    qtbot.waitUntil(lambda: refine.made is not None, timeout=WAIT)
    assert not refine.box.prefer.buttons["nearer"].isEnabled()
    assert "does not keep the depths" in refine.box._rivals.text()


def test_what_is_decided_and_why_not_all_is_that_of_the_refined_result(
    refine, panel, viewer, relief, fused, qtbot
):
    pixels = np.array(relief.stack.pixels)
    light = np.full_like(pixels[:, :, 90:], 2000)
    pixels[:, :, 90:] = np.random.default_rng(0).poisson(light)  # nothing to focus on
    viewer.add_image(pixels, name="pollen")
    fused(panel)
    box, ran = panel.result_box, panel.fusion
    qtbot.waitUntil(lambda: refine.made is not None, timeout=WAIT)
    before = box.sentence.text(), box.undecided.text()
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    settled(refine, qtbot)
    slider = refine.box.known.controls["min_confidence"].native.findChild(QSlider)
    QTest.keyClick(slider, Qt.Key.Key_Home)
    fusion = settled(refine, qtbot)
    qtbot.waitUntil(lambda: box.made.fusion is fusion, timeout=WAIT)
    sure = np.mean(fusion.confidence >= np.float32(fusion.recipe.min_confidence))
    assert sure > 0.1 + np.mean(ran.confidence >= np.float32(ran.recipe.min_confidence))
    assert box.sentence.text() == (
        f"Refined; {int(100 * sure)} % of the area decided with confidence."
    )
    assert box.undecided.text() not in before
    for reason, share in fusion.undecided.items():
        assert share < 0.01 or f"{reason} ({100 * share:.0f} %)" in box.undecided.text()


@pytest.mark.parametrize("by", ["key", "button"])
def test_before_is_seen_while_held(refine, pollen, viewer, qtbot, no_method, by):
    viewer.layers["height (µm) · pollen"].visible = True
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    fusion = settled(refine, qtbot)
    height = viewer.layers["height (µm) · pollen"]

    def shows(one):
        return np.array_equal(height.data, one.height_where(), equal_nan=True)

    qtbot.waitUntil(lambda: shows(fusion), timeout=WAIT)
    qtbot.waitUntil(refine.held.isEnabled, timeout=WAIT)
    canvas = viewer.window._qt_viewer.canvas.native
    if by == "key":
        QTest.keyPress(canvas, Qt.Key.Key_B)
    else:
        QTest.mousePress(refine.held, Qt.MouseButton.LeftButton)
    place = refine.held.mapTo(refine, QPoint(0, 0)), refine.held.size()
    qtbot.waitUntil(lambda: shows(pollen), timeout=WAIT)
    assert "before" in refine.note.text()
    QApplication.processEvents()  # a button that moves away from the mouse is never let go
    assert (refine.held.mapTo(refine, QPoint(0, 0)), refine.held.size()) == place
    if by == "key":
        QTest.keyRelease(canvas, Qt.Key.Key_B)
    else:
        QTest.mouseRelease(refine.held, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shows(fusion), timeout=WAIT)


def test_large_results_show_first_what_is_in_view(
    refine, pollen, viewer, qtbot, monkeypatch, no_method
):
    monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(module, "SIDES", (20, 40))
    refine._settle.setInterval(10_000_000)
    height = viewer.layers["height (µm) · pollen"]
    height.visible = True
    before, seen = height.data.copy(), []
    height.events.set_data.connect(lambda event: seen.append(np.array(height.data)))
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    expected = pollen.refine(smooth_depth=refine.box.values()["smooth_depth"]).height_where()

    def follows(side, data):
        place = slice(97 // 2 - side, 97 // 2 + side), slice(131 // 2 - side, 131 // 2 + side)
        return np.array_equal(data[place], expected[place], equal_nan=True)

    qtbot.waitUntil(lambda: follows(20, height.data), timeout=WAIT)
    # the smaller middle comes first
    assert any(follows(10, data) and not follows(20, data) for data in seen)
    np.testing.assert_array_equal(height.data[:20], before[:20])
    refine._settle.setInterval(0)
    refine._settle.start()
    qtbot.waitUntil(lambda: np.array_equal(height.data, expected, equal_nan=True), timeout=WAIT)


def test_what_is_in_view_is_shown_also_where_it_takes_longer_than_a_pause(
    refine, pollen, viewer, qtbot, monkeypatch
):
    monkeypatch.setattr(module, "LARGE", 0)
    go_on, previewed, refined = threading.Event(), module.previewed, module.refined
    monkeypatch.setattr(refine._first, "_work", lambda *given: go_on.wait(30) and previewed(*given))
    whole = threading.Event()
    monkeypatch.setattr(refine._whole, "_work", lambda *given: whole.wait(30) and refined(*given))
    refine._settle.setInterval(0)
    height = viewer.layers["height (µm) · pollen"]
    height.visible = True
    before = height.data
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    qtbot.waitUntil(lambda: refine._whole.busy and not refine._settle.isActive(), timeout=WAIT)
    go_on.set()
    qtbot.waitUntil(lambda: height.data is not before, timeout=WAIT)
    draft = height.data
    whole.set()
    qtbot.waitUntil(lambda: height.data is not draft, timeout=WAIT)
    settled(refine, qtbot)


def test_a_new_run_is_turned_to(refine, pollen, panel, fused, qtbot):
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    settled(refine, qtbot)
    fused(panel)
    qtbot.waitUntil(
        lambda: refine.box.values()["smooth_depth"] == pollen.recipe.consistency["smooth_depth"],
        timeout=WAIT,
    )
    qtbot.waitUntil(lambda: not refine.back.isEnabled(), timeout=WAIT)


def test_python_copied_after_refining_gives_the_refined_result(
    refine, pollen, panel, viewer, qtbot
):
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    drag(refine.box.known.controls["min_confidence"], 0.9)
    qtbot.mouseClick(refine.box.unsure.buttons["fill"], Qt.MouseButton.LeftButton)
    fusion = settled(refine, qtbot)
    qtbot.waitUntil(lambda: panel.result_box.made.fusion is fusion, timeout=WAIT)
    qtbot.mouseClick(panel.result_box.copying["python"], Qt.MouseButton.LeftButton)
    names: dict = {"viewer": viewer}
    exec(QApplication.clipboard().text(), names)
    np.testing.assert_array_equal(names["fusion"].depth, fusion.depth)
    np.testing.assert_array_equal(names["fusion"].height_where(), fusion.height_where())


def test_layers_that_were_removed_stay_away(refine, pollen, viewer, qtbot):
    viewer.layers.remove("confidence · pollen")
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    settled(refine, qtbot)
    qtbot.wait(50)
    assert "confidence · pollen" not in viewer.layers


def test_lazy_fusions_change_only_what_is_unsure(refine, viewer, relief, qtbot):
    from napari_mfif import fuse
    from napari_mfif.plugin import show

    lazy = fuse(np.asarray(relief.stack.pixels), method="gradient", lazy=True)
    show(lazy, viewer)
    qtbot.waitUntil(lambda: refine.made is not None, timeout=WAIT)
    assert "made where you look" in refine.why.text()
    assert not refine.box.basic.native.isVisibleTo(refine)
    assert not refine.box.unsure.buttons["fill"].isEnabled()
    qtbot.mouseClick(refine.box.unsure.buttons["leave"], Qt.MouseButton.LeftButton)
    fusion = settled(refine, qtbot)
    assert fusion.is_lazy and fusion.recipe.unsure == "leave"


def test_panel_closes_without_a_trace(refine, pollen, viewer, qtbot):
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    viewer.window.remove_dock_widget(refine)
    results_of(viewer).changed.emit()
    assert not [key for key in viewer.keymap if str(key) == "B"]


@pytest.mark.drawn
def test_panels_become_tabs_of_one_place(viewer, qtbot):
    first, _ = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    second, _ = viewer.window.add_plugin_dock_widget("napari-mfif", "Refine")
    window = viewer.window._qt_window
    qtbot.waitUntil(lambda: second in window.tabifiedDockWidgets(first), timeout=WAIT)


def test_replaced_pixels_are_counted_and_shown(refine, panel, viewer, relief, fused, qtbot):
    pixels = np.asarray(relief.stack.pixels).copy()
    places = [(20, 30), (50, 80), (70, 20)]
    for plane, place in enumerate(places):
        pixels[(plane, *place)] = 60_000
    viewer.add_image(pixels, name="hot", scale=(1, 2, 2), translate=(0, 5, 7))
    fused(panel)
    qtbot.waitUntil(lambda: refine.made is not None, timeout=WAIT)
    assert refine.repairs.count.text().startswith("3 pixels of planes were replaced")
    qtbot.mouseClick(refine.repairs.shown, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "replaced pixels · hot" in viewer.layers, timeout=WAIT)
    layer = viewer.layers["replaced pixels · hot"]
    np.testing.assert_array_equal(layer.data, places)
    np.testing.assert_allclose(layer.data_to_world((20, 30)), (5 + 40, 7 + 60))
    qtbot.mouseClick(refine.repairs.shown, Qt.MouseButton.LeftButton)
    assert "replaced pixels · hot" not in viewer.layers
    qtbot.mouseClick(refine.repairs.run, Qt.MouseButton.LeftButton)
    assert panel.method_box.parameters()["repair_hot_pixels"] is False
    assert not panel.is_running()


def test_nothing_is_said_of_pixels_where_none_was_replaced(refine, pollen):
    assert not refine.repairs.isVisibleTo(refine)


def test_closed_in_the_midst_it_leaves_nothing_half_refined(
    refine, pollen, viewer, qtbot, monkeypatch
):
    monkeypatch.setattr(module, "LARGE", 0)
    refine._settle.setInterval(10_000_000)
    height = viewer.layers["height (µm) · pollen"]
    height.visible = True
    for share in (0.95, 0.7):
        before = height.data.copy()
        drag(refine.box.basic.controls["smooth_depth"], share)
        qtbot.waitUntil(
            lambda b=before: not np.array_equal(height.data, b, equal_nan=True), timeout=WAIT
        )
    viewer.window.remove_dock_widget(refine)
    np.testing.assert_array_equal(height.data, pollen.height_where())
    assert results_of(viewer).current().fusion is pollen


def test_closed_while_layers_are_drawn_it_is_told_nothing_more(refine, pollen, viewer, qtbot):
    """What layers show is written to the end, and tells who asked for it."""
    drag(refine.box.basic.controls["smooth_depth"], 0.95)
    told = refine._shown
    viewer.window.remove_dock_widget(refine)
    refine.deleteLater()
    QApplication.sendPostedEvents(refine, QEvent.Type.DeferredDelete)
    told()
