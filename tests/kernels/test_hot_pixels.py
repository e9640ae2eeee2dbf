"""Hot pixels are mended, sharp specimens are left alone."""

import cv2
import numpy as np
import pytest

from napari_mfif.kernels.hot_pixels import find_stuck, repair_plane
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
