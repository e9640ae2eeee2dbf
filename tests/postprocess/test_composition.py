from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.cli import main
from napari_mfif.errors import MemoryBudgetError
from napari_mfif.metrics.truth import psnr
from napari_mfif.postprocess.composition import PyramidBlend, copy_pixels, rounded
from napari_mfif.settings.recipe import Recipe


def composed(planes, decision, weight=None):
    out = np.zeros_like(planes[0])
    for index, pixels in enumerate(planes):
        copy_pixels(out, pixels, index, decision, weight=weight)
    return out


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
@pytest.mark.parametrize("bands", [(), (3,)])
def test_pixels_are_copied_bit_for_bit(dtype, bands) -> None:
    rng = np.random.default_rng(0)
    planes = rng.integers(0, 120, (6, 13, 17, *bands)).astype(dtype)
    decision = rng.integers(0, 6, (13, 17)).astype(np.uint16)
    rows, columns = np.indices(decision.shape)
    found = composed(planes, decision)
    assert found.dtype == planes.dtype
    np.testing.assert_array_equal(found, planes[decision, rows, columns])


def test_two_planes_are_blended_by_weight_and_rounded() -> None:
    first, second = np.full((2, 5, 3), 10, np.uint16), np.full((2, 5, 3), 21, np.uint16)
    weight = np.broadcast_to(np.float32([0, 0.25, 0.5, 0.9, 1]), (2, 5))
    found = composed([first, second], np.zeros((2, 5), np.uint16), weight)
    # 12.75, 15.5 (to even) and 19.9
    np.testing.assert_array_equal(found[0, :, 0], [10, 13, 16, 20, 21])


def test_sure_weights_copy_the_largest_values_exactly() -> None:
    top = np.iinfo(np.uint16).max
    planes = np.array([[[0, top]], [[top, 0]]], np.uint16)
    found = composed(planes, np.zeros((1, 2), np.uint16), np.float32([[1, 0]]))
    np.testing.assert_array_equal(found, [[top, top]])


def test_blend_lies_between_the_planes_whatever_the_type() -> None:
    rng = np.random.default_rng(1)
    planes = rng.integers(-30000, 30000, (2, 40, 31)).astype(np.int16)
    weight = rng.random((40, 31), dtype=np.float32)
    found = composed(planes, np.zeros((40, 31), np.uint16), weight)
    assert np.all(found >= planes.min(0))
    assert np.all(found <= planes.max(0))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "uint32", "int32"])
def test_rounding_clips_to_the_range_of_the_type(dtype) -> None:
    limits = np.iinfo(dtype)
    values = np.array([-1e12, 2.5, 3.6, 1e12], np.float32)
    expected = np.array([limits.min, 2, 4, limits.max], dtype)
    np.testing.assert_array_equal(rounded(values, np.dtype(dtype)), expected)


def blended(planes, weights):
    blend = PyramidBlend(planes[0].shape[:2], planes[0].shape[2])
    for plane, weight in zip(planes, weights, strict=True):
        blend.add(plane, weight.astype(np.float32))
    return blend.pixels()


@pytest.mark.parametrize("shape", [(1, 9), (7, 5), (61, 90), (300, 41)])
def test_pyramid_gives_back_equal_planes_whatever_the_weights(shape) -> None:
    rng = np.random.default_rng(3)
    plane = rng.uniform(0, 1000, (*shape, 2)).astype(np.float32)
    weight = rng.random(shape)
    np.testing.assert_allclose(blended([plane, plane], [weight, 1 - weight]), plane, atol=0.01)


def test_pyramid_takes_detail_from_the_plane_of_the_weight() -> None:
    rng = np.random.default_rng(4)
    planes = [500 + 60 * rng.standard_normal((64, 96, 1)) + 100 * z for z in range(3)]
    weights = [np.zeros((64, 96)) for _ in planes]
    for z, weight in enumerate(weights):
        weight[:, 32 * z : 32 * z + 32] = 1
    found = blended(planes, weights)
    for z, plane in enumerate(planes):
        inner = np.s_[8:-8, 32 * z + 8 : 32 * z + 24, 0]
        assert np.corrcoef(found[inner].ravel(), plane[inner].ravel())[0, 1] > 0.97


def test_pyramid_joins_planes_of_different_brightness_without_a_step() -> None:
    planes = [np.full((128, 128, 1), level, np.float32) for level in (100, 300)]
    left = np.broadcast_to(np.arange(128) < 64, (128, 128)).astype(np.float32)
    found = blended(planes, [left, 1 - left])[64, :, 0]
    assert np.abs(np.diff(found)).max() < 10
    assert found[0] < found[-1]


