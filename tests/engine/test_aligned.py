"""Fusing planes that drift, aligned on the way."""

from functools import partial

import dask.array as da
import numpy as np
import pytest

from napari_mfif import Recipe, ZStack, fuse, iter_fuse
from napari_mfif.alignment import Transforms, load_transforms, save_transforms, warp
from napari_mfif.engine.aligned import aligned, drift_of
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import survey_stack
from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.fusion.estimate import estimate
from napari_mfif.kernels.hot_pixels import REACH
from napari_mfif.metrics.truth import psnr
from napari_mfif.notices import listening
from napari_mfif.simulation import simulate

SMALL = {"shape": (125, 143), "planes": 9, "slope": 1.0, "seed": 3}
DRIFT = {"drift": 6.0, "magnification_drift": 0.01}


def drifting(kind="relief", **more):
    return simulate(kind, **{**SMALL, **DRIFT, **more})


@pytest.mark.parametrize("method", ["adaptive", "gradient", "laplacian"])
def test_a_drifting_stack_is_fused_nearly_as_well_as_one_that_stands_still(method):
    still, moved = simulate("relief", **SMALL), drifting()
    best = fuse(still.stack, method=method)
    given = fuse(moved.stack, method=method, align="similarity")
    area = given.common_area
    sharpness = [psnr(f.image[area], still.image[area]) for f in (best, given)]
    assert sharpness[1] > sharpness[0] - 0.8
    assert sharpness[1] > psnr(fuse(moved.stack, method=method).image[area], still.image[area]) + 5


def test_the_noise_of_moved_planes_is_that_of_the_planes_as_taken():
    made = drifting("tissue", photons="high")
    settings = {"repair_hot_pixels": True, "equalise_brightness": False}
    before, preparation = survey_stack(PlaneReader(made.stack), None, settings)
    places = Transforms(made.transforms, "similarity", 4)
    moved = aligned(made.stack, [places], [preparation])
    after, _ = survey_stack(PlaneReader(moved), None, settings)
    grey = np.array([0.5], np.float32)
    assert after.noise.variance(grey) == pytest.approx(before.noise.variance(grey), rel=0.1)


@pytest.mark.parametrize("kind", ["relief", "tissue", "halo", "weak"])
def test_moving_noisy_planes_costs_less_than_half_a_decibel(kind):
    noisy = {**SMALL, "photons": "high", "seed": 200}
    still, moved = simulate(kind, **noisy), simulate(kind, **noisy, **DRIFT)
    best = fuse(still.stack)
    given = fuse(moved.stack, align=[Transforms(moved.transforms, "similarity", 4)])
    area = given.common_area
    sharpness = [psnr(f.image[area], still.image[area]) for f in (best, given)]
    assert sharpness[1] > sharpness[0] - 0.5


def test_the_result_keeps_its_shape_and_is_not_sure_outside_the_common_area():
    made = drifting()
    fusion = fuse(made.stack, align="similarity")
    rows, columns = fusion.common_area
    assert fusion.image.shape == fusion.depth.shape == (125, 143)
    assert 100 < rows.stop - rows.start < 125
    outside = np.ones((125, 143), bool)
    outside[rows, columns] = False
    assert np.all(fusion.confidence[outside] == 0)
    assert fusion.confidence[~outside].mean() > 0.5
    assert np.all(fusion.refine(small_regions=0.01).confidence[outside] == 0)


def test_without_align_nothing_is_moved():
    made = drifting()
    plain = fuse(made.stack)
    assert plain.transforms == () and plain.stack is made.stack
    assert plain.common_area == (slice(0, 125), slice(0, 143))
    assert np.array_equal(fuse(made.stack, align="none").image, plain.image)


def test_the_recipe_names_the_places_and_makes_the_same_again(tmp_path):
    made = drifting()
    fusion = fuse(made.stack, align="translation", method="gradient")
    loaded = Recipe.load(fusion.recipe.save(tmp_path / "recipe.json"))
    assert loaded == fusion.recipe and loaded.align == "translation"
    places = [Transforms.from_entry(entry) for entry in loaded.transforms]
    assert np.allclose(places[0].matrices, fusion.transforms[0].matrices, atol=1e-6)
    again = fuse(made.stack, recipe=loaded)
    assert np.array_equal(again.image, fusion.image)
    assert np.array_equal(again.depth, fusion.depth)


def test_given_transforms_are_taken():
    made = drifting()
    found = fuse(made.stack, align="similarity").transforms
    again = fuse(made.stack, align=found)
    assert np.array_equal(again.transforms[0].matrices, found[0].matrices)
    with pytest.raises(ParameterError, match="9"):
        fuse(made.stack, align=[Transforms(found[0].matrices[:4])])


