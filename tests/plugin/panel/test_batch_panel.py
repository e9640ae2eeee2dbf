"""The Batch panel in a real window: a folder in, a folder out."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from napari_mfif import fuse
from napari_mfif.cli import main
from napari_mfif.io import write_image
from napari_mfif.plugin.panel.batch_settings import SHOWN as AS_SHOWN
from napari_mfif.settings.presets import get_preset

pytestmark = pytest.mark.window

WAIT = 30_000


@pytest.fixture
def folder(tmp_path, relief):
    """Two z-stacks, one that is damaged, and a text."""
    planes = np.asarray(relief.stack.pixels)
    (tmp_path / "in").mkdir()
    for name, pixels in (("a", planes), ("b", planes[::-1])):
        write_image(tmp_path / "in" / f"{name}.ome.tif", pixels, axes="ZYX", z_step=0.5, unit="um")
    damaged = tmp_path / "in" / "c.tif"
    tifffile.imwrite(damaged, planes, compression="zlib")
    with tifffile.TiffFile(damaged) as file:
        place = file.pages[3].dataoffsets[0]
    content = bytearray(damaged.read_bytes())
    content[place : place + 40] = bytes(40)
    damaged.write_bytes(content)
    (tmp_path / "in" / "notes.txt").write_text("nothing")
    return tmp_path


@pytest.fixture
def batch(dock):
    return dock("Batch")


def choose(batch, folder, qtbot, preset="Preset Fast"):
    batch.settings.box.setCurrentIndex(batch.settings.box.findText(preset))
    for line, name in ((batch.source, "in"), (batch.target, "out")):
        line.clear()
        qtbot.keyClicks(line, str(folder / name))
        qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(batch.plan.jobs or batch.plan.problem), timeout=WAIT)


def run(batch, qtbot):
    qtbot.mouseClick(batch.fuse, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not batch.is_running(), timeout=WAIT)


def states(batch):
    return {name: state for state, name, _ in batch.table.rows()}


def test_results_are_proposed_beside_the_stacks_that_are_typed(batch, folder, qtbot):
    qtbot.keyClicks(batch.source, str(folder / "in"))
    qtbot.keyClick(batch.source, Qt.Key.Key_Return)
    assert batch.target.text() == f"{folder / 'in'} in focus"
    qtbot.waitUntil(lambda: len(batch.plan.jobs) == 3, timeout=WAIT)


def test_a_folder_is_fused_and_failures_are_told(batch, folder, qtbot, relief):
    choose(batch, folder, qtbot)
    assert batch.found.text().startswith("3 z-stacks, 1 kind of files not taken")
    assert not (folder / "out").exists()
    assert batch.fuse.text() == "Fuse 3 z-stacks"
    run(batch, qtbot)
    assert states(batch) == {"a": "done", "b": "done", "c": "failed", "1 .txt": "not taken"}
    assert batch.note.text() == "2 done, 1 failed."
    expected = fuse(relief.stack.pixels, recipe=get_preset("Fast").recipe)
    np.testing.assert_array_equal(tifffile.imread(folder / "out" / "a.ome.tif"), expected.image)
    qtbot.keyClicks(batch.only, "F")
    assert batch.only.currentText() == "Failed"
    ((_, name, why),) = batch.table.rows()
    assert name == "c"
    assert "c.tif" in why
    assert batch.table.as_csv().startswith("State,z-stack,What\nfailed,c,")


def test_a_double_click_opens_a_result(batch, viewer, folder, qtbot):
    batch.window().show()
    choose(batch, folder, qtbot)
    batch.maps["height"].setChecked(True)
    qtbot.waitUntil(lambda: bool(batch.plan.jobs), timeout=WAIT)

    def click_twice(row):
        place = batch.table.visualItemRect(batch.table.item(row, 1)).center()
        for click in (qtbot.mouseClick, qtbot.mouseDClick):
            click(batch.table.viewport(), Qt.MouseButton.LeftButton, pos=place)

    click_twice(1)
    assert batch.note.text() == "There is no result of b yet."
    run(batch, qtbot)
    click_twice(1)
    assert [layer.name for layer in viewer.layers] == ["b.ome", "b_height.ome"]
    image = tifffile.imread(folder / "out" / "b.ome.tif")
    np.testing.assert_array_equal(viewer.layers[0].data, image)


def test_sizes_hold_for_the_whole_folder(batch, folder, qtbot, relief):
    choose(batch, folder, qtbot)
    sizes = batch.settings.sizes
    sizes.fold.open()
    qtbot.keyClicks(sizes.pixel, "0,1; 0,2")
    qtbot.keyClick(sizes.pixel, Qt.Key.Key_Return)
    assert "Give the z step, too" in sizes.problem.text()
    assert not batch.fuse.isEnabled()
    qtbot.keyClicks(sizes.z_step, "2,5")
    qtbot.keyClick(sizes.z_step, Qt.Key.Key_Return)
    assert sizes.problem.text() == ""
    assert sizes.fold.head.text() == "Sizes: z step 2,5 µm"
    batch.maps["height"].setChecked(True)
    qtbot.waitUntil(batch.fuse.isEnabled, timeout=WAIT)
    run(batch, qtbot)
    assert states(batch)["a"] == "done"
    for name in ("a", "b"):
        with tifffile.TiffFile(folder / "out" / f"{name}_height.ome.tif") as file:
            note = file.ome_metadata
        assert 'PhysicalSizeY="0.1"' in note
        assert 'PhysicalSizeX="0.2"' in note
    heights = tifffile.imread(folder / "out" / "a_height.ome.tif")
    depth = fuse(relief.stack.pixels, recipe=get_preset("Fast").recipe).depth
    known = np.isfinite(heights)  # the file says 0.5 um
    assert known.mean() > 0.5
    np.testing.assert_allclose(heights[known], 2.5 * depth[known], atol=1e-3)


def test_what_is_done_is_skipped_and_what_is_made_otherwise_is_replaced_only_when_asked(
    batch, folder, qtbot
):
    choose(batch, folder, qtbot)
    run(batch, qtbot)
    before = (folder / "out" / "a.ome.tif").read_bytes()
    choose(batch, folder, qtbot, "Preset Noisy")
    qtbot.waitUntil(lambda: batch.plan.replaced == {"a", "b"}, timeout=WAIT)
    assert batch.replace.isVisibleTo(batch)
    assert batch.replace.text() == "Replace 2 results that were made otherwise"
    assert batch.fuse.text() == "Fuse 1 z-stack"  # the damaged one
    run(batch, qtbot)
    assert states(batch)["a"] == "not replaced"
    assert (folder / "out" / "a.ome.tif").read_bytes() == before
    batch.replace.setChecked(True)
    run(batch, qtbot)
    assert states(batch)["a"] == "done"
    assert (folder / "out" / "a.ome.tif").read_bytes() != before
    choose(batch, folder, qtbot, "Preset Noisy")
    assert batch.plan.done == {"a", "b"}
    assert states(batch)["a"] == "done before"


def test_a_file_of_somebody_else_stays(batch, folder, qtbot):
    (folder / "out").mkdir()
    (folder / "out" / "a.ome.tif").write_bytes(b"mine")
    choose(batch, folder, qtbot)
    run(batch, qtbot)
    assert states(batch)["a"] == "not replaced"
    assert (folder / "out" / "a.ome.tif").read_bytes() == b"mine"


def test_maps_are_written_beside(batch, folder, qtbot):
    qtbot.mouseClick(
        batch.maps["height"], Qt.MouseButton.LeftButton, pos=batch.maps["height"].rect().center()
    )
    batch.maps["height"].setChecked(True)
    choose(batch, folder, qtbot)
    run(batch, qtbot)
    assert (folder / "out" / "a_height.ome.tif").is_file()


def test_the_settings_are_those_of_the_fuse_panel(viewer, panel, add_relief, folder, qtbot):
    _, batch = viewer.window.add_plugin_dock_widget("napari-mfif", "Batch")
    assert batch.settings.box.currentText() == AS_SHOWN
    add_relief()
    panel.method_box.apply(get_preset("Fast"))
    panel.method_box.basic_form.set_values({"window": 15})
    choose(batch, folder, qtbot, AS_SHOWN)
    assert "your own values" in batch.settings.about.text()
    run(batch, qtbot)
    with tifffile.TiffFile(folder / "out" / "a.ome.tif") as file:
        assert "window" in str(file.ome_metadata)
    note = json.loads((folder / "out" / ".napari-mfif" / "a.json").read_text())
    assert note["options"]["window"] == 15
    panel.method_box.basic_form.set_values({"window": 9})
    qtbot.mouseClick(batch.fuse, Qt.MouseButton.LeftButton)
    assert not batch.is_running()
    assert "have changed" in batch.note.text()


def test_a_preset_of_the_fuse_panel_suits_every_stack(viewer, panel, add_relief):
    from napari_mfif.plugin.panel.batch_settings import as_shown

    add_relief()
    panel.method_box.apply(get_preset("Noisy"))
    assert as_shown(panel) == {"recipe": get_preset("Noisy").recipe.to_json()}


def test_a_recipe_is_taken_from_a_file_or_a_result(batch, folder, qtbot):
    choose(batch, folder, qtbot)
    run(batch, qtbot)
    batch.settings.take(str(folder / "out" / "a.ome.tif"))
    assert batch.settings.box.currentText() == "a.ome.tif"
    assert batch.settings.options()["recipe"].count('"gradient"') == 1
    batch.settings.take(str(folder / "in" / "notes.txt"))
    assert "notes.txt" in batch.settings.problem.text()


def test_cancelling_ends_it_soon_and_leaves_nothing_half_done(batch, folder, qtbot, monkeypatch):
    import threading

    from napari_mfif.fusion import job

    go_on, steps = threading.Event(), job.iter_fuse

    def halting(stack, **options):
        for number, progress in enumerate(steps(stack, **options)):
            if number == 3:
                go_on.wait(20)
            yield progress

    monkeypatch.setattr(job, "iter_fuse", halting)
    choose(batch, folder, qtbot)
    qtbot.mouseClick(batch.fuse, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: batch.batch.fraction > 0, timeout=WAIT)
    qtbot.waitUntil(lambda: states(batch)["a"].endswith("%"), timeout=WAIT)
    qtbot.mouseClick(batch.stop, Qt.MouseButton.LeftButton)
    go_on.set()
    qtbot.waitUntil(lambda: not batch.is_running(), timeout=WAIT)
    assert set(states(batch).values()) == {"cancelled", "not taken"}
    assert not list((folder / "out").rglob("*.tif"))
    assert batch.fuse.text() == "Fuse 3 z-stacks"


def test_closing_ends_the_batch(batch, viewer, folder, qtbot):
    choose(batch, folder, qtbot)
    qtbot.mouseClick(batch.fuse, Qt.MouseButton.LeftButton)
    worker, running = batch._worker, batch.batch
    viewer.window.remove_dock_widget(batch)
    qtbot.waitUntil(lambda: not worker.is_running, timeout=WAIT)
    last = [outcome.state for outcome in running.outcomes][-1:]
    assert last in ([], ["cancelled"], ["failed"])  # nothing where none had begun


def test_nonsense_is_refused_in_a_sentence(batch, folder, qtbot):
    batch.settings.box.setCurrentIndex(1)
    batch.source.setText(str(folder / "nowhere"))
    batch.target.setText(str(folder / "out"))
    batch.search()
    qtbot.waitUntil(lambda: bool(batch.problem.text()), timeout=WAIT)
    assert not batch.fuse.isEnabled()
    batch.target.setText(str(folder / "in"))
    batch.source.setText(str(folder / "in"))
    batch.search()
    qtbot.waitUntil(lambda: "name another" in batch.problem.text(), timeout=WAIT)


def test_the_command_line_knows_what_the_window_did(batch, folder, qtbot, capsys):
    choose(batch, folder, qtbot)
    run(batch, qtbot)
    recipe = folder / "recipe.json"
    get_preset("Fast").recipe.save(recipe)
    words = ["batch", str(folder / "in"), "-o", str(folder / "out"), "--recipe", str(recipe)]
    assert main([*words, "--dry-run"]) == 0
    assert "a  done" in capsys.readouterr().out