def scene(shape=(96, 150)):
    """A texture whose brightness rises fiftyfold from left to right."""
    import cv2

    rng = np.random.default_rng(7)
    texture = cv2.GaussianBlur(rng.standard_normal(shape), (0, 0), 1.2)
    light = np.exp(np.linspace(np.log(0.02), 0, shape[1]))
    return light * (1 + 0.12 * texture / texture.std())


def detail(image):
    import cv2

    return image - cv2.GaussianBlur(image, (0, 0), 3)


def follows(image, truth, columns):
    """Correlation of the fine detail with the truth's, in some columns."""
    part = np.s_[6:-6, columns]
    of_truth = detail(np.log(truth))[part].ravel()
    return np.corrcoef(detail(np.asarray(image, float))[part].ravel(), of_truth)[0, 1]


@pytest.mark.parametrize("method", ["gradient", "guided"])
def test_two_exposures_show_the_detail_of_both(method) -> None:
    truth = scene()
    exposures = np.stack(
        [np.clip(4000 * gain * truth, 0, 4095).astype(np.uint16) for gain in (0.9, 12)]
    )
    fusion = fuse(exposures, method=method, composition="pyramid", well_exposed=0.05)
    dark, bright = slice(6, 60), slice(100, 144)
    assert follows(exposures[1], truth, dark) > 0.9  # it has detail there, and none elsewhere
    assert not np.ptp(exposures[1][:, 110:])
    assert follows(fusion.image, truth, dark) > 0.9
    assert follows(fusion.image, truth, bright) > 0.9
    assert fusion.image.max() < 4095


def test_two_modalities_show_the_detail_of_both() -> None:
    rng = np.random.default_rng(8)
    first = np.full((90, 130), 120.0)
    second = np.full((90, 130), 60.0)
    first[:, :60] += 20 * rng.standard_normal((90, 60))
    second[:, 70:] += 20 * rng.standard_normal((90, 60))
    pair = np.stack([first, second]).clip(0, 255).astype(np.uint8)
    found = fuse(pair, method="gradient", composition="pyramid").image.astype(float)
    for source, columns in ((first, slice(6, 54)), (second, slice(76, 124))):
        part = np.s_[6:-6, columns]
        assert np.corrcoef(detail(found)[part].ravel(), detail(source)[part].ravel())[0, 1] > 0.95


def test_pyramid_of_a_stack_is_sharp(slope) -> None:
    pixels, image, _ = slope
    fusion = fuse(pixels, method="gradient", composition="pyramid")
    assert fusion.image.dtype == pixels.dtype
    assert psnr(fusion.image, image) > max(psnr(plane, image) for plane in pixels) + 6


def test_blending_method_copies_when_asked_to(slope) -> None:
    pixels, _, _ = slope
    fusion = fuse(pixels, method="laplacian", composition="copy")
    taken = np.take_along_axis(pixels, fusion.decision[None].astype(np.intp), 0)[0]
    np.testing.assert_array_equal(fusion.image, taken)


def test_recipe_keeps_the_composition(slope) -> None:
    pixels, _, _ = slope
    first = fuse(pixels, method="gradient", composition="pyramid", well_exposed=0.1)
    again = fuse(pixels, recipe=Recipe.from_json(first.recipe.to_json()))
    np.testing.assert_array_equal(first.image, again.image)
    assert again.recipe.parameters["composition"] == "pyramid"


def test_refined_decision_is_blended_anew(slope) -> None:
    pixels, _, _ = slope
    fusion = fuse(pixels, method="gradient", composition="pyramid")
    refined = fusion.refine(grow=3)
    assert np.any(refined.image != fusion.image)


def test_command_line_composes(tmp_path, slope) -> None:
    import tifffile

    source, out = tmp_path / "stack.tif", tmp_path / "out.tif"
    tifffile.imwrite(source, slope[0])
    given = ["fuse", str(source), "-o", str(out), "--method", "gradient", "--quiet"]
    assert main([*given, "--composition", "pyramid", "--set", "well_exposed=0.1"]) == 0
    expected = fuse(slope[0], method="gradient", composition="pyramid", well_exposed=0.1)
    np.testing.assert_array_equal(tifffile.imread(out), expected.image)


def test_blending_scale_by_scale_counts_the_whole_planes_it_needs():
    planes = np.random.default_rng(0).integers(0, 900, (4, 512, 512)).astype(np.uint16)
    fuse(planes, method="gradient", memory="12MB")
    with pytest.raises(MemoryBudgetError, match="needs at least"):
        fuse(planes, method="gradient", composition="pyramid", memory="12MB")
    fuse(planes, method="gradient", composition="pyramid", memory="24MB")
