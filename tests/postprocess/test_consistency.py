from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mfif.kernels import regions as connected
from napari_mfif.kernels.bands import bands
from napari_mfif.methods.base import Answer
from napari_mfif.postprocess.consistency import reach, verify
from napari_mfif.settings.consistency import OFF, PAIR, STACK

SHAPE = (61, 83)


def answer_of(depth, **more) -> Answer:
    depth = np.asarray(depth, np.float32)
    return Answer(depth, np.rint(depth).astype(np.uint16), np.ones_like(depth), **more)


@pytest.fixture
def halves():
    """Two planes: the first is taken in the left half."""
    return np.broadcast_to((np.arange(SHAPE[1]) >= 40).astype(np.float32), SHAPE).copy()


@pytest.fixture
def hill():
    """A smooth height map over 20 planes."""
    rows, columns = np.indices(SHAPE)
    return (10 + 6 * np.sin(rows / 17) * np.cos(columns / 19)).astype(np.float32)


def same(found: Answer, expected: Answer) -> None:
    np.testing.assert_array_equal(found.depth, expected.depth)
    np.testing.assert_array_equal(found.decision, expected.decision)


@pytest.mark.parametrize("n_planes", [2, 20])
def test_off_changes_nothing(halves, hill, n_planes) -> None:
    depth = halves if n_planes == 2 else hill
    answer = answer_of(depth)
    same(verify(answer, depth, OFF, n_planes=n_planes), answer)


def test_threshold_moves_the_border_of_a_pair(halves) -> None:
    weight = np.broadcast_to(np.linspace(0, 1, SHAPE[1], dtype=np.float32), SHAPE).copy()
    answer = answer_of(halves, weight=weight)
    found = verify(answer, None, {**OFF, "threshold": 0.75}, n_planes=2)
    np.testing.assert_array_equal(found.decision, weight > 0.75)
    np.testing.assert_array_equal(found.depth, found.decision)


def test_small_island_takes_the_other_plane_and_a_large_one_stays(halves) -> None:
    noisy = halves.copy()
    noisy[5:8, 5:8], noisy[20:40, 10:30] = 1, 1
    expected = halves.copy()
    expected[20:40, 10:30] = 1
    found = verify(answer_of(noisy), None, {**OFF, "small_regions": 0.01}, n_planes=2)
    same(found, answer_of(expected))


def test_small_region_of_a_stack_takes_the_depth_around_it(hill) -> None:
    noisy = hill.copy()
    noisy[30:33, 40:43] = 0.25
    found = verify(answer_of(noisy), None, {**OFF, "small_regions": 0.01}, n_planes=20)
    assert np.abs(found.depth - hill).max() < 1.5
    untouched = noisy == hill
    np.testing.assert_array_equal(found.depth[untouched], hill[untouched])


def test_hole_is_filled_and_a_bay_at_the_border_is_not(halves) -> None:
    noisy = halves.copy()
    noisy[30:36, 10:16], noisy[:6, 10:16] = 1, 1
    found = verify(answer_of(noisy), None, {**OFF, "holes": 0.01}, n_planes=2)
    assert not found.decision[30:36, 10:16].any()
    assert found.decision[:6, 10:16].all()


@pytest.mark.parametrize("n_planes", [2, 20])
def test_growing_moves_the_border_by_so_many_pixels(halves, n_planes) -> None:
    depth = halves if n_planes == 2 else halves * 12
    for pixels in (3, -4):
        found = verify(answer_of(depth), None, {**OFF, "grow": pixels}, n_planes=n_planes)
        assert np.argmax(found.decision[30] > 0) == 40 + pixels


def test_guided_filter_of_a_pair_is_soft_at_the_border_only(halves) -> None:
    found = verify(answer_of(halves), np.zeros(SHAPE, np.float32), PAIR, n_planes=2)
    assert found.weight is not None
    soft = (found.weight > 0) & (found.weight < 1)
    assert soft[:, 39:41].all()
    assert not soft[:, :20].any()
    assert not soft[:, 60:].any()


def test_guide_is_made_from_the_cleaned_decision(halves) -> None:
    noisy = halves.copy()
    noisy[5:8, 5:8] = 1
    seen = []

    def guide(decision):
        seen.append(decision.copy())
        return decision.astype(np.float32)

    verify(answer_of(noisy), guide, PAIR, n_planes=2)
    np.testing.assert_array_equal(seen[0], halves)


