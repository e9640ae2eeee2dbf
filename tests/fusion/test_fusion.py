"""What `fuse` promises for every method."""

from __future__ import annotations

import functools

import dask.array as da
import numpy as np
import pytest

from napari_mfif import Recipe, ZStack, fuse, iter_fuse, methods
from napari_mfif.engine import driver as run
from napari_mfif.engine.tiles import blocks
from napari_mfif.errors import AxesError, MemoryBudgetError, ParameterError, ReadError
from napari_mfif.metrics.truth import psnr, roc_auc

METHODS = methods.names()
CLASSICAL = tuple(name for name in METHODS if not methods.get(name).neural)
COPYING = tuple(name for name in METHODS if not methods.get(name).blends)

#: Parameters with which tiles of small images do not see the whole.
FEW_PIXELS = {"laplacian": {"levels": 2}, "guided": {"base_radius": 9}}


@pytest.fixture(scope="module")
def plainly(slope):
    """Fuse the slope as it is; once per method."""
    return functools.cache(lambda method: fuse(slope[0], method=method))


@pytest.fixture(scope="module")
def tiled(slope):
    """The slope again and again, 268 x 279."""
    return np.tile(slope[0], (1, 4, 3))


@pytest.fixture(scope="module")
def whole_of(tiled):
    """Fuse it in one piece, for networks a quarter of it; once per method."""

    def both(name):
        pixels = tiled[:4, :134, :124] if methods.get(name).neural else tiled
        if "joint" not in methods.get(name).along:  # it sees the whole anyway
            pixels = pixels[:3, :71, :61]
        return pixels, fuse(pixels, method=name, **FEW_PIXELS.get(name, {}))

    return functools.cache(both)


@pytest.mark.parametrize("method", METHODS)
def test_fused_image_is_nearer_the_truth_than_any_plane(method, slope, plainly) -> None:
    pixels, image, depth = slope
    fusion = plainly(method)
    assert fusion.image.shape == image.shape
    assert fusion.image.dtype == pixels.dtype
    assert psnr(fusion.image, image) > max(psnr(plane, image) for plane in pixels) + 5
    assert fusion.depth.dtype == fusion.confidence.dtype == np.float32
    assert np.median(np.abs(fusion.depth - depth)) < 0.6
    assert 0 <= fusion.confidence.min() <= fusion.confidence.max() <= 1
    assert fusion.decision.max() < len(pixels)


@pytest.mark.parametrize("method", METHODS)
def test_gain_and_offset_change_no_decision(method, slope, plainly) -> None:
    pixels, _, _ = slope
    plain = plainly(method)
    brighter = fuse(pixels * 7 + 1000, method=method)
    assert np.mean(plain.decision != brighter.decision) < 0.002
    assert np.abs(plain.depth - brighter.depth).mean() < 0.01


@pytest.mark.parametrize("method", METHODS)
def test_reversed_planes_give_the_mirrored_depth(method, slope, plainly) -> None:
    pixels, _, _ = slope
    forward = plainly(method).depth
    backward = fuse(pixels[::-1], method=method).depth
    apart = np.abs(len(pixels) - 1 - backward - forward)
    if "joint" in methods.get(method).along:
        assert np.mean(apart > 0.02) < 0.01
    else:  # what a sequence finds depends a little on the order of its comparisons
        assert np.mean(apart > 1) < 0.02


@pytest.mark.parametrize("size", [(134, 400), (134, 140)], ids=["strips", "rectangles"])
@pytest.mark.parametrize("method", METHODS)
def test_tiles_equal_the_whole(method, size, whole_of, monkeypatch) -> None:
    """Filters end a row in other instructions than they go along it, so last bits may differ.

    Nobody sees that: a plane in ten thousand pixels, or 1e-4 of the way to the next plane, one grey
    value, one step in 50000 of confidence. What is a root or a quotient of small differences would
    be seen: the scatter of depths, summed up in float32, moved confidence by 3e-4.
    """
    if "joint" not in methods.get(method).along and size[0] > size[1] // 2:
        pytest.skip("its regions are whole planes, however they are cut")
    if methods.get(method).neural:
        size = size[0] // 2, size[1] // 2

    def plan(method, settings, reader, budget):
        halo, stride = run.reach(method, settings), method.grid(settings)
        lines = blocks(reader.stack.plane_shape, size=size, halo=halo, stride=stride)
        return run.Layout(lines, 0)

    pixels, whole = whole_of(method)
    monkeypatch.setattr("napari_mfif.fusion.runner.plan", plan)
    tiles = fuse(pixels, method=method, **FEW_PIXELS.get(method, {}))
    assert np.mean(whole.decision != tiles.decision) < 1e-4
    alike = whole.decision == tiles.decision
    np.testing.assert_allclose(whole.depth[alike], tiles.depth[alike], atol=1e-4)
    np.testing.assert_allclose(whole.confidence, tiles.confidence, atol=2e-5)
    assert np.abs(whole.image[alike].astype(int) - tiles.image[alike]).max() <= 1


