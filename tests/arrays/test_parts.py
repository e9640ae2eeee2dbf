"""Parts of a z-stack hold what the whole holds there."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from napari_mfif.arrays.lazy_array import LazyArray, as_slices
from napari_mfif.arrays.parts import planes_in_words
from napari_mfif.arrays.stack import ZStack
from napari_mfif.arrays.views import Reordered
from napari_mfif.errors import ParameterError

PIXELS = np.random.default_rng(3).integers(0, 999, (2, 9, 13, 17), np.uint16)


class Held(LazyArray):
    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def _read(self, index):
        return self.array[as_slices(index)]


@pytest.mark.parametrize("kind", [np.asarray, da.from_array, Held])
@pytest.mark.parametrize("planes", [range(2, 7), (7, 1, 2), [4]])
def test_part_of_any_array_holds_what_the_whole_holds(kind, planes) -> None:
    stack = ZStack(kind(PIXELS), "CZYX")
    part = stack.part(planes, rows=slice(3, 11), columns=slice(5, None))
    assert part.shape == (2, len(planes), 8, 12)
    expected = PIXELS[:, sorted(planes), 3:11, 5:]
    np.testing.assert_array_equal(np.asarray(part.pixels[...]), expected)
    np.testing.assert_array_equal(part.plane(0, c=1, rows=slice(2, 4)), expected[1, 0, 2:4])
    assert [part.plane_number(z) for z in range(part.n_planes)] == sorted(planes)


def test_transparent_pixels_stay_so_in_a_part() -> None:
    colour = np.ones((5, 12, 14, 4), np.uint8)
    colour[2, 6, 7, 3] = 0
    stack = ZStack.from_array(Reordered(colour, range(4)), "ZYXS").part([1, 2, 4], rows=slice(5, 9))
    hidden = stack.masked(1, rows=slice(None), columns=slice(None))
    assert hidden is not None and hidden.sum() == 1 and hidden[1, 7]
    assert stack.shape == (3, 4, 14, 3)


def test_heights_of_a_part_are_those_of_the_whole() -> None:
    stack = ZStack(PIXELS[0], "ZYX", z_step=0.5, unit="um")
    np.testing.assert_allclose(stack.part([3, 4, 7]).heights(np.array([0, 1.5])), [1.5, 2.75])
    np.testing.assert_allclose(stack.part(range(4)).heights(np.array([2.0])), [1.0])


@pytest.mark.parametrize("kind", [np.asarray, da.from_array])
def test_planes_of_a_part_are_numbered_as_in_the_whole(kind) -> None:
    whole = ZStack(PIXELS[0], "ZYX")
    part = whole.part([1, 2, 4, 8]).part([1, 2, 3])
    taken = np.asarray(part.numbered(kind(np.array([[0, 2], [1, 1]], np.uint16))))
    np.testing.assert_array_equal(taken, [[2, 8], [4, 4]])
    assert taken.dtype == np.uint16
    between = np.asarray(part.numbered(kind(np.array([0.5, 1.25], np.float32))))
    np.testing.assert_array_equal(between, np.array([3, 5], np.float32))
    assert whole.numbered(3) == 3


def test_what_is_left_out_is_named_and_what_is_not_there_refused() -> None:
    stack = ZStack(PIXELS[0], "ZYX", name="pollen")
    assert stack.part() is stack
    part = stack.part([0, 1, 2, 5], columns=slice(2, 6))
    assert part.notes == ("Of 9 planes: 0-2, 5.", "Only rows 0 to 12, columns 2 to 5.")
    with pytest.raises(ParameterError, match="pollen has planes 0 to 8"):
        stack.part([4, 9])
    with pytest.raises(ParameterError, match="rows 0 to 12"):
        stack.part(rows=slice(20, 30))


def test_planes_are_written_as_people_do() -> None:
    assert planes_in_words([3, 4, 5, 9, 11, 12]) == "3-5, 9, 11-12"
