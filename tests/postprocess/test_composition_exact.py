"""How pixels follow from decisions and weights, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.kernels.pyramid import collapse, gaussian_levels, up
from napari_mfif.postprocess.composition import (
    PyramidBlend,
    blended,
    copy_pixels,
    rounded,
    weighed,
    well_exposed,
)

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "u4", "f4", "f8", "u8", "f2", "?"])
@pytest.mark.parametrize("bands", [(), (1,), (3,)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_bits_are_copied_where_the_decision_says(dtype, bands, order) -> None:
    out = np.asarray(RNG.integers(0, 2, (7, 9, *bands)), dtype, order=order)
    plane = np.asarray(RNG.integers(0, 2, (7, 9, *bands)), dtype, order=order)
    if np.dtype(dtype).kind == "f":
        plane[0, 0] = np.nan
    decision = RNG.integers(0, 3, (7, 9)).astype(np.uint16)
    decision[0, 0] = 2
    expected = np.where((decision == 2).reshape(7, 9, *(1 for _ in bands)), plane, out)
    copy_pixels(out, plane, 2, decision)
    np.testing.assert_array_equal(out, expected)


def test_other_types_are_turned_as_they_are_copied() -> None:
    out = np.zeros((2, 2, 3), np.float32)
    copy_pixels(out, np.full((2, 2, 3), 7, np.uint8), 1, np.array([[1, 0], [0, 1]], np.uint8))
    assert out[..., 2].tolist() == [[7, 0], [0, 7]]
    empty = np.zeros((0, 3), np.uint8)
    copy_pixels(empty, empty.copy(), 0, np.zeros((0, 3), np.uint8))


@pytest.mark.parametrize("bands", [(), (2,)])
def test_with_a_weight_the_first_plane_is_the_ground(bands) -> None:
    out = np.full((1, 3, *bands), 99, np.uint8)
    weight = np.float32([[0, 0.5, 1]])
    nothing = np.full((1, 3), 1, np.uint8)
    copy_pixels(out, np.full((1, 3, *bands), 10, np.uint8), 0, nothing, weight=weight)
    assert np.all(out == 10)
    copy_pixels(out, np.full((1, 3, *bands), 21, np.uint8), 1, nothing, weight=weight)
    assert out.reshape(3, -1)[:, 0].tolist() == [10, 16, 21]


def test_a_weight_blends_downwards_too() -> None:
    out = np.full((1, 1), 200, np.uint8)
    copy_pixels(out, np.full((1, 1), 100, np.uint8), 1, out, weight=np.float32([[0.25]]))
    assert out.tolist() == [[175]]


@pytest.mark.parametrize("bands", [(), (2,)])
def test_shares_mix_and_nothing_lies_beyond(bands) -> None:
    old, new = np.full((1, 5, *bands), 10, np.int16), np.full((1, 5, *bands), -10, np.int16)
    share = np.float32([[0, 0.25, 0.5, 0.9, 1]])
    found = blended(old, new, share)
    assert found.reshape(5, -1)[:, 0].tolist() == [10, 5, 0, -8, -10]
    assert np.all(old == 10)
    assert found.dtype == np.int16
    # beyond 0 and 1 it is one of them
    assert blended(old[:, :2], new[:, :2], np.float32([[-1, 3]])).reshape(2, -1)[:, 0].tolist() == [
        10, -10,
    ]  # fmt: skip


def test_what_is_not_there_does_not_spread() -> None:
    old = np.float32([[1, np.nan, 1, np.nan]])
    new = np.float32([[3, 3, np.nan, np.nan]])
    found = blended(old, new, np.float32([[0.5, 1, 0, 0]]))
    assert found[0, :3].tolist() == [2, 3, 1]
    assert np.isnan(found[0, 3])


def test_switches_are_one_or_the_other() -> None:
    old, new = np.array([[True, True, False]]), np.array([[False, False, True]])
    assert blended(old, new, np.float32([[0.49, 0.5, 0.6]])).tolist() == [[True, False, True]]


def test_rounding() -> None:
    assert rounded(np.float32([0.4, 0.5, 0.6, 1.5, -0.6]), np.dtype("i2")).tolist() == [
        0, 0, 1, 2, -1,
    ]  # fmt: skip
    assert rounded(np.float32([300, -5, 254.6]), np.dtype("u1")).tolist() == [255, 0, 255]
    values = np.float32([1.5])
    assert rounded(values, np.dtype("f4")) is values
    assert rounded(values, np.dtype("f8")).dtype == np.float64
    exact = np.float64([2**31 - 1, -(2**31), 16777217.0])
    assert rounded(exact, np.dtype("i4")).tolist() == [2**31 - 1, -(2**31), 16777217]
    many = RNG.uniform(-9, 300, (70, 50, 2)).astype(np.float32)
    expected = np.clip(np.rint(many), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(rounded(many, np.dtype("u1")), expected)


@pytest.mark.parametrize(
    ("shape", "levels"),
    [((1, 1), 0), ((3, 90), 0), ((7, 90), 0), ((8, 90), 1), ((90, 15), 1), ((64, 64), 4),
     ((2047, 5000), 8), ((4096, 4096), 8)],
)  # fmt: skip
def test_the_coarsest_level_has_four_pixels_at_least(shape, levels) -> None:
    assert PyramidBlend(shape, 0).levels == levels


def test_blending_takes_so_many_bytes() -> None:
    assert [PyramidBlend.bytes_per_pixel(n) for n in (1, 3)] == [44, 72]


def test_scales_are_averaged_by_weight_one_by_one() -> None:
    planes = RNG.uniform(0, 100, (2, 33, 47, 2)).astype(np.float32)
    weight = RNG.random((33, 47), dtype=np.float32)
    blend = PyramidBlend((33, 47), 2)
    for plane, share in zip(planes, (weight, 1 - weight), strict=True):
        blend.add(plane.astype(np.float64), share)
    levels = blend.levels
    assert levels == 3
    for k in range(2):
        sums = []
        for level in range(levels + 1):
            total: float | np.ndarray = 0.0
            for plane, share in zip(planes, (weight, 1 - weight), strict=True):
                images = gaussian_levels(np.ascontiguousarray(plane[..., k]), levels)
                part = gaussian_levels(share, levels)[level]
                detail = images[level]
                if level < levels:
                    detail = detail - up(images[level + 1], part.shape)
                total = total + detail * part
            sums.append(np.asarray(total, np.float32))
        np.testing.assert_allclose(
            blend.pixels()[..., k], collapse(sums[:-1], sums[-1]), rtol=1e-5, atol=1e-3
        )


def test_exposure_is_bad_at_either_end() -> None:
    grey = np.float32([0, 0.125, 0.126, 0.5, 0.875, 0.876, 1])
    assert well_exposed(grey, 0.125).tolist() == [False, True, True, True, True, False, False]
    assert well_exposed(grey, 0.0).all()


def test_weights_are_focus_times_exposure() -> None:
    focus = np.float32([0, 0.5, 1])
    assert weighed(focus, None) is focus
    good = weighed(focus, np.array([True, True, False]))
    np.testing.assert_allclose(good, [0.01 * 1.0001, 0.51 * 1.0001, 1.01 * 0.0001], rtol=1e-5)
    assert good.dtype == np.float32


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f2", "f8"])
def test_values_come_in_the_type_that_is_asked_for(dtype) -> None:
    assert rounded(np.float32([1, 2]), np.dtype(dtype)).dtype == np.dtype(dtype)


def test_whole_numbers_are_blended_as_exactly_as_others() -> None:
    planes = RNG.integers(0, 200, (2, 40, 56, 1)).astype(np.uint8)
    weight = RNG.random((40, 56), dtype=np.float32)
    found = []
    for kind in (np.uint8, np.float32):
        blend = PyramidBlend((40, 56), 1)
        for plane, share in zip(planes, (weight, 1 - weight), strict=True):
            blend.add(plane.astype(kind), share)
        found.append(blend.pixels())
    np.testing.assert_array_equal(found[0], found[1])
    assert found[0].dtype == np.float32
