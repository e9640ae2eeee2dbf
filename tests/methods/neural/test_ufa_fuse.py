from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse, methods
from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.methods.base import Plane, Survey
from napari_mfif.methods.neural.pairwise import PairCalibration
from napari_mfif.methods.neural.ufa_fuse import FusedFold, PairFuser
from napari_mfif.metrics.truth import psnr
from napari_mfif.networks import weights

torch = pytest.importorskip("torch")


class Halves:
    """Stands in for the network: takes the second plane where it is brighter, by so much."""

    calibration = PairCalibration()

    def __init__(self, share=0.75):
        self.share = share

    def fused(self, first, second, *, channels):
        self.channels = channels
        share = np.where(second[0] > first[0], self.share, 1 - self.share).astype(np.float32)
        fused = [a + share * (b - a) for a, b in zip(first, second, strict=True)]
        return fused, share


def survey_of(n_planes, bands=1, offset=0.0, gain=1.0):
    noise = NoiseLine(1e-6, 0, 0)
    return Survey(n_planes, (2, 3), bands, offset, gain, noise, np.zeros((1, 1), np.float32))


def sequence(planes, **survey):
    shape = planes[0].shape[:2]
    state = FusedFold(shape, len(planes), Halves(), survey_of(len(planes), **survey))
    for index, pixels in enumerate(planes):
        guide = (pixels.mean(axis=2) - state.survey.offset) * state.survey.gain
        state.update(Plane(index, guide.astype(np.float32), pixels))
    return state.answer()


@pytest.fixture(scope="module")
def pair(photographs):
    """Two photographs, and the sharp picture."""
    return photographs(0.9)[:2]


@pytest.fixture(scope="module")
def fused(pair):
    return fuse(pair[0], method="ufa-fuse", device="cpu")


def test_depth_is_the_last_plane_with_more_than_half_of_the_attention() -> None:
    planes = np.zeros((4, 2, 3, 1), np.float32)
    planes[2, 0] = 1
    answer = sequence(planes)
    np.testing.assert_array_equal(answer.decision, [[2, 2, 2], [0, 0, 0]])
    # the next plane had a quarter of the attention, that after it no say in the fraction
    np.testing.assert_allclose(answer.depth, [[2.25, 2.25, 2.25], [0.25, 0.25, 0.25]])


def test_confidence_falls_with_every_doubtful_comparison() -> None:
    planes = np.zeros((3, 2, 3, 1), np.float32)
    answer = sequence(planes)
    np.testing.assert_allclose(answer.confidence, 0.75)  # the neighbour does not count


@pytest.mark.parametrize(
    ("planes", "always", "used"), [(2, False, True), (3, False, False), (3, True, True)]
)
def test_channel_attention_is_for_pairs_unless_asked_for(planes, always, used) -> None:
    fuser = Halves()
    state = FusedFold((2, 3), planes, fuser, survey_of(planes), always=always)
    for index in range(2):
        state.update(Plane(index, np.zeros((2, 3), np.float32), np.zeros((2, 3, 1), np.float32)))
    assert fuser.channels == used


def test_pixels_come_back_in_the_units_of_the_stack() -> None:
    planes = np.full((2, 2, 3, 1), 300.0, np.float32)
    answer = sequence(planes, offset=100.0, gain=0.004)
    np.testing.assert_allclose(answer.pixels, 300, rtol=1e-6)


def test_every_band_is_fused_where_the_attention_says() -> None:
    rng = np.random.default_rng(3)
    planes = rng.random((2, 2, 3, 4)).astype(np.float32)
    answer = sequence(planes, bands=4)
    share = answer.weight[..., None]
    np.testing.assert_allclose(answer.pixels, planes[0] + share * (planes[1] - planes[0]), 1e-5)


def test_preview_leaves_the_state_as_it_is() -> None:
    state = FusedFold((2, 3), 2, Halves(), survey_of(2))
    for index in range(2):
        pixels = np.full((2, 3, 1), index, np.float32)
        state.update(Plane(index, pixels[..., 0], pixels))
        state.answer().confidence[:] = -1
    np.testing.assert_allclose(state.answer().confidence, 0.75)


def test_summary_and_card_say_that_pixels_are_made_up() -> None:
    card = (weights.models() / "ufa-fuse" / "README.md").read_text(encoding="utf-8")
    assert "makes up" in methods.get("ufa-fuse").summary
    assert "made up" in card


def test_fused_pair_is_sharp_on_both_sides(pair, fused) -> None:
    planes, sharp = pair
    best = max(psnr(plane, sharp) for plane in planes)
    assert psnr(fused.image, sharp) > best + 10


def test_fused_pair_has_type_and_range_of_the_planes(pair, fused) -> None:
    assert fused.image.dtype == np.uint8
    assert fused.image.shape == pair[1].shape


def test_attention_finds_the_sharper_half(fused) -> None:
    left = np.broadcast_to(np.arange(99) < 45, fused.decision.shape)
    assert np.mean((fused.decision == 0) == left) > 0.9


def test_colour_is_fused_like_grey_where_it_is_grey(pair, fused) -> None:
    planes = np.repeat(pair[0][..., None], 3, axis=3)
    colour = fuse(planes, axes="ZYXS", method="ufa-fuse", device="cpu").image
    assert colour.shape == (71, 99, 3)
    apart = np.abs(colour.astype(int) - fused.image[..., None])
    assert apart[4:-4, 4:-4].max() <= 1


def test_votes_compare_planes_by_the_spatial_attention_of_the_network(pair) -> None:
    fuser, method = PairFuser.load("cpu", "float32"), methods.get("ufa-fuse")
    first, second = (plane.astype(np.float32) / 255 for plane in pair[0])
    _, share = fuser.fused([first], [second], channels=False)
    voted = fuser.logits(fuser.encoded(first), fuser.encoded(second))
    np.testing.assert_allclose(1 / (1 + np.exp(-voted)), share, atol=2e-3)
    assert method.along == ("votes", "sequential")


def test_voted_pixels_are_the_planes_own(slope) -> None:
    pixels, *_ = slope
    averaged = fuse(pixels, method="ufa-fuse", device="cpu")
    assert (averaged.image >= pixels.min(0)).all()
    assert (averaged.image <= pixels.max(0)).all()
    copied = fuse(pixels, method="ufa-fuse", composition="copy", device="cpu")
    expected = np.take_along_axis(pixels, averaged.decision[None].astype(int), 0)[0]
    np.testing.assert_array_equal(copied.image, expected)


@pytest.mark.parametrize("along", ["votes", "sequential"])
def test_stack_of_a_slope_is_fused_sharp(slope, along) -> None:
    pixels, image, depth = slope
    fusion = fuse(pixels, method="ufa-fuse", along=along, device="cpu")
    best = max(psnr(plane, image) for plane in pixels)
    assert psnr(fusion.image, image) > best + 3
    assert np.mean(np.abs(fusion.depth - depth)[:, 8:-8] <= 1) > 0.8
