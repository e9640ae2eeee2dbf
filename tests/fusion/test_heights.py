"""Heights that are not known are marked, filled, or left; nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tifffile
import zarr

from napari_mfif import Recipe, ZStack, fuse
from napari_mfif.cli import main
from napari_mfif.errors import ParameterError
from napari_mfif.io import read_recipe, write_image
from napari_mfif.kernels.filling import filled
from napari_mfif.simulation import simulate

MAPS = ("image", "depth", "decision", "confidence", "height")


@pytest.fixture(scope="module")
def half():
    """Beads in the dark, in 0.5 um steps: of half of the area nothing can be known."""
    pixels = simulate("fluorescence", seed=4, shape=(71, 97), planes=12).stack.pixels
    return ZStack(np.asarray(pixels), "ZYX", name="half", z_step=0.5, unit="um")


@pytest.fixture(scope="module")
def fusion(half):
    made = fuse(half, method="gradient")
    assert 0.05 < (made.confidence < 0.5).mean() < 0.9
    return made


def test_unknown_heights_are_marked_by_what_the_confidence_means(fusion) -> None:
    heights = fusion.height_where()
    unknown = fusion.confidence < 0.5
    np.testing.assert_array_equal(np.isnan(heights), unknown)
    np.testing.assert_array_equal(heights[~unknown], fusion.height[~unknown])
    assert np.isfinite(fusion.height).all()


def test_threshold_is_asked_for(fusion) -> None:
    strict = np.isnan(fusion.height_where(0.9))
    np.testing.assert_array_equal(strict, fusion.confidence < np.float32(0.9))
    with pytest.raises(ParameterError, match="`min_confidence=2"):
        fusion.height_where(2)


def test_filling_keeps_what_is_known(fusion) -> None:
    heights = fusion.height_where(fill=True)
    known = fusion.confidence >= 0.5
    np.testing.assert_array_equal(heights[known], fusion.height[known])
    assert np.isfinite(heights).all()
    low, high = fusion.height[known].min(), fusion.height[known].max()
    assert low <= heights.min() and heights.max() <= high


@pytest.mark.parametrize("radius", [5, 40, 100])
def test_a_hole_in_a_slope_is_filled_by_the_slope(radius) -> None:
    y, x = np.mgrid[:301, :277].astype(np.float32)
    slope = x / 20 + y / 90
    known = (x - 130) ** 2 + (y - 150) ** 2 > radius**2
    full = filled(np.where(known, slope, np.nan), known)
    assert np.abs(full - slope).max() < 0.04 * 2 * radius / 20
    steepest = np.abs(np.diff(full, axis=1)).max()
    assert steepest < 2 / 20  # no edge round the hole


def test_where_nothing_is_known_nothing_is_invented() -> None:
    assert np.isnan(filled(np.ones((5, 7), np.float32), np.zeros((5, 7), bool))).all()


@pytest.mark.parametrize("unsure", ["mark", "fill", "leave"])
def test_the_switch_is_in_the_recipe_and_changes_nothing_else(fusion, half, unsure) -> None:
    other = fusion.refine(unsure=unsure, min_confidence=0.6)
    for name in MAPS:
        np.testing.assert_array_equal(getattr(other, name), getattr(fusion, name))
    recipe = Recipe.from_json(other.recipe.to_json())
    assert (recipe.unsure, recipe.min_confidence) == (unsure, 0.6)
    again = fuse(half, recipe=recipe)
    np.testing.assert_array_equal(again.height_where(), other.height_where())
    np.testing.assert_array_equal(
        other.refine(smooth_depth=0).height_where(), again.refine(smooth_depth=0).height_where()
    )


def test_recipes_of_before_mark() -> None:
    old = '{"method": "gradient"}'
    assert (Recipe.from_json(old).unsure, Recipe.from_json(old).min_confidence) == ("mark", 0.5)


def test_lazy_heights_are_marked_block_by_block(half, fusion) -> None:
    lazy = fuse(half, method="gradient", lazy=True)
    heights = lazy.height_where()
    assert not isinstance(heights, np.ndarray)
    np.testing.assert_array_equal(np.asarray(heights), fusion.height_where())
    strict = lazy.refine(min_confidence=0.9)
    np.testing.assert_array_equal(np.asarray(strict.height_where()), fusion.height_where(0.9))


def test_lazy_heights_are_not_filled_and_that_is_said(half) -> None:
    lazy = fuse(half, method="gradient", lazy=True)
    for fill in (
        lambda: lazy.height_where(fill=True),
        lambda: lazy.refine(unsure="fill"),
        lambda: fuse(half, lazy=True, unsure="fill"),
    ):
        with pytest.raises(ParameterError, match='`unsure="mark"`'):
            fill()


def test_timepoints_are_filled_apart(half) -> None:
    pixels = np.stack([half.pixels, half.pixels[::-1]])
    film = fuse(pixels, axes="TZYX", method="gradient", unsure="fill")
    for t, heights in enumerate(film.height_where()):
        alone = fuse(pixels[t], method="gradient", unsure="fill")
        np.testing.assert_array_equal(heights, alone.height_where())


@pytest.mark.parametrize("lazy", [False, True])
def test_file_has_nan_and_a_note(fusion, half, tmp_path, lazy) -> None:
    made = fuse(half, method="gradient", lazy=True) if lazy else fusion
    made.save_map("height", tmp_path / "height.ome.tif")
    with tifffile.TiffFile(tmp_path / "height.ome.tif") as file:
        np.testing.assert_array_equal(file.asarray(), fusion.height_where())
        assert "Heights in um, NaN where the confidence is below 0.5" in file.ome_metadata
    made.save_map("height", tmp_path / "height.ome.zarr")
    note = zarr.open_group(str(tmp_path / "height.ome.zarr"), mode="r").attrs["description"]
    assert "NaN where the confidence is below 0.5" in note
    made.save_map("depth", tmp_path / "depth.tif")
    assert np.isfinite(tifffile.imread(tmp_path / "depth.tif")).all()


def test_coarser_copies_in_a_file_leave_out_what_is_unknown(tmp_path) -> None:
    heights = np.full((2100, 64), 3, np.float32)
    heights[::2, ::2] = np.nan
    heights[:8, :8] = np.nan
    write_image(tmp_path / "height.tif", heights, axes="YX")
    with tifffile.TiffFile(tmp_path / "height.tif") as file:
        coarser = file.series[0].levels[1].asarray()
    assert np.isnan(coarser[:4, :4]).all()
    assert (coarser[4:] == 3).all()


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("unsure", ["mark", "fill", "leave"])
def test_command_line_says_it_too(fusion, half, tmp_path, unsure, times) -> None:
    pixels = np.stack([half.pixels] * times) if times > 1 else half.pixels
    axes = "TZYX" if times > 1 else "ZYX"
    write_image(tmp_path / "half.ome.tif", pixels, axes=axes, z_step=0.5, unit="um")
    words = ["fuse", str(tmp_path / "half.ome.tif"), "-o", str(tmp_path / "sharp.ome.tif")]
    words += ["--method", "gradient", "--height", str(tmp_path / "height.ome.tif"), "--quiet"]
    assert main([*words, "--unsure", unsure, "--min-confidence", "0.7"]) == 0
    expected = fusion.refine(unsure=unsure, min_confidence=0.7).height_where()
    for heights in tifffile.imread(tmp_path / "height.ome.tif").reshape(times, *expected.shape):
        np.testing.assert_array_equal(heights, expected)
    kept = Recipe.from_json(read_recipe(tmp_path / "height.ome.tif"))
    assert (kept.unsure, kept.min_confidence) == (unsure, 0.7)


def test_corrections_by_hand_keep_the_switch(fusion) -> None:
    from napari_mfif.settings.strokes import Stroke

    filled_in = fusion.refine(unsure="fill")
    stroke = Stroke(source=2, points=((30.0, 40.0),), radius=5.0)
    mended = filled_in.mend([stroke])
    assert mended.recipe.unsure == "fill"
    assert mended.refine(unsure="leave").recipe.unsure == "leave"
    assert mended.refine(unsure="leave").refine(smooth_depth=1).recipe.unsure == "leave"
    assert replace(mended.recipe, painted={}, unsure="mark") == fusion.recipe


def test_batch_is_told_too(fusion, half, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    write_image(tmp_path / "in/half.ome.tif", half.pixels, axes="ZYX", z_step=0.5, unit="um")
    words = ["batch", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--method", "gradient"]
    words += ["--maps", "height", "--quiet"]
    for more, expected in (([], fusion.height_where()), (["--unsure", "leave"], fusion.height)):
        assert main([*words, *more]) == 0
        heights = tifffile.imread(tmp_path / "out/half_height.ome.tif")
        np.testing.assert_array_equal(heights, expected)
