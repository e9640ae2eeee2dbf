"""What one does with the Fuse panel besides fusing: opens, drops, scrolls, closes, comes back."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import tifffile
from napari.utils.notifications import Notification
from PIL import Image
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QThreadPool, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_mfif import methods
from napari_mfif.errors import OnePlaneError
from napari_mfif.plugin.commands import open_paths
from napari_mfif.plugin.napari_internals import drop_target
from napari_mfif.settings.presets import PRESETS

pytestmark = pytest.mark.window

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def folder(relief, tmp_path):
    """Planes as PNG, a stack and a single picture as TIFF."""
    planes = tmp_path / "planes"
    planes.mkdir()
    pixels = np.asarray(relief.stack.pixels)
    for z, plane in enumerate(pixels):
        Image.fromarray((plane // 256).astype(np.uint8)).save(planes / f"bug_z{z}.png")
    tifffile.imwrite(tmp_path / "stack.tif", pixels)
    tifffile.imwrite(tmp_path / "single.tif", pixels[0])
    return tmp_path


def drop(widget, paths, modifiers=NONE) -> bool:
    """Drop files onto a widget; tell whether somebody took them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, button = widget.rect().center(), Qt.MouseButton.LeftButton
    copying = Qt.DropAction.CopyAction
    entering = QDragEnterEvent(place, copying, mime, button, modifiers)
    entering.ignore()
    QApplication.sendEvent(widget, entering)
    event = QDropEvent(QPointF(place), copying, mime, button, modifiers)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


@pytest.fixture
def seen(panel, qtbot):
    """The panel in a window that is shown."""
    window = panel.window()
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    return panel


@pytest.fixture
def left(viewer, panel, monkeypatch):
    """What is dropped on the window and left to napari: noted, not opened."""
    target, urls = drop_target(panel.window()), []
    assert target is not None
    monkeypatch.setattr(
        type(target), "_open_from_list_of_urls_data", lambda _, found, **__: urls.extend(found)
    )
    panel.opener.watch(panel.window())
    return urls


def test_pictures_dropped_on_the_window_are_one_stack(viewer, panel, left, folder):
    drop(drop_target(panel.window()), sorted((folder / "planes").iterdir()))
    (layer,) = viewer.layers
    assert layer.data.shape == (7, 97, 131)
    assert left == []


def test_stack_dropped_on_the_window_asks_for_no_reader(viewer, panel, left, folder):
    drop(drop_target(panel.window()), [folder / "stack.tif"])
    (layer,) = viewer.layers
    assert layer.data.shape == (7, 97, 131)
    assert "napari_mfif" in layer.metadata


def test_single_pictures_and_drops_with_shift_are_left_to_napari(viewer, panel, left, folder):
    drop(drop_target(panel.window()), [folder / "single.tif"])
    drop(drop_target(panel.window()), [folder / "planes" / "bug_z0.png"])
    drop(drop_target(panel.window()), [folder / "stack.tif"], Qt.KeyboardModifier.ShiftModifier)
    assert len(left) == 3
    assert len(viewer.layers) == 0


def test_files_for_which_another_reader_is_preferred_are_left_to_it(
    viewer, panel, left, folder, monkeypatch
):
    monkeypatch.setattr("napari_mfif.plugin.panel.opener.preferred_reader", lambda path: "another")
    drop(drop_target(panel.window()), [folder / "stack.tif"])
    assert len(left) == 1


def test_folder_dropped_on_the_panel_is_opened(viewer, panel, folder):
    assert drop(panel, [folder / "planes"])
    (layer,) = viewer.layers
    assert layer.data.shape == (7, 97, 131)


def test_what_cannot_be_opened_is_said_where_one_is(viewer, panel, folder):
    drop(panel, [folder / "planes" / "bug_z0.png"])
    assert "single picture" in panel.welcome._problem.text()


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a stack"])
def test_the_folder_of_a_single_picture_is_offered(viewer, seen, folder, add_relief, qtbot, beside):
    if beside:
        add_relief()
    seen.opener.ask()
    (dialog,) = seen.findChildren(QFileDialog)
    dialog.filesSelected.emit([str(folder / "planes" / "bug_z3.png")])
    dialog.reject()
    offer = (seen.run_box if beside else seen.welcome).offer
    assert offer.isVisible()
    assert offer.text() == "Open its folder (7 pictures)"
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert viewer.layers[-1].data.shape == (7, 97, 131)
    assert not offer.isVisible()


def test_napari_offers_the_folder_where_no_panel_is_open(viewer, folder):
    (folder / "stack.tif").unlink()
    with pytest.raises(OnePlaneError) as refused:
        open_paths(viewer, [str(folder / "single.tif")])
    assert refused.value.actions == ()  # it is the only picture there
    with pytest.raises(OnePlaneError) as refused:
        open_paths(viewer, [str(folder / "planes" / "bug_z3.png")])
    ((_, accept),) = Notification.from_exception(refused.value).actions
    accept()
    assert viewer.layers[-1].data.shape == (7, 97, 131)