@pytest.mark.parametrize(("reference", "number"), [("first", 0), (2, 2), ("last", 8)])
def test_the_result_has_the_place_and_the_magnification_of_the_reference_plane(reference, number):
    still, moved = simulate("relief", **SMALL), drifting()
    places = Transforms(moved.transforms).seen_from(number)
    fusion = fuse(moved.stack, align="similarity", reference=reference)
    assert np.array_equal(fusion.transforms[0].matrices[number], np.eye(2, 3))
    assert fusion.recipe.reference == reference and fusion.transforms[0].reference == number
    area = tuple(slice(part.start + 4, part.stop - 4) for part in fusion.common_area)
    truth = warp(still.image, Transforms(moved.transforms).seen_from(number).matrices[4])
    by_truth = fuse(moved.stack, align=[places])
    assert psnr(fusion.image[area], truth[area]) > psnr(by_truth.image[area], truth[area]) - 1.5
    assert psnr(fusion.image[area], still.image[area]) < 25  # which lies where the middle one lies
    again = fuse(moved.stack, recipe=fusion.recipe)
    assert np.array_equal(again.image, fusion.image)


@pytest.mark.parametrize("reference", [9, -1, "tenth", 2.5])
def test_a_reference_that_is_no_plane_is_refused(reference):
    for trial in (fuse, partial(estimate, method="gradient")):
        with pytest.raises(ParameterError, match="reference="):
            trial(drifting().stack, align="translation", reference=reference)


def test_given_places_have_a_reference_and_take_no_other():
    made = drifting()
    places = [Transforms(made.transforms, reference=4)]
    assert fuse(made.stack, align=places, method="gradient").recipe.reference == 4
    with pytest.raises(ParameterError, match="reference=0"):
        fuse(made.stack, align=places, reference=0)


def test_planes_that_do_not_shear_are_said_to_be_aligned_by_a_similarity():
    made = drifting()
    said = []
    with listening(said.append):
        fusion = fuse(made.stack, align="affine", method="gradient")
    assert fusion.transforms[0].model == "similarity" and fusion.recipe.align == "affine"
    assert any("similarity" in line for line in said)


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(ParameterError, match=r"warp.*translation, similarity, affine"):
        fuse(np.zeros((3, 33, 35)), align="warp")


