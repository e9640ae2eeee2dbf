"""Which regions are small, and what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.methods.base import Answer
from napari_mfif.postprocess.small_regions import sees_whole, settle
from napari_mfif.settings.consistency import OFF


def answer_of(decision, **more) -> Answer:
    decision = np.asarray(decision, np.uint16)
    depth = np.asarray(more.pop("depth", decision), np.float32)
    return Answer(depth, decision, np.ones(decision.shape, np.float32), **more)


def settled(decision, *, n_planes: int = 2, depth=None, **wanted):
    answer = answer_of(decision, **({} if depth is None else {"depth": depth}))
    return settle(answer, {**OFF, **wanted}, n_planes=n_planes)


@pytest.fixture
def image():
    """10 x 10 pixels of plane 0, with plane 1 in a corner (4), in the middle (4), below it (3)."""
    decision = np.zeros((10, 10), np.uint16)
    decision[:2, :2] = 1
    decision[4:6, 4:6] = 1
    decision[8, 4:7] = 1
    return decision


def without(image, *regions):
    image = image.copy()
    for region in regions:
        image[region] = 0
    return image


CORNER, MIDDLE, BELOW = np.s_[:2, :2], np.s_[4:6, 4:6], np.s_[8, 4:7]


def test_region_as_large_as_the_limit_stays(image) -> None:
    found = settled(image, small_regions=0.04)[1]
    np.testing.assert_array_equal(found, without(image, BELOW))
    assert not settled(image, small_regions=0.041)[1].any()


def test_hole_as_large_as_the_limit_stays_and_so_does_what_touches_the_border(image) -> None:
    np.testing.assert_array_equal(settled(image, holes=0.04)[1], without(image, BELOW))
    np.testing.assert_array_equal(settled(image, holes=0.041)[1], without(image, BELOW, MIDDLE))


def test_holes_may_be_larger_or_smaller_than_small_regions(image) -> None:
    found = settled(image, small_regions=0.04, holes=0.05)[1]
    np.testing.assert_array_equal(found, without(image, BELOW, MIDDLE))
    assert not settled(image, small_regions=0.05, holes=0.02)[1].any()


@pytest.mark.parametrize("name", ["small_regions", "holes"])
def test_nothing_is_smaller_than_a_pixel(name) -> None:
    assert not sees_whole({**OFF, name: 0.01}, 100)
    assert sees_whole({**OFF, name: 0.011}, 100)


def test_where_all_is_small_all_stays() -> None:
    chequered = np.indices((4, 4)).sum(axis=0) % 2
    np.testing.assert_array_equal(settled(chequered, small_regions=0.2)[1], chequered)


def test_of_a_stack_the_neighbouring_plane_belongs_to_the_region(image) -> None:
    np.testing.assert_array_equal(settled(image, n_planes=3, small_regions=0.1)[1], image)
    assert not settled(2 * image, n_planes=3, small_regions=0.1)[1].any()


def test_lost_pixels_of_a_stack_take_decision_and_depth_of_the_nearest() -> None:
    decision = np.repeat([[3, 4, 5, 6, 7, 8]], 5, axis=0)
    depth = decision + 0.25
    decision[2, 4], depth[2, 4] = 0, 0.5
    found_depth, found = settled(decision, n_planes=9, depth=depth, small_regions=0.1)
    decision[2, 4] = found[2, 4]
    assert found[2, 4] in (6, 7, 8)
    np.testing.assert_array_equal(found, decision)
    np.testing.assert_array_equal(found_depth, decision + np.float32(0.25))


def test_of_two_planes_the_depth_is_left_to_the_steps_that_follow(image) -> None:
    depth = image * np.float32(0.75)
    found_depth, found = settled(image, depth=depth, small_regions=0.1)
    assert not found.any()
    np.testing.assert_array_equal(found_depth, depth)


def test_maps_that_came_in_stay_as_they_were(image) -> None:
    decision, depth = 2 * image, image + np.float32(0.5)
    before = decision.copy(), depth.copy()
    settled(decision, n_planes=3, depth=depth, small_regions=0.1)
    np.testing.assert_array_equal(decision, before[0])
    np.testing.assert_array_equal(depth, before[1])


def test_second_plane_is_taken_where_the_focus_map_is_above_the_threshold() -> None:
    weight = np.float32([[0.2, 0.5, 0.6, 0.75, 0.8]])
    answer = answer_of([[0, 0, 1, 1, 1]], weight=weight)
    for threshold, expected in ((0.5, [0, 0, 1, 1, 1]), (0.75, [0, 0, 0, 0, 1])):
        found = settle(answer, {**OFF, "threshold": threshold}, n_planes=2)[1]
        assert found.dtype == np.uint16
        assert found.tolist() == [expected]


def test_threshold_has_no_say_where_there_is_no_focus_map() -> None:
    assert settled([[0, 1]], threshold=1.0)[1].tolist() == [[0, 1]]