@pytest.mark.parametrize("method", COPYING)
def test_fused_pixel_equals_a_source_pixel(method, slope) -> None:
    pixels = slope[0][2:5]
    fusion = fuse(pixels, method=method, composition="copy")
    taken = np.take_along_axis(pixels, fusion.decision[None].astype(np.intp), 0)[0]
    np.testing.assert_array_equal(fusion.image, taken)


@pytest.mark.parametrize("method", METHODS)
def test_recipe_round_trips_and_reproduces_bit_for_bit(method, slope, tmp_path) -> None:
    pixels = slope[0][2:5]
    fusion = fuse(pixels, method=method, consistency={"small_regions": 0.003})
    loaded = Recipe.load(fusion.recipe.save(tmp_path / "recipe.json"))
    assert loaded == fusion.recipe
    again = fuse(pixels, recipe=loaded)
    np.testing.assert_array_equal(again.image, fusion.image)
    np.testing.assert_array_equal(again.depth, fusion.depth)
    np.testing.assert_array_equal(again.confidence, fusion.confidence)


@pytest.mark.parametrize("method", METHODS)
def test_two_planes_are_fused_like_photographs(method, slope) -> None:
    pixels, image, _ = slope
    pair = np.stack([pixels[1], pixels[5]])
    fusion = fuse(pair, method=method)
    assert set(np.unique(fusion.decision)) <= {0, 1}
    assert psnr(fusion.image, image) > max(psnr(plane, image) for plane in pair) + 1


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_lazy_and_largest_near_the_true_plane(method, slope, plainly) -> None:
    pixels, _, depth = slope
    scores = plainly(method).scores
    assert isinstance(scores, da.Array)
    assert scores.shape == pixels.shape
    assert np.median(np.abs(scores.argmax(axis=0).compute() - depth)) < 1


@pytest.mark.parametrize("method", CLASSICAL)
@pytest.mark.parametrize("shape", [(2, 5, 5), (3, 1, 9), (5, 8, 3)])
def test_tiny_stacks_give_finite_results(method, shape) -> None:
    pixels = np.random.default_rng(0).random(shape).astype(np.float32) * 1e-6
    fusion = fuse(pixels, method=method)
    for values in (fusion.image, fusion.depth, fusion.confidence):
        assert np.isfinite(values).all()


