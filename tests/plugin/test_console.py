"""What napari's console and notebooks get of the window, and give to it."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer

from napari_mfif import ZStack, fuse
from napari_mfif.errors import ParameterError
from napari_mfif.plugin import current, show
from napari_mfif.plugin.results import results_of


@pytest.fixture(scope="module")
def fusion(slope):
    stack = ZStack(slope[0], "ZYX", name="pollen", pixel_size=(0.2, 0.4), z_step=0.5, unit="um")
    return fuse(stack, method="gradient")


def test_without_a_window_that_is_said(monkeypatch) -> None:
    monkeypatch.setattr("napari.current_viewer", lambda: None)
    with pytest.raises(ParameterError, match="No napari window is open"):
        current()


def test_without_a_fusion_that_is_said(monkeypatch) -> None:
    viewer = ViewerModel()
    monkeypatch.setattr("napari.current_viewer", lambda: viewer)
    with pytest.raises(ParameterError, match="shows no fusion"):
        current()


def test_a_fusion_shown_from_python_is_found_by_the_panels(fusion, monkeypatch, qapp) -> None:
    viewer = ViewerModel()
    monkeypatch.setattr("napari.current_viewer", lambda: viewer)
    show(fusion)
    assert current() is fusion
    assert results_of(viewer).current().fusion is fusion
    image = viewer.layers["in focus · pollen"]
    np.testing.assert_allclose(image.scale, (0.2, 0.4))
    assert [str(unit) for unit in image.units] == ["micrometer", "micrometer"]


def test_plain_layers_lie_as_those_that_are_shown(fusion, qapp) -> None:
    viewer = ViewerModel()
    show(fusion, viewer)
    shown = {layer.name: layer for layer in viewer.layers}
    for one in (Layer.create(*parts) for parts in fusion.to_layers()):
        other = shown[one.name]
        np.testing.assert_allclose(one.scale, other.scale)
        np.testing.assert_allclose(one.translate, other.translate)
        np.testing.assert_array_equal(one.data, other.data)
        assert one.units == other.units
        assert one.colormap.name == other.colormap.name
        assert one.visible == other.visible


@pytest.mark.window
def test_the_panels_last_fusion_is_the_current_one(panel, add_relief, fused) -> None:
    add_relief()
    fused(panel)
    assert current() is panel.results.current().fusion
