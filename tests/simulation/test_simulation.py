"""Simulated z-stacks keep their promises: what is called the truth is true."""

import cv2
import numpy as np
import pytest

from napari_mfif.errors import ParameterError
from napari_mfif.simulation import KINDS, simulate
from napari_mfif.simulation.camera import NOISE, Camera
from napari_mfif.simulation.lens import Layer, all_in_focus, defocus, photograph

SMALL = {"shape": (67, 91), "planes": 12}
ALL_KINDS = pytest.mark.parametrize("kind", KINDS)


def pixels(simulation):
    return np.asarray(simulation.stack.pixels)


def best_planes(simulation):
    """Return the plane whose pixel is nearest to the truth, after a little smoothing."""
    planes = pixels(simulation).astype(np.float32).reshape(len(pixels(simulation)), *SMALL["shape"])
    error = [defocus(np.abs(plane - simulation.image), 4) for plane in planes]
    return np.argmin(error, 0)


@ALL_KINDS
def test_same_seed_gives_the_same_stack(kind):
    first, second = simulate(kind, seed=5, **SMALL), simulate(kind, seed=5, **SMALL)
    assert np.array_equal(pixels(first), pixels(second))
    assert np.array_equal(first.depth, second.depth)


@ALL_KINDS
def test_another_seed_gives_another_scene(kind):
    first, second = simulate(kind, seed=5, **SMALL), simulate(kind, seed=6, **SMALL)
    assert not np.allclose(first.depth, second.depth)


@ALL_KINDS
def test_stack_and_truth_have_the_shapes_asked_for(kind):
    made = simulate(kind, seed=1, **SMALL)
    colour = (3,) if kind == "colour" else ()
    assert made.stack.axes == ("ZYXS" if colour else "ZYX")
    assert made.stack.shape == (12, 67, 91, *colour)
    assert made.image.shape == (67, 91, *colour)
    assert made.depth.shape == made.textured.shape == (67, 91)
    assert (made.image.dtype, made.depth.dtype, made.textured.dtype) == (
        np.float32,
        np.float32,
        bool,
    )


@ALL_KINDS
def test_depth_lies_within_the_stack(kind):
    depth = simulate(kind, seed=2, **SMALL).depth
    assert 0 <= depth.min() < depth.max() <= 11


@ALL_KINDS
def test_something_is_textured(kind):
    assert simulate(kind, seed=3, **SMALL).textured.mean() > 0.05


def test_stack_knows_its_physical_sizes():
    stack = simulate("relief", **SMALL).stack
    assert stack.unit == "um"
    assert stack.z_step > 0
    assert stack.pixel_size[0] == stack.pixel_size[1] > 0


def test_plane_nearest_to_the_true_depth_shows_the_truth():
    made = simulate("relief", seed=4, photons=None, dtype="float32", slope=1.0, **SMALL)
    nearest = np.rint(made.depth).astype(int)
    chosen = np.take_along_axis(pixels(made), nearest[None], 0)[0]
    farther = np.take_along_axis(pixels(made), (nearest[None] + 4) % 12, 0)[0]
    contrast = made.image.std()
    assert np.abs(chosen - made.image).mean() < 0.05 * contrast
    assert np.abs(farther - made.image).mean() > 0.3 * contrast


def test_sharpest_plane_is_the_true_depth():
    made = simulate("relief", seed=8, photons=None, slope=1.5, **SMALL)
    off = np.abs(best_planes(made) - made.depth)[8:-8, 8:-8]
    assert (off <= 1).mean() > 0.95


def test_sharp_terraces_equal_the_truth_away_from_their_edges():
    made = simulate("steps", seed=1, photons=None, dtype="float32", slope=1.0, **SMALL)
    flat = (
        np.ptp([np.roll(made.depth, (dy, dx), (0, 1)) for dy in (-6, 6) for dx in (-6, 6)], 0) < 0.5
    )
    nearest = np.rint(made.depth).astype(int)
    chosen = np.take_along_axis(pixels(made), nearest[None], 0)[0]
    assert np.abs(chosen - made.image)[flat].mean() < 0.1 * made.image.std()