def test_colour_channels_and_time_keep_their_axes(slope) -> None:
    pixels, _, _ = slope
    colour = np.stack([pixels, pixels // 2, pixels // 3], -1)
    assert fuse(colour, method="gradient").image.shape == (67, 93, 3)
    series = np.stack([np.stack([pixels, pixels[::-1]], 0)] * 2)
    fusion = fuse(series, axes="TCZYX", channel=0, method="gradient")
    assert fusion.image.shape == (2, 2, 67, 93)
    assert fusion.depth.shape == (2, 67, 93)
    np.testing.assert_array_equal(
        fusion.image[0, 0], fuse(pixels, method="gradient", repair_hot_pixels=True).image
    )


def test_one_channel_decides_for_all(slope) -> None:
    pixels, _, _ = slope
    channels = np.stack([pixels, np.full_like(pixels, 7)])
    stack = ZStack.from_array(channels, "CZYX", channel_names=("DAPI", "empty"))
    by_name = fuse(stack, channel="DAPI", method="gradient")
    np.testing.assert_array_equal(by_name.decision, fuse(pixels, method="gradient").decision)
    with pytest.raises(ParameterError, match="named DAPI, empty"):
        fuse(stack, channel="GFP")


def test_dask_and_zarr_arrays_are_fused(slope, tmp_path) -> None:
    import zarr

    pixels, _, _ = slope
    expected = fuse(pixels, method="gradient").image
    lazy = da.from_array(pixels, chunks=(1, 40, 50))
    np.testing.assert_array_equal(fuse(lazy, method="gradient").image, expected)
    stored = zarr.open(str(tmp_path / "stack.zarr"), mode="w", shape=pixels.shape, dtype="u2")
    stored[...] = pixels
    np.testing.assert_array_equal(fuse(stored, method="gradient").image, expected)


def test_refine_gives_what_fusing_anew_would(slope) -> None:
    pixels, _, _ = slope
    fine = {"method": "gradient", "window": 1}
    fusion = fuse(pixels, consistency={"small_regions": 0.0}, **fine)
    refined = fusion.refine(small_regions=0.02)
    anew = fuse(pixels, consistency={"small_regions": 0.02}, **fine)
    np.testing.assert_array_equal(refined.decision, anew.decision)
    np.testing.assert_array_equal(refined.image, anew.image)
    assert np.any(refined.decision != fusion.decision)


def test_a_decision_is_applied_to_another_stack(slope) -> None:
    pixels, _, _ = slope
    fusion = fuse(pixels, method="gradient")
    other = fuse(pixels * 2, decision=fusion.decision)
    np.testing.assert_array_equal(other.image, fusion.image * 2)
    with pytest.raises(ParameterError, match="planes 0 to 6"):
        fuse(pixels, decision=fusion.decision + 5)


def test_height_is_the_depth_in_the_unit_of_the_step(slope) -> None:
    stack = ZStack.from_array(slope[0], z_step=0.5, unit="um")
    fusion = fuse(stack, method="gradient")
    assert fusion.unit == "um"
    np.testing.assert_allclose(fusion.height, fusion.depth * 0.5)


def test_confidence_tells_right_from_wrong(slope) -> None:
    pixels, _, depth = slope
    rng = np.random.default_rng(2)
    flat = pixels.astype(np.float32)
    flat[:, :30] = 900 + rng.normal(0, 4, flat[:, :30].shape)
    for method in CLASSICAL:
        fusion = fuse(flat, method=method)
        right = np.abs(fusion.depth - depth) <= 1
        assert roc_auc(fusion.confidence, right) > 0.75, method


def test_progress_comes_after_every_plane_and_ends_with_the_result(slope) -> None:
    steps = list(iter_fuse(slope[0], method="gradient"))
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)
    assert len(steps) >= len(slope[0])
    assert steps[-1].finished
    assert steps[-1].fraction == 1


def test_previews_come_while_it_runs(slope) -> None:
    steps = list(iter_fuse(slope[0], method="gradient", preview=0.0))
    previews = [step.fusion for step in steps if step.fusion and not step.finished]
    assert previews
    assert previews[0].image.shape == slope[1].shape


def test_budget_too_small_is_refused_with_what_it_needs(slope) -> None:
    with pytest.raises(MemoryBudgetError, match=r"needs at least .* MB"):
        fuse(np.zeros((3, 2000, 2000), np.uint8), memory="1MB")


def test_small_budget_gives_the_same_result(slope) -> None:
    pixels = np.tile(slope[0], (1, 9, 1))
    free = fuse(pixels, method="gradient")
    tight = fuse(pixels, method="gradient", memory="3MB")
    np.testing.assert_array_equal(free.decision, tight.decision)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (np.zeros((1, 9, 9)), ReadError, "one plane only"),
        (np.full((4, 9, 9), 3), ReadError, "All pixels .* are 3"),
        (np.zeros((2, 4, 9, 9)), AxesError, 'axes="CZYX"'),
        (np.zeros((9, 9)), AxesError, "Z, Y, X"),
        (np.zeros((3, 0, 9)), ReadError, "empty"),
    ],
)
def test_what_is_no_stack_is_refused_in_a_sentence(data, error, message) -> None:
    with pytest.raises(error, match=message):
        fuse(data)


@pytest.mark.filterwarnings("error")
def test_infinity_is_missing_as_nan_is(slope) -> None:
    pixels = slope[0].astype(np.float32)
    images = []
    for value in (np.nan, np.inf, -np.inf):
        pixels[2, 11:14, 13:17] = pixels[:, 30, 30] = value
        pixels[3, 40, 40], pixels[3, 41, 40] = np.inf, -np.inf
        fused = fuse(pixels, method="gradient")
        assert any("planes lack pixels" in note for note in fused.notes)
        images.append(fused.image)
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_array_equal(images[0], images[2])
    assert np.argwhere(~np.isfinite(images[1])).tolist() == [[30, 30]]


