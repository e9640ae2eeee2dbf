"""Zeros that a moved plane leaves at its border are told from what is dark by itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_mfif.kernels.borders import mixed_rim, zero_border


@pytest.fixture(scope="module")
def plane():
    light = np.random.default_rng(0).integers(20, 200, (60, 90, 3)).astype(np.uint8)
    light[20:30, 40:60] = 0  # dark by itself
    return light


def moved(plane, angle, shift):
    """Turn a plane by degrees and shift it; say what then lies within its frame."""
    rows, columns = plane.shape[:2]
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, 1.0)
    matrix[:, 2] += shift
    there = cv2.warpAffine(
        np.full((rows, columns), 255, np.uint8), matrix, (columns, rows), flags=cv2.INTER_NEAREST
    )
    return cv2.warpAffine(plane, matrix, (columns, rows), flags=cv2.INTER_NEAREST), there == 0


@pytest.mark.parametrize(("angle", "shift"), [(0, (7, -3)), (4, (5, 2)), (-9, (0, 0))])
def test_the_border_of_a_moved_plane_is_found_and_nothing_within(plane, angle, shift):
    seen, beyond = moved(plane, angle, shift)
    np.testing.assert_array_equal(zero_border(seen), beyond)


def test_a_whole_plane_has_none(plane):
    assert zero_border(plane) is None


def test_a_dark_blot_at_the_side_is_none(plane):
    blotted = plane.copy()
    blotted[0, 0] = 0
    cv2.circle(blotted, (0, 30), 25, (0, 0, 0), -1)
    assert zero_border(blotted) is None


def test_zero_in_one_colour_is_there(plane):
    red = plane.copy()
    red[..., 1:] = 0
    assert zero_border(red) is None


def test_nothing_but_zeros_is_no_border():
    assert zero_border(np.zeros((20, 30, 1), np.uint8)) is None


@pytest.mark.parametrize("shift", [(0, 0.4), (0, -0.4), (0.7, 0), (-0.3, -0.5)])
def test_lines_at_the_rim_that_are_mixed_with_zeros_are_found(plane, shift):
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float64)
    smooth = cv2.GaussianBlur(plane, (0, 0), 2)
    size = (plane.shape[1], plane.shape[0])
    seen, there = (cv2.warpAffine(p, matrix, size) for p in (smooth, np.full_like(smooth, 255)))
    np.testing.assert_array_equal(mixed_rim(seen), there[..., 0] < 255)


def test_a_rim_that_is_dark_by_itself_is_left_alone(plane):
    light = plane.copy()
    light[0, :30] //= 2  # a short line
    light[-20:] //= 2  # the edge of something
    assert mixed_rim(light) is None
