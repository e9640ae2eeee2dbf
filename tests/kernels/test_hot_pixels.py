"""Hot pixels are mended, sharp specimens are left alone."""

import cv2
import numpy as np
import pytest

from napari_mfif.kernels.hot_pixels import REACH, find_stuck, repair_plane
from napari_mfif.kernels.noise import NoiseLine

NOISE = NoiseLine(100.0, 0.0, 0.0)
NOTHING = (np.zeros(0, np.intp), np.zeros(0, np.intp))


def _stack(dtype=np.uint16, planes=6):
    """A ground with photon-like noise, and a small bead that goes through focus at plane 2."""
    rng = np.random.default_rng(0)
    light = np.full((planes, 61, 83), 1000.0)
    bead = np.zeros((61, 83), np.float32)
    bead[30, 40] = 9000
    for z in range(planes):
        light[z] += cv2.GaussianBlur(bead, (0, 0), 0.8 + 0.6 * abs(z - 2))
    return (light + rng.normal(0, 10, light.shape)).astype(dtype)


def _repair(stack, stuck=NOTHING):
    """All planes, each beside its neighbours."""
    around = [None, *stack, None]
    return np.stack([repair_plane(*around[z : z + 3], stuck, NOISE) for z in range(len(stack))])


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.int32])
def test_a_hit_is_replaced_by_its_neighbours(dtype):
    stack = _stack(dtype)
    stack[3, 10, 20] = 30000
    repaired = _repair(stack)
    assert abs(float(repaired[3, 10, 20]) - 1000) < 50
    assert repaired.dtype == dtype


def test_two_hits_side_by_side_are_replaced():
    stack = _stack()
    stack[3, 10, 20:22] = 30000, 28000
    assert _repair(stack)[3, 10, 20:22].max() < 1100


def test_hits_in_a_corner_and_on_an_edge_are_replaced():
    stack = _stack()
    stack[1, 0, 0] = stack[1, 60, 41] = 30000
    assert _repair(stack)[1].max() < 20000


def test_a_sharp_bead_stays_as_it_is():
    stack = _stack()
    np.testing.assert_array_equal(_repair(stack), stack)


def test_a_clean_plane_comes_back_itself():
    plane = _stack()[0]
    assert repair_plane(None, plane, plane, NOTHING, NOISE) is plane


def test_stuck_pixels_are_found_and_replaced_in_every_plane():
    stack = _stack()
    stack[:, 12, 7] = 20000
    stack[:, 50, 70] = 0
    stuck = find_stuck(list(stack[:5]), NOISE)
    assert set(zip(*stuck, strict=True)) == {(12, 7), (50, 70)}
    repaired = _repair(stack, stuck)
    assert np.all(np.abs(repaired[:, [12, 50], [7, 70]].astype(float) - 1000) < 60)


def test_planes_of_a_few_pixels_pass():
    plane = np.arange(4, dtype=np.uint16).reshape(2, 2)
    assert repair_plane(None, plane, None, NOTHING, NOISE) is plane
    assert find_stuck([plane] * 5, NOISE)[0].size == 0


def test_the_median_may_lie_beside_infinity() -> None:
    from napari_mfif.kernels.order import median

    assert median(np.array([1.0, 2.0, np.inf])) == 2
    assert median(np.array([1.0, np.inf, np.inf, np.inf])) == np.inf
    assert median(np.array([1.0, 2.0, 4.0, np.inf])) == 3


def test_where_many_stand_out_they_are_no_hot_pixels():
    rng = np.random.default_rng(3)
    stack = [rng.normal(1000, 60, (80, 90)).astype(np.uint16) for _ in range(3)]
    quiet = NoiseLine(1.0, 0.0, 0.0)  # the camera's pattern stands out from this noise everywhere
    assert repair_plane(*stack, NOTHING, quiet) is stack[1]
    assert find_stuck([stack[0]] * 5, quiet)[0].size == 0


def test_hits_are_replaced_beside_a_crowded_corner():
    stack = _stack()
    rng = np.random.default_rng(4)
    stack[3, :20, :20] = rng.integers(500, 60000, (20, 20))
    stack[3, 50, 70] = 30000
    repaired = _repair(stack)
    np.testing.assert_array_equal(repaired[3, :20, :20], stack[3, :20, :20])
    assert repaired[3, 50, 70] < 1100


@pytest.mark.parametrize("offset", [0, 0.25, 0.4])
def test_small_spots_that_are_sharp_in_one_plane_survive(offset):
    rows, columns = np.mgrid[:61, :83]
    spot = np.exp(-((rows - 30 - offset) ** 2 + (columns - 40 + offset) ** 2) / (2 * 0.5**2))
    rng = np.random.default_rng(0)
    stack = np.stack([1000 + rng.normal(0, 10, spot.shape) for _ in range(6)])
    stack[2] += 9000 * spot
    stack = stack.astype(np.uint16)
    np.testing.assert_array_equal(_repair(stack), stack)


def test_parts_with_the_margin_are_repaired_as_the_whole():
    rng = np.random.default_rng(5)
    stack = _stack()
    places = rng.random(stack.shape) < 0.01
    stack[places] = 30000
    stack[:, 20:40, 30:50][rng.random((6, 20, 20)) < 0.2] = 30000
    whole = _repair(stack)
    part = np.s_[:, 25 - REACH : 25 + REACH, 35 - REACH : 45 + REACH]
    inner = np.s_[:, REACH:-REACH, REACH:-REACH]
    np.testing.assert_array_equal(_repair(stack[part])[inner], whole[part][inner])
