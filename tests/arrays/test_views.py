"""Lazy views in another order of axes."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.arrays.lazy_array import as_slice, basic_index
from napari_mfif.arrays.views import Reordered

PIXELS = np.random.default_rng(7).integers(0, 99, (3, 5, 7, 9, 4))


@pytest.mark.parametrize(
    "index",
    [np.s_[1, 2], np.s_[..., 1], np.s_[:, 2, ::-2, 3:8], np.s_[2, 1, 3, 4, 0], np.s_[:, [0, 2]],
     np.s_[-1, ..., 8:2:-3, :], np.s_[None, 0]],
    ids=str,
)  # fmt: skip
def test_reordered_pixels_index_as_the_transposed_array(index):
    order = (1, 0, 3, 2, 4)
    np.testing.assert_array_equal(Reordered(PIXELS, order)[index], PIXELS.transpose(order)[index])


def test_reordered_pixels_may_leave_out_samples_and_axes():
    three = Reordered(PIXELS, (1, 0, 2, 3, 4), {4: 3})
    assert three.shape == (5, 3, 7, 9, 3)
    np.testing.assert_array_equal(three[2, 1], PIXELS[1, 2, ..., :3])
    grey = Reordered(PIXELS, (0, 1, 2, 3))
    np.testing.assert_array_equal(np.asarray(grey), PIXELS[..., 0])


def test_only_what_is_asked_for_is_read():
    asked = []

    class Source:
        shape, dtype = PIXELS.shape, PIXELS.dtype

        def __getitem__(self, index):
            asked.append(index)
            return PIXELS[index]

    Reordered(Source(), (1, 0, 2, 3, 4), {4: 3})[4, 2, 3:5]
    assert asked == [(2, 4, slice(3, 5, 1), slice(0, 9, 1), slice(0, 3, 1))]


def test_slices_that_run_backwards_to_the_start():
    assert as_slice(range(10)[::-1]) == slice(9, None, -1)
    assert basic_index(np.s_[::-1, 2], (3, 4)) == (range(2, -1, -1), 2)
    assert basic_index([0, 1], (3,)) is None
