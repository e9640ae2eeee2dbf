from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.composition import rounded, take_pixels


def composed(planes, decision, weight=None):
    out = np.zeros_like(planes[0])
    for index, pixels in enumerate(planes):
        take_pixels(out, pixels, index, decision, weight=weight)
    return out


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
@pytest.mark.parametrize("bands", [(), (3,)])
def test_pixels_are_copied_bit_for_bit(dtype, bands) -> None:
    rng = np.random.default_rng(0)
    planes = rng.integers(0, 120, (6, 13, 17, *bands)).astype(dtype)
    decision = rng.integers(0, 6, (13, 17)).astype(np.uint16)
    rows, columns = np.indices(decision.shape)
    found = composed(planes, decision)
    assert found.dtype == planes.dtype
    np.testing.assert_array_equal(found, planes[decision, rows, columns])


def test_two_planes_are_blended_by_weight_and_rounded() -> None:
    first, second = np.full((2, 5, 3), 10, np.uint16), np.full((2, 5, 3), 21, np.uint16)
    weight = np.broadcast_to(np.float32([0, 0.25, 0.5, 0.9, 1]), (2, 5))
    found = composed([first, second], np.zeros((2, 5), np.uint16), weight)
    # 12.75, 15.5 (to even) and 19.9
    np.testing.assert_array_equal(found[0, :, 0], [10, 13, 16, 20, 21])


def test_sure_weights_copy_the_largest_values_exactly() -> None:
    top = np.iinfo(np.uint16).max
    planes = np.array([[[0, top]], [[top, 0]]], np.uint16)
    found = composed(planes, np.zeros((1, 2), np.uint16), np.float32([[1, 0]]))
    np.testing.assert_array_equal(found, [[top, top]])


def test_blend_lies_between_the_planes_whatever_the_type() -> None:
    rng = np.random.default_rng(1)
    planes = rng.integers(-30000, 30000, (2, 40, 31)).astype(np.int16)
    weight = rng.random((40, 31), dtype=np.float32)
    found = composed(planes, np.zeros((40, 31), np.uint16), weight)
    assert np.all(found >= planes.min(0))
    assert np.all(found <= planes.max(0))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "uint32", "int32"])
def test_rounding_clips_to_the_range_of_the_type(dtype) -> None:
    limits = np.iinfo(dtype)
    values = np.array([-1e12, 2.5, 3.6, 1e12], np.float32)
    expected = np.array([limits.min, 2, 4, limits.max], dtype)
    np.testing.assert_array_equal(rounded(values, np.dtype(dtype)), expected)
