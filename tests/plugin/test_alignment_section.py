"""Planes that drift, in the Fuse panel of a real window."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_mfif import fuse, methods
from napari_mfif.settings.presets import PRESETS
from napari_mfif.simulation import simulate

pytestmark = pytest.mark.window

WAIT = 60_000


@pytest.fixture(scope="module")
def drifting():
    made = simulate(
        "relief", seed=5, shape=(97, 131), planes=7, slope=1.0, drift=6.0, magnification_drift=0.01
    )
    return np.asarray(made.stack.pixels)


@pytest.fixture
def shown(panel, viewer, drifting):
    """The drifting stack as a layer, and the fast preset."""
    panel.method_box.apply(PRESETS[1])
    return viewer.add_image(drifting, name="pollen", scale=(0.5, 0.1, 0.1), translate=(0, 3, 4))


def test_alignment_is_off_until_it_is_chosen(panel, shown, qtbot):
    assert panel.request().alignment == {"align": "none", "reference": "middle", "crop": False}
    assert not panel.method_box.alignment_form.controls["crop"].enabled
    qtbot.waitUntil(lambda: panel.method_box.advice.isVisibleTo(panel), timeout=WAIT)
    assert "shifted sideways" in panel.method_box.advice.text()
    qtbot.mouseClick(panel.method_box._align, Qt.MouseButton.LeftButton)
    chosen = {"align": "similarity", "reference": "middle", "crop": False}
    assert panel.request().alignment == chosen
    assert not panel.method_box.advice.isVisibleTo(panel)
    assert panel.method_box.alignment_form.controls["crop"].enabled
    assert panel.run_box.note.text() == "The planes will be aligned: press Fuse."
    assert panel.method_box.alignment.head.text() == "Alignment: similarity"
    panel.method_box.alignment_form.set_values({"align": "none"})
    assert panel.method_box.alignment.head.text() == "Alignment"
    assert panel.run_box.note.text() == ""


def test_stack_that_stands_still_gets_no_advice(panel, add_relief, qtbot):
    add_relief()
    qtbot.waitUntil(lambda: panel.run_box.estimate.text().startswith("About"), timeout=WAIT)
    qtbot.waitUntil(lambda: not panel.foresight.is_looking(), timeout=WAIT)
    assert not panel.method_box.advice.isVisibleTo(panel)


def test_aligned_and_cropped_result_lies_where_it_belongs(
    panel, viewer, shown, fused, drifting, tmp_path
):
    from qtpy.QtWidgets import QApplication

    panel.method_box.alignment_form.set_values({"align": "similarity", "crop": True})
    fused(panel)
    assert panel.run_box.problem.text() == ""
    expected = fuse(drifting, align="similarity", crop=True, **panel.fusion.recipe.parameters,
                    method="gradient")  # fmt: skip
    image = viewer.layers["in focus · pollen"]
    np.testing.assert_array_equal(image.data, expected.image)
    assert image.data.shape < (97, 131)
    top, left = expected.origin
    assert top > 0 or left > 0
    np.testing.assert_allclose(image.scale, (0.1, 0.1))
    np.testing.assert_allclose(image.translate, (3 + 0.1 * top, 4 + 0.1 * left))
    panel.result_box.copy("python")
    assert "align='similarity'" in QApplication.clipboard().text()
    panel.result_box.copy("command")
    words = shlex.split(QApplication.clipboard().text())
    assert words[words.index("--align") + 1] == "similarity"
    assert "--crop" in words


def test_the_reference_plane_is_chosen_by_a_word_or_a_number(
    panel, viewer, shown, fused, drifting, qtbot
):
    from qtpy.QtWidgets import QApplication

    panel.method_box.alignment_form.set_values({"align": "translation"})
    words, number = panel.method_box.alignment_form.controls["reference"]
    assert not number.native.isEnabled()
    words.native.setCurrentText("last")
    assert panel.request().alignment["reference"] == "last"
    words.native.setCurrentText("number")
    number.native.setValue(2)
    assert panel.request().alignment["reference"] == 2
    fused(panel)
    expected = fuse(drifting, align="translation", reference=2, method="gradient",
                    **panel.fusion.recipe.parameters)  # fmt: skip
    np.testing.assert_array_equal(viewer.layers["in focus · pollen"].data, expected.image)
    assert panel.fusion.transforms[0].reference == 2
    panel.result_box.copy("command")
    copied = shlex.split(QApplication.clipboard().text())
    assert copied[copied.index("--reference") + 1] == "2"
    number.native.setValue(7)
    panel.start()
    problem = panel.run_box.problem
    qtbot.waitUntil(lambda: "Reference plane: 7" in problem.text(), timeout=WAIT)


def test_every_parameter_of_every_method_is_in_the_panel(panel, add_relief):
    add_relief()
    box = panel.method_box
    for name in methods.names():
        box.method.setCurrentIndex(box.method.findData(name))
        declared = {p.name: p.default for p in methods.get(name).all_parameters()}
        assert box.parameters() == declared, name
        shown = set(box.basic_form.controls), set(box.advanced_form.controls)
        hidden = {p.name for p in methods.get(name).all_parameters() if p.advanced}
        assert shown == (set(declared) - hidden, hidden), name
        assert panel.request().parameters == declared, name
