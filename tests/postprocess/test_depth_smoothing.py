"""The median of depths, and what the neighbours' depths say of a confidence, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.postprocess.depth_smoothing import smoothed_confidence, smoothed_depth


def random(shape, last):
    return np.random.default_rng(0).uniform(0, last, shape).astype(np.float32)


def exact(depth, radius: int):
    """Return the median in a square; beyond the border the pixels of the border go on."""
    wide = np.pad(depth, radius, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (2 * radius + 1, 2 * radius + 1))
    return np.median(windows, axis=(2, 3))


@pytest.mark.parametrize("radius", [1, 2])
def test_small_squares_have_their_exact_median(radius) -> None:
    depth = random((13, 17), 900)
    np.testing.assert_array_equal(smoothed_depth(depth, radius, 900), exact(depth, radius))


@pytest.mark.parametrize("last", [2, 300])
@pytest.mark.parametrize("radius", [3, 7])
def test_large_squares_have_theirs_in_255_steps(radius, last) -> None:
    depth = random((31, 37), last)
    depth[:9], depth[-9:] = 0, last
    found = smoothed_depth(depth, radius, last)
    assert found.dtype == np.float32
    median, step = exact(depth, radius), 1.001 * last / 255
    moved = np.abs(depth - median) > step
    assert np.abs(found - median)[moved].max() <= step / 2
    assert np.abs(found - median)[~moved].max() <= step
    assert found.min() == 0
    assert found.max() == last


@pytest.mark.parametrize("radius", [2, 3])
def test_fraction_stays_where_the_median_changes_nothing(radius) -> None:
    depth = np.full((19, 19), 7.125, np.float32)
    depth[9, 9] = 19
    expected = np.full((19, 19), np.float32(7.125))
    found = smoothed_depth(depth, radius, 20)
    expected[9, 9] = found[9, 9]
    np.testing.assert_array_equal(found, expected)
    assert found[9, 9] == pytest.approx(7.125, abs=0.04)


@pytest.mark.parametrize("plateau", [0, 300])
def test_first_and_last_plane_are_steps(plateau) -> None:
    depth = np.full((19, 19), plateau, np.float32)
    depth[9, 9] = 150
    np.testing.assert_array_equal(smoothed_depth(depth, 3, 300), np.full_like(depth, plateau))


@pytest.mark.parametrize(("radius", "pixels"), [(1, 9), (2, 25)])
def test_neighbour_d_planes_off_agrees_by_the_square_of_d(radius, pixels) -> None:
    depth = np.full((11, 11), 5, np.float32)
    depth[5, 5] = 8
    smooth = np.full_like(depth, 5)
    found = smoothed_confidence(depth, smooth, np.full_like(depth, 0.5), radius)
    assert found.dtype == np.float32
    expected = np.full((11, 11), np.sqrt(0.5))
    near = np.s_[5 - radius : 6 + radius, 5 - radius : 6 + radius]
    expected[near] = np.sqrt(0.5 * (pixels - 1 + 1 / (3**2 + 1)) / pixels)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_neighbours_count_by_their_confidence_and_the_least_sure_by_a_hundredth() -> None:
    depth = np.full((9, 9), 5, np.float32)
    depth[4, 4] = 4
    confidence = np.full_like(depth, 0.5)
    for doubtful, counts in ((0.2, 0.2), (0.0, 0.01)):
        confidence[4, 4] = doubtful
        found = smoothed_confidence(depth, np.full_like(depth, 5), confidence, 1)
        agreement = (8 * 0.5 + counts / 2) / (8 * 0.5 + counts)
        assert found[3, 3] == pytest.approx(np.sqrt(0.5 * agreement), rel=1e-6)
        assert found[4, 4] == pytest.approx(np.sqrt(doubtful * agreement), rel=1e-6)


def test_confidence_stays_between_0_and_1() -> None:
    depth = random((40, 40), 9)
    sure = np.ones_like(depth)
    assert smoothed_confidence(depth, depth, sure, 3).max() == 1
    assert smoothed_confidence(depth, depth, 0 * sure, 3).min() == 0
