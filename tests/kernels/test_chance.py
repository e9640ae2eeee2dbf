"""What is right by chance, of few planes and of many."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.kernels.chance import held_beyond_chance, of_few, within_one
from napari_mfif.kernels.running_best import RunningBest

TABLE = ((0.0, 0.3, 1.0), (0.1, 0.8, 1.0))


@pytest.mark.parametrize("planes", [2, 4, 5, 12])
def test_two_depths_at_random_are_within_one_plane_so_often(planes):
    rng = np.random.default_rng(0)
    one, other = rng.uniform(0, planes - 1, (2, 200_000))
    assert within_one(planes) == pytest.approx(np.mean(np.abs(one - other) <= 1), abs=0.01)


def test_of_few_planes_more_is_right():
    sure = np.linspace(0, 1, 5, dtype=np.float32)
    for fewer, more in ((4, 5), (5, 8), (8, 16)):
        assert np.all(of_few(sure, fewer) >= of_few(sure, more))
    np.testing.assert_array_equal(of_few(sure, 40), sure)
    assert of_few(sure, 4)[-1] == 1


def test_chance_decides_nothing_unless_it_may():
    sure = np.linspace(0, 1, 11, dtype=np.float32)
    found = of_few(sure, 4, decides=False)
    np.testing.assert_array_equal(found[:6], sure[:6])
    assert np.all(found[6:-1] > sure[6:-1])
    assert np.all(found <= of_few(sure, 4))


@pytest.mark.parametrize("planes", [4, 5, 8])
def test_planes_that_are_alike_hold_no_more_than_among_many(planes):
    alike = held_beyond_chance(np.array([3 / planes, 1], np.float32), planes)
    np.testing.assert_allclose(alike, [3 / 16, 1])


def test_of_five_planes_that_are_alike_nothing_is_sure():
    running = RunningBest((4, 4))
    for _ in range(5):
        running.update(np.ones((4, 4), np.float32))
    of_many = RunningBest((4, 4))
    for _ in range(16):
        of_many.update(np.ones((4, 4), np.float32))
    few, many = running.probability(TABLE), of_many.probability(TABLE)
    assert np.all(few < within_one(5) + (1 - within_one(5)) * many)
    assert np.all(few > many)  # a guess is right more often
