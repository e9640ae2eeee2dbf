"""The Compare panel in a real window, moved by mouse and keys."""

from __future__ import annotations

import csv
import io
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Picture
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

from napari_mfif import Stroke, ZStack, fuse
from napari_mfif.fusion.naming import preset_name
from napari_mfif.metrics import depth_error, psnr
from napari_mfif.metrics.registry import MEASURES
from napari_mfif.plugin import show
from napari_mfif.plugin.comparing.difference_layer import EARLIER, ROLE, ROUND
from napari_mfif.plugin.comparing.keeping import keep
from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.panel.side_boxes import OFF, SPLIT, A, B
from napari_mfif.plugin.results import results_of
from napari_mfif.settings.presets import get_preset

pytestmark = pytest.mark.window

WAIT = 30_000


@pytest.fixture(scope="session")
def pair_of_fusions(relief):
    stack = ZStack(
        np.asarray(relief.stack.pixels), "ZYX", name="pollen", pixel_size=(0.1, 0.1), z_step=0.5,
        unit="um",
    )  # fmt: skip
    fast = fuse(stack, recipe=get_preset("Fast").recipe)
    return fast, fuse(stack, recipe=get_preset("Balanced").recipe)


@pytest.fixture
def compare(dock, viewer, pair_of_fusions, qtbot):
    """The panel, with a kept result and a newer one."""
    first, second = pair_of_fusions
    made = dock("Compare")
    show(first, viewer)
    show(second, viewer)  # keeps the first
    qtbot.waitUntil(lambda: len(made.sides) == 2, timeout=WAIT)
    return made


def press(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def see(compare, qtbot, how):
    press(qtbot, compare.see.group.button(how))


def visible(viewer):
    return [layer.name for layer in viewer.layers if layer.visible]


def measure(compare, qtbot):
    press(qtbot, compare.measure_box.measure)
    qtbot.waitUntil(lambda: not compare.measure_box.is_running(), timeout=WAIT)


def columns(table):
    rows = list(csv.DictReader(io.StringIO(table.as_csv())))
    return {row["Result"]: row for row in rows}


def test_a_kept_result_outlives_the_next_run(dock, panel, add_relief, fused, qtbot):
    viewer, results = panel.viewer, results_of(panel.viewer)
    source = add_relief()
    compare = dock("Compare")
    panel.method_box.apply(get_preset("Fast"))
    fused(panel)
    first = results.current()
    qtbot.waitUntil(compare.keep_button.isEnabled, timeout=WAIT)
    press(qtbot, compare.keep_button)
    assert "in focus · pollen kept 1" in viewer.layers
    assert results.of(source).fusion is first.fusion
    qtbot.waitUntil(lambda: not compare.keep_button.isEnabled(), timeout=WAIT)
    panel.method_box.apply(get_preset("Noisy"))
    fused(panel)
    image = viewer.layers["in focus · pollen kept 1"]
    np.testing.assert_array_equal(image.data, first.fusion.image)
    newest = results.of(source)
    assert newest.fusion.recipe.method == "adaptive"
    np.testing.assert_array_equal(viewer.layers["in focus · pollen"].data, newest.fusion.image)
    assert results.source_layer(results.of(image)).name == source.name
    qtbot.waitUntil(lambda: compare.boxes.a.count() == 2, timeout=WAIT)
    facts = {side.name: side.facts()[:2] for side in compare.sides}
    assert facts == {
        "newest": ("Noise-aware pyramid", "Noisy"),
        "kept 1": ("Gradient energy", "Fast"),
    }


def test_kept_maps_do_not_lie_over_what_comes_next(panel, add_relief, fused, viewer):
    add_relief()
    fused(panel)
    viewer.layers["height (µm) · pollen"].visible = True
    keep(panel.results, panel.made())
    assert viewer.layers["height (µm) · pollen kept 1"].visible
    fused(panel)
    assert not viewer.layers["height (µm) · pollen kept 1"].visible
    assert viewer.layers["in focus · pollen"].visible


def test_a_running_fusion_is_not_kept(dock, panel, add_relief, fused, slow, qtbot):
    slow.set()
    add_relief()
    compare = dock("Compare")
    fused(panel)
    qtbot.waitUntil(compare.keep_button.isEnabled, timeout=WAIT)
    slow.clear()
    panel.start()
    qtbot.waitUntil(lambda: not compare.keep_button.isEnabled(), timeout=WAIT)
    panel.cancel()
    qtbot.waitUntil(compare.keep_button.isEnabled, timeout=WAIT)


@pytest.mark.drawn
def test_a_key_changes_between_the_two(compare, viewer, qtbot):
    before = visible(viewer)
    canvas = viewer.window._qt_viewer.canvas.native
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_K)
    assert visible(viewer) == ["in focus · pollen"]
    assert compare.see.marked() == A
    qtbot.keyClick(canvas, Qt.Key.Key_K)
    assert visible(viewer) == ["in focus · pollen kept 1"]
    see(compare, qtbot, A)
    assert visible(viewer) == ["in focus · pollen"]
    see(compare, qtbot, OFF)
    assert visible(viewer) == before