def test_folder_without_planes_is_refused_in_our_words(viewer, panel, tmp_path):
    (tmp_path / "field 1").mkdir()
    (tmp_path / "field 1" / "notes.txt").write_text("nothing")
    drop(panel, [tmp_path])
    assert tmp_path.name in panel.welcome._problem.text()
    assert "refused" not in panel.welcome._problem.text()


@pytest.mark.parametrize(("kind", "ending"), [(0, ".ome.tif"), (1, ".png")])
def test_a_name_without_an_ending_gets_that_of_the_chosen_kind(
    panel, add_relief, fused, tmp_path, kind, ending
):
    panel.method_box.apply(PRESETS[1])
    add_relief()
    fused(panel)
    panel.result_box.save("image")
    (dialog,) = panel.result_box.findChildren(QFileDialog)
    assert dialog.windowTitle() == "Save the all-in-focus image"
    dialog.setDirectory(str(tmp_path))
    dialog.selectNameFilter(dialog.nameFilters()[kind])
    dialog.filterSelected.emit(dialog.selectedNameFilter())
    dialog.selectFile("ant")
    assert dialog.selectedFiles() == [str(tmp_path / f"ant{ending}")]
    dialog.reject()


def test_without_a_panel_napari_asks_until_it_is_told_by_a_command(
    make_napari_viewer, folder, monkeypatch, qtbot
):
    from napari._app_model import get_app_model
    from napari._qt.dialogs.qt_reader_dialog import QtReaderDialog
    from napari.settings import get_settings

    asked = []

    def chosen(dialog):
        asked.append(dialog)
        return "", False

    monkeypatch.setattr(QtReaderDialog, "get_user_choices", chosen)
    monkeypatch.setattr(get_settings().plugins, "extension2reader", {"*.png": "napari"})
    viewer = make_napari_viewer(show=True)
    target = drop_target(viewer.window._qt_window)
    drop(target, [folder / "stack.tif"])
    assert len(asked) == 1
    get_app_model().commands.execute_command("napari-mfif.prefer_for_tiff").result()
    assert get_settings().plugins.extension2reader["*.png"] == "napari"
    drop(target, [folder / "stack.tif"])
    drop(target, [folder / "single.tif"])
    stack, picture = viewer.layers
    assert "napari_mfif" in stack.metadata
    assert picture.data.shape == (97, 131)
    assert len(asked) == 1


def test_closed_panel_takes_no_drops(viewer, panel, left, folder):
    window = panel.window()
    viewer.window.remove_dock_widget(panel)
    drop(drop_target(window), [folder / "stack.tif"])
    assert len(left) == 1


@pytest.mark.parametrize(
    ("entry", "mode"),
    [(0, QFileDialog.FileMode.ExistingFiles), (1, QFileDialog.FileMode.Directory)],
)
def test_files_and_folders_are_opened_beside_a_stack(
    panel, viewer, add_relief, folder, entry, mode
):
    add_relief()
    panel.stack_box.opening.menu().actions()[entry].trigger()
    (dialog,) = panel.findChildren(QFileDialog)
    assert dialog.fileMode() == mode
    planes = sorted((folder / "planes").iterdir())
    chosen = [folder / "planes"] if entry else planes
    dialog.filesSelected.emit([str(one) for one in chosen])
    dialog.reject()
    assert viewer.layers[-1].data.shape == (7, 97, 131)
    assert panel.stack_box.box.currentText() != "pollen"


def test_wheel_scrolls_the_panel_over_every_box(seen, viewer, add_relief, qtbot):
    panel = seen
    add_relief()
    add_relief("algae")
    box = panel.method_box.method
    for one in (box, panel.stack_box.box, panel.method_box.device):
        one.clearFocus()
        before = one.currentIndex()
        middle = QPointF(one.rect().center())
        for steps in (-1, 1):
            event = QWheelEvent(
                middle, one.mapToGlobal(middle), QPoint(), QPoint(0, 120 * steps),
                Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(one, event)
            assert one.currentIndex() == before


def test_focus_stays_where_it_was_during_a_run(seen, add_relief, qtbot, slow):
    panel = seen
    add_relief()
    panel.method_box.apply(PRESETS[1])
    panel.method_box.method.setFocus()
    if QApplication.focusWidget() is not panel.method_box.method:
        pytest.skip("this display gives no window the keyboard")
    panel.start()
    qtbot.waitUntil(lambda: panel.run_box.stop.isVisibleTo(panel))
    slow.set()
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=60_000)
    assert QApplication.focusWidget() is panel.method_box.method
    QTest.mouseClick(panel.run_box.fuse, Qt.MouseButton.LeftButton)
    panel.run_box.fuse.setFocus()
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=60_000)


