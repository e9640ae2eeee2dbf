"""Copied text repeats a fusion bit for bit in a process of its own, or says why it does not."""

from __future__ import annotations

import shlex
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QDialogButtonBox

from napari_mfif.fusion.heights import map_of
from napari_mfif.io import write_image
from napari_mfif.plugin.panel.pattern_table import PatternTable, in_viewer
from napari_mfif.settings.presets import PRESETS

pytestmark = pytest.mark.window

#: A viewer without a window, for text that takes layers by their names.
VIEWER = """
import numpy as np
from napari.components import ViewerModel
viewer, kept = ViewerModel(), np.load("layers.npz")
for name in kept:
    data = kept[name]
    levels = [data, data[:, ::2, ::2]] if name == "levels" else data
    several = name == "levels"
    viewer.add_image(levels, name=name, scale=(0.5, 0.1, 0.1), units="um", multiscale=several)
"""
SAVE = """
import numpy as np
np.savez("python.npz", image=fusion.image, height=fusion.height, decision=fusion.decision)
"""


def copied(qtbot, panel, what: str) -> str:
    """Click one of the buttons and return what it copied."""
    qtbot.mouseClick(panel.result_box.copying[what], Qt.MouseButton.LeftButton)
    assert panel.result_box.note.text().startswith("Copied.")
    assert panel.result_box.problem.text() == ""
    return QApplication.clipboard().text()


def run(words: list[str], folder) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def check(qtbot, panel, folder) -> None:
    """Run both texts in the folder and compare with what the layers hold."""
    fusion, layers = panel.fusion, panel.stack_box.layers()
    python, command = (copied(qtbot, panel, what) for what in ("python", "command"))
    by_layers = "viewer.layers" in python
    if by_layers:
        data = {layer.name: layer.data[0] if layer.multiscale else layer.data for layer in layers}
        np.savez(folder / "layers.npz", **data)
        planes = next(iter(data.values())) if len(data) == 1 else np.stack(list(data.values()))
        tifffile.imwrite(folder / "STACK.tif", planes, photometric="minisblack")
    (folder / "copied.py").write_text((VIEWER if by_layers else "") + python + SAVE)
    run([sys.executable, "copied.py"], folder)
    made = np.load(folder / "python.npz")
    for name in ("image", "height", "decision"):
        np.testing.assert_array_equal(made[name], getattr(fusion, name))
    program, *words = shlex.split(command)
    assert program == "napari-mfif"
    words[words.index("-o") + 1] = "image.tif"
    maps = ["--height", "height.tif", "--decision", "decision.tif", "--quiet"]
    run([sys.executable, "-m", "napari_mfif.cli", *words, *maps], folder)
    for name in ("image", "height", "decision"):
        np.testing.assert_array_equal(tifffile.imread(folder / f"{name}.tif"), map_of(fusion, name))


@pytest.fixture
def fast(panel):
    panel.method_box.apply(PRESETS[1])
    return panel


@pytest.fixture
def pixels(relief):
    return np.asarray(relief.stack.pixels)


@pytest.fixture
def cell(pixels, tmp_path):
    """A file with two channels."""
    path = tmp_path / "cell.ome.tif"
    both = np.stack([pixels, pixels[:, ::-1]])
    write_image(path, both, axes="CZYX", z_step=0.5, pixel_size=(0.1, 0.1), unit="um")
    return path


def test_layer_with_a_scale(fast, add_relief, fused, qtbot, tmp_path):
    add_relief(translate=(0, 0, 0))
    fused(fast)
    assert fast.fusion.unit == "um"
    check(qtbot, fast, tmp_path)


def test_layer_with_levels(fast, viewer, pixels, fused, qtbot, tmp_path):
    viewer.add_image(
        [pixels, pixels[:, ::2, ::2]], name="levels", scale=(0.5, 0.1, 0.1), units="um"
    )
    fused(fast)
    check(qtbot, fast, tmp_path)


