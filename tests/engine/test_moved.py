"""What is missing or hot in planes stays known when they are moved."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.alignment import Transforms
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import aligned
from napari_mfif.engine.moved import AlignedPixels
from napari_mfif.engine.planes import PlaneReader, Preparation
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import simulate

WHOLE = slice(None)


def shifted(stack, steps, **options):
    """Return a stack moved by whole rows, by `steps` each."""
    matrices = np.array([[[1, 0, 0], [0, 1, float(row)]] for row in steps])
    transforms = [Transforms(matrices, "translation")]
    return aligned(stack, transforms, [Preparation(np.ones(1, np.float32))], **options)


def holes(kind="nan"):
    """Return planes of which each lacks a square, and which pixels those are."""
    planes = np.random.default_rng(3).normal(100, 5, (3, 60, 70)).astype(np.float32)
    lost = np.zeros(planes.shape, bool)
    for z in range(3):
        lost[z, 20:30, 10 + 15 * z : 20 + 15 * z] = True
    if kind == "nan":
        return ZStack.from_array(np.where(lost, np.nan, planes).astype(np.float32), "ZYX"), lost
    return ZStack.from_array(np.ma.MaskedArray(planes, lost), "ZYX"), lost


@pytest.mark.parametrize("kind", ["nan", "mask"])
@pytest.mark.parametrize("crop", [False, True])
def test_pixels_that_are_not_there_move_with_their_plane(kind, crop):
    stack, lost = holes(kind)
    moved = shifted(stack, [0, 4, 8], crop=crop)
    assert isinstance(moved.pixels, AlignedPixels)
    rows, columns = moved.pixels.area
    reader = PlaneReader(moved)
    for z, step in enumerate([0, 4, 8]):
        wanted = np.zeros(lost[z].shape, bool)
        wanted[: 60 - step] = lost[z, step:]
        found = ~reader.recorded(z, WHOLE, WHOLE)
        inside = wanted[rows, columns]
        assert np.all(found[inside])
        # the interpolation reaches a pixel or two further
        assert found.sum() <= 14 * 14
        part = ~reader.recorded(z, slice(10, 20), slice(5, 40))
        np.testing.assert_array_equal(part, found[10:20, 5:40])


def test_where_nothing_is_missing_nothing_is_hidden():
    planes = np.random.default_rng(3).normal(100, 5, (3, 60, 70)).astype(np.float32)
    moved = shifted(ZStack.from_array(planes, "ZYX"), [0, 4, 8])
    moved.plane(1)
    assert moved.masked(1, rows=WHOLE, columns=WHOLE) is None


def test_holes_in_drifting_planes_are_fused_from_the_other_planes():
    scene = simulate("relief", shape=(125, 143), planes=9, slope=1.0, seed=3, drift=6.0)
    planes = np.asarray(scene.stack.pixels).astype(np.float32)
    lacking = planes.copy()
    rng = np.random.default_rng(5)
    for z in range(9):
        row, column = rng.integers(20, 90, 2)
        lacking[z, row : row + 8, column : column + 8] = np.nan
    results = []
    for one in (planes, lacking):
        fused = fuse(one, axes="ZYX", align="translation", method="gradient")
        results.append(np.asarray(fused.image)[fused.common_area])
    assert np.isfinite(results[1]).all()
    assert psnr(results[1], results[0]) > 33
    assert any("planes lack pixels" in note for note in fused.notes)


def test_hot_pixels_of_aligned_planes_are_counted_where_they_were():
    scene = simulate("relief", shape=(125, 143), planes=9, slope=1.0, seed=3, drift=6.0)
    planes = np.asarray(scene.stack.pixels).copy()
    quiet = fuse(planes, axes="ZYX", align="translation", method="gradient")
    rng = np.random.default_rng(5)
    places = [(z, *rng.integers(10, 115, 2)) for z in range(9) for _ in range(4)]
    for place in places:
        planes[place] = np.iinfo(planes.dtype).max
    fused = fuse(planes, axes="ZYX", align="translation", method="gradient")
    more = int(fused.repaired.sum()) - int(quiet.repaired.sum())
    assert abs(more - len(places)) <= 2
    assert all(fused.repaired[row, column] for _, row, column in places)
    assert any("hot pixels were replaced" in note for note in fused.notes)
