"""Connected regions of a decision map, found in whatever parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mfif.kernels.regions import border_regions, connected_regions, nearest_kept


def test_planes_apart_by_no_more_than_the_tolerance_are_one_region() -> None:
    decision = np.array([[4, 5, 6], [4, 6, 9]], np.uint16)
    regions, areas = connected_regions(decision, tolerance=1)
    np.testing.assert_array_equal(regions, [[0, 0, 0], [0, 0, 1]])
    assert areas.tolist() == [5, 1]
    assert len(connected_regions(decision, tolerance=0)[1]) == 5


@pytest.mark.parametrize(("other", "tolerance"), [(1, 0), (7, 1)])
def test_corners_that_touch_do_not_connect(other, tolerance) -> None:
    decision = np.array([[0, other], [other, 0]], np.uint16)
    assert connected_regions(decision, tolerance=tolerance)[1].tolist() == [1, 1, 1, 1]


def test_all_four_sides_are_border_and_the_middle_is_not() -> None:
    regions = np.int32([[0, 1, 0], [2, 9, 3], [0, 4, 0]])
    assert set(border_regions(regions)) == {0, 1, 2, 3, 4}


def test_nearest_is_told_by_its_place_along_the_rows() -> None:
    lost = np.ones((5, 7), np.bool_)
    lost[0, 0] = lost[4, 6] = False
    nearest = np.zeros(lost.shape, int)
    nearest[lost] = nearest_kept(lost)
    rows, columns = np.indices(lost.shape)
    sooner = np.hypot(rows, columns) < np.hypot(4 - rows, 6 - columns) - 0.5
    later = np.hypot(rows, columns) > np.hypot(4 - rows, 6 - columns) + 0.5
    assert (nearest[sooner & lost] == 0).all()
    assert (nearest[later & lost] == 34).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), tolerance=st.sampled_from([0, 1]))
def test_regions_agree_with_a_search_pixel_by_pixel(seed, tolerance) -> None:
    decision = np.random.default_rng(seed).integers(0, 5, (7, 9)).astype(np.uint16)
    regions, areas = connected_regions(decision, tolerance=tolerance)
    assert areas.sum() == decision.size
    reached = np.zeros(decision.shape, bool)
    todo = [(3, 4)]
    while todo:
        row, column = todo.pop()
        reached[row, column] = True
        for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= r < 7 and 0 <= c < 9 and not reached[r, c]:
                near = abs(int(decision[r, c]) - int(decision[row, column])) <= tolerance
                todo += [(r, c)] if near else []
    np.testing.assert_array_equal(regions == regions[3, 4], reached)
