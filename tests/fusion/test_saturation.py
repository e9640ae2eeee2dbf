"""Light beyond the camera's white hides which plane is sharp: it is found, said, not believed."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import survey_stack
from napari_mfif.fusion.doubts import decided_share
from napari_mfif.simulation import simulate

SHAPE = (144, 144)


def overexposed(kind="tissue", dtype="uint8", **more):
    return simulate(
        kind, seed=1, planes=12, photons="low", shape=SHAPE, dtype=dtype, overexposure=2.0, **more
    )


def kinds(fusion) -> list[str]:
    return [doubt.kind for doubt in fusion.doubts]


def white_planes(pixels) -> np.ndarray:
    """Return where all planes are saturated, some pixels inside such an area."""
    white = (pixels == pixels.max()).all(axis=0)
    return cv2.erode(white.astype(np.uint8), np.ones((13, 13))) > 0


@pytest.mark.parametrize("method", ["adaptive", "gradient"])
def test_what_is_saturated_is_said_once_with_a_remedy_and_counts_as_undecided(method) -> None:
    made = overexposed()
    fusion = fuse(made.stack, method=method)
    doubt = next(doubt for doubt in fusion.doubts if doubt.kind == "saturated")
    hidden = white_planes(np.asarray(made.stack.pixels))
    assert np.count_nonzero(hidden) > 50
    assert hidden.mean() < doubt.share < 0.9
    assert decided_share(fusion.confidence[hidden]) == 0
    assert fusion.undecided["planes are too bright for the camera"] >= hidden.mean()
    assert sum(doubt.sentence in note and doubt.remedy in note for note in fusion.notes) == 1


def test_the_white_of_twelve_bits_in_sixteen_is_found() -> None:
    made = overexposed(dtype="uint16")
    assert np.asarray(made.stack.pixels).max() == 4095
    assert "saturated" in kinds(fuse(made.stack))


def test_in_colour_it_is_white_where_no_sample_shows_anything() -> None:
    made = overexposed()
    grey = np.asarray(made.stack.pixels)
    usual = simulate("tissue", seed=1, planes=12, photons="mid", shape=SHAPE, dtype="uint8")
    whole = np.asarray(usual.stack.pixels)
    for green, expected in ((grey, True), (whole, False)):
        pixels = np.stack([grey, green, green], axis=-1)
        fusion = fuse(replace(made.stack, pixels=pixels, axes="ZYXS"))
        assert ("saturated" in kinds(fusion)) is expected


def objects_before(ground: float, noise: float) -> np.ndarray:
    """Return planes of dark objects before bright, even ground."""
    scene = simulate("halo", seed=5, planes=9, photons=None, shape=SHAPE, dtype="float32")
    planes = np.asarray(scene.stack.pixels)
    dark = ground * (1 - 0.6 * np.clip(planes - 0.3, 0, 1))
    light = dark + noise * np.random.default_rng(0).standard_normal(planes.shape)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("ground", "noise"), [(244, 2.0), (250, 1.0), (240, 0.0), (255, 0.0)])
def test_even_ground_that_is_bright_is_not_taken_for_saturated(ground, noise) -> None:
    """Noise scatters what is not cut off; where there is none nothing tells the two apart."""
    planes = objects_before(ground, noise)
    assert planes.max() >= ground
    assert "saturated" not in kinds(fuse(planes))


def test_specks_that_are_saturated_raise_no_alarm() -> None:
    made = simulate("relief", seed=2, planes=9, photons="mid", shape=SHAPE, dtype="uint8")
    planes = np.asarray(made.stack.pixels).copy()
    rng = np.random.default_rng(1)
    for y, x in rng.integers(0, SHAPE[0] - 5, (40, 2)):
        planes[:, y : y + 5, x : x + 5] = 255
    assert "saturated" not in kinds(fuse(planes))


def test_blocks_find_the_same_as_whole_planes() -> None:
    made = overexposed()
    planes = np.tile(np.asarray(made.stack.pixels)[:5], (1, 10, 1))[:, 1:, 1:]
    whole, lazy = fuse(planes), fuse(planes, lazy=True)
    assert len(lazy.confidence.chunks[0]) > 1
    assert "saturated" in kinds(whole)
    np.testing.assert_allclose(np.asarray(lazy.confidence), whole.confidence, atol=2e-5)


def test_noise_is_measured_where_light_is_whole() -> None:
    """Where light is cut off there is none left: it would be held for the camera's."""
    made = simulate(
        "halo", seed=4, planes=9, photons=400, shape=SHAPE, dtype="uint8", overexposure=3.0
    )
    settings = {"repair_hot_pixels": True, "equalise_brightness": False}
    survey, preparation = survey_stack(PlaneReader(made.stack), None, settings)
    black, white, level = 6, 236, 120
    light = (level - black) / (white - black)
    true = np.sqrt(light / 400 + (0.2**2 / 400)) * (white - black)
    seen = survey.noise.variance(np.float32([(level - preparation.offset) * preparation.gain]))
    assert np.sqrt(seen[0]) / preparation.gain == pytest.approx(true, rel=0.2)


def test_moved_planes_are_white_where_they_were() -> None:
    made = overexposed(drift=4.0)
    assert "saturated" in kinds(fuse(made.stack, align="translation"))


def test_a_stack_of_fractions_that_was_cut_off_is_found() -> None:
    made = overexposed()
    fractions = np.asarray(made.stack.pixels, np.float32) / 255
    assert "saturated" in kinds(fuse(ZStack.from_array(fractions, "ZYX")))
