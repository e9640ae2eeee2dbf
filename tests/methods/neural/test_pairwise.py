"""The fold of networks that compare two planes, with a known judge in place of a network."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.methods.base import Plane, Survey
from napari_mfif.methods.neural.pairwise import (
    Comparer,
    PairCalibration,
    PairFold,
    logit,
    steadying,
)

SHAPE = (21, 34)


class ByValue(Comparer):
    """The brighter pixel is in focus, the surer the larger the difference."""

    def __call__(self, first, second):
        return (1 / (1 + np.exp(10 * (first - second)))).astype(np.float32)


def folded(values, calibration=None):
    fold = PairFold(values.shape[1:], len(values), ByValue(calibration))
    for index, plane in enumerate(values):
        fold.update(Plane(index, plane, np.zeros((*plane.shape, 0))))
    return fold.answer()


@pytest.fixture
def values():
    return np.random.default_rng(0).random((7, *SHAPE), dtype=np.float32)


def test_a_transitive_judge_finds_the_best_plane(values) -> None:
    answer = folded(values)
    np.testing.assert_array_equal(answer.decision, values.argmax(axis=0))
    assert answer.decision.dtype == np.uint16
    assert np.abs(answer.depth - answer.decision).max() <= 0.5
    assert answer.weight is None


def test_two_planes_give_the_focus_map_of_the_second(values) -> None:
    answer = folded(values[:2])
    np.testing.assert_allclose(answer.weight, ByValue()(values[0], values[1]))
    np.testing.assert_array_equal(answer.decision, answer.weight > 0.5)
    np.testing.assert_array_equal(answer.depth, answer.decision)
    assert answer.confidence.min() >= 0.5


def test_equal_planes_keep_the_first() -> None:
    answer = folded(np.full((4, *SHAPE), 0.5, np.float32))
    assert answer.decision.max() == 0


def test_neighbour_nearly_as_good_pulls_the_depth_towards_itself() -> None:
    curve = np.array([0, 0.2, 1.0, 0.9, 0.1], np.float32)
    stack = np.broadcast_to(curve[:, None, None], (5, *SHAPE)).copy()
    depth = folded(stack).depth
    assert 2.1 < depth.min() <= depth.max() < 2.5
    np.testing.assert_allclose(folded(stack[::-1].copy()).depth, 4 - depth, atol=1e-3)


def test_confidence_is_low_where_a_plane_far_away_was_nearly_as_good() -> None:
    curves = np.array([[0, 1, 0, 0, 0.98], [0, 1, 0.98, 0, 0], [0, 1, 0, 0, 0]], np.float32)
    stack = np.ascontiguousarray(curves.T[:, None])
    far, near, clear = folded(stack).confidence[0]
    assert far < 0.6
    assert near > 0.9
    assert clear > 0.9


def test_confidence_is_what_chances_were_measured_to_be_worth(values) -> None:
    plain = folded(values).confidence
    calibration = PairCalibration((0.0, 0.5, 1.0), (0.2, 0.3, 0.8))
    np.testing.assert_allclose(folded(values, calibration).confidence, calibration(plain))


def test_answer_so_far_leaves_the_state_alone(values) -> None:
    fold = PairFold(SHAPE, len(values), ByValue())
    for index, plane in enumerate(values):
        fold.update(Plane(index, plane, np.zeros((*SHAPE, 0))))
        answer = fold.answer()
        np.testing.assert_array_equal(answer.decision, values[: index + 1].argmax(axis=0))
        answer.decision[:] = 9


def survey_with(noise):
    """Return what a quick look says of planes with so much noise at their middle brightness."""
    line = NoiseLine(0.5 * noise**2, 1.0 * noise**2, 0.0)
    return Survey(9, SHAPE, 0, 0.0, 1.0, line, None)


def test_noise_that_a_network_knows_is_left_alone() -> None:
    assert steadying(survey_with(0.02), 0.02) == 0
    assert steadying(survey_with(0.5), np.inf) == 0


@pytest.mark.parametrize("noise", [0.04, 0.08])
def test_stronger_noise_is_blurred_down_to_what_it_knows(noise) -> None:
    sigma = steadying(survey_with(noise), 0.02)
    white = np.random.default_rng(0).normal(0, noise, (200, 200))
    assert cv2.GaussianBlur(white, (0, 0), sigma).std() == pytest.approx(0.02, rel=0.15)


def test_blur_against_noise_has_an_end() -> None:
    assert steadying(survey_with(3.0), 0.02) == 2.0


def test_planes_are_compared_blurred_and_their_numbers_kept(values) -> None:
    fold = PairFold(SHAPE, len(values), ByValue())
    fold.sigma = 1.5
    for index, plane in enumerate(values):
        fold.update(Plane(index, plane, np.zeros((*SHAPE, 0))))
    smooth = np.stack([cv2.GaussianBlur(plane, (0, 0), 1.5) for plane in values])
    np.testing.assert_array_equal(fold.answer().decision, smooth.argmax(axis=0))


def test_contrast_is_the_difference_between_both_orders(values) -> None:
    found = ByValue().contrast(values[0], values[1])
    expected = np.clip(20 * (values[1] - values[0]), -18.4, 18.4)
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_logit_is_finite_where_the_network_is_sure() -> None:
    found = logit(np.array([[0, 0.5, 1]], np.float32))
    assert np.isfinite(found).all()
    assert found[0, 1] == 0
    np.testing.assert_allclose(found[0, 0], -found[0, 2], rtol=1e-3)