def test_tooltips_name_the_defaults_of_the_method(panel, add_relief):
    add_relief()
    box = panel.method_box
    for name in methods.names():
        box.method.setCurrentIndex(box.method.findData(name))
        for key, value in box.consistency().items():
            said = ("off", "on")[value] if isinstance(value, bool) else value
            said = f"{said:g}" if isinstance(said, float) else said
            assert f"Default: {said}" in box.cleaning_form.controls[key].tooltip, name


def test_settings_come_back_with_the_panel(panel, viewer, add_relief):
    add_relief()
    add_relief("algae")
    box = panel.method_box
    box.method.setCurrentIndex(box.method.findData("gradient"))
    box.basic_form.set_values({"window": 7})
    box.cleaning_form.set_values({"grow": 3})
    box.alignment.open()
    panel.stack_box.box.setCurrentIndex(0)
    state = box.state()
    viewer.window.remove_dock_widget(panel)
    _, again = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    assert again.method_box.state() == state
    assert again.method_box.parameters()["window"] == 7
    assert again.stack_box.box.currentText() == "pollen"


def test_no_thread_is_left_after_closing(panel, viewer, add_relief, fused, qtbot):
    before = set(threading.enumerate())
    add_relief()
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    panel.foresight.look()
    viewer.window.remove_dock_widget(panel)
    qtbot.waitUntil(lambda: QThreadPool.globalInstance().activeThreadCount() == 0, timeout=60_000)
    staying = ("Dummy", "ThreadPoolExecutor", "napari-mfif-beside")  # pools wait for the next fold
    left = {one.name for one in set(threading.enumerate()) - before}
    assert [name for name in left if not any(part in name for part in staying)] == []


def test_reader_and_writers_cannot_be_run_from_the_palette(viewer):
    from napari._app_model import get_app_model

    items = get_app_model().menus.get_menu(get_app_model().menus.COMMAND_PALETTE_ID)
    ours = {one.command.id: one.command for one in items if one.command.id.startswith("napari-mf")}
    for name in ("read", "write_image", "write_labels"):
        assert not ours[f"napari-mfif.{name}"].enablement.eval({})
    assert ours["napari-mfif.open_stack"].enablement is None


def test_deleting_the_source_during_a_second_run_ends_in_order(
    panel, viewer, add_relief, fused, qtbot, slow
):
    source = add_relief()
    slow.set()
    fused(panel)
    made = panel.made()
    slow.clear()
    panel.start()
    image = panel.results.layer(made, "image0")
    qtbot.waitUntil(lambda: panel.results.of(image) is None, timeout=60_000)
    viewer.layers.remove(source)
    qtbot.wait(100)
    assert panel.run_box.stop.isVisibleTo(panel)
    QTest.mouseClick(panel.run_box.stop, Qt.MouseButton.LeftButton)
    assert not panel.is_running()
    qtbot.waitUntil(lambda: panel.result_box.row.isVisibleTo(panel))
    assert panel.made() is made
    np.testing.assert_array_equal(image.data, made.fusion.image)


def test_second_run_ends_though_its_source_is_gone(panel, viewer, add_relief, fused, qtbot, slow):
    source = add_relief()
    slow.set()
    fused(panel)
    first = panel.made()
    slow.clear()
    panel.start()
    image = panel.results.layer(first, "image0")
    qtbot.waitUntil(lambda: panel.results.of(image) is None, timeout=60_000)
    viewer.layers.remove(source)
    slow.set()
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=60_000)
    assert panel.made() is not first
    assert "Done in" in panel.result_box.sentence.text()


def test_long_names_are_shortened_in_the_middle_and_told_in_full(seen, add_relief):
    name = "a stack of pollen grains in anther, second attempt of the last day of november"
    add_relief(name)
    box = seen.stack_box.box
    assert "\N{HORIZONTAL ELLIPSIS}" in box.shown()
    assert box.shown().startswith("a stack") and box.shown().endswith("november")
    assert name in box.toolTip()


@pytest.mark.parametrize("size", [(900, 560), (1280, 800)])
def test_no_label_of_a_form_is_cut_off(seen, add_relief, size):
    from qtpy.QtWidgets import QLabel, QSlider

    add_relief()
    seen.window().resize(*size)
    box = seen.method_box
    for fold in (box.advanced, box.cleaning, box.alignment):
        fold.open()
    QApplication.processEvents()
    for form in (box.basic_form, box.advanced_form, box.cleaning_form, box.alignment_form):
        for label in form.native.findChildren(QLabel):
            if label.isVisible():
                assert label.heightForWidth(label.width()) <= label.height(), label.text()
        for slider in form.native.findChildren(QSlider):
            assert slider.width() >= 70
