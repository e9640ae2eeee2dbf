"""Refinement by a network: nearer to the truth, within what was recorded, nothing invented."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.methods.adaptive.peak_maps import PEAK_MAPS
from napari_mfif.methods.adaptive.refinement import ANSWER, Evidence, features, refined
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import simulate


def _image(pixels: np.ndarray, refinement: str = "network", **given) -> np.ndarray:
    fusion = fuse(pixels, method="adaptive", refinement=refinement, **given)
    return np.asarray(fusion.image, np.float32)


def _noisy(rng: np.random.Generator, light: np.ndarray, planes: int) -> np.ndarray:
    """Photograph the same light several times: 400 photons at 1000 grey levels, offset 200."""
    counted = rng.poisson(light * 400, (planes, *light.shape)) / 400
    return np.round(200 + 1000 * counted).astype(np.uint16)


def _fine(image: np.ndarray) -> np.ndarray:
    return image - cv2.GaussianBlur(image, (0, 0), 3)


@pytest.mark.parametrize("kind", ["occlusion", "fluorescence", "weak", "colour"])
@pytest.mark.parametrize("photons", ["low", "high"])
def test_it_is_nearer_to_the_truth(kind, photons):
    made = simulate(kind, seed=8101, shape=(160, 160), planes=14, photons=photons)
    plain = psnr(_image(made.stack, "none"), made.image)
    assert psnr(_image(made.stack), made.image) > plain + 0.2


def test_no_value_leaves_what_the_planes_have_thereabouts():
    made = simulate("halo", seed=8102, shape=(131, 97), planes=7, photons="high")
    pixels, kernel = np.asarray(made.stack.pixels), np.ones((3, 3), np.uint8)
    image = _image(made.stack, repair_hot_pixels=False, equalise_brightness=False)
    assert (image >= cv2.erode(pixels.min(0), kernel)).all()
    assert (image <= cv2.dilate(pixels.max(0), kernel)).all()


def test_noise_gives_no_structure():
    rng = np.random.default_rng(3)
    pixels = _noisy(rng, np.full((128, 128), 0.5), 12)
    image, plain = _image(pixels), _image(pixels, "none")
    assert image.std() < plain.std()
    assert image.mean() == pytest.approx(700, rel=0.002)


def test_what_is_sharp_nowhere_stays_unsharp():
    rng = np.random.default_rng(4)
    texture = rng.random((160, 160), np.float32)
    blurs = [cv2.GaussianBlur(texture, (0, 0), sigma) for sigma in np.linspace(9, 4, 10)]
    spread = blurs[-1].std()
    light = [0.5 + 0.1 * (blur - 0.5) / spread for blur in blurs]
    pixels = np.concatenate([_noisy(rng, plane, 1) for plane in light])
    sharpest = 200 + 1000 * light[-1]
    inner = (slice(16, -16), slice(16, -16))
    assert _fine(_image(pixels))[inner].std() < 1.15 * _fine(sharpest)[inner].std()


def test_texture_finer_than_a_lens_images_it_is_not_taken_for_noise():
    """As in pictures that were sharpened, made smaller or drawn."""
    rng = np.random.default_rng(6)
    grain = rng.random((160, 160)).astype(np.float32)
    patches = cv2.resize(rng.random((8, 8)).astype(np.float32), (160, 160)) > 0.5
    texture = 0.5 + 0.25 * (grain - 0.5) * np.where(patches, 1, 0.4)
    planes = [cv2.GaussianBlur(texture, (0, 0), 0.1 + 0.8 * abs(z - 5)) for z in range(11)]
    pixels = np.concatenate(
        [200 + np.round(1000 * rng.poisson(5000 * plane) / 5000)[None] for plane in planes]
    ).astype(np.uint16)
    energy, plain = (
        cv2.blur(np.square(_fine(_image(pixels, how))), (15, 15)) for how in ("network", "none")
    )
    assert (energy > 0.35 * plain)[16:-16, 16:-16].all()


def test_flat_patches_and_points_keep_their_mean():
    rng = np.random.default_rng(5)
    light = np.full((160, 160), 0.2, np.float32)
    light[:, 80:] = 0.6
    spots = [(y, x) for y in range(20, 160, 30) for x in range(20, 160, 30)]
    points = np.zeros_like(light)
    points[tuple(np.transpose(spots))] = 1
    point = cv2.GaussianBlur(points, (0, 0), 1.0)
    point *= 0.8 / point.max()
    focus = [cv2.GaussianBlur(point, (0, 0), abs(z - 5) + 1e-3) if z != 5 else point
             for z in range(11)]  # fmt: skip
    pixels = np.concatenate([_noisy(rng, light + plane, 1) for plane in focus])
    image, truth = _image(pixels) - 200, 1000 * (light + point)
    inside = cv2.dilate(points, np.ones((7, 7))) > 0
    assert image[inside].mean() == pytest.approx(truth[inside].mean(), rel=0.01)
    near_edge = np.abs(np.arange(160) - 79.5) < 12
    for half in (slice(0, 80), slice(80, 160)):
        flat = ~cv2.dilate(points, np.ones((25, 25))).astype(bool) & ~near_edge
        here = np.zeros_like(flat)
        here[:, half] = flat[:, half]
        assert image[here].mean() == pytest.approx(truth[here].mean(), rel=0.01)


def test_strips_and_tiles_equal_the_whole():
    made = simulate("occlusion", seed=8103, shape=(1056, 64), planes=4, photons="low")
    whole = _image(made.stack)
    steps: list[object] = []
    strips = _image(made.stack, memory="13 MB", progress=steps.append)
    assert len(steps) > 8  # the four planes were seen more than once: in several strips
    assert np.abs(strips - whole).max() <= 1
    lazy = fuse(made.stack, method="adaptive", refinement="network", lazy=True)
    tile = np.asarray(lazy.image[480:544, 16:48])
    assert np.abs(tile.astype(float) - whole[480:544, 16:48]).max() <= 1


def test_few_planes_are_not_made_worse():
    for planes in (2, 3):
        for kind in ("steps", "occlusion", "tissue"):
            made = simulate(kind, seed=8104, shape=(128, 128), planes=planes, photons="mid")
            plain = psnr(_image(made.stack, "none"), made.image)
            assert psnr(_image(made.stack), made.image) > plain - 0.1


def test_equal_planes_give_that_plane_back():
    plane = np.asarray(simulate("relief", seed=8105, shape=(96, 96), planes=3).stack.pixels)[0]
    np.testing.assert_array_equal(_image(np.stack([plane] * 4)), plane)


def test_height_and_confidence_stay_as_they_are():
    made = simulate("relief", seed=8106, shape=(96, 96), planes=6)
    without, with_it = (
        fuse(made.stack, method="adaptive", refinement=how) for how in ("none", "network")
    )
    np.testing.assert_array_equal(with_it.depth, without.depth)
    np.testing.assert_array_equal(with_it.confidence, without.confidence)
    assert (with_it.image != without.image).any()


def _evidence() -> Evidence:
    """Make smooth images of 24 x 32 pixels; the second peak is there in the left half only."""
    rng = np.random.default_rng(7)
    fused, plain, first, second = (
        cv2.GaussianBlur(rng.random((24, 32), np.float32), (0, 0), 3) for _ in range(4)
    )
    half = np.ones((12, 16), np.float32)
    there = half.copy()
    there[:, 8:] = 0
    return Evidence(
        fused=fused, plain=plain, sharpest=plain, lowest=fused, highest=fused, mean=fused,
        at_peaks=(first, second), reliance=(half, there),
        peaks=np.zeros((PEAK_MAPS, 12, 16), np.float32), noise=1e-4 * half, left=(half, half),
        n_planes=9, reach=1,
    )  # fmt: skip


def test_pixels_can_go_to_the_plane_of_a_peak_that_is_there():
    evidence = _evidence()
    seen = features(evidence)
    first, second = evidence.at_peaks
    for number, image in ((1, evidence.plain), (2, first), (3, second)):
        answer = np.zeros((ANSWER, 12, 16), np.float32)
        answer[4 * number : 4 * number + 4] = 1
        found = refined(evidence, seen, answer)
        np.testing.assert_allclose(found[:, :14], image[:, :14], atol=1e-6)
    np.testing.assert_array_equal(found[:, 18:], evidence.fused[:, 18:])


def test_pixels_stay_within_noise_of_what_is_fused_or_sharp_thereabouts():
    evidence = _evidence()
    answer = np.full((ANSWER, 12, 16), -50, np.float32)
    found = refined(evidence, features(evidence), answer)
    images = [evidence.fused, evidence.plain, *evidence.at_peaks]
    lowest = cv2.erode(np.min(images, axis=0), np.ones((3, 3), np.uint8))
    assert (found >= lowest - 0.01 - 1e-6).all()
    assert (found < evidence.fused - 0.01).any()
