"""The adaptive method: true to the planes, the same in tiles, and honest about depth."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from napari_mfif.kernels.noise import NoiseLine, estimate_noise
from napari_mfif.methods.adaptive.enlarging import scatter
from napari_mfif.methods.adaptive.method import Adaptive
from napari_mfif.methods.base import Answer, Plane, Region, Survey
from napari_mfif.metrics.truth import depth_error, psnr, roc_auc, share_within
from napari_mfif.simulation import simulate

METHOD = Adaptive()


def _survey(pixels: np.ndarray, gain: float = 1e-4, offset: float = 500.0) -> Survey:
    """What the engine would have found out about (Z, Y, X, K) pixels."""
    guides = [((p.mean(axis=-1) - offset) * gain).astype(np.float32) for p in pixels]
    mean = np.mean(guides, axis=0, dtype=np.float32)
    size = tuple(max(1, -(-length // 4)) for length in mean.shape[::-1])
    return Survey(
        len(pixels),
        pixels.shape[1:3],
        pixels.shape[3],
        offset,
        gain,
        estimate_noise(guides),
        cv2.resize(mean, size, interpolation=cv2.INTER_AREA),
    )


def _fuse(pixels: np.ndarray, *, rows: slice | None = None, until: int | None = None, **given):
    """Fold a stack (Z, Y, X) or (Z, Y, X, K), or some rows of it, without the engine."""
    pixels = pixels if pixels.ndim == 4 else pixels[..., None]
    settings = {p.name: p.default for p in METHOD.parameters} | given
    survey = _survey(pixels)
    rows = rows or slice(0, pixels.shape[1])
    region = Region(rows.start, rows.stop, 0, pixels.shape[2])
    state = METHOD.begin(region, settings, survey)
    for z, plane in enumerate(pixels[:until]):
        guide = ((plane.mean(axis=-1) - survey.offset) * survey.gain).astype(np.float32)
        METHOD.update(state, Plane(z, guide, plane).cut(region))
    return METHOD.finish(state)


@pytest.fixture(scope="module")
def steps():
    """A simulated stack with its truth, grey, 16 bit, odd-sized."""
    return simulate("steps", seed=1, shape=(131, 173), planes=12, photons=5000.0)


@pytest.fixture(scope="module")
def fused(steps) -> Answer:
    return _fuse(np.asarray(steps.stack.pixels))


def test_it_is_nearer_to_the_truth_than_the_sharpest_plane(steps, fused):
    pixels = np.asarray(steps.stack.pixels)
    right = np.take_along_axis(pixels, np.rint(steps.depth).astype(int)[None], 0)[0]
    assert psnr(fused.pixels[..., 0], steps.image) > psnr(right, steps.image) + 1


def test_depth_is_right_on_texture_and_confidence_knows_where():
    right, confidence = [], []
    for kind in ("occlusion", "halo", "tissue"):
        made = simulate(kind, seed=4, shape=(128, 141), planes=14, photons=2000.0)
        answer = _fuse(np.asarray(made.stack.pixels))
        assert share_within(answer.depth, made.depth, where=made.textured) > 0.85
        right.append((np.abs(answer.depth - made.depth) <= 1)[made.textured])
        confidence.append(answer.confidence[made.textured])
    assert roc_auc(np.concatenate(confidence), np.concatenate(right)) > 0.8
    assert np.concatenate(confidence).mean() == pytest.approx(
        np.concatenate(right).mean(), abs=0.06
    )


def test_depth_falls_between_planes():
    made = simulate("relief", seed=1, shape=(128, 160), planes=14, photons=20000.0)
    answer = _fuse(np.asarray(made.stack.pixels))
    assert depth_error(answer.depth, made.depth, where=made.textured) < 0.15


def test_a_tile_equals_the_whole():
    made = simulate("occlusion", seed=2, shape=(352, 61), planes=6, photons=5000.0)
    pixels = np.asarray(made.stack.pixels)
    whole = _fuse(pixels)
    halo = METHOD.tile_halo
    tile = _fuse(pixels, rows=slice(160 - halo, 160 + 32 + halo)).cut(
        Region(halo, halo + 32, 0, 61)
    )
    core = whole.cut(Region(160, 192, 0, 61))
    scale = float(pixels.max())
    np.testing.assert_allclose(tile.pixels, core.pixels, atol=1e-6 * scale)
    np.testing.assert_allclose(tile.depth, core.depth, atol=1e-4)
    np.testing.assert_allclose(tile.confidence, core.confidence, atol=1e-3)


def test_reversed_planes_give_the_mirrored_depth(steps, fused):
    pixels = np.asarray(steps.stack.pixels)
    mirrored = _fuse(pixels[::-1].copy())
    assert np.mean(np.abs(len(pixels) - 1 - mirrored.depth - fused.depth) > 1e-3) < 1e-3
    np.testing.assert_allclose(mirrored.pixels, fused.pixels, atol=0.5)


def test_pixels_stay_within_what_the_planes_have_nearby(steps, fused):
    pixels = np.asarray(steps.stack.pixels)
    kernel = np.ones((3, 3), np.uint8)
    assert np.all(fused.pixels[..., 0] <= cv2.dilate(pixels.max(axis=0), kernel))
    assert np.all(fused.pixels[..., 0] >= cv2.erode(pixels.min(axis=0), kernel))


def test_bands_are_fused_with_the_same_weights():
    made = simulate("steps", seed=3, shape=(64, 81), planes=6, photons=5000.0)
    grey = np.asarray(made.stack.pixels).astype(np.float32)
    three = _fuse(np.stack([grey, grey, grey], axis=-1))
    alone = _fuse(grey)
    for band in range(3):
        np.testing.assert_allclose(
            three.pixels[..., band], alone.pixels[..., 0], atol=1e-4 * grey.max()
        )
    np.testing.assert_allclose(three.depth, alone.depth, atol=1e-3)


def test_noise_is_averaged_where_there_is_nothing_to_see():
    rng = np.random.default_rng(0)
    pixels = rng.normal(5000, 100, (12, 96, 101)).astype(np.float32)
    answer = _fuse(pixels)
    assert answer.pixels.std() < 100 / np.sqrt(12)
    assert np.median(answer.confidence) < 0.3


def test_denoising_can_be_switched_off(steps, fused):
    plain = _fuse(np.asarray(steps.stack.pixels), denoise=0.0)
    detail = [
        p - cv2.GaussianBlur(p, (0, 0), 1) for p in (plain.pixels[..., 0], fused.pixels[..., 0])
    ]
    assert detail[0].std() > detail[1].std()


def test_copying_leaves_the_pixels_to_the_decision(steps):
    answer = _fuse(np.asarray(steps.stack.pixels), composition="copy")
    assert answer.pixels is None
    np.testing.assert_array_equal(answer.decision, np.rint(answer.depth).astype(np.uint16))


def test_an_answer_half_way_leaves_the_state_as_it_was(steps, fused):
    pixels = np.asarray(steps.stack.pixels)[..., None]
    settings = {p.name: p.default for p in METHOD.parameters}
    survey = _survey(pixels)
    state = METHOD.begin(Region.whole(pixels.shape[1:3]), settings, survey)
    for z, plane in enumerate(pixels):
        guide = ((plane[..., 0] - survey.offset) * survey.gain).astype(np.float32)
        METHOD.update(state, Plane(z, guide, plane))
        if z == 5:
            assert METHOD.finish(state).depth.max() <= 5
    np.testing.assert_array_equal(METHOD.finish(state).pixels, fused.pixels)


def test_the_score_is_highest_in_the_plane_in_focus(steps):
    pixels = np.asarray(steps.stack.pixels)[..., None]
    survey = _survey(pixels)
    settings = {p.name: p.default for p in METHOD.parameters}
    scores = [
        METHOD.score(
            Plane(z, ((p[..., 0] - survey.offset) * survey.gain).astype(np.float32), p),
            settings,
            survey,
        )
        for z, p in enumerate(pixels)
    ]
    best = np.argmax(scores, axis=0)
    assert share_within(best, steps.depth, where=steps.textured) > 0.8


@pytest.mark.parametrize("planes", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(5, 5), (17, 64), (1, 7)])
def test_few_planes_and_few_pixels_give_finite_answers(planes, shape):
    rng = np.random.default_rng(0)
    for pixels in (
        rng.poisson(1000, (planes, *shape)).astype(np.uint16),
        np.zeros((planes, *shape), np.uint8),
        (rng.random((planes, *shape)) * 1e-6).astype(np.float32),
    ):
        answer = _fuse(pixels)
        for values in (answer.pixels, answer.depth, answer.confidence):
            assert np.isfinite(values).all()
        assert 0 <= answer.depth.min() <= answer.depth.max() <= planes - 1
        assert 0 <= answer.confidence.min() <= answer.confidence.max() <= 1


def test_planes_far_apart_are_not_smoothed_along_z():
    far = Survey(
        9, (64, 64), 1, 0.0, 1.0, NoiseLine(1e-4, 0.0, 0.0), np.zeros((16, 16), np.float32)
    )
    near = replace(far, facts={"focus_width": 2.0})
    far.facts["focus_width"] = 0.6
    settings = {p.name: p.default for p in METHOD.parameters}
    states = [METHOD.begin(Region.whole((64, 64)), settings, survey) for survey in (far, near)]
    rng = np.random.default_rng(0)
    evidence = []
    for state in states:
        for z in range(9):
            plane = rng.random((64, 64), dtype=np.float32)
            METHOD.update(state, Plane(z, plane, plane[..., None]))
        evidence.append(METHOD.finish(state).pixels.std())
    assert evidence[0] > evidence[1]


def test_depths_that_are_alike_have_no_scatter_whatever_lies_above_them() -> None:
    """Sums that run on from row to row keep what float32 has lost: a band would see other sums."""
    depth = np.full((120, 90), 57.3, np.float32)
    depth[:50] = np.random.default_rng(3).uniform(0, 100, (50, 90))
    assert np.all(scatter(depth)[60:] < 1e-5)
    assert scatter(depth)[:40].min() > 10