def test_guide_is_not_asked_for_when_no_step_needs_it(hill) -> None:
    def guide(decision):
        raise AssertionError("not needed")

    verify(answer_of(hill), guide, STACK, n_planes=20)


@pytest.mark.parametrize("radius", [2, 4])
def test_median_removes_single_pixels_and_keeps_steps(radius) -> None:
    step = np.broadcast_to(np.where(np.arange(83) < 40, 2.25, 14.5), SHAPE).astype(np.float32)
    noisy = step.copy()
    noisy[::9, ::11] = 19
    found = verify(answer_of(noisy), None, {**OFF, "smooth_depth": radius}, n_planes=20)
    np.testing.assert_allclose(found.depth, step, atol=0.05)
    assert np.abs(found.depth - found.decision).max() < 1


def test_guided_filter_of_a_stack_smooths_depth_along_the_image(hill) -> None:
    noisy = hill + np.random.default_rng(0).normal(0, 1, SHAPE).astype(np.float32)
    smooth = {**OFF, "guided_radius": 4}
    found = verify(answer_of(noisy.clip(0, 19)), hill / 20, smooth, n_planes=20)
    assert np.abs(found.depth - hill).mean() < 0.4 * np.abs(noisy - hill).mean()
    assert np.abs(found.depth - found.decision).max() < 1


def test_decision_follows_the_depth_only_where_it_no_longer_fits(hill) -> None:
    answer = answer_of(hill)
    shifted = replace(answer, decision=(answer.decision + (hill > 12)).astype(np.uint16))
    found = verify(shifted, None, {**OFF, "smooth_depth": 1}, n_planes=20)
    assert np.abs(found.depth - found.decision).max() < 1


@pytest.mark.parametrize("n_planes", [2, 3, 20])
def test_answer_that_came_in_stays_as_it_was(hill, n_planes) -> None:
    noisy = np.rint(hill > 10) if n_planes == 2 else hill * (n_planes / 20)
    noisy[30:33, 40:43] = 0
    answer = answer_of(noisy)
    before = answer.depth.copy(), answer.decision.copy()
    everything = {**STACK, "small_regions": 0.01, "smooth_depth": 2, "grow": 1, "guided_radius": 3}
    found = verify(answer, hill, everything, n_planes=n_planes)
    assert not np.array_equal(found.depth, before[0])
    np.testing.assert_array_equal(answer.depth, before[0])
    np.testing.assert_array_equal(answer.decision, before[1])
    assert (answer.confidence == 1).all()


def test_mean_of_the_outer_planes_is_never_invented() -> None:
    depth = np.where(np.random.default_rng(0).random(SHAPE) < 0.3, 0, 29).astype(np.float32)
    found = verify(answer_of(depth), None, {**STACK, "smooth_depth": 2}, n_planes=30)
    assert set(np.unique(found.decision)) <= {0, 29}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n_planes=st.sampled_from([2, 3, 17]))
def test_reversed_planes_are_verified_alike(seed, n_planes) -> None:
    rng = np.random.default_rng(seed)
    blobs = cv2.GaussianBlur(rng.normal(0, 9, (40, 57)).astype(np.float32), (0, 0), 2)
    depth = np.clip((blobs + 1) * n_planes / 2, 0, n_planes - 1).astype(np.float32)
    if n_planes == 2:
        depth = np.rint(depth)
    # Away from ties of rounding, which have no mirror image.
    depth = np.where(np.abs(depth % 1 - 0.5) < 0.01, np.floor(depth), depth).astype(np.float32)
    forth, back = answer_of(depth), answer_of(n_planes - 1 - depth)
    steps = {**OFF, "small_regions": 0.01, "holes": 0.02}
    if n_planes > 2:
        steps["smooth_depth"] = 1
    forth, back = (verify(a, None, steps, n_planes=n_planes) for a in (forth, back))
    np.testing.assert_allclose(back.depth, n_planes - 1 - forth.depth, atol=1e-5)
    np.testing.assert_array_equal(back.decision, n_planes - 1 - forth.decision.astype(int))