def test_scene_does_not_depend_on_the_noise():
    low, high = (simulate("occlusion", seed=9, photons=p, **SMALL) for p in ("low", "high"))
    assert np.array_equal(low.depth, high.depth)
    assert np.array_equal(low.image, high.image)


@pytest.mark.parametrize("level", NOISE)
def test_noise_has_the_level_asked_for(level):
    made = simulate("relief", seed=2, photons=level, dtype="float32", slope=0, **SMALL)
    (fewest, most), read = NOISE[level]
    light = float(made.image.mean())
    measured = float((pixels(made) - made.image).std())
    assert 0.95 * np.sqrt(light / most + read**2) < measured
    assert measured < 1.05 * np.sqrt(light / fewest + read**2)


def test_noise_is_none_without_photon_limit():
    made = simulate("weak", seed=2, photons=None, dtype="float32", slope=0, **SMALL)
    assert np.allclose(pixels(made), made.image, atol=1e-5)


def test_more_photons_mean_less_noise():
    few, many = (Camera.choose(np.random.default_rng(0), "uint16", n) for n in (50.0, 5000.0))
    light = np.full((3, 3), 0.5)
    assert (few.deviation(light) > 5 * many.deviation(light)).all()


@pytest.mark.parametrize(("dtype", "largest"), [("uint8", 255), ("uint16", 65535), ("float32", 2)])
def test_pixels_have_the_type_asked_for(dtype, largest):
    made = simulate("halo", seed=1, dtype=dtype, **SMALL)
    assert made.stack.dtype == dtype
    assert pixels(made).max() <= largest
    assert abs(float(np.median(pixels(made))) - float(np.median(made.image))) < 0.1 * largest


def test_integers_have_a_black_offset():
    made = simulate("fluorescence", seed=1, **SMALL)
    assert pixels(made).min() > 50


def test_hot_pixels_are_counted():
    clean, hot = (simulate("fluorescence", seed=1, hot_pixels=n, **SMALL) for n in (0, 40))
    changed = pixels(clean) != pixels(hot)
    assert 36 <= changed.sum() <= 40  # one may hit what is white already
    assert pixels(hot)[changed].min() > 0.8 * hot.image.max()


def test_stuck_pixels_are_bright_in_every_plane():
    clean, stuck = (simulate("fluorescence", seed=1, stuck_pixels=n, **SMALL) for n in (0, 7))
    assert (pixels(clean) != pixels(stuck)).all(0).sum() == 7


def test_drift_moves_planes_and_leaves_the_truth_in_the_middle():
    still, moved = (
        simulate("relief", seed=3, drift=d, slope=0, photons=None, dtype="float32", **SMALL)
        for d in (0.0, 8.0)
    )
    assert not np.allclose(pixels(moved)[0], moved.image, atol=0.02)
    assert np.allclose(pixels(moved)[6], moved.image, atol=1e-5)
    assert np.allclose(pixels(still)[0], still.image, atol=1e-5)


def test_the_transforms_lead_from_the_truth_to_every_plane():
    made = simulate(
        "relief",
        seed=3,
        drift=5.0,
        magnification_drift=0.02,
        rotation=0.5,
        slope=0,
        photons=None,
        dtype="float32",
        **SMALL,
    )
    rows, columns = made.image.shape
    onto = cv2.WARP_INVERSE_MAP | cv2.INTER_LANCZOS4
    for plane, matrix in zip(pixels(made), made.transforms, strict=True):
        back = cv2.warpAffine(plane, matrix, (columns, rows), flags=onto)
        inner = (slice(8, -8), slice(8, -8))
        assert np.abs(back - made.image)[inner].mean() < 0.004
    moved = made.transforms[-1] @ [columns - 1, 0, 1] - made.transforms[0] @ [columns - 1, 0, 1]
    assert 4 < np.hypot(*moved) < 8


