"""Planes too large to be drawn or fused at once, in a real window."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.engine import pyramid as afar
from napari_mfif.plugin.layers import multiscale as levels
from napari_mfif.plugin.layers.multiscale import levels_of
from napari_mfif.plugin.layers.progressive import ProgressiveLevel
from napari_mfif.plugin.reader import layers_of
from napari_mfif.settings.presets import PRESETS

WAIT = 60_000


@pytest.fixture
def small_is_large(monkeypatch):
    """Take 97 x 131 pixels for a large plane."""
    monkeypatch.setattr(levels, "LARGE", 10_000)
    monkeypatch.setattr(levels, "HUGE", 12_000)
    monkeypatch.setattr(levels, "SMALL", 40)
    monkeypatch.setattr(afar, "SMALLEST", 60)


def test_large_image_gets_coarser_levels_without_copies(small_is_large):
    image = np.zeros((97, 131, 3), np.uint8)
    shapes = [level.shape for level in levels_of(image, colour=True)]
    assert shapes == [(97, 131, 3), (24, 33, 3)]
    assert all(np.shares_memory(level, image) for level in levels_of(image, colour=True))
    assert levels_of(image[:80, :90, 0]).shape == (80, 90)


@pytest.mark.window
def test_large_results_are_layers_with_levels(panel, viewer, add_relief, fused, small_is_large):
    add_relief()
    panel.method_box.apply(PRESETS[1])
    assert panel.run_box.in_view.isVisibleTo(panel)
    panel.run_box.in_view.setChecked(False)
    for _ in range(2):  # also updated
        fused(panel)
        assert panel.run_box.problem.text() == ""
        image = viewer.layers["in focus · pollen"]
        assert image.multiscale
        assert [level.shape for level in image.data] == [(97, 131), (24, 33)]
        assert viewer.layers["plane taken · pollen"].multiscale


@pytest.mark.window
def test_huge_planes_are_fused_where_one_looks(
    panel, viewer, add_relief, fused, relief, small_is_large
):
    from qtpy.QtWidgets import QApplication

    add_relief()
    panel.method_box.apply(PRESETS[1])
    panel.foresight.look()
    assert panel.run_box.fuses_in_view()
    fused(panel)
    assert panel.run_box.problem.text() == ""
    assert "as you look" in panel.result_box.sentence.text()
    image = viewer.layers["in focus · pollen"]
    assert image.multiscale
    assert isinstance(image.data[0], ProgressiveLevel)
    assert isinstance(image.data[0].exact, da.Array)
    expected = fuse(relief.stack.pixels, method="gradient")
    np.testing.assert_array_equal(np.asarray(image.data[0]), expected.image)
    squares = np.asarray(relief.stack.pixels)[:, :96, :130].reshape(7, 48, 2, 65, 2)
    coarse = fuse(np.rint(squares.mean((2, 4))).astype(np.uint16), method="gradient")
    apart = np.asarray(image.data[1]).astype(int) - coarse.image
    assert np.mean(np.abs(apart) > 1) < 0.01
    height = viewer.layers["height (µm) · pollen"]
    np.testing.assert_allclose(height.data[0], expected.height_where() * 0.5, atol=1e-5)
    np.testing.assert_allclose(height.scale, (0.1, 0.1))
    panel.result_box.copy("python")
    assert "lazy=True" in QApplication.clipboard().text()


@pytest.mark.window
def test_small_planes_are_not_asked_about(panel, add_relief):
    add_relief()
    assert not panel.run_box.in_view.isVisibleTo(panel)
    assert not panel.request().in_view


@pytest.mark.window
def test_large_stack_is_opened_with_levels_and_fused_from_the_file(
    panel, viewer, relief, fused, small_is_large
):
    class Reading:
        shape, dtype, ndim = relief.stack.shape, relief.stack.dtype, 3

        def __getitem__(self, index):
            return relief.stack.pixels[index]

    stack = ZStack(Reading(), "ZYX", name="leaf", z_step=0.5, pixel_size=(0.1, 0.1), unit="um")
    (data, options, _), *_ = layers_of(stack)
    layer = viewer.add_image(data, **options)
    assert layer.multiscale
    assert [level.shape for level in data] == [(7, 97, 131), (7, 48, 65)]
    assert panel.stack_box.stack.pixels is stack.pixels
    assert "0.5 µm steps" in panel.stack_box.description.text()
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    assert panel.run_box.problem.text() == ""
    assert viewer.layers["in focus · leaf"].multiscale
