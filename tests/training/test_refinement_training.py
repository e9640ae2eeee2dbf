"""Training of the refinement network: what it learns from, and a run that goes on."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from napari_mfif.methods.adaptive.refinement import CHANNELS
from napari_mfif.networks.refinement import RefinementNet
from napari_mfif.training import refinement
from napari_mfif.training.refinement_scenes import KINDS, PhotoStage
from napari_mfif.training.refinement_stacks import draw_example


@pytest.fixture(scope="module")
def example():
    return draw_example(np.random.default_rng(3), [])


def test_an_example_is_the_same_for_the_same_numbers(example):
    again = draw_example(np.random.default_rng(3), [])
    assert again.kind == example.kind
    np.testing.assert_array_equal(again.seen, example.seen)
    np.testing.assert_array_equal(again.truth, example.truth)


def test_the_truth_fits_the_fused_image(example):
    error = np.sqrt(np.mean(np.square(example.fused - example.truth)))
    assert error < 0.3 * example.truth.std() + 0.05


@pytest.mark.parametrize("turns", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)])
def test_turning_keeps_what_a_network_of_squares_sees(example, turns):
    """Features of the turned image are the turned features: pixels of squares move along."""
    whole = example.fused.reshape(2, 2, *example.fused.shape[1:]).transpose(2, 0, 3, 1)
    image = whole.reshape(2 * whole.shape[0], -1)
    turned = refinement._turned(example.fused, np.array(turns, bool))
    after = turned.reshape(2, 2, *turned.shape[1:]).transpose(2, 0, 3, 1).reshape(image.shape)
    for turn, change in zip(turns, (np.fliplr, np.flipud, np.transpose), strict=True):
        image = change(image) if turn else image
    np.testing.assert_array_equal(after, image)


@pytest.mark.parametrize("kind", KINDS)
def test_scenes_have_no_gaps_and_are_finite(kind):
    samples = 3 if kind == "colour" else 1
    picture = np.full((80, 80), 128, np.float32)
    stage = PhotoStage(np.random.default_rng(1), (96, 96), 9, samples, [picture], 0.5)
    scene = KINDS[kind][0](stage)
    for layer in scene.layers:
        assert np.isfinite(layer.light).all()
        assert np.isfinite(layer.depth).all()
        assert layer.light.shape == (96, 96, samples)


def test_ground_beyond_the_stack_lies_beyond():
    stage = PhotoStage(np.random.default_rng(1), (96, 96), 9, 1)
    assert KINDS["beyond"][0](stage).layers[0].depth.min() >= 9


def test_a_run_goes_on_and_writes_weights_card_and_log(trained_twice):
    (first, again), card = trained_twice(refinement.RECIPE)
    assert first.facts["steps"] == "2"
    RefinementNet(CHANNELS).load_state_dict(
        {name: torch.from_numpy(value) for name, value in first.tensors.items()}
    )
    assert "held_back_gain" in card
    for name, value in first.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], value)