def test_heights_are_blinked_too(compare, viewer, qtbot):
    before = visible(viewer)
    qtbot.keyClick(compare.boxes.view, Qt.Key.Key_Down)
    see(compare, qtbot, B)
    assert visible(viewer) == ["height (µm) · pollen kept 1"]
    see(compare, qtbot, OFF)
    assert visible(viewer) == before


def pixels_of(viewer, qtbot):
    qtbot.wait(150)
    return viewer.screenshot(canvas_only=True, flash=False)


@pytest.mark.drawn
def test_the_line_shows_one_left_of_it_and_the_other_right(compare, viewer, qtbot):
    a, b = viewer.layers["in focus · pollen"], viewer.layers["in focus · pollen kept 1"]
    a.colormap, b.colormap = "green", "magenta"
    a.contrast_limits = b.contrast_limits = (0, 1)
    viewer.reset_view()
    see(compare, qtbot, SPLIT)
    line = compare.sight.split.line
    assert line.names == ("newest: Balanced", "kept 1: Fast")

    def colours(share):
        picture = pixels_of(viewer, qtbot)
        row = picture[picture.shape[0] // 2].astype(int)
        return row[int(share * len(row))].tolist()[:3]

    for target in (0.42, 0.6):
        width = line.parentWidget().width()
        start = line.rect().center()
        there = line.mapFrom(line.parentWidget(), QPoint(int(target * width), start.y()))
        qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=start)
        move(line, there)
        qtbot.mouseRelease(line, Qt.MouseButton.LeftButton, pos=there)
        assert line.share == pytest.approx(target, abs=0.01)
        assert colours(target - 0.04) == [0, 255, 0]
        assert colours(target + 0.04) == [255, 0, 255]
    qtbot.keyClick(line, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert line.share < 0.58
    see(compare, qtbot, OFF)
    assert compare.sight.split.line is None
    assert colours(0.45) == colours(0.55)


def move(widget, place):
    """Send a move with the button held: QTest moves the mouse without it."""
    from qtpy.QtCore import QEvent, QPointF
    from qtpy.QtGui import QMouseEvent

    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(place), QPointF(widget.mapToGlobal(place)),
        Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


@pytest.mark.drawn
def test_the_line_cuts_pixels_of_another_type_too(compare, viewer, qtbot):
    a, b = viewer.layers["in focus · pollen"], viewer.layers["in focus · pollen kept 1"]
    see(compare, qtbot, SPLIT)
    a.data = (a.data > 0).astype(np.uint8)
    b.data = (b.data > 0).astype(np.float32)
    for layer, colour in ((a, "green"), (b, "magenta")):
        layer.colormap, layer.contrast_limits = colour, (0, 1)
    picture = pixels_of(viewer, qtbot)
    row = picture[picture.shape[0] // 2].astype(int)
    assert row[int(0.45 * len(row)), :3].tolist() == [0, 255, 0]
    assert row[int(0.55 * len(row)), :3].tolist() == [255, 0, 255]


def test_names_of_maps_make_room_for_those_of_the_line(compare, viewer, qtbot):
    qtbot.keyClick(compare.boxes.view, Qt.Key.Key_Down)
    heights = [viewer.layers[f"height (µm) · pollen{kept}"] for kept in ("", " kept 1")]
    for way, named in ((SPLIT, False), (OFF, True)):
        see(compare, qtbot, way)
        assert [layer.name_overlay.visible for layer in heights] == [named, named]


def test_of_two_equal_colour_bars_one_is_seen_beside_the_line(compare, viewer, qtbot):
    qtbot.keyClick(compare.boxes.view, Qt.Key.Key_Down)
    heights = [viewer.layers[f"height (µm) · pollen{kept}"] for kept in ("", " kept 1")]
    see(compare, qtbot, SPLIT)
    assert [layer.colorbar.visible for layer in heights] == [True, False]
    see(compare, qtbot, OFF)
    assert [layer.colorbar.visible for layer in heights] == [True, True]
    heights[1].contrast_limits = (1, 2)
    see(compare, qtbot, SPLIT)
    assert [layer.colorbar.visible for layer in heights] == [True, True]


def test_three_dimensions_end_the_split(compare, viewer, qtbot):
    see(compare, qtbot, SPLIT)
    viewer.dims.ndisplay = 3
    assert compare.sight.split.line is None
    assert compare.see.marked() == OFF


@pytest.mark.parametrize(("view", "title"), [(0, "image"), (1, "height (µm)")])
def test_the_difference_is_signed_with_even_colours(
    compare, viewer, qtbot, pair_of_fusions, view, title
):
    fast, balanced = pair_of_fusions
    compare.boxes.view.setCurrentIndex(view)
    press(qtbot, compare.subtract)
    name = f"{title}: newest \N{MINUS SIGN} kept 1 · pollen"
    qtbot.waitUntil(lambda: name in viewer.layers, timeout=WAIT)
    layer = viewer.layers[name]
    first, second = (
        one.height_where() if view else one.image.astype(float) for one in (balanced, fast)
    )
    expected = first - second
    np.testing.assert_allclose(layer.data, expected, atol=1e-6)
    low, high = layer.contrast_limits
    assert low == -high
    assert 0 < high <= 1.7 * np.nanmax(np.abs(expected))
    step = high / 10 ** np.floor(np.log10(high))
    assert min(abs(step - one) for one in ROUND) < 1e-6
    mean = np.nanmean(expected)
    way = "higher" if mean > 0 else "lower"
    size = f"{abs(mean):.3g} µm" if view else f"{abs(mean):.3g}"
    assert compare.note.text().startswith(f"A is {size} {way} than B on average")
    assert layer.colorbar.visible
    np.testing.assert_allclose(layer.scale, (0.1, 0.1))
    assert result(layer).role == ROLE
    press(qtbot, compare.subtract)
    qtbot.wait(300)
    assert [one.name for one in viewer.layers].count(name) == 1
    assert results_of(viewer).current().fusion is balanced


def test_numbers_of_another_comparison_do_not_stay(compare, viewer, qtbot):
    def subtract():
        press(qtbot, compare.subtract)
        qtbot.waitUntil(lambda: "on average" in compare.note.text(), timeout=WAIT)
        qtbot.wait(50)
        assert compare.note.isVisibleTo(compare)

    subtract()
    qtbot.keyClick(compare.boxes.view, Qt.Key.Key_Down)
    assert compare.note.text() == ""
    subtract()
    results = results_of(viewer)
    made = next(one for one in results.all() if "kept" not in one.source)
    results.replace(made, made.fusion.refine(smooth_depth=9))
    qtbot.waitUntil(lambda: "of an earlier result" in compare.note.text(), timeout=WAIT)
    assert "on average" not in compare.note.text()
    subtract()
    compare.boxes.b.setCurrentIndex(compare.boxes.a.currentIndex())
    assert compare.note.text() == ""


def difference_of(compare, viewer, qtbot, name):
    press(qtbot, compare.subtract)
    qtbot.waitUntil(lambda: name in viewer.layers, timeout=WAIT)
    return viewer.layers[name]


def test_a_difference_says_when_it_is_of_an_earlier_result(
    dock, panel, viewer, add_relief, fused, qtbot
):
    add_relief()
    compare = dock("Compare")
    panel.method_box.apply(get_preset("Fast"))
    fused(panel)
    qtbot.waitUntil(compare.keep_button.isEnabled, timeout=WAIT)
    press(qtbot, compare.keep_button)
    panel.method_box.apply(get_preset("Balanced"))
    fused(panel)
    qtbot.waitUntil(lambda: len(compare.sides) == 2, timeout=WAIT)
    name = "image: newest \N{MINUS SIGN} kept 1 · pollen"
    layer = difference_of(compare, viewer, qtbot, name)
    before = layer.data
    qtbot.wait(50)
    assert layer.name == name
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("laplacian"))
    fused(panel)
    qtbot.waitUntil(lambda: layer.name == name + EARLIER, timeout=WAIT)
    assert layer.data is before
    assert difference_of(compare, viewer, qtbot, name) is layer
    newest, kept = (viewer.layers[f"in focus · pollen{end}"].data for end in ("", " kept 1"))
    np.testing.assert_array_equal(layer.data, newest.astype(float) - kept)
    viewer.window.remove_dock_widget(compare)  # it is marked though no panel is open
    made = panel.results.current()
    panel.results.replace(made, made.fusion.refine(smooth_depth=9))
    qtbot.waitUntil(lambda: layer.name == name + EARLIER, timeout=WAIT)


def test_results_of_another_stack_are_not_offered_and_it_is_said_how_to_get_at_them(
    compare, viewer, qtbot
):
    other = fuse(np.random.default_rng(0).random((4, 40, 50)), method="gradient")
    assert not compare.others.isVisibleTo(compare)
    show(replace(other, stack=replace(other.stack, name="ant")), viewer)
    qtbot.waitUntil(lambda: "Results of pollen are" in compare.others.text(), timeout=WAIT)
    assert compare.boxes.a.count() == compare.boxes.b.count() == 1
    assert set(columns(compare.measure_box.table)) == {"newest"}
    assert not compare.subtract.isEnabled()
    viewer.layers.selection.active = viewer.layers["height (µm) · pollen"]
    qtbot.waitUntil(lambda: compare.boxes.a.count() == 2, timeout=WAIT)
    assert "Results of ant are" in compare.others.text()
    layer = difference_of(compare, viewer, qtbot, "image: newest \N{MINUS SIGN} kept 1 · pollen")
    assert viewer.layers.selection.active is layer
    qtbot.wait(50)
    assert compare.boxes.a.count() == 2  # a difference is of no other stack


def test_a_picture_is_measured_against_the_planes_of_the_stack_at_hand(compare, viewer, qtbot):
    viewer.add_image(np.random.default_rng(0).random((97, 131)), name="other program")
    qtbot.waitUntil(lambda: len(compare.sides) == 3, timeout=WAIT)
    measure(compare, qtbot)
    assert columns(compare.measure_box.table)["other program"]["Q_G"] != ""
    show(fuse(np.random.default_rng(0).random((4, 97, 131)), method="gradient"), viewer)
    qtbot.waitUntil(lambda: len(compare.sides) == 2, timeout=WAIT)
    assert not columns(compare.measure_box.table)["other program"].get("Q_G")


def test_names_tell_what_differs_and_tooltips_hold_all_of_them(compare, viewer, qtbot, relief):
    results = results_of(viewer)
    made = next(one for one in results.all() if "kept" not in one.source)
    strokes = [Stroke.brush([(40, 40)], 9, 5), Stroke.brush([(60, 60)], 9, 5)]
    painted = made.fusion.refine(smooth_depth=9).mend(strokes)
    results.replace(made, painted)
    boxes = compare.boxes
    title = "newest: Balanced, refined, 2 strokes"
    qtbot.waitUntil(lambda: boxes.a.currentText() == title, timeout=WAIT)
    assert title in boxes.a.toolTip()
    assert "kept 1: Fast" in boxes.b.toolTip()
    assert boxes.strokes.text() == ""
    other = fuse(made.fusion.stack, method="gradient", window=21).mend(strokes[:1])
    show(other, viewer)
    qtbot.waitUntil(lambda: boxes.a.count() == 3, timeout=WAIT)
    texts = [boxes.a.itemText(n) for n in range(3)]
    assert texts[0].startswith("newest: Gradient energy, sharpness scale 21")
    assert texts[1:] == ["kept 2: Balanced, refined, 2 strokes", "kept 1: Fast"]
    assert "The same stroke is in both" in boxes.strokes.text()
    boxes.a.resize(110, boxes.a.height())
    assert boxes.a.shown() != boxes.a.currentText()
    assert boxes.a.currentText() in boxes.a.toolTip()


def test_of_channels_and_times_what_is_chosen_is_subtracted_and_measured(
    dock, viewer, qtbot, relief
):
    planes = np.asarray(relief.stack.pixels)
    pixels = np.stack([np.stack([planes, planes[::-1]]), np.stack([planes[:, ::-1], planes])])
    film = ZStack(pixels, "TCZYX", name="film", channel_names=("DAPI", "GFP"))
    fusions = [fuse(film, method="gradient", window=width) for width in (5, 21)]
    compare = dock("Compare")
    for fusion in fusions:
        show(fusion, viewer)
    qtbot.waitUntil(lambda: len(compare.sides) == 2, timeout=WAIT)
    assert compare.boxes.channel.isVisibleTo(compare)
    qtbot.keyClick(compare.boxes.channel, Qt.Key.Key_Down)
    viewer.dims.set_point(0, 1)
    press(qtbot, compare.subtract)
    name = "image, GFP, timepoint 1: newest \N{MINUS SIGN} kept 1 · film"
    qtbot.waitUntil(lambda: name in viewer.layers, timeout=WAIT)
    first, second = (fusion.image[1, 1].astype(float) for fusion in fusions)
    np.testing.assert_array_equal(viewer.layers[name].data, second - first)
    see(compare, qtbot, B)
    assert visible(viewer) == ["in focus · film kept 1 DAPI", "in focus · film kept 1 GFP"]
    measure(compare, qtbot)
    from napari_mfif.metrics import evaluate

    expected = evaluate(second, sources=list(pixels[1, 1]), measures=("Q_G",))["Q_G"]
    assert float(columns(compare.measure_box.table)["newest"]["Q_G"]) == pytest.approx(expected)


def test_a_result_less_itself_is_refused(compare, qtbot):
    compare.boxes.b.setCurrentIndex(compare.boxes.a.currentIndex())
    press(qtbot, compare.subtract)
    assert "A and B are the same" in compare.problem.text()


def test_measures_are_those_of_the_library(compare, viewer, qtbot, pair_of_fusions):
    from napari_mfif.metrics import evaluate

    measure(compare, qtbot)
    shown = columns(compare.measure_box.table)
    for name, fusion in zip(("kept 1", "newest"), pair_of_fusions, strict=True):
        planes = list(np.asarray(fusion.stack.pixels))
        expected = evaluate(fusion.image, sources=planes, measures=("Q_G", "SF", "Q_SF"))
        for what, value in expected.items():
            assert float(shown[name][what]) == pytest.approx(value)


@pytest.mark.parametrize(("known", "name"), [("truth", "PSNR"), ("heights", "depth_error")])
def test_with_a_truth_results_are_measured_by_it(
    compare, viewer, qtbot, relief, pair_of_fusions, known, name
):
    true = relief.image if known == "truth" else 0.5 * np.asarray(relief.depth, np.float32)
    viewer.add_image(true, name="true", scale=(0.1, 0.1), units="um")
    table, box = compare.measure_box.table, getattr(compare.measure_box, known)
    qtbot.waitUntil(lambda: box.count() == 2, timeout=WAIT)
    qtbot.keyClick(box, Qt.Key.Key_Down)
    measure(compare, qtbot)
    shown = columns(table)
    assert set(shown) == {"kept 1", "newest"}
    for result_name, fusion in zip(("kept 1", "newest"), pair_of_fusions, strict=True):
        where = np.isfinite(fusion.height_where())
        expected = (
            psnr(fusion.image, relief.image)
            if known == "truth"
            else depth_error(fusion.depth, relief.depth, where=where)
        )
        assert float(shown[result_name][name]) == pytest.approx(expected, rel=1e-3)
    unknown = [100 * np.mean(~np.isfinite(one.height_where())) for one in pair_of_fusions]
    if known == "heights":
        for result_name, share in zip(("kept 1", "newest"), unknown, strict=True):
            told = f"Of {result_name} {share:.0f} % has no height"
            assert (told in compare.measure_box.note.text()) == (share >= 0.5)
        assert max(unknown) >= 0.5
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert name not in table.as_csv()


def test_anothers_picture_is_opened_laid_on_and_brought_to_the_same_grey_values(
    compare, viewer, qtbot, tmp_path, pair_of_fusions
):
    image = pair_of_fusions[1].image.astype(float)
    low, span = image.min(), np.ptp(image)
    Picture.fromarray(np.round(255 * (image - low) / span).astype(np.uint8)).save(
        tmp_path / "other.png"
    )
    compare.open_picture(str(tmp_path / "other.png"))
    box = compare.measure_box
    qtbot.waitUntil(lambda: "other" in viewer.layers and box.truth.currentText() == "other")
    np.testing.assert_allclose(viewer.layers["other"].scale, (0.1, 0.1))
    measure(compare, qtbot)
    assert "other grey values" in box.note.text()
    assert float(columns(box.table)["newest"]["PSNR"]) > 45
    box.choose_truth("")
    measure(compare, qtbot)
    assert "other" in columns(box.table)


def test_a_picture_that_lies_elsewhere_can_be_laid_on(compare, viewer, qtbot, relief):
    layer = viewer.add_image(relief.image, name="truth")
    key = str(layer.unique_id)
    qtbot.waitUntil(lambda: compare.boxes.b.findData(key) >= 0, timeout=WAIT)
    compare.boxes.b.setCurrentIndex(compare.boxes.b.findData(key))
    assert compare.fitting.laying.isVisibleTo(compare)
    press(qtbot, compare.fitting.laying.remedy)
    np.testing.assert_allclose(layer.scale, (0.1, 0.1))
    assert not compare.fitting.laying.isVisibleTo(compare)


def test_another_contrast_is_said_and_mended(compare, viewer, qtbot):
    a, b = viewer.layers["in focus · pollen"], viewer.layers["in focus · pollen kept 1"]
    see(compare, qtbot, A)
    assert not compare.fitting.contrast.isVisibleTo(compare)
    b.contrast_limits = (0, 5)
    see(compare, qtbot, B)
    assert compare.fitting.contrast.isVisibleTo(compare)
    press(qtbot, compare.fitting.contrast.remedy)
    assert tuple(b.contrast_limits) == tuple(a.contrast_limits)
    assert not compare.fitting.contrast.isVisibleTo(compare)


def test_an_unreadable_picture_is_said(compare, qtbot, tmp_path):
    (tmp_path / "no.png").write_bytes(b"nothing")
    compare.open_picture(str(tmp_path / "no.png"))
    qtbot.waitUntil(lambda: bool(compare.problem.text()), timeout=WAIT)


def test_columns_are_sorted_as_numbers(compare, qtbot):
    table = compare.measure_box.table
    table.show_measures(["SF"])
    values = {"a": 9.5, "b": 10.5}
    for side, value in zip(compare.sides, values.values(), strict=True):
        table.set_value(side.key, "SF", value)
    header = table.horizontalHeader()
    orders = []
    for _ in range(2):
        place = QPoint(header.sectionViewportPosition(1) + 8, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        orders.append([float(table.item(row, 1).text()) for row in range(2)])
    assert sorted(orders) == [[9.5, 10.5], [10.5, 9.5]]


def test_every_measure_tells_its_direction_and_what_fools_it(compare):
    box = compare.measure_box
    box.which.setCurrentIndex(1)
    table = box.table
    heads = [table.horizontalHeaderItem(1 + n) for n in range(len(table.measures))]
    assert len(heads) > 20
    for name, head in zip(table.measures, heads, strict=True):
        assert head.text().startswith(f"{MEASURES[name].plain}\n({name})")
        assert MEASURES[name].fooled in head.toolTip()
        if MEASURES[name].better != "neither":
            assert head.text()[-1] in "\N{UPWARDS ARROW}\N{DOWNWARDS ARROW}0"


@pytest.fixture
def endless(monkeypatch):
    """A measure that takes its time, and how often it was begun."""
    go_on, begun = threading.Event(), []

    def slowly(*images):
        begun.append(1)
        go_on.wait(10)
        return 1.0

    monkeypatch.setitem(MEASURES, "Q_G", replace(MEASURES["Q_G"], function=slowly))
    yield go_on, begun
    go_on.set()


@pytest.mark.parametrize("way", ["cancelled", "closed"])
def test_measuring_ends_when_it_is_cancelled_or_the_window_closed(
    compare, viewer, qtbot, endless, way
):
    go_on, begun = endless
    box = compare.measure_box
    see(compare, qtbot, SPLIT)
    press(qtbot, box.measure)
    qtbot.waitUntil(lambda: bool(begun), timeout=WAIT)
    worker = box._worker
    if way == "closed":
        viewer.close()
    else:
        press(qtbot, box.stop)
        assert box.measure.isVisibleTo(box)
    assert not box.is_running()
    go_on.set()
    qtbot.waitUntil(lambda: not worker.is_running, timeout=WAIT)
    QApplication.processEvents()
    assert len(begun) == 1
    if way == "cancelled":
        assert "Q_G" not in columns(box.table)["kept 1"]


def test_values_of_a_result_made_anew_are_forgotten(compare, viewer, qtbot, pair_of_fusions):
    measure(compare, qtbot)
    results = results_of(viewer)
    made = next(one for one in results.all() if "kept" not in one.source)
    results.replace(made, made.fusion.refine(smooth_depth=9))
    table = compare.measure_box.table
    qtbot.waitUntil(lambda: columns(table)["newest"]["SF"] == "", timeout=WAIT)
    assert columns(table)["kept 1"]["SF"] != ""


def test_the_table_is_copied_as_csv(compare, qtbot):
    measure(compare, qtbot)
    press(qtbot, compare.measure_box.copy)
    text = QApplication.clipboard().text()
    assert text == compare.measure_box.table.as_csv()
    assert text.startswith("Result,Q_G,")


def test_a_selected_result_is_removed_with_all_its_layers(compare, viewer, qtbot):
    table = compare.measure_box.table
    row = next(r for r in range(2) if table.item(r, 0).text() == "kept 1")
    qtbot.mouseClick(
        table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=table.visualItemRect(table.item(row, 0)).center(),
    )
    press(qtbot, compare.measure_box.removing)
    assert not any("kept 1" in layer.name for layer in viewer.layers)
    qtbot.waitUntil(lambda: table.rowCount() == 1, timeout=WAIT)


def test_a_result_removed_while_it_is_seen_ends_that(compare, viewer, qtbot):
    see(compare, qtbot, SPLIT)
    for layer in [layer for layer in viewer.layers if "kept 1" in layer.name]:
        viewer.layers.remove(layer)
    qtbot.waitUntil(lambda: compare.see.marked() == OFF, timeout=WAIT)
    assert compare.sight.split.line is None
    assert "in focus · pollen" in visible(viewer)


def test_closing_shows_what_was_visible_before(compare, viewer, qtbot):
    before = visible(viewer)
    see(compare, qtbot, SPLIT)
    viewer.window.remove_dock_widget(compare)
    assert visible(viewer) == before
    qtbot.keyClick(viewer.window._qt_viewer.canvas.native, Qt.Key.Key_K)
    assert visible(viewer) == before


def test_a_preset_is_known_by_its_values(pair_of_fusions):
    fast, balanced = pair_of_fusions
    assert preset_name(fast.recipe, fast.stack) == "Fast"
    assert preset_name(balanced.recipe, balanced.stack) == "Balanced"
    other = fast.refine(smooth_depth=9)
    assert preset_name(other.recipe, other.stack) == ""


def test_an_empty_panel_says_what_to_do(dock, viewer):
    made = dock("Compare")
    assert "Fuse a stack first" in made.intro.text()
    assert not made.keep_button.isEnabled()
    assert not made.measure_box.measure.isEnabled()
