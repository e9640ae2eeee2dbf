"""Planes with hot pixels, planes that are alike, planes that lack pixels or show nothing."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse

METHODS = ("adaptive", "gradient", "laplacian", "guided")


def test_hot_pixels_are_counted_and_shown(slope) -> None:
    hot = slope[0].copy()
    hot[3, 20, 30] = hot[5, 40, 50] = 60000
    fusion = fuse(hot)
    assert set(zip(*np.nonzero(fusion.repaired), strict=True)) == {(20, 30), (40, 50)}
    assert "2 hot pixels were replaced" in " ".join(fusion.notes)
    np.testing.assert_array_equal(fuse(hot, lazy=True).repaired, fusion.repaired)
    left = fuse(hot, repair_hot_pixels=False)
    assert not left.repaired.any()
    assert not left.notes


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
def test_equal_planes_give_that_plane(slope, method, lazy) -> None:
    plane = slope[0][3].copy()
    plane[20, 30] = 60000
    fusion = fuse(np.repeat(plane[None], 5, 0), method=method, lazy=lazy)
    np.testing.assert_array_equal(fusion.image, plane)
    assert not np.any(fusion.confidence)