def test_brightness_drift_has_its_range_and_median_one():
    made = simulate(
        "relief", seed=3, brightness_drift=0.2, slope=0, photons=None, dtype="float32", **SMALL
    )
    gains = pixels(made).mean((1, 2)) / made.image.mean()
    assert np.median(gains) == pytest.approx(1, abs=1e-3)
    assert 0.15 < np.ptp(gains) < 0.25


def test_what_is_behind_a_near_object_exists():
    bright = np.full((61, 61, 1), 0.8, np.float32)
    ground = Layer(bright, np.full((61, 61), 10, np.float32), np.ones((61, 61), np.float32))
    matte = np.zeros((61, 61), np.float32)
    matte[:, 29:32] = 1  # a black hair, 3 px wide
    hair = Layer(np.zeros_like(bright), np.zeros((61, 61), np.float32), matte)
    dark = np.zeros_like(bright)
    assert all_in_focus(dark, [ground, hair])[30, 30, 0] == 0
    through = photograph(dark, [ground, hair], 10, slope=1.0)
    assert 0.5 < through[30, 30, 0] < 0.75
    assert through[30, 24, 0] < 0.79  # and it spreads over what is beside it


def test_luminous_layers_add_up_and_keep_their_light():
    spot = np.zeros((63, 63, 1), np.float32)
    spot[31, 31] = 1
    one = np.ones((63, 63), np.float32)
    layers = [Layer(spot, z * one, one, "add") for z in (0, 6)]
    seen = photograph(np.zeros_like(spot), layers, 0, slope=1.0)
    assert seen.sum() == pytest.approx(2, rel=1e-3)
    assert seen[31, 31, 0] == pytest.approx(1, abs=0.05)


def test_absorbing_layers_multiply():
    half = np.full((31, 31, 1), 0.5, np.float32)
    one = np.ones((31, 31), np.float32)
    layers = [Layer(half, z * one, one, "absorb") for z in (0, 5)]
    assert photograph(np.ones_like(half), layers, 0, slope=1.0) == pytest.approx(0.25, abs=1e-5)


@pytest.mark.parametrize("psf", ["disc", "gaussian"])
@pytest.mark.parametrize("radius", [0.5, 1.0, 2.5, 5.0, 9.0, 20.0])
def test_blur_has_the_width_of_its_radius(psf, radius):
    point = np.zeros((161, 161, 1), np.float32)
    point[80, 80] = 1
    seen = defocus(point, radius, psf)[..., 0]
    far = np.arange(161) - 80
    variance = (seen.sum(0) * far**2).sum() - ((seen.sum(0) * far).sum()) ** 2
    assert seen.sum() == pytest.approx(1, rel=1e-3)
    assert variance == pytest.approx(radius**2 / 4, rel=0.12)


def test_two_planes_are_enough():
    assert simulate("steps", planes=2, shape=(33, 35)).stack.shape == (2, 33, 35)


def test_unknown_kind_is_refused_with_the_nearest_name():
    with pytest.raises(ParameterError, match=r"'oclusion'.*Did you mean 'occlusion'"):
        simulate("oclusion")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"photons": "lo"}, "Did you mean 'low'"),
        ({"photons": -1.0}, "above 0"),
        ({"psf": "disk"}, "Did you mean 'disc'"),
        ({"dtype": "int32"}, "Did you mean 'uint"),
        ({"planes": 0}, "planes=0"),
        ({"shape": (8, 90)}, "shape=8"),
        ({"hot_pixels": -1}, "-1 hot pixels"),
        ({"seed": -3}, "seed=-3"),
    ],
)
def test_impossible_wishes_are_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        simulate("relief", **{**SMALL, **wrong})
