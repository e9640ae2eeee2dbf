"""Layers of napari, and lists of levels, as z-stacks."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from napari.layers import Image, Points

from napari_mfif import fuse, open_stack
from napari_mfif.errors import AxesError, ReadError

PIXELS = np.random.default_rng(3).integers(0, 4000, (5, 64, 48), dtype=np.uint16)
LEVELS = [PIXELS[:, ::step, ::step] for step in (1, 2, 4)]


@pytest.mark.parametrize(
    "source",
    [
        LEVELS,
        tuple(LEVELS),
        LEVELS[:1],
        Image(LEVELS, multiscale=True),
        Image(LEVELS, multiscale=True).data,
        [Image(PIXELS)],
    ],
    ids=["list", "tuple", "one level", "layer", "data of a layer", "list of a layer"],
)
def test_the_finest_level_is_taken(source):
    np.testing.assert_array_equal(open_stack(source).pixels, PIXELS)


def test_levels_serve_as_previews_where_the_axes_are_known():
    stack = open_stack(Image(LEVELS, multiscale=True))
    assert [level.shape for level in stack.pixels.coarser] == [one.shape for one in LEVELS[1:]]


def test_sizes_and_axes_of_a_layer_come_along():
    layer = Image(
        PIXELS[None],
        axis_labels=("t", "z", "y", "x"),
        scale=(1, 500, 0.2, 0.1),
        units=("s", "nm", "um", "um"),
        name="cells",
    )
    stack = open_stack(layer)
    assert (stack.axes, stack.name, stack.unit) == ("TZYX", "cells", "um")
    assert (stack.z_step, stack.pixel_size) == (pytest.approx(0.5), (0.2, 0.1))


def test_several_layers_are_channels_with_their_names():
    layers = [Image(PIXELS, name="DAPI", scale=(2, 1, 1)), Image(PIXELS[::-1], name="GFP")]
    stack = open_stack(layers)
    assert (stack.axes, stack.channel_names, stack.z_step) == ("CZYX", ("DAPI", "GFP"), 2)
    np.testing.assert_array_equal(stack.plane(1, c=1), PIXELS[3])
    with pytest.raises(ReadError, match="one shape and type"):
        open_stack([Image(PIXELS), Image(PIXELS[:3])])


def test_fusing_a_layer_is_fusing_its_pixels():
    np.testing.assert_array_equal(fuse(Image(PIXELS)).image, fuse(PIXELS).image)
    with pytest.raises(AxesError, match="does not say"):
        fuse(Image(PIXELS.reshape(5, 1, 2, 32, 48)))
    fused = fuse(Image(PIXELS.reshape(5, 2, 32, 48)), axes="ZCYX")
    assert fused.image.shape == (2, 32, 48)


def test_napari_is_not_imported_to_tell_what_is_a_layer():
    code = (
        "import sys, numpy as np, napari_mfif; "
        "napari_mfif.open_stack(np.zeros((3, 9, 9), 'u1')); assert 'napari' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_named_axes_of_a_layer_go_before_their_order():
    turned = Image(PIXELS.transpose(1, 2, 0), axis_labels=("y", "x", "z"), scale=(0.1, 0.2, 0.5))
    stack = open_stack(turned)
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS)
    assert (stack.z_step, stack.pixel_size) == (0.5, (0.1, 0.2))


@pytest.mark.parametrize("layer", [Points(np.zeros((4, 3))), Image(PIXELS[0])])
def test_a_layer_without_planes_is_no_stack(layer):
    with pytest.raises(ReadError, match="holds no z-stack"):
        open_stack(layer)
