from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.methods.base import Plane, Region, Survey
from napari_mfif.methods.neural.cnn import Cnn
from napari_mfif.methods.neural.patch_scoring import enlarge, spread

torch = pytest.importorskip("torch")


@pytest.fixture
def stack(slope):
    return slope[0]


def survey_of(n_planes, shape):
    noise = NoiseLine(1e-6, 0, 0)
    return Survey(n_planes, shape, 1, 0.0, 1.0, noise, np.zeros((1, 1), np.float32))


def run(planes, region, **settings):
    method = Cnn()
    state = method.begin(region, settings, survey_of(len(planes), planes.shape[1:]))
    for index, pixels in enumerate(planes):
        plane = Plane(index, pixels, pixels[..., None])
        method.update(state, plane.cut(region))
    return method.finish(state)


@pytest.fixture
def floats():
    rng = np.random.default_rng(2)
    return rng.random((5, 121, 67), dtype=np.float32)


def test_declaration_imports_no_torch() -> None:
    code = "import sys; from napari_mfif import methods; methods.get('cnn').parameters; "
    done = subprocess.run([sys.executable, "-c", code + "print('torch' in sys.modules)"], **PIPE)
    assert done.stdout.strip() == "False"


PIPE = {"capture_output": True, "text": True, "check": True}


def test_depth_of_a_slope_is_right_within_a_plane(slope) -> None:
    pixels, _, depth = slope
    fusion = fuse(pixels, method="cnn")
    error = np.abs(fusion.depth - depth)[:, 8:-8]
    assert np.mean(error <= 1) > 0.95
    assert error.mean() < 0.4


def test_focus_map_of_a_pair_finds_the_border(pair) -> None:
    planes, left = pair
    fusion = fuse(planes, method="cnn", consistency={"guided_radius": 0})
    assert np.mean((fusion.decision == 0) == left) > 0.97


def test_order_of_two_planes_does_not_matter(pair) -> None:
    planes, _ = pair
    forth, back = fuse(planes, method="cnn"), fuse(planes[::-1], method="cnn")
    np.testing.assert_allclose(forth.image.astype(int), back.image.astype(int), atol=1)
    assert np.mean(forth.image == back.image) > 0.99
    np.testing.assert_array_equal(forth.decision, 1 - back.decision)


def test_reversed_planes_give_the_mirrored_depth(stack) -> None:
    forth = fuse(stack, method="cnn", consistency={"smooth_depth": 0})
    back = fuse(stack[::-1], method="cnn", consistency={"smooth_depth": 0})
    np.testing.assert_allclose(forth.depth, len(stack) - 1 - back.depth, atol=1e-3)


@pytest.mark.parametrize("n_planes", [2, 5])
def test_tiles_equal_the_whole(floats, n_planes) -> None:
    planes = floats[:n_planes]
    rows, columns = planes.shape[1:]
    whole = run(planes, Region.whole((rows, columns)))
    halo = Cnn.tile_halo
    for start, stop in ((0, 38), (38, 80), (80, rows)):
        top, bottom = max(0, start - halo), min(rows, stop + halo)
        part = run(planes, Region(top, bottom, 0, columns))
        core = part.cut(Region(start - top, stop - top, 0, columns))
        np.testing.assert_array_equal(core.decision, whole.decision[start:stop])
        np.testing.assert_allclose(core.depth, whole.depth[start:stop], atol=1e-3)
        np.testing.assert_allclose(core.confidence, whole.confidence[start:stop], atol=1e-4)


def test_a_sequence_is_not_cut_into_tiles(stack) -> None:
    whole = fuse(stack, method="cnn", along="sequential")
    assert Cnn().halo({"along": "sequential"}) >= stack.shape[1]
    tight = fuse(stack, method="cnn", along="sequential", memory="2MB")
    np.testing.assert_array_equal(tight.depth, whole.depth)


def test_gain_and_offset_change_no_decision(stack) -> None:
    plain = fuse(stack, method="cnn")
    brighter = fuse(stack.astype(np.float32) * 11 + 300, method="cnn")
    np.testing.assert_array_equal(plain.decision, brighter.decision)


@pytest.mark.parametrize("form", ["slight", "full"])
def test_all_forms_decide_alike(pair, form) -> None:
    planes, _ = pair
    expected = fuse(planes, method="cnn").image
    np.testing.assert_array_equal(fuse(planes, method="cnn", form=form).image, expected)


@pytest.mark.parametrize("n_planes", [2, 7])
def test_sequential_agrees_with_joint_where_planes_are_clear(stack, n_planes) -> None:
    chosen = stack[:n_planes]
    joint = fuse(chosen, method="cnn", smooth_along_z=False)
    sequential = fuse(chosen, method="cnn", along="sequential")
    if n_planes == 2:
        np.testing.assert_array_equal(joint.image, sequential.image)
    near = np.abs(joint.decision.astype(int) - sequential.decision) <= 1
    assert near.mean() > 0.9


def test_copied_pixel_is_a_source_pixel(stack) -> None:
    fusion = fuse(stack, method="cnn", composition="copy")
    rows, columns = np.indices(fusion.decision.shape)
    np.testing.assert_array_equal(fusion.image, stack[fusion.decision, rows, columns])


def test_scores_decide(stack) -> None:
    fusion = fuse(stack, method="cnn", smooth_along_z=False, consistency={"smooth_depth": 0})
    scores = fusion.scores.compute()
    assert scores.shape == stack.shape
    best = np.take_along_axis(scores, fusion.decision[None].astype(int), 0)[0]
    np.testing.assert_allclose(best, scores.max(0), rtol=1e-5, atol=1e-2)


def test_answer_so_far_leaves_the_state_alone(floats) -> None:
    method, region = Cnn(), Region.whole((121, 67))
    looked, left = (method.begin(region, {}, survey_of(5, (121, 67))) for _ in range(2))
    for index, pixels in enumerate(floats):
        for state in (looked, left):
            method.update(state, Plane(index, pixels, pixels[..., None]))
        method.finish(looked)
    np.testing.assert_array_equal(method.finish(looked).depth, method.finish(left).depth)


@pytest.mark.parametrize("shape", [(5, 9), (16, 16), (17, 40)])
def test_planes_of_any_size_are_scored(shape) -> None:
    planes = np.random.default_rng(0).random((4, *shape), dtype=np.float32)
    answer = run(planes, Region.whole(shape))
    assert answer.depth.shape == answer.decision.shape == answer.confidence.shape == shape


def test_threads_of_torch_stay_as_they_were(floats) -> None:
    before = torch.get_num_threads()
    run(floats[:2], Region.whole((121, 67)))
    assert torch.get_num_threads() == before


def test_missing_device_is_refused_in_words(stack) -> None:
    from napari_mfif.errors import WeightsError

    if torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    with pytest.raises(WeightsError, match='device="cpu"'):
        fuse(stack, method="cnn", device="mps")


def test_spread_averages_the_patches_that_cover_a_pixel() -> None:
    shape = (23, 30)
    scores = np.random.default_rng(1).random((5, 8), dtype=np.float32)
    total, count = np.zeros((2, 24, 30))
    for row in range(5):
        for column in range(8):
            at = np.s_[2 * row : 2 * row + 16, 2 * column : 2 * column + 16]
            total[at] += scores[row, column]
            count[at] += 1
    found = enlarge(spread(scores, shape), shape)
    np.testing.assert_allclose(found, (total / count)[:23], rtol=1e-5)