def test_confidence_falls_where_the_depth_had_to_be_smoothed(hill) -> None:
    noisy = hill.copy()
    rng = np.random.default_rng(4)
    noisy[:, 50:] = rng.uniform(0, 19, noisy[:, 50:].shape)
    found = verify(answer_of(noisy), None, {**OFF, "smooth_depth": 4}, n_planes=20)
    assert found.confidence.dtype == np.float32
    assert found.confidence[:, :40].min() > 0.9
    assert found.confidence[:, 60:].max() < 0.75
    assert found.confidence.max() <= 1


@pytest.mark.parametrize("n_planes", [2, 9])
@pytest.mark.parametrize(
    "wanted",
    [
        {"smooth_depth": 5, "holes": 0.02},
        {"small_regions": 0.01, "smooth_depth": 2},
        {"grow": 3, "guided_radius": 4},
    ],
)
def test_many_parts_give_what_one_gives(n_planes, wanted, monkeypatch) -> None:
    rng = np.random.default_rng(n_planes)
    smooth = cv2.GaussianBlur(rng.normal(size=(257, 131)).astype(np.float32), (0, 0), 5)
    depth = np.clip((smooth / smooth.std() + 2) / 4, 0, 1) * np.float32(n_planes - 1)
    depth += np.where(rng.random(depth.shape) > 0.95, 0.6, 0).astype(np.float32)
    depth = np.clip(depth, 0, n_planes - 1).astype(np.float32)
    confidence = rng.random(depth.shape, dtype=np.float32)
    answer = Answer(depth, np.rint(depth).astype(np.uint16), confidence)
    guide = cv2.GaussianBlur(rng.random(depth.shape, dtype=np.float32), (0, 0), 2)
    found = []
    for pixels in (1 << 22, 3000):
        monkeypatch.setattr(connected, "NUMBERED", pixels)
        fewer = bands.__kwdefaults__ | {"pixels": pixels}
        monkeypatch.setattr(bands, "__kwdefaults__", fewer)
        found.append(verify(answer, guide, {**OFF, **wanted}, n_planes=n_planes))
    for name in ("depth", "decision", "confidence", "weight"):
        one, other = (getattr(maps, name) for maps in found)
        if one is not None:
            np.testing.assert_allclose(other, one, atol=1e-4)


@pytest.mark.parametrize(("n_planes", "pixels"), [(2, 2 * 4 + 3), (3, 2 * 5 + 2 * 4 + 3)])
def test_reach_is_that_of_the_steps_one_after_the_other(n_planes, pixels) -> None:
    for grow in (3, -3):
        wanted = {**OFF, "smooth_depth": 5, "grow": grow, "guided_radius": 4}
        assert reach(wanted, n_planes=n_planes) == pixels


def test_depth_of_a_pair_is_that_of_the_method_where_the_decision_is() -> None:
    weight = np.float32([[0.1, 0.4, 0.6, 0.9]])
    decision = np.uint16([[0, 0, 1, 1]])
    answer = Answer(weight, decision, np.ones_like(weight), weight=weight)
    found = verify(answer, None, {**OFF, "threshold": 0.75}, n_planes=2)
    assert found.decision.tolist() == [[0, 0, 0, 1]]
    np.testing.assert_array_equal(found.depth, np.float32([[0.1, 0.4, 0, 0.9]]))
    assert found.depth.dtype == np.float32
    assert found.weight is None


@pytest.mark.parametrize(("n_planes", "steps"), [(2, PAIR), (9, {**OFF, "guided_radius": 8})])
def test_guided_filter_does_not_leave_the_planes(n_planes, steps) -> None:
    rng = np.random.default_rng(0)
    depth = np.rint(rng.random(SHAPE)).astype(np.float32) * (n_planes - 1)
    outliers = np.where(rng.random(SHAPE) > 0.99, rng.choice([-2, 2], SHAPE), 0)
    guide = (depth / (n_planes - 1) + outliers).astype(np.float32)
    steps = {**steps, "small_regions": 0, "guided_epsilon": 1e-4}
    found = verify(answer_of(depth), guide, steps, n_planes=n_planes)
    sharp = found.weight if n_planes == 2 else found.depth
    assert sharp.min() == 0
    assert sharp.max() == n_planes - 1
    assert np.abs(found.decision - sharp).max() < (0.51 if n_planes == 2 else 1)


