"""What we use of napari beyond its documented interface is still there."""

from __future__ import annotations

import numpy as np
from napari.layers import Image

from napari_mfif.plugin import napari_internals
from napari_mfif.plugin.napari_internals import is_drawing, layers_of_all_viewers


class Asked:
    """An array that notes whether napari asked in order to draw."""

    shape, dtype, ndim, size = (4, 8, 8), np.dtype(np.uint8), 3, 256

    def __init__(self) -> None:
        self.drawing: list[bool] = []

    def __getitem__(self, index):
        self.drawing.append(is_drawing(caller=2))
        return np.zeros(self.shape, np.uint8)[index]

    def __array__(self, dtype=None, copy=None):
        self.drawing.append(is_drawing(caller=2))
        return np.zeros(self.shape, np.uint8)


def test_napari_that_draws_is_told_from_others() -> None:
    asked = Asked()
    Image(asked, contrast_limits=(0, 1))
    assert any(asked.drawing)
    asked.drawing.clear()
    np.asarray(asked)
    assert asked.drawing == [False]


def test_the_layers_of_all_viewers_are_found(make_napari_viewer) -> None:
    one, two = make_napari_viewer(), make_napari_viewer()
    layers = [one.add_points(), two.add_points()]
    assert {id(layer) for layer in layers} <= {id(layer) for layer in layers_of_all_viewers()}


def test_without_the_list_of_viewers_the_current_one_serves(
    make_napari_viewer, monkeypatch
) -> None:
    import napari

    class Other:
        pass

    viewer = make_napari_viewer()
    layer = viewer.add_points()
    monkeypatch.setattr(napari.viewer, "Viewer", Other)
    monkeypatch.setattr(napari, "current_viewer", lambda: viewer)
    assert napari_internals.layers_of_all_viewers() == [layer]