def test_colour_channels_and_timepoints_are_aligned_too():
    colour = drifting("colour")
    fusion = fuse(colour.stack, align="similarity", method="gradient")
    assert fusion.image.shape == (125, 143, 3)
    one, other = drifting().stack.pixels, drifting(seed=8).stack.pixels
    both = np.stack([[one, one // 2], [other, other // 2]])
    fusion = fuse(ZStack.from_array(both, "TCZYX"), align="translation", method="gradient")
    assert fusion.image.shape == (2, 2, 125, 143)
    assert len(fusion.transforms) == 2
    alone = fuse(other, align="translation", method="gradient")
    assert np.abs(fusion.transforms[1].matrices - alone.transforms[0].matrices).max() < 0.05


def test_a_decision_is_copied_from_aligned_planes():
    made = drifting()
    fusion = fuse(made.stack, align="similarity", method="gradient")
    again = fuse(made.stack, align="similarity", decision=fusion.decision)
    assert np.array_equal(again.image, fusion.image)


def test_hot_pixels_are_repaired_before_planes_are_moved():
    clean, hot = drifting(), drifting(hot_pixels=60)
    given = [fuse(made.stack, align="similarity") for made in (clean, hot)]
    area = given[0].common_area
    first, second = (psnr(one.image[area], clean.image[area]) for one in given)
    assert second > first - 1


def test_thin_strips_give_what_the_whole_gives():
    made = drifting()
    moved = fuse(made.stack, align="similarity", method="gradient").stack
    whole = np.asarray(moved.pixels[...])
    assert whole.dtype == moved.dtype
    for rows in (slice(0, 9), slice(50, 61), slice(118, 125)):
        strip = moved.plane(0, rows=rows).astype(float)
        assert np.abs(strip - whole[0, rows]).max() <= 2


def test_aligned_pixels_are_indexed_like_an_array():
    pixels = np.asarray(drifting("colour").stack.pixels)
    stack = ZStack.from_array(np.stack([pixels, pixels]), "TZYXS")
    settings = {"repair_hot_pixels": True, "equalise_brightness": False}
    preparation = survey_stack(PlaneReader(stack), None, settings)[1]
    turned = np.array([[1.01, -0.01, 2.0], [0.01, 1.01, -3.0]])
    places = [Transforms(np.stack([turned] * 9))] * 2
    lazy = aligned(stack, places, [preparation] * 2).pixels
    whole = np.asarray(lazy)
    assert whole.shape == stack.shape
    for index in [
        (1, 3),
        (0, slice(2, 5), slice(10, 40, 3), slice(None, None, 2)),
        (slice(None), -1, ..., 1),
        (0, 0, slice(5, 5)),
        np.array([1]),
    ]:
        close = np.abs(lazy[index].astype(float) - whole[index])
        assert close.shape == whole[index].shape
        assert close.max(initial=0) <= 1


def test_lazy_input_works_and_progress_is_told():
    made = drifting()
    lazy = da.from_array(np.asarray(made.stack.pixels), chunks=(1, -1, -1))
    steps = list(iter_fuse(lazy, align="translation", method="gradient"))
    assert sum(step.stage == "Aligning planes" for step in steps) == 18
    expected = fuse(made.stack, align="translation", method="gradient")
    assert np.array_equal(steps[-1].fusion.image, expected.image)


def test_cropped_result_is_the_common_area_of_the_whole_one():
    made = drifting()
    places = fuse(made.stack, align="similarity", method="gradient").transforms
    whole = fuse(made.stack, align=places, method="gradient")
    cropped = fuse(made.stack, align=places, method="gradient", crop=True)
    rows, columns = whole.common_area
    assert cropped.origin == (rows.start, columns.start)
    assert cropped.image.shape == (rows.stop - rows.start, columns.stop - columns.start)
    assert cropped.recipe.crop
    np.testing.assert_array_equal(cropped.stack.plane(4), whole.stack.plane(4)[rows, columns])
    assert cropped.common_area == tuple(slice(0, n) for n in cropped.image.shape)
    assert (cropped.decision == whole.decision[rows, columns]).mean() > 0.97


def test_planes_without_a_common_area_cannot_be_cropped():
    far = np.tile(np.eye(2, 3), (9, 1, 1))
    far[3, 0, 2] = 140
    with pytest.raises(ParameterError, match="too little in common"):
        fuse(drifting().stack, align=[Transforms(far)], crop=True)


def test_places_are_written_and_read_again(tmp_path):
    made = drifting()
    fusion = fuse(made.stack, align="similarity", method="gradient")
    path = save_transforms(tmp_path / "places.json", fusion.transforms)
    again = fuse(made.stack, align=path, method="gradient")
    np.testing.assert_allclose(again.transforms[0].matrices, fusion.transforms[0].matrices)
    assert again.recipe.align == "similarity"
    recipe = fusion.recipe.save(tmp_path / "recipe.json")
    assert load_transforms(recipe)[0].reference == fusion.transforms[0].reference
    with pytest.raises(ReadError, match="nowhere"):
        fuse(made.stack, align=tmp_path / "nowhere.json")
    (tmp_path / "empty.json").write_text("[]")
    with pytest.raises(ParameterError, match="names no places"):
        load_transforms(tmp_path / "empty.json")


def test_drift_is_seen_and_standing_still_is_not():
    assert 4 < drift_of(drifting().stack) < 12
    assert drift_of(drifting("colour").stack) > 3
    for kind in ("relief", "steps"):
        assert drift_of(simulate(kind, **SMALL).stack) < 1


def test_who_aligns_planes_of_noise_is_told_that_they_were_left_where_they_are():
    noise = np.random.default_rng(5).normal(900, 30, (5, 97, 101)).astype(np.uint16)
    with listening((told := []).append):
        given = fuse(noise, align="similarity", method="gradient")
    assert np.array_equal(given.image, fuse(noise, method="gradient").image)
    assert len(told) == 1 and "left where they are" in told[0]


def test_who_aligns_planes_lost_in_noise_is_told_which():
    pixels = np.asarray(drifting(slope=0.5).stack.pixels).copy()
    noise = np.random.default_rng(5).normal(pixels.mean(), pixels.std(), pixels[:3].shape)
    pixels[:3] = np.clip(noise, 0, None)
    with listening((told := []).append):
        fuse(pixels, align="similarity", method="gradient")
    assert len(told) == 1 and "2 of the 9 planes" in told[0]


def test_part_of_an_aligned_stack_reads_only_what_it_needs(monkeypatch):
    monkeypatch.setattr("napari_mfif.engine.planes.CACHE_BYTES", 0)  # as of a large one
    made = drifting()
    places = fuse(made.stack, align="similarity", method="gradient").transforms
    asked = []

    class Watched:
        shape, dtype, ndim = made.stack.shape, made.stack.dtype, 3

        def __getitem__(self, index):
            part = made.stack.pixels[index]
            asked.append(part.shape)
            return part

    settings = {"repair_hot_pixels": False, "equalise_brightness": False}
    preparation = survey_stack(PlaneReader(made.stack), None, settings)[1]
    watched = ZStack(Watched(), "ZYX", name="watched")
    moved = aligned(watched, places, [preparation])
    asked.clear()
    part = moved.pixels[4, 40:50, 60:80]
    assert part.shape == (10, 20)
    assert max(shape[-2] for shape in asked) < 20 + 2 * REACH
    assert max(shape[-1] for shape in asked) < 30 + 2 * REACH


@pytest.mark.parametrize("asked", [{"crop": True}, {"reference": 2}, {"reference": "first"}])
def test_what_needs_an_alignment_is_refused_without_one(asked):
    pixels = np.asarray(simulate("relief", seed=1, shape=(32, 32), planes=4).stack.pixels)
    with pytest.raises(ParameterError, match="needs `align=`"):
        fuse(pixels, method="gradient", **asked)
    fuse(pixels, method="gradient", crop=False, reference="middle")
