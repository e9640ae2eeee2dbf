"""Scores by FD-FCN: known pairs and slopes, tiles, order."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from napari_mfif import fuse, methods  # noqa: E402
from napari_mfif.kernels.noise import NoiseLine  # noqa: E402
from napari_mfif.methods.base import Plane, Region, Survey  # noqa: E402
from napari_mfif.methods.neural.fd_fcn import FdFcn, MapScorer  # noqa: E402


def run(planes, region, **settings):
    method = FdFcn()
    noise = NoiseLine(1e-6, 0, 0)
    blank = np.zeros((1, 1), np.float32)
    survey = Survey(len(planes), planes.shape[1:], 1, 0.0, 1.0, noise, blank)
    state = method.begin(region, settings, survey)
    for index, pixels in enumerate(planes):
        method.update(state, Plane(index, pixels, pixels[..., None]).cut(region))
    return method.finish(state)


def test_decision_of_a_pair_finds_the_border(pair) -> None:
    planes, left = pair
    fusion = fuse(planes, method="fd-fcn", consistency={"guided_radius": 0})
    assert np.mean((fusion.decision == 0) == left) > 0.96


def test_depth_of_a_slope_is_right_within_a_plane(slope) -> None:
    pixels, _, depth = slope
    fusion = fuse(pixels, method="fd-fcn")
    assert np.mean(np.abs(fusion.depth - depth)[:, 8:-8] <= 1) > 0.9


def test_order_of_the_planes_does_not_matter(pair, slope) -> None:
    planes, _ = pair
    forth, back = (fuse(p, method="fd-fcn", consistency=RAW) for p in (planes, planes[::-1]))
    np.testing.assert_array_equal(forth.decision, 1 - back.decision)
    stack = slope[0]
    forth, back = (fuse(p, method="fd-fcn", consistency=RAW) for p in (stack, stack[::-1]))
    np.testing.assert_allclose(forth.depth, len(stack) - 1 - back.depth, atol=1e-3)


RAW = {"smooth_depth": 0, "holes": 0, "guided_radius": 0}


@pytest.mark.parametrize("n_planes", [2, 4])
def test_tiles_equal_the_whole(n_planes) -> None:
    planes = np.random.default_rng(2).random((n_planes, 150, 67), dtype=np.float32)
    rows, columns = planes.shape[1:]
    whole = run(planes, Region.whole((rows, columns)))
    halo = FdFcn.tile_halo
    for start, stop in ((0, 64), (64, 88), (88, rows)):
        top, bottom = max(0, start - halo), min(rows, stop + halo)
        part = run(planes, Region(top, bottom, 0, columns))
        core = part.cut(Region(start - top, stop - top, 0, columns))
        assert np.mean(core.decision == whole.decision[start:stop]) > 0.9999
        np.testing.assert_allclose(core.confidence, whole.confidence[start:stop], atol=1e-3)


def test_sequence_agrees_with_joint_choice_where_planes_are_clear(slope) -> None:
    joint = fuse(slope[0], method="fd-fcn", smooth_along_z=False)
    sequential = fuse(slope[0], method="fd-fcn", along="sequential")
    near = np.abs(joint.decision.astype(int) - sequential.decision) <= 1
    assert near.mean() > 0.9


def test_pairs_start_from_the_values_of_the_paper() -> None:
    values = methods.get("fd-fcn").pair_verification
    assert values["guided_radius"] == 8
    assert values["guided_epsilon"] == 0.32
    assert values["holes"] > 0


def test_score_map_is_interpolated_between_blocks_of_pixels() -> None:
    scorer = MapScorer.load("cpu", "float32")
    scores = np.arange(12, dtype=np.float32).reshape(3, 4)
    wide = MapScorer.compared(scorer, scores, (5, 7))
    assert wide.shape == (5, 7)
    np.testing.assert_allclose(wide[0], [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75])
    np.testing.assert_allclose(wide[1, 0], 1)


def test_focus_map_decides_as_the_scores_do(pair) -> None:
    scorer = MapScorer.load("cpu", "float32")
    planes = pair[0].astype(np.float32) / 255
    scores = [scorer(plane) for plane in planes]
    shape = planes.shape[1:]
    weight = scorer.focus_map(scores[0], scores[1], shape)
    first, second = (scorer.compared(s, shape) for s in scores)
    sure = np.abs(first - second) > 1e-3
    np.testing.assert_array_equal((weight > 0.5)[sure], (second > first)[sure])
