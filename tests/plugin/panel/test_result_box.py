"""What was fused can be saved and copied as long as its layers are there."""

from __future__ import annotations

import re

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_mfif import Stroke
from napari_mfif.settings.presets import PRESETS
from napari_mfif.simulation import simulate

pytestmark = pytest.mark.window


@pytest.fixture
def done(panel, add_relief, fused, qtbot):
    """The panel after a fusion, its layers told."""
    add_relief()
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    qtbot.waitUntil(lambda: panel.result_box.row.isVisibleTo(panel))
    return panel


def offers(qtbot, panel, name: str) -> None:
    """Wait until the result of a stack is at hand, and copy it by a click."""
    box = panel.result_box
    qtbot.waitUntil(lambda: box.row.isVisibleTo(panel) and name in box.maker.text())
    QApplication.clipboard().clear()
    qtbot.mouseClick(box.copying["python"], Qt.MouseButton.LeftButton)
    assert "method='gradient'" in QApplication.clipboard().text()


def test_result_says_what_made_it(done, viewer):
    assert done.result_box.maker.text().startswith("pollen by Fast (gradient), napari-mfif 0.")
    note = viewer.layers["in focus · pollen"].metadata["napari_mfif"]
    assert str(note).startswith("image0 of a fusion by Fast (gradient), napari-mfif 0.")


def test_what_keeps_heights_from_being_known_is_said_with_a_remedy(panel, viewer, fused):
    alike = simulate("relief", seed=6, planes=12, shape=(128, 128), slope=0.0).stack
    viewer.add_image(np.asarray(alike.pixels), name="all alike")
    fused(panel)
    box = panel.result_box
    assert panel.fusion.doubts[0].kind == "planes look alike"
    assert box.doubt.isVisibleTo(panel)
    assert "no height can be told there. Record planes" in box.doubt.text()


def test_why_the_rest_is_not_decided_is_said_as_long_as_the_panel_is_set_so(panel, viewer, fused):
    cells, ground = (
        np.asarray(simulate(kind, seed=7, planes=13, shape=(160, width)).stack.pixels)
        for kind, width in (("phase", 160), ("relief", 80))
    )
    viewer.add_image(np.concatenate([cells, ground], axis=2), name="cells")
    fused(panel)
    why = panel.result_box.undecided
    assert why.isVisibleTo(panel)
    (share,) = re.findall(r"Not decided: contrast inverts through focus \((\d+) %\)", why.text())
    assert int(share) == round(100 * panel.fusion.undecided["contrast inverts through focus"])
    assert "few places between that are decided are not to be believed either" in why.text()
    doubt = panel.result_box.doubt.text()
    assert doubt.startswith("Neither image nor heights can be trusted")
    assert "%" not in doubt  # the share stands above it, and there only
    assert "“Sizes and planes > Planes”" in doubt
    panel.method_box.apply(PRESETS[1])
    assert not why.isVisibleTo(panel)


def test_ground_that_shows_nothing_is_a_grey_reason_and_no_red_doubt(panel, viewer, fused):
    pixels = np.array(simulate("relief", seed=5, planes=12, shape=(96, 160)).stack.pixels)
    light = np.broadcast_to(2000 + 600 * np.sin(np.arange(80) / 3), pixels[:, :, 80:].shape)
    pixels[:, :, 80:] = np.random.default_rng(0).poisson(light)
    viewer.add_image(pixels, name="insect on plain ground")
    fused(panel)
    assert "nothing to focus on (" in panel.result_box.undecided.text()
    assert not panel.result_box.doubt.isVisibleTo(panel)


def test_planes_that_lie_apart_are_aligned_by_a_click_beside_the_doubt(
    panel, viewer, add_relief, fused, qtbot
):
    add_relief()
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    offer = panel.result_box.offer
    assert not offer.isVisibleTo(panel)
    drifting = simulate("relief", seed=5, shape=(97, 131), planes=7, slope=1.0, drift=12.0)
    viewer.add_image(np.asarray(drifting.stack.pixels), name="drifting")
    fused(panel)
    qtbot.waitUntil(lambda: offer.isVisibleTo(panel))
    assert "edges are doubled" in panel.result_box.doubt.text()
    viewer.layers.selection.active = viewer.layers["in focus · drifting"]
    panel.stack_box.box.setCurrentIndex(0)  # which would be aligned is another stack
    assert not offer.isVisibleTo(panel)
    panel.stack_box.box.setCurrentIndex(1)
    qtbot.waitUntil(lambda: offer.isVisibleTo(panel))
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert panel.method_box.alignment_values()["align"] == "similarity"
    assert "press Fuse" in panel.run_box.note.text()
    assert not offer.isVisibleTo(panel)


def test_what_was_done_since_the_run_is_said(done, qtbot):
    made = done.results.current()
    assert not done.result_box.doubt.isVisibleTo(done)
    fusion = made.fusion.refine(smooth_depth=9).mend([Stroke.brush([(40, 40)], 9, 5)])
    done.results.replace(made, fusion)
    qtbot.waitUntil(lambda: done.result_box.maker.text().endswith("refined, 1 stroke"))


def test_result_is_at_hand_after_its_source_was_deleted(done, viewer, qtbot):
    viewer.layers.remove("pollen")
    assert not done.run_box.isVisibleTo(done)
    offers(qtbot, done, "pollen")


def test_result_is_at_hand_after_switching_stacks_and_back(done, viewer, add_relief, qtbot):
    said = done.result_box.sentence.text()
    add_relief("algae")
    qtbot.waitUntil(lambda: not done.result_box.row.isVisibleTo(done))
    box = done.stack_box.box
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    assert box.currentText() == "pollen"
    offers(qtbot, done, "pollen")
    assert done.result_box.sentence.text() == said


def test_result_is_at_hand_in_a_panel_that_is_opened_again(done, viewer, qtbot):
    viewer.window.remove_dock_widget(done)
    _, again = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    offers(qtbot, again, "pollen")


def test_result_is_found_by_its_layer(done, viewer, add_relief, qtbot):
    add_relief("algae")
    viewer.layers.selection.active = viewer.layers["height (µm) · pollen"]
    offers(qtbot, done, "pollen")
    assert done.stack_box.box.currentText() == "algae"


def test_what_another_method_took_is_said_no_more(done, qtbot):
    assert "Done in" in done.result_box.sentence.text()
    box = done.method_box.method
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    assert done.method_box.name() != "gradient"
    assert done.result_box.sentence.text() == ""
    assert done.result_box.maker.text().startswith("Shown: pollen by Fast (gradient)")
    offers(qtbot, done, "pollen")
    done.method_box.apply(PRESETS[1])
    assert "Done in" in done.result_box.sentence.text()
