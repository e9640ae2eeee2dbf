"""ZStack: axes, alpha, planes, channels."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from napari_mfif.arrays.axes import guess_axes
from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import AxesError, ParameterError, ReadError

PIXELS = np.random.default_rng(8).integers(0, 9000, (2, 3, 5, 21, 35)).astype(np.uint16)


def test_three_axes_are_planes_and_a_last_axis_of_colour_is_known():
    assert guess_axes((5, 21, 35), np.dtype(np.float32)) == "ZYX"
    assert guess_axes((5, 21, 35, 3), np.dtype(np.uint8)) == "ZYXS"
    assert guess_axes((5, 21, 35, 4), np.dtype(np.uint16)) == "ZYXS"


@pytest.mark.parametrize(
    ("shape", "dtype", "advice"),
    [
        ((12, 3, 512, 512), "uint16", '`axes="CZYX"` or `axes="TZYX"`'),
        ((5, 21, 35, 3), "float32", '`axes="CZYX"` or `axes="TZYX"`'),
        ((2, 3, 5, 21, 35), "uint16", '"TCZYX"'),
        ((21, 35), "uint16", "at least the axes Z, Y, X"),
    ],
)
def test_axes_that_leave_a_choice_are_refused_with_advice(shape, dtype, advice):
    with pytest.raises(AxesError) as caught:
        ZStack.from_array(np.zeros(shape, dtype))
    assert str(shape) in str(caught.value)
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ("ZZYX", "Z stands twice"),
        ("QZYX", "'Q' is none of TCZYXS"),
        ("TCYX", r"Z \(plane\) is missing"),
        ("ZYX", "names 3 axes, but the array has 4"),
    ],
)
def test_wrong_axes_are_refused(axes, words):
    with pytest.raises(AxesError, match=words):
        ZStack.from_array(np.zeros((2, 3, 4, 5)), axes)


def test_an_empty_stack_is_refused():
    with pytest.raises(ReadError, match=r"empty: its shape is \(0, 21, 35\)"):
        ZStack.from_array(np.zeros((0, 21, 35)))


@pytest.mark.parametrize("kind", [np.asarray, da.from_array, memoryview])
def test_any_order_becomes_canonical(kind):
    stack = ZStack.from_array(kind(PIXELS.transpose(2, 0, 1, 4, 3).copy()), "ZTCXY")
    assert stack.axes == "TCZYX"
    np.testing.assert_array_equal(stack.plane(4, t=1, c=2), PIXELS[1, 2, 4])


@pytest.mark.parametrize("samples", [2, 4])
def test_alpha_is_dropped_lazily(samples):
    pixels = PIXELS[0, 0][..., None].repeat(samples, -1)
    stack = ZStack.from_array(da.from_array(pixels), "ZYXS")
    assert stack.axes == ("ZYXS" if samples == 4 else "ZYX")
    assert stack.notes == ("Alpha was dropped.",)
    kept = pixels[2, ..., :3] if samples == 4 else pixels[2, ..., 0]
    np.testing.assert_array_equal(stack.plane(2), kept)


def test_planes_and_rows():
    stack = ZStack.from_array(PIXELS, "TCZYX")
    assert (stack.n_times, stack.n_channels, stack.n_planes, stack.n_samples) == (2, 3, 5, 1)
    assert stack.plane_shape == (21, 35)
    assert stack.nbytes == PIXELS.nbytes
    np.testing.assert_array_equal(stack.plane(3, t=1, c=2, rows=slice(4, 9)), PIXELS[1, 2, 3, 4:9])


def test_channels_by_number_and_name():
    stack = ZStack.from_array(PIXELS, "TCZYX", channel_names=("DAPI", "GFP", "RFP"))
    assert stack.channel_index("RFP") == 2
    assert stack.channel_index("1") == stack.channel_index(1) == 1
    with pytest.raises(ParameterError, match="has 3, numbered from 0, named DAPI, GFP, RFP"):
        stack.channel_index("YFP")


def test_names_that_are_not_one_per_channel_are_left_out():
    assert ZStack.from_array(PIXELS, "TCZYX", channel_names=("DAPI",)).channel_names == ()


def test_dask_has_a_chunk_per_plane():
    lazy = ZStack.from_array(PIXELS, "TCZYX").dask()
    assert lazy.chunksize == (1, 1, 1, 21, 35)
    np.testing.assert_array_equal(lazy.compute(), PIXELS)


def test_it_describes_itself():
    stack = ZStack.from_array(PIXELS, "TCZYX", z_step=0.5, unit="um")
    said = "5 planes, 35 x 21, uint16, 3 channels, 2 timepoints, 0.5 um steps"
    assert stack.describe() == said


@pytest.mark.parametrize("shape", [(1, 1, 6, 32, 40), (1, 6, 32, 40), (6, 1, 32, 40)])
@pytest.mark.parametrize("axes", [None, "ZYX"])
def test_axes_of_length_one_are_passed_over(shape, axes):
    pixels = np.arange(6 * 32 * 40).reshape(6, 32, 40)
    stack = ZStack.from_array(pixels.reshape(shape), axes)
    assert stack.axes == "ZYX"
    np.testing.assert_array_equal(stack.pixels, pixels)
    assert ZStack.from_array(np.zeros((1, 3, 40, 32, 3), np.uint8)).axes == "ZYXS"


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("colours", [3, 4])
def test_a_colour_picture_is_no_stack_of_many_planes(dtype, colours):
    picture = np.zeros((32, 40, colours), dtype)
    with pytest.raises(AxesError, match="one colour picture of 40 x 32"):
        ZStack.from_array(picture)
    assert ZStack.from_array(picture, "ZYX").n_planes == 32