def test_several_files(fast, viewer, pixels, fused, qtbot, tmp_path):
    paths = [tmp_path / f"bug_z{z}.png" for z in range(7)]
    for path, plane in zip(paths, pixels, strict=True):
        Image.fromarray((plane // 256).astype(np.uint8)).save(path)
    from napari_mfif.plugin.commands import open_paths

    open_paths(viewer, [str(path) for path in paths[:5]])
    fused(fast)
    assert fast.fusion.stack.n_planes == 5
    check(qtbot, fast, tmp_path)


def test_file_with_channels_one_of_which_decides(fast, viewer, cell, fused, qtbot, tmp_path):
    viewer.open(str(cell), plugin="napari-mfif")
    fast.stack_box.decide.setCurrentIndex(2)
    fused(fast)
    assert fast.fusion.recipe.channel == 1
    check(qtbot, fast, tmp_path)


def test_one_channel_of_a_file(fast, viewer, cell, fused, qtbot, tmp_path):
    viewer.open(str(cell), plugin="napari-mfif")
    fast.stack_box.decide.setCurrentIndex(2)
    fast.stack_box.which.setCurrentIndex(1)
    fused(fast)
    assert fast.fusion.stack.axes == "ZYX"
    check(qtbot, fast, tmp_path)


def test_channel_whose_others_were_deleted(fast, viewer, cell, fused, qtbot, tmp_path):
    viewer.open(str(cell), plugin="napari-mfif")
    viewer.layers.pop(0)
    fused(fast)
    np.testing.assert_array_equal(fast.fusion.stack.plane(3), tifffile.imread(cell)[1, 3])
    check(qtbot, fast, tmp_path)


def test_aligned(fast, viewer, pixels, fused, qtbot, tmp_path):
    moved = np.stack([np.roll(plane, z, axis=1) for z, plane in enumerate(pixels)])
    write_image(tmp_path / "drift.ome.tif", moved, axes="ZYX", z_step=2, unit="um")
    viewer.open(str(tmp_path / "drift.ome.tif"), plugin="napari-mfif")
    chosen = {"align": "translation", "reference": "first", "crop": True}
    fast.method_box.alignment_form.set_values(chosen)
    fused(fast)
    assert fast.fusion.transforms
    check(qtbot, fast, tmp_path)


def test_folder_with_a_pattern(fast, viewer, pixels, fused, qtbot, tmp_path):
    for z, plane in enumerate(pixels):
        for bead in (1, 2):
            tifffile.imwrite(tmp_path / f"bead{bead}_{z}.tif", plane + bead)
    table = PatternTable([tmp_path])
    qtbot.addWidget(table)
    table.chosen = in_viewer(viewer)
    table.image.setCurrentIndex(1)
    table.buttons.button(QDialogButtonBox.StandardButton.Open).click()
    fused(fast)
    assert "pattern=" in copied(qtbot, fast, "python")
    check(qtbot, fast, tmp_path)


def test_corrected_spacing(fast, viewer, pixels, fused, qtbot, tmp_path):
    write_image(
        tmp_path / "one.ome.tif", pixels, axes="ZYX", z_step=1, pixel_size=(1, 1), unit="um"
    )
    (layer,) = viewer.open(str(tmp_path / "one.ome.tif"), plugin="napari-mfif")
    layer.scale = (0.25, 0.1, 0.2)
    fused(fast)
    assert fast.fusion.stack.z_step == 0.25
    check(qtbot, fast, tmp_path)


def test_file_that_knows_no_step_gets_none_from_its_scale(fast, viewer, pixels, fused, tmp_path):
    path = tmp_path / "flat.ome.tif"
    write_image(path, pixels, axes="ZYX", pixel_size=(0.1, 0.1), unit="um")
    viewer.open(str(path), plugin="napari-mfif")
    fused(fast)
    assert fast.fusion.unit == "planes"


def test_what_was_made_in_python_says_why_it_is_not_copied(panel, viewer, pixels, qtbot):
    from napari_mfif import fuse
    from napari_mfif.plugin import show

    show(fuse(pixels, method="gradient"), viewer)
    qtbot.waitUntil(lambda: panel.result_box.row.isVisibleTo(panel))
    qtbot.mouseClick(panel.result_box.copying["python"], Qt.MouseButton.LeftButton)
    assert "made in Python" in panel.result_box.problem.text()


def test_what_was_refined_is_copied_as_it_was_refined(fast, add_relief, fused, qtbot, tmp_path):
    from dataclasses import replace

    add_relief(translate=(0, 0, 0))
    fused(fast)
    made = fast.made()
    other = made.fusion.refine(smooth_depth=7)
    other = replace(other, recipe=replace(other.recipe, unsure="leave"))
    new = fast.results.replace(made, other)
    qtbot.waitUntil(lambda: fast.result_box.made is new, timeout=20_000)
    check(qtbot, fast, tmp_path)
