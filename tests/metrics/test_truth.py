"""Measures against a known truth give known numbers."""

import numpy as np
import pytest

from napari_mfif.metrics.truth import (
    calibration,
    calibration_error,
    depth_error,
    psnr,
    roc_auc,
    share_within,
    ssim,
    wrong_near_boundaries,
)


@pytest.fixture
def truth():
    return np.random.default_rng(0).uniform(0, 1000, (63, 95))


def test_psnr_of_a_constant_error_is_known(truth):
    low, high = np.percentile(truth[4:-4, 4:-4], (0.1, 99.9))
    expected = 20 * np.log10((high - low) / 10)
    assert psnr(truth + 10, truth) == pytest.approx(expected)


def test_psnr_of_equal_images_is_infinite(truth):
    assert psnr(truth, truth) == np.inf


def test_psnr_leaves_out_the_border(truth):
    spoiled = truth.copy()
    spoiled[:4] = spoiled[:, -4:] = 1e6
    assert psnr(spoiled, truth) == np.inf


def test_psnr_and_ssim_do_not_depend_on_the_unit(truth):
    noisy = truth + np.random.default_rng(1).normal(0, 50, truth.shape)
    assert psnr(3 * noisy + 100, 3 * truth + 100) == pytest.approx(psnr(noisy, truth))
    assert ssim(3 * noisy, 3 * truth) == pytest.approx(ssim(noisy, truth), abs=1e-3)


def test_ssim_falls_from_one_with_noise(truth):
    noise = np.random.default_rng(1).normal(0, 200, truth.shape)
    assert ssim(truth, truth) == pytest.approx(1)
    assert 0 < ssim(truth + noise, truth) < 0.95


def test_ssim_takes_colour(truth):
    assert ssim(np.stack([truth] * 3, -1), np.stack([truth] * 3, -1)) == pytest.approx(1)


def test_depth_is_judged_only_where_asked():
    truth, depth = np.zeros((3, 4)), np.array([[0, 0.5, 1, 3]] * 3)
    assert depth_error(depth, truth) == pytest.approx(4.5 / 4)
    assert share_within(depth, truth) == pytest.approx(0.75)
    assert share_within(depth, truth, planes=0.5) == pytest.approx(0.5)
    assert share_within(depth, truth, where=depth > 2) == 0


def test_depth_measures_are_nan_where_nothing_is_judged():
    nowhere = np.zeros((3, 4), bool)
    assert np.isnan(depth_error(np.ones((3, 4)), np.zeros((3, 4)), where=nowhere))
    assert np.isnan(share_within(np.ones((3, 4)), np.zeros((3, 4)), where=nowhere))


def test_roc_auc_counts_pairs_in_the_right_order():
    assert roc_auc([0.1, 0.2, 0.3, 0.4], [False, False, True, True]) == 1
    assert roc_auc([0.4, 0.3, 0.2, 0.1], [False, False, True, True]) == 0
    assert roc_auc([0.1, 0.3, 0.2, 0.4], [False, False, True, True]) == pytest.approx(0.75)


def test_roc_auc_counts_ties_half():
    assert roc_auc([0.5] * 6, [True, False] * 3) == pytest.approx(0.5)


def test_roc_auc_is_nan_when_all_are_right():
    assert np.isnan(roc_auc([0.1, 0.2], [True, True]))


def test_calibration_gives_the_share_right_per_bin():
    share, count = calibration([0.05, 0.1, 0.9, 1.0, 0.95, 0.5], [0, 1, 1, 1, 0, 1], bins=5)
    assert share[[0, 2, 4]] == pytest.approx([0.5, 1, 2 / 3])
    assert np.isnan(share[[1, 3]]).all()
    assert count.tolist() == [2, 0, 1, 0, 3]


@pytest.fixture
def cliff():
    """A depth that jumps from 2 to 5 planes between columns 29 and 30."""
    return np.where(np.arange(61)[None] < 30, 2.0, 5.0) * np.ones((41, 1))


def test_wrong_planes_count_only_near_the_jump(cliff):
    decision = cliff.copy()
    decision[:, :20] = 7  # columns 22 to 37 lie within 8 pixels of the jump
    assert wrong_near_boundaries(decision, cliff) == 0
    decision[:, 26:30] = 5
    assert wrong_near_boundaries(decision, cliff) == pytest.approx(4 / 16)
    assert wrong_near_boundaries(decision, cliff, distance=4) == pytest.approx(4 / 8)
    assert wrong_near_boundaries(decision.T, cliff.T) == pytest.approx(4 / 16)


def test_near_misses_count_as_right_if_asked(cliff):
    assert wrong_near_boundaries(cliff + 0.8, cliff) == 1
    assert wrong_near_boundaries(cliff + 0.8, cliff, planes=1) == 0


def test_slopes_are_no_boundaries(cliff):
    slope = np.linspace(0, 9, 61) * np.ones((41, 1))
    assert np.isnan(wrong_near_boundaries(slope, slope))
    assert np.isnan(wrong_near_boundaries(cliff, cliff, jump=3.5))
    assert np.isnan(wrong_near_boundaries(cliff, cliff, where=np.zeros(cliff.shape, bool)))


def test_jump_of_a_pair_is_a_boundary(cliff):
    pair = (cliff > 3).astype(np.uint8)
    assert wrong_near_boundaries(1 - pair, pair) == 1


def test_calibration_error_is_the_gap_between_confidence_and_share():
    right = np.arange(100) < 60
    assert calibration_error(np.full(100, 0.6), right) == pytest.approx(0)
    assert calibration_error(np.full(100, 0.95), right) == pytest.approx(0.35)
    sure = np.where(right, 1.0, 0.0)
    assert calibration_error(sure, right) == pytest.approx(0)
