"""What the panels share: the fusions, found by their layers."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from napari_mfif.plugin.results import results_of

pytestmark = pytest.mark.window


@pytest.fixture
def made(panel, add_relief, fused):
    add_relief()
    fused(panel)
    return results_of(panel.viewer).current()


def test_layers_hold_the_fusion_that_made_them(panel, made):
    viewer = panel.viewer
    assert made.fusion is panel.fusion
    results = results_of(viewer)
    assert results.of(results.layer(made, "height")) is made
    assert results.of(viewer.layers["pollen"]) is made
    assert results.source_layer(made).unique_id == viewer.layers["pollen"].unique_id


def test_a_fusion_outlives_its_source_and_ends_with_its_layers(panel, made):
    results, viewer = results_of(panel.viewer), panel.viewer
    viewer.layers.remove("pollen")
    assert results.current() is made
    viewer.layers.clear()
    assert results.current() is None
    assert results.all() == []


def test_every_panel_gets_the_same_results(panel, made):
    assert results_of(panel.viewer) is panel.results
    gc.collect()
    assert results_of(panel.viewer) is panel.results


def test_another_fusion_takes_the_place_of_one(panel, made, qtbot):
    results = results_of(panel.viewer)
    told = []
    results.changed.connect(lambda: told.append(results.current()))
    other = made.fusion.refine(smooth_depth=9)
    assert (other.depth != made.fusion.depth).any()
    new = results.replace(made, other)
    height = results.layer(new, "height")
    qtbot.waitUntil(lambda: results.of(height) is new, timeout=5000)
    np.testing.assert_array_equal(np.squeeze(height.data), other.height_where())
    qtbot.waitUntil(lambda: new in told, timeout=5000)


def test_of_several_that_follow_fast_the_last_is_shown(panel, made, qtbot):
    results = results_of(panel.viewer)
    for width in (3, 5, 7, 9):
        last = made.fusion.refine(smooth_depth=width)
        new = results.replace(made, last)
    height = results.layer(new, "height")
    qtbot.waitUntil(lambda: results.of(height) is new, timeout=5000)
    np.testing.assert_array_equal(np.squeeze(height.data), last.height_where())


def test_a_cancelled_run_gives_the_layers_back_their_fusion(panel, made, slow, qtbot):
    image = panel.results.layer(made, "image0")
    panel.start()
    qtbot.waitUntil(lambda: panel.results.of(image) is None, timeout=10_000)
    panel.cancel()
    assert panel.results.of(image) is made
