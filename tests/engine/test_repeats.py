"""A plane that comes twice is as if it came once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.simulation import simulate


@pytest.fixture(scope="module")
def made():
    return simulate("tissue", seed=1, planes=12, shape=(96, 96))


def doubled(made, z: int):
    planes = np.asarray(made.stack.pixels)
    return replace(made.stack, pixels=np.concatenate([planes[: z + 1], planes[z:]]))


@pytest.mark.parametrize("method", ["adaptive", "gradient", "guided"])
@pytest.mark.parametrize("lazy", [False, True])
def test_a_plane_that_comes_twice_changes_nothing_but_numbers(made, method, lazy) -> None:
    # of 12 planes and of these 13 the survey looks at the same five
    how = {"method": method, "consistency": {"smooth_depth": 0}}
    once, twice = fuse(made.stack, **how), fuse(doubled(made, 6), **how, lazy=lazy)
    numbers = np.array([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12])
    np.testing.assert_array_equal(np.asarray(twice.decision), numbers[once.decision])
    moved = np.interp(once.depth, np.arange(12), numbers)
    np.testing.assert_allclose(np.asarray(twice.depth), moved, atol=1e-5)
    np.testing.assert_array_equal(np.asarray(twice.image), once.image)


def test_planes_that_have_no_vote_are_named(made) -> None:
    assert any("without a vote: planes 6." in note for note in fuse(doubled(made, 5)).notes)
    assert not any("vote" in note for note in fuse(made.stack).notes)
