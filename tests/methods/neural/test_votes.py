"""Votes along z, with a known judge in place of a network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mfif.methods.base import Plane
from napari_mfif.methods.neural.pairwise import Comparer, PairCalibration, logit
from napari_mfif.methods.neural.votes import OFFSETS, VoteFold

SHAPE = (5, 8)


class ByValue(Comparer):
    """The brighter pixel is in focus, the surer the larger the difference."""

    def __call__(self, first, second):
        return (1 / (1 + np.exp(10 * (first - second)))).astype(np.float32)


def folded(values, comparer=None):
    fold = VoteFold(values.shape[1:], len(values), comparer or ByValue())
    for index, plane in enumerate(values):
        fold.update(Plane(index, plane, np.zeros((*plane.shape, 0))))
    return fold


def counted(values):
    """Count the votes as they are defined: each depth gets those of the side it lies on."""
    judge, depths = ByValue(), np.arange(len(values))
    votes = np.zeros(values.shape)
    for late in range(len(values)):
        for early in (late - offset for offset in OFFSETS if offset <= late):
            p = judge(values[early], values[late]).astype(float).clip(1e-4, 1 - 1e-4)
            side = np.sign(np.abs(depths - early) - np.abs(depths - late))
            for z in depths:
                # a depth in the middle hears half of either side
                votes[z] += (1 + side[z]) / 2 * np.log(p) + (1 - side[z]) / 2 * np.log(1 - p)
    return votes


@settings(max_examples=30, deadline=None)
@given(planes=st.integers(3, 12), seed=st.integers(0, 1000))
def test_running_sum_decides_as_all_votes_together(planes, seed) -> None:
    values = np.random.default_rng(seed).random((planes, *SHAPE), dtype=np.float32)
    decision = folded(values).answer().decision
    votes = counted(values)
    chosen = np.take_along_axis(votes, decision[None].astype(int), 0)[0]
    np.testing.assert_allclose(chosen, votes.max(0), atol=1e-3)


def test_answer_so_far_leaves_the_fold_as_it_is() -> None:
    values = np.random.default_rng(1).random((9, *SHAPE), dtype=np.float32)
    plain, asked = folded(values), VoteFold(SHAPE, 9, ByValue())
    for index, plane in enumerate(values):
        asked.update(Plane(index, plane, np.zeros((*SHAPE, 0))))
        assert asked.answer().decision.max() <= index
    np.testing.assert_array_equal(asked.answer().depth, plain.answer().depth)


def test_one_wrong_comparison_is_outvoted() -> None:
    rising = np.linspace(0, 1, 9, dtype=np.float32)[:, None, None]
    values = np.broadcast_to(1 - np.abs(rising - 0.5), (9, *SHAPE)).copy()

    class Erring(ByValue):
        asked = 0

        def logits(self, first, second):
            self.asked += 1
            told = logit(self(first, second))
            return -told if self.asked == 6 else told

    assert (folded(values, Erring()).answer().decision == 4).all()


@pytest.mark.parametrize("bias", [-1.5, 1.5])
def test_a_bias_of_the_judge_towards_one_input_draws_no_depth_along_z(bias) -> None:
    class Biased(ByValue):
        def logits(self, first, second):
            return logit(self(first, second)) + np.float32(bias)

    # from plane to plane the judge sees a difference of 1, less than its bias
    peaks, planes = np.arange(9), np.arange(9)[:, None, None]
    values = (1 - 0.1 * np.abs(planes - peaks)).astype(np.float32)
    answer = folded(values, Biased()).answer()
    np.testing.assert_array_equal(answer.decision[0], peaks)
    np.testing.assert_allclose(answer.depth[0], peaks, atol=0.5)


def test_planes_are_encoded_once() -> None:
    class Counting(ByValue):
        encodings = 0

        def encoded(self, plane):
            self.encodings += 1
            return plane

    comparer = Counting()
    folded(np.random.default_rng(2).random((7, *SHAPE), dtype=np.float32), comparer)
    assert comparer.encodings == 7


def test_confidence_is_what_votes_are_worth() -> None:
    table = {"temperature": 2.0, "shares": [0.0, 1.0], "probabilities": [0.25, 0.75]}
    comparer = ByValue(PairCalibration(votes=table))
    answer = folded(
        np.random.default_rng(3).random((6, *SHAPE), dtype=np.float32), comparer
    ).answer()
    assert answer.confidence.min() >= 0.25 - 1e-6
    assert answer.confidence.max() <= 0.75 + 1e-6
