"""The *Look closer* panel, moved with the mouse in a real window."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QScrollArea, QSlider

from napari_mfif import Stroke, ZStack, fuse, surface
from napari_mfif.fusion.focus_curve import FocusCurve, focus_curve, plane_shares
from napari_mfif.fusion.undecided import reason_at
from napari_mfif.plugin import show
from napari_mfif.plugin.closer import files
from napari_mfif.plugin.closer.regions_box import _step_in_words
from napari_mfif.plugin.results import results_of
from napari_mfif.surface.step import Step

pytestmark = [pytest.mark.window, pytest.mark.drawn]

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def look(panel, dock):
    return dock("Look closer")


@pytest.fixture
def made(look, made, qtbot):
    """A result, looked at."""
    look.parent().raise_()
    qtbot.waitUntil(lambda: look.line.heights is not None, timeout=10_000)
    return made


@pytest.fixture
def mouse(viewer, look, made, qtbot):
    """A mouse over a window that has its size; nothing is told of where it was."""
    mouse = Mouse(viewer, made, qtbot)
    mouse.arrive(50, 70)
    look.mouse.pixel = None
    look.mouse.show_pixel()
    return mouse


class Mouse:
    """Moves over rows and columns of the image as a hand would."""

    def __init__(self, viewer, made, qtbot):
        self.native = viewer.window._qt_viewer.canvas.native
        self.viewer, self.qtbot = viewer, qtbot
        self.layer = results_of(viewer).layer(made, "height")

    def point(self, row, column):
        world = np.array(self.layer.data_to_world((0,) * (self.layer.ndim - 2) + (row, column)))
        camera = self.viewer.scene.camera
        down, right = (world[-2:] - np.array(camera.center)[-2:]) * camera.zoom
        size = self.native.size()
        return QPoint(round(size.width() / 2 + right), round(size.height() / 2 + down))

    def move(self, row, column):
        # the pointer may be there already, from a window before: then nothing would move
        self.qtbot.mouseMove(self.native, self.point(row + 5, column + 5))
        self.qtbot.wait(30)
        self.qtbot.mouseMove(self.native, self.point(row, column))
        self.qtbot.wait(30)

    def arrive(self, row, column):
        """Move; again, where the window got another size meanwhile."""
        self.qtbot.waitUntil(lambda: self.meets(row, column), timeout=20_000)

    def meets(self, row, column):
        """Tell whether a move comes to where it should."""
        self.move(row, column)
        found = self.layer.world_to_data(self.viewer.cursor.position)[-2:]
        return np.abs(np.subtract(found, (row, column))).max() <= 0.5

    def press(self, row, column):
        QTest.mousePress(self.native, LEFT, Qt.KeyboardModifier.NoModifier, self.point(row, column))
        self.qtbot.wait(30)

    def drag(self, row, column):
        """Move with the button held, which `QTest.mouseMove` cannot."""
        from qtpy.QtGui import QMouseEvent

        point = QPointF(self.point(row, column))
        held = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            point,
            self.native.mapToGlobal(point),
            Qt.MouseButton.NoButton,
            LEFT,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(self.native, held)
        self.qtbot.wait(30)

    def release(self, row, column):
        QTest.mouseRelease(
            self.native, LEFT, Qt.KeyboardModifier.NoModifier, self.point(row, column)
        )
        self.qtbot.wait(30)

    def click(self, row, column):
        self.move(row, column)
        self.press(row, column)
        self.release(row, column)

    def draw(self, begin, end):
        self.move(*begin)
        self.press(*begin)
        for share in (0.3, 0.6, 1.0):
            self.drag(*(np.array(begin) + share * (np.array(end) - begin)))
        self.release(*end)


def press(qtbot, button):
    qtbot.mouseClick(button, LEFT)


def test_without_a_fusion_it_says_what_to_do(look):
    assert "Fuse a z-stack" in look.name.text()
    assert not look.mouse.isVisibleTo(look)


def test_what_is_under_the_mouse(look, made, mouse, qtbot):
    mouse.arrive(40, 60)
    _, y, x = look.mouse.pixel
    qtbot.waitUntil(lambda: f"row {y}, column {x}" in look.mouse.words.text(), timeout=20_000)
    qtbot.waitUntil(lambda: look.mouse.rivals.text().startswith("Taken"), timeout=20_000)
    assert abs(y - 40) <= 1 and abs(x - 60) <= 1
    fusion = made.fusion
    curve = focus_curve(fusion, y, x)
    assert f"plane {fusion.depth[y, x]:.1f}" in look.mouse.words.text()
    assert f"{100 * fusion.confidence[y, x]:.0f} %" in look.mouse.words.text()
    assert f"Taken: plane {fusion.decision[y, x]};" in look.mouse.rivals.text()
    planes, scores = look.mouse.plot.curve.getData()
    np.testing.assert_array_equal(planes, np.arange(7))
    np.testing.assert_allclose(scores, curve.scores, rtol=1e-3, atol=1e-3 * curve.scores.max())
    assert look.mouse.plot.taken.value() == fusion.decision[y, x]


def test_a_click_shows_the_plane_taken_and_a_drag_moves_the_image(look, made, mouse, viewer):
    viewer.dims.set_current_step(0, 0)
    mouse.click(40, 60)
    _, y, x = look.mouse.pixel
    taken = made.fusion.decision[y, x]
    assert viewer.dims.current_step[0] == taken > 0
    viewer.dims.set_current_step(0, 0)
    before = viewer.scene.camera.center
    mouse.draw((40, 60), (60, 90))
    assert viewer.dims.current_step[0] == 0
    assert viewer.scene.camera.center != before
    press_off = look.mouse.click
    press_off.setChecked(False)
    mouse.click(40, 60)
    assert viewer.dims.current_step[0] == 0


def test_planes_are_counted_as_the_slider_does_where_some_were_left_out(
    look, made, mouse, viewer, qtbot
):
    part = fuse(made.fusion.stack.part([1, 2, 4, 6]), method="gradient")
    results_of(viewer).replace(made, part)
    qtbot.waitUntil(lambda: look.mouse.made.fusion is part, timeout=20_000)
    mouse.arrive(40, 60)
    mouse.click(40, 60)
    qtbot.waitUntil(lambda: look.mouse.rivals.text().startswith("Taken"), timeout=20_000)
    _, y, x = look.mouse.pixel
    taken = (1, 2, 4, 6)[part.decision[y, x]]
    assert taken != part.decision[y, x]
    assert viewer.dims.current_step[0] == taken
    assert f"Taken: plane {taken};" in look.mouse.rivals.text()
    plot = look.mouse.plot
    assert plot.taken.value() == plot.sliders[0].value() == taken
    qtbot.waitUntil(lambda: len(plot.shares.opts["x"]) == 4, timeout=20_000)
    for shown in (plot.curve.getData()[0], plot.shares.opts["x"]):
        np.testing.assert_array_equal(shown, (1, 2, 4, 6))


def test_of_what_was_painted_it_says_so(look, made, mouse, viewer, qtbot):
    by_hand = made.fusion.mend([Stroke.brush([(40, 60)], 10, 2)])
    results_of(viewer).replace(made, by_hand)
    qtbot.waitUntil(lambda: look.mouse.made.fusion is by_hand, timeout=20_000)
    mouse.arrive(40, 60)
    qtbot.waitUntil(lambda: "by you" in look.mouse.rivals.text(), timeout=20_000)
    highest = np.argmax(focus_curve(by_hand, *look.mouse.pixel[1:]).scores)
    told = f"Painted by you (plane 2); the curve is highest at plane {highest}."
    assert look.mouse.rivals.text() == told
    mouse.move(80, 60)
    qtbot.waitUntil(lambda: look.mouse.rivals.text().startswith("Taken"), timeout=20_000)


def test_why_a_pixel_is_not_sure_is_told_in_words(look, made, mouse, viewer, qtbot):
    stack = made.fusion.stack
    pixels = np.array(stack.pixels)
    pixels[:, :, :70] = np.random.default_rng(0).poisson(1000, pixels[:, :, :70].shape)
    empty = fuse(ZStack.from_array(pixels, axes="ZYX", z_step=0.5, pixel_size=0.1, unit="um"))
    results_of(viewer).replace(made, empty)
    qtbot.waitUntil(lambda: look.mouse.made.fusion is empty, timeout=20_000)
    mouse.arrive(40, 30)
    told = f"Not sure: {reason_at(empty, *look.mouse.pixel)}."
    qtbot.waitUntil(lambda: look.mouse.why.text() == told, timeout=20_000)
    assert look.mouse.why.isVisibleTo(look)


def test_a_click_in_the_strip_shows_that_plane(look, made, viewer, qtbot):
    plot = look.mouse.plot
    shares = plane_shares(made.fusion)
    qtbot.waitUntil(lambda: len(plot.shares.opts["height"]) == 7, timeout=10_000)
    np.testing.assert_allclose(plot.shares.opts["height"], 100 * shares)
    box = plot.share_axes.getViewBox()
    scene = box.mapViewToScene(QPointF(5, 0.5 * 100 * shares.max()))
    qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.mapFromScene(scene))
    qtbot.waitUntil(lambda: viewer.dims.current_step[0] == 5, timeout=5000)
    assert plot.sliders[0].value() == 5


def test_a_line_drawn_with_the_mouse_gives_the_profile(
    look, made, mouse, viewer, qtbot, tmp_path, monkeypatch
):
    press(qtbot, look.line.draw)
    mouse.draw((20, 20), (70, 110))
    qtbot.waitUntil(lambda: look.line.profile is not None, timeout=5000)
    line = look.line.drawn.shapes()[0][1]
    assert np.abs(line - [(20, 20), (70, 110)]).max() <= 2
    expected = surface.profile(made.fusion, line)
    distance, height = look.line.plot.height_line.getData()
    np.testing.assert_allclose(distance, expected.distance)
    np.testing.assert_allclose(height, expected.height)
    assert "\N{MICRO SIGN}m long" in look.line.words.text()
    path = tmp_path / "line.csv"
    monkeypatch.setattr(
        "napari_mfif.plugin.closer.line_box.ask_where", lambda *args: args[-1](str(path))
    )
    press(qtbot, look.line.export)
    qtbot.waitUntil(lambda: "Saved" in look.line.note.text(), timeout=5000)
    assert path.read_text().startswith("distance (um),height (um)")
    viewer.layers.remove(look.line.drawn.layer)
    qtbot.waitUntil(lambda: look.line.profile is None, timeout=5000)


def test_measures_are_those_of_the_timepoint_that_is_seen(look, viewer, relief, qtbot):
    planes = np.asarray(relief.stack.pixels)
    stack = ZStack.from_array(np.stack([planes, planes[::-1]]), axes="TZYX", z_step=0.5, unit="um")
    fusion = fuse(stack, method="gradient")
    show(fusion, viewer)
    qtbot.waitUntil(lambda: look.line.heights is not None, timeout=10_000)
    look.line.drawn.draw("add_line")
    ends = np.zeros((2, look.line.drawn.layer.ndim))
    ends[:, -2:] = [(20, 20), (70, 110)]
    look.line.drawn.layer.add_lines(ends)
    for t in (1, 0):
        viewer.dims.set_current_step(0, t)
        expected = surface.profile(fusion, [(20, 20), (70, 110)], t).height
        qtbot.waitUntil(
            lambda expected=expected: (
                look.line.profile is not None
                and np.array_equal(look.line.profile.height, expected, equal_nan=True)
            ),
            timeout=10_000,
        )
    press(qtbot, look.surface.show_it)
    qtbot.waitUntil(lambda: look.surface.view.is_on, timeout=10_000)
    first = look.surface.view.layer.vertices
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(
        lambda: not np.array_equal(look.surface.view.layer.vertices, first), timeout=10_000
    )


def test_two_regions_give_roughness_and_a_step(look, made, mouse, qtbot):
    press(qtbot, look.regions.draw)
    mouse.draw((10, 10), (50, 50))
    press(qtbot, look.regions.draw)
    mouse.draw((60, 70), (90, 120))
    # while the second one is drawn it is too small at first, which is said instead
    qtbot.waitUntil(lambda: isinstance(look.regions.found[1], Step), timeout=10_000)
    assert look.regions.table.rowCount() == 2
    (_, corners), _ = look.regions.drawn.shapes()
    low, high = np.ceil(corners.min(axis=0)), np.floor(corners.max(axis=0))
    rows, columns = (slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True))
    expected = surface.roughness(made.fusion, (rows, columns))
    assert float(look.regions.table.item(0, 2).text()) == pytest.approx(expected.sq, rel=0.02)
    press(qtbot, look.regions.copy)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].startswith("region\tSa (um)")
    radius = made.fusion.recipe.consistency["smooth_depth"]
    assert lines[1].split("\t")[4:6] == ["plane", str(radius)]
    assert float(lines[4].split("\t")[0]) == pytest.approx(look.regions.found[1].height, rel=1e-4)


def test_regions_are_numbered_in_the_picture(look, made, mouse, viewer, qtbot):
    press(qtbot, look.regions.draw)
    mouse.draw((10, 10), (40, 50))
    press(qtbot, look.regions.draw)
    mouse.draw((60, 70), (90, 120))
    layer = look.regions.drawn.layer
    qtbot.waitUntil(lambda: layer.nshapes == 2, timeout=5000)
    qtbot.waitUntil(lambda: list(np.atleast_1d(layer.text.values)) == ["1", "2"], timeout=5000)
    viewer.layers.selection.active = layer
    layer.selected_data = {0}
    layer.remove_selected()
    qtbot.waitUntil(lambda: list(np.atleast_1d(layer.text.values)) == ["1"], timeout=5000)


@pytest.mark.parametrize(("heights", "said"), [((3, 1), "below"), ((1, 3), "above")])
def test_a_step_is_said_without_a_sign(heights, said):
    first, second = heights
    step = Step(second - first, 0.05, (9, 9), (0, 0), True, "um")
    expected = f"Region 2 lies 2.000 \N{PLUS-MINUS SIGN} 0.050 \N{MICRO SIGN}m {said} region 1"
    assert _step_in_words(step).startswith(expected)


def test_a_roughness_says_what_was_smoothed_away(look, made, mouse, qtbot):
    press(qtbot, look.regions.draw)
    mouse.draw((10, 10), (50, 50))
    said = f"median of radius {made.fusion.recipe.consistency['smooth_depth']} px"
    qtbot.waitUntil(lambda: said in look.regions.step.text(), timeout=10_000)
    plain = look.results.replace(made, made.fusion.refine(smooth_depth=0))
    qtbot.waitUntil(lambda: look.made is plain, timeout=10_000)
    qtbot.waitUntil(lambda: "smoothed" not in look.regions.step.text(), timeout=10_000)


def test_measures_follow_the_fusion(look, made, mouse, qtbot):
    press(qtbot, look.line.draw)
    mouse.draw((20, 20), (70, 110))
    qtbot.waitUntil(lambda: look.line.profile is not None, timeout=5000)
    other = made.fusion.refine(smooth_depth=9)
    new = look.results.replace(made, other)
    qtbot.waitUntil(lambda: look.made is new and look.line.profile is not None, timeout=10_000)
    line = look.line.drawn.shapes()[0][1]
    np.testing.assert_allclose(look.line.profile.height, surface.profile(other, line).height)


def test_surface_takes_over_what_was_said_of_unsure_places(look, made, qtbot):
    assert look.surface.unsure.currentText() == "left out"
    filled = made.fusion.refine(unsure="fill", min_confidence=0.9)
    new = look.results.replace(made, filled)
    qtbot.waitUntil(lambda: look.made is new, timeout=10_000)
    assert look.surface.unsure.currentText() == "filled in"
    press(qtbot, look.surface.show_it)
    qtbot.waitUntil(lambda: look.surface.view.is_on, timeout=10_000)
    assert len(look.surface.view.solid.vertices) == 97 * 131


def test_in_3d_and_back_with_the_button(look, made, viewer, qtbot):
    press(qtbot, look.surface.show_it)
    qtbot.waitUntil(lambda: look.surface.view.is_on, timeout=10_000)
    assert look.surface.show_it.isChecked()
    handle = look.surface.exaggeration.native.findChild(QSlider)
    qtbot.keyClick(handle, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: look.surface.view.wish.exaggeration > 1, timeout=5000)
    qtbot.waitUntil(lambda: not look.surface.view.busy, timeout=5000)
    press(qtbot, look.surface.show_it)
    qtbot.waitUntil(lambda: viewer.dims.ndisplay == 2, timeout=5000)
    assert not look.surface.show_it.isChecked()
    assert viewer.layers["in focus · pollen"].visible


def test_a_picture_in_3d_is_saved_from_the_fuse_panel_too(
    look, panel, made, viewer, qtbot, tmp_path
):
    from PIL import Image

    box = panel.result_box
    assert not box.picture.isVisible()
    look.surface.exaggeration.value = 4
    press(qtbot, look.surface.show_it)
    qtbot.waitUntil(lambda: look.surface.view.is_on and box.picture.isVisible(), timeout=10_000)
    size = viewer.window._qt_viewer.canvas.native.size()  # it changes as sliders come and go
    box.picture.trigger()
    (dialog,) = box.findChildren(QFileDialog)
    (name,) = dialog.selectedFiles()
    assert name.endswith("pollen surface, heights x 4.png")
    dialog.fileSelected.emit(str(tmp_path / "pollen.png"))
    dialog.reject()
    qtbot.waitUntil(lambda: "Saved" in box.note.text(), timeout=10_000)
    with Image.open(tmp_path / "pollen.png") as picture:
        assert picture.size == (2 * size.width(), 2 * size.height())
        assert np.ptp(np.asarray(picture)) > 0


@pytest.mark.parametrize("name", ["turn.gif", "turn.png"])
def test_a_movie_turns_once_and_leaves_the_camera(look, made, viewer, qtbot, tmp_path, name):
    from PIL import Image

    from napari_mfif.plugin.closer import turntable

    press(qtbot, look.surface.show_it)
    qtbot.waitUntil(lambda: look.surface.view.is_on, timeout=10_000)
    camera = viewer.scene.camera
    camera.angles = before = (10.0, 20.0, 30.0)
    pictures, turntable.PICTURES = turntable.PICTURES, 5
    try:
        look.surface.film(str(tmp_path / name))
        qtbot.waitUntil(lambda: "Saved" in look.surface.note.text(), timeout=30_000)
    finally:
        turntable.PICTURES = pictures
    with Image.open(tmp_path / name) as movie:
        assert movie.n_frames == 5
        first = np.asarray(movie.convert("L"))
        movie.seek(2)
        assert (np.asarray(movie.convert("L")) != first).mean() > 0.01
    np.testing.assert_allclose(camera.angles, before)


def test_the_surface_is_saved_as_it_is_shown(look, made, qtbot, tmp_path, monkeypatch):
    import trimesh

    path = tmp_path / "pollen.ply"
    monkeypatch.setattr(
        "napari_mfif.plugin.closer.surface_box.ask_where", lambda *args: args[-1](str(path))
    )
    look.surface.top.setCurrentIndex(1)
    look.surface.save_surface.trigger()
    qtbot.waitUntil(lambda: "Saved" in look.surface.note.text(), timeout=10_000)
    QApplication.processEvents()
    assert look.surface.save.y() < look.surface.note.y() < look.surface.exaggeration.native.y()
    expected = surface.surface(made.fusion, first_on_top=True).vertices
    read = trimesh.load(path, process=False)
    np.testing.assert_allclose(np.asarray(read.vertices), expected, rtol=1e-5)


def test_why_it_was_not_saved_is_said(qtbot):
    note, trouble = QLabel(), QLabel()
    for label in (note, trouble):
        qtbot.addWidget(label)

    def fails():
        raise OSError("The disk is full.")

    files.write_quietly(fails, note, trouble)
    qtbot.waitUntil(lambda: trouble.text() == "The disk is full.", timeout=5000)
    assert not note.text()


def test_a_closed_panel_hears_nothing_any_more(look, made, viewer, qtbot):
    begun = len(viewer.mouse_move_callbacks)
    viewer.window.remove_dock_widget(look.parent())
    qtbot.wait(50)
    assert len(viewer.mouse_move_callbacks) == begun - 1
    viewer.layers.clear()
    qtbot.wait(50)


def test_no_text_is_cut_off(look, made, viewer, qtbot):
    for theme, size in product(["dark", "light"], [(1280, 800), (900, 560)]):
        viewer.theme = theme
        viewer.window.resize(*size)
        qtbot.wait(100)
        for one in look.findChildren(QPushButton):
            if one.isVisible():
                assert one.width() >= one.sizeHint().width(), (one.text(), theme, size)
        area = look.findChild(QScrollArea)
        assert area.widget().width() <= area.viewport().width(), (theme, size)
        for label in look.findChildren(QLabel):
            if label.isVisible() and label.text():
                needed = label.heightForWidth(label.width())
                assert label.height() >= needed, (label.text(), theme, size)


def test_runner_up_is_said_by_its_height(look, made):
    for scores, said in (
        ([0, 4, 0, 2, 0, 0, 0], "runner-up: plane 3, 50 % as high."),
        ([0, 4, 0, 8, 0, 0, 0], "runner-up: plane 3, which scores higher"),
        ([0, 4, 3, 2, 1, 0, 0], "no other peak."),
    ):
        look.mouse._show(FocusCurve.of(np.array(scores, np.float32), 1))
        assert said in look.mouse.rivals.text()


def test_two_depths_that_noise_does_not_decide_between_are_said(look, made, mouse, qtbot):
    fusion = made.fusion
    curve = FocusCurve.of(np.array([0, 4, 0, 2, 0, 0, 0], np.float32), 1)
    competing = fusion.runner_up != fusion.decision
    assert competing.any() and not competing.all()
    for wanted in (True, False):
        y, x = np.argwhere(competing == wanted)[0]
        look.mouse.pixel = (0, int(y), int(x))
        look.mouse._show(curve)
        assert ("Noise does not decide" in look.mouse.rivals.text()) == wanted