def test_a_stack_without_any_pixel_is_told_as_such(slope) -> None:
    nothing = np.full(slope[0].shape, np.nan, np.float32)
    with pytest.raises(ReadError, match="has no pixels: all are NaN, infinite or hidden"):
        fuse(nothing)
    with pytest.raises(ReadError, match="has no pixels: all are NaN, infinite or hidden"):
        fuse(np.ma.MaskedArray(slope[0], True))
    with pytest.raises(ReadError, match=r"in one channel at least.* leave out a channel"):
        fuse(np.stack([slope[0].astype(np.float32), nothing]), axes="CZYX")


def test_unknown_method_and_parameter_name_the_nearest(slope) -> None:
    with pytest.raises(ParameterError, match="Did you mean 'gradient'"):
        fuse(slope[0], method="gradiant")
    with pytest.raises(ParameterError, match="Did you mean 'window'"):
        fuse(slope[0], method="gradient", windw=3)
    with pytest.raises(ParameterError, match="device"):
        fuse(slope[0], device="tpu")


def test_hot_pixels_do_not_decide() -> None:
    from napari_mfif.simulation import simulate

    clean = simulate("relief", seed=3, shape=(96, 128), planes=9)
    hot = simulate("relief", seed=3, shape=(96, 128), planes=9, hot_pixels=40)
    loss = psnr(fuse(clean.stack).image, clean.image) - psnr(fuse(hot.stack).image, hot.image)
    assert loss < 5


@pytest.mark.parametrize("method", CLASSICAL)
def test_planes_too_wide_for_strips_are_cut_on_both_axes(method) -> None:
    from napari_mfif.engine.planes import PlaneReader

    chosen = methods.get(method)
    settings = {p.name: p.default for p in chosen.all_parameters()}
    pixels = da.zeros((3, 6000, 200_000), dtype=np.uint8)
    reader = PlaneReader(ZStack.from_array(pixels))
    results = 6000 * 200_000 * (run.BYTES_OF_MAPS + 4 + 1)
    layout = run.plan(chosen, settings, reader, results + 500_000_000)
    assert layout.bytes <= results + 500_000_000
    covered = seen = 0
    for group in layout.groups:
        for block in group:
            rows, columns = block.place
            covered += (rows.stop - rows.start) * (columns.stop - columns.start)
            seen += np.prod(block.outer_shape)
    assert covered == 6000 * 200_000
    assert seen < 2.5 * covered


@pytest.mark.parametrize("method", CLASSICAL)
def test_every_budget_from_the_least_on_gives_a_plan(method, slope) -> None:
    from napari_mfif.engine.planes import PlaneReader

    chosen = methods.get(method)
    settings = {p.name: p.default for p in chosen.all_parameters()}
    reader = PlaneReader(ZStack.from_array(np.zeros((3, 1500, 400), np.uint8)))
    planned = 0
    for budget in range(2_000_000, 120_000_000, 1_500_000):
        try:
            layout = run.plan(chosen, settings, reader, budget)
        except MemoryBudgetError:
            assert not planned, "a larger budget is refused after a smaller one was enough"
            continue
        planned += 1
        assert layout.bytes <= budget
        assert layout.groups[-1][-1].rows.stop == 1500
    assert planned


def test_axes_of_a_recipe_are_used_again(slope) -> None:
    pixels = np.moveaxis(slope[0], 0, -1)
    fusion = fuse(pixels, axes="YXZ", method="gradient")
    again = fuse(pixels, recipe=fusion.recipe)
    np.testing.assert_array_equal(again.image, fusion.image)


def test_recipe_of_a_given_decision_repeats_no_method(slope) -> None:
    fusion = fuse(slope[0], decision=np.zeros(slope[1].shape, np.uint8))
    with pytest.raises(ParameterError, match="given decision"):
        fuse(slope[0], recipe=fusion.recipe)


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_values_beyond_computing_are_refused(factor, slope) -> None:
    with pytest.raises(ReadError, match="Bring them into a usual range"):
        fuse(slope[0] * factor)


def test_complex_pixels_are_refused(slope) -> None:
    with pytest.raises(ReadError, match="complex128"):
        fuse(slope[0].astype(complex))


def test_channels_that_are_flat_in_the_sampled_planes_still_decide() -> None:
    pixels = np.full((2, 20, 40, 50), 7, np.uint8)
    pixels[:, 2] = np.random.default_rng(0).integers(0, 255, (40, 50))
    fusion = fuse(pixels, axes="CZYX", method="gradient")
    assert np.mean(fusion.decision == 2) > 0.9