def test_decision_stays_where_it_is_less_than_a_plane_from_the_new_depth() -> None:
    depth = np.float32([[4.25] * 4 + [4.0] * 3])
    decision = np.uint16([[3, 4, 5, 6, 3, 4, 5]])
    answer = Answer(depth, decision, np.ones_like(depth))
    found = verify(answer, None, {**OFF, "smooth_depth": 1}, n_planes=9)
    np.testing.assert_array_equal(found.depth, depth)
    assert found.decision.tolist() == [[4, 4, 5, 4, 4, 4, 4]]
    assert found.decision.dtype == np.uint16


def test_decision_of_a_stack_stays_whatever_the_depth_where_no_step_changes_that() -> None:
    depth = np.float32([[1, 2], [3, 4]])
    answer = Answer(depth, np.uint16([[8, 8], [0, 0]]), np.ones_like(depth))
    same(verify(answer, None, OFF, n_planes=9), answer)


def test_what_is_settled_already_is_not_settled_again(halves) -> None:
    noisy = halves.copy()
    noisy[5:8, 5:8] = 1
    steps = {**OFF, "small_regions": 0.01}
    settled = (noisy, noisy.astype(np.uint16))
    same(verify(answer_of(noisy), None, steps, n_planes=2, settled=settled), answer_of(noisy))
    stack = {**steps, "grow": 1}
    found = verify(answer_of(8 * noisy), None, stack, n_planes=9, settled=settled)
    assert found.depth.max() == 1


@pytest.mark.parametrize(("n_planes", "grown"), [(2, 3), (3, 0)])
def test_guide_is_made_of_the_grown_decision_of_a_pair_and_the_settled_one_of_a_stack(
    halves, n_planes, grown
) -> None:
    seen = []

    def guide(decision):
        seen.append(decision.copy())
        return halves

    steps = {**OFF, "grow": 3, "guided_radius": 2}
    verify(answer_of(halves), guide, steps, n_planes=n_planes)
    (decision,) = seen
    np.testing.assert_array_equal(decision, np.broadcast_to(np.arange(83) >= 40 + grown, SHAPE))


@pytest.mark.parametrize("pixels", [1, -1, 2, -2])
def test_a_pixel_grows_to_a_disc(pixels) -> None:
    depth = np.full((9, 9), 1 if pixels > 0 else 0, np.float32)
    depth[4, 4] = 1 - depth[4, 4]
    found = verify(answer_of(depth), None, {**OFF, "grow": pixels}, n_planes=2)
    rows, columns = np.abs(np.indices((9, 9)) - 4)
    most = abs(pixels)
    disc = (rows <= most) & (columns <= most) & ((rows < most) | (columns == 0))
    np.testing.assert_array_equal(found.decision == depth[4, 4], disc)


@pytest.mark.parametrize(
    ("n_planes", "wanted"), [(2, PAIR), (2, {**STACK, "grow": 2}), (9, {"grow": 2})]
)
def test_confidence_takes_no_new_memory_where_no_depth_is_smoothed(
    halves, n_planes, wanted
) -> None:
    answer = answer_of(halves)
    found = verify(answer, halves, {**OFF, **wanted}, n_planes=n_planes)
    assert found.confidence is answer.confidence


def test_what_is_not_verified_is_handed_on(halves) -> None:
    answer = answer_of(halves, runner_up=halves.astype(np.uint16), pixels=halves[..., None])
    for steps in (OFF, PAIR):
        found = verify(answer, halves, steps, n_planes=2)
        assert found.runner_up is answer.runner_up
        assert found.pixels is answer.pixels


def test_for_a_pair_steps_of_stacks_are_no_work(halves) -> None:
    answer = answer_of(halves)
    found = verify(answer, None, {**OFF, "smooth_depth": 5}, n_planes=2)
    assert found.decision is answer.decision
    np.testing.assert_array_equal(found.depth, halves)


def test_confidence_is_about_the_depth_not_about_the_plane_taken() -> None:
    depth = np.full((9, 9), 4.25, np.float32)
    answer = Answer(depth, np.full((9, 9), 8, np.uint16), np.full_like(depth, 0.5))
    found = verify(answer, None, {**OFF, "smooth_depth": 1}, n_planes=9)
    np.testing.assert_allclose(found.confidence, np.sqrt(0.5), rtol=1e-6)
