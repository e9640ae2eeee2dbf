"""What is refined first in view is what all of it becomes, whatever the axes are."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_mfif import fuse
from napari_mfif.methods.base import Region
from napari_mfif.plugin import show
from napari_mfif.plugin.refining import in_view, previewed, refined
from napari_mfif.plugin.results import results_of

REGION = Region(11, 53, 20, 77)
WANTED = {"smooth_depth": 2, "unsure": "mark", "min_confidence": 0.8}


def stacks(grey):
    two = np.stack([grey, grey[::-1]])
    yield "ZYX", grey
    yield "TZYX", two
    yield "CZYX", two
    yield "TCZYX", np.stack([two, two[::-1]])
    yield "ZYXS", np.stack([grey, grey // 2, grey // 3], axis=-1)


@pytest.mark.parametrize("number", range(5), ids=["ZYX", "TZYX", "CZYX", "TCZYX", "ZYXS"])
def test_preview_is_what_will_be(relief, qapp, number) -> None:
    axes, pixels = list(stacks(np.asarray(relief.stack.pixels)))[number]
    viewer, time = ViewerModel(), 1 if "T" in axes else 0
    show(fuse(pixels, axes=axes, method="gradient"), viewer)
    made = results_of(viewer).current()
    roles = ["height", "plane taken", "confidence", "image0"] + ["image1"] * ("C" in axes)
    layers = {role: results_of(viewer).layer(made, role) for role in roles}
    before = {role: np.array(layer.data) for role, layer in layers.items()}
    held = {role: layer.data for role, layer in layers.items()}
    _, first = previewed(made, WANTED, REGION, time, held)
    other = ViewerModel()
    show(refined(made, WANTED)[1].fusion, other)
    whole = results_of(other).current()
    for role in roles:
        expected = before[role].copy()
        tail = 1 if axes.endswith("S") and role.startswith("image") else 0
        place = [0] * (expected.ndim - 2 - tail)
        if "T" in axes:
            place[0] = time
        index = (*place, *REGION.slices)
        expected[index] = np.asarray(results_of(other).layer(whole, role).data)[index]
        np.testing.assert_array_equal(first[role], expected, err_msg=role)
        np.testing.assert_array_equal(layers[role].data, before[role])


def test_the_middle_of_what_is_seen_comes_first(relief, qapp) -> None:
    viewer = ViewerModel()
    show(fuse(np.asarray(relief.stack.pixels), method="gradient"), viewer)
    layer = viewer.layers[-1]
    shape = layer.data.shape
    assert in_view(layer, shape, 1000) == Region.whole(shape)
    layer.corner_pixels = np.array([[30, 90], [60, 400]])
    assert in_view(layer, shape, 1000) == Region(30, 61, 90, 131)
    assert in_view(layer, shape, 10) == Region(40, 50, 105, 115)
    layer.corner_pixels = np.array([[30, 200], [60, 400]])
    assert in_view(layer, shape, 1000) is None
