"""Refinement of the depth by a network: nearer to the truth, doubts where nothing can be told."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.postprocess.doubt import COMPETING
from napari_mfif.simulation import simulate


def _fused(stack, how: str = "network", **given):
    return fuse(stack, method="adaptive", depth_refinement=how, **given)


KINDS = ("steps", "occlusion", "weak", "halo", "tissue")


@pytest.fixture(scope="module")
def refined():
    """Return noisy stacks of several kinds, and what is told of them without and with."""
    stacks = [
        simulate(kind, seed=8202, shape=(160, 160), planes=16, photons="high") for kind in KINDS
    ]
    return [(made, [_fused(made.stack, how) for how in ("none", "network")]) for made in stacks]


def test_depths_are_nearer_to_the_truth(refined):
    for made, fusions in refined:
        none, network = (_right(fusion, made)[made.textured].mean() for fusion in fusions)
        assert network > none - 0.01, made.kind
    assert np.mean([_gain(made, fusions, 1.0) for made, fusions in refined]) > 0.02


def test_what_is_sure_is_right_more_often(refined):
    assert np.mean([_gain(made, fusions, 0.8) for made, fusions in refined]) > 0.01


def _right(fusion, made) -> np.ndarray:
    return np.abs(fusion.depth - made.depth) <= 1


def _gain(made, fusions, share: float) -> float:
    """Return by how much more of the surest share of the textured pixels is right."""
    shares = []
    for fusion in fusions:
        sure = fusion.confidence[made.textured]
        surest = sure >= np.quantile(sure, 1 - share)
        shares.append(_right(fusion, made)[made.textured][surest].mean())
    return float(shares[1] - shares[0])


def test_no_depth_leaves_the_stack_and_the_decision_is_the_nearest_plane():
    made = simulate("steps", seed=8203, shape=(131, 97), planes=7, photons="high")
    fusion = _fused(made.stack, consistency={"smooth_depth": 0})
    assert fusion.depth.min() >= 0
    assert fusion.depth.max() <= 6
    np.testing.assert_array_equal(fusion.decision, np.rint(fusion.depth))


def test_noise_is_not_believed():
    rng = np.random.default_rng(3)
    pixels = rng.poisson(200, (12, 128, 128)).astype(np.uint16) + 200
    assert _fused(pixels).confidence.max() < 0.5


def test_pixels_stay_as_they_are():
    made = simulate("relief", seed=8204, shape=(96, 96), planes=6)
    without, with_it = (_fused(made.stack, how) for how in ("none", "network"))
    np.testing.assert_array_equal(with_it.image, without.image)
    assert (with_it.depth != without.depth).any()


def test_copied_pixels_follow_the_refined_decision():
    made = simulate("weak", seed=8205, shape=(96, 96), planes=8, photons="high")
    fusion = _fused(made.stack, composition="copy", repair_hot_pixels=False)
    expected = np.take_along_axis(np.asarray(made.stack.pixels), fusion.decision[None], 0)[0]
    np.testing.assert_array_equal(fusion.image, expected)


def test_few_planes_keep_their_depth():
    made = simulate("relief", seed=8206, shape=(96, 96), planes=3)
    without, with_it = (_fused(made.stack, how) for how in ("none", "network"))
    np.testing.assert_array_equal(with_it.depth, without.depth)


def test_equal_planes_tell_nothing():
    plane = np.asarray(simulate("relief", seed=8207, shape=(96, 96), planes=3).stack.pixels)[0]
    fusion = _fused(np.stack([plane] * 5))
    assert fusion.depth.max() == 0
    assert fusion.confidence.max() == 0


def test_strips_and_tiles_equal_the_whole():
    made = simulate("occlusion", seed=8208, shape=(1568, 64), planes=5, photons="low")
    whole = _fused(made.stack)
    steps: list[object] = []
    strips = _fused(made.stack, memory="19 MB", progress=steps.append)
    assert len(steps) > 10  # the five planes were seen more than once: in several strips
    lazy = _fused(made.stack, lazy=True)
    tile = np.s_[704:768, 16:48]
    for name in ("depth", "confidence"):
        expected = np.asarray(getattr(whole, name))
        np.testing.assert_allclose(getattr(strips, name), expected, atol=1e-3)
        np.testing.assert_allclose(np.asarray(getattr(lazy, name)[tile]), expected[tile], atol=1e-3)


def test_a_learnt_confidence_is_not_limited_where_depths_compete():
    made = simulate("occlusion", seed=8209, shape=(160, 160), planes=14)
    plain, refined = (_fused(made.stack, how) for how in ("none", "network"))
    limit = COMPETING + 1e-6
    assert plain.confidence[plain.runner_up != plain.decision].max() <= limit
    assert refined.confidence[refined.runner_up != refined.decision].max() > limit
