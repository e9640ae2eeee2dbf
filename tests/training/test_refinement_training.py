"""Training of the refinement network: what it learns from, and a run that goes on."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from napari_mfif.methods.adaptive.refinement import ANSWER, CHANNELS
from napari_mfif.networks.refinement import RefinementNet
from napari_mfif.training import refinement, refinement_stacks
from napari_mfif.training.card import write_card, write_weights
from napari_mfif.training.refinement_scenes import KINDS, PhotoStage
from napari_mfif.training.refinement_stacks import draw_example, draw_stack
from napari_mfif.training.stack_recipe import begun_with


@pytest.fixture(scope="module")
def example():
    return draw_example(np.random.default_rng(3), [])


def test_an_example_is_the_same_for_the_same_numbers(example):
    again = draw_example(np.random.default_rng(3), [])
    assert again.kind == example.kind
    np.testing.assert_array_equal(again.seen, example.seen)
    np.testing.assert_array_equal(again.truth, example.truth)


def test_nothing_but_white_is_no_stack_to_learn_from(monkeypatch):
    pixels = iter([np.full((2, 4, 4, 1), 4095), np.arange(32).reshape(2, 4, 4, 1)])
    monkeypatch.setattr(refinement_stacks, "photographed", lambda *_: next(pixels))
    _, found, _ = draw_stack(np.random.default_rng(0), [])
    assert found.max() == 31


def test_the_truth_fits_the_fused_image(example):
    error = np.sqrt(np.mean(np.square(example.fused - example.truth)))
    assert error < 0.3 * example.truth.std() + 0.05


@pytest.mark.parametrize("turns", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 1, 1)])
def test_turning_an_example_is_turning_its_image(example, turns):
    """So that the first pixels of squares, at which half the size is sampled, stay the first."""
    image = _joined(example.fused)
    crop, place = 2 * refinement.CROP, (5, 9)
    turned = refinement._turned(example.fused, place, np.array(turns, bool))
    rows = np.arange(crop) if not turns[1] else np.arange(crop - 2, -2, -1)
    columns = np.arange(crop) if not turns[0] else np.arange(crop - 2, -2, -1)
    expected = image[np.ix_(2 * place[0] + rows, 2 * place[1] + columns)]
    np.testing.assert_array_equal(_joined(turned), expected.T if turns[2] else expected)


def _joined(squares):
    whole = squares.reshape(2, 2, *squares.shape[1:]).transpose(2, 0, 3, 1)
    return whole.reshape(2 * whole.shape[0], -1)


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
    RefinementNet(CHANNELS, ANSWER).load_state_dict(
        {name: torch.from_numpy(value) for name, value in first.tensors.items()}
    )
    assert "held_back_gain" in card
    for name, value in first.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], value)


def test_a_network_that_sees_more_begins_where_the_one_it_goes_on_from_was(tmp_path):
    older = RefinementNet(34, 8).eval()
    write_card(tmp_path, {"sha256": write_weights(older, tmp_path, {"steps": "7"})}, "")
    network, told = begun_with(refinement.RECIPE, str(tmp_path))
    seen = torch.rand(1, CHANNELS, 16, 16)
    with torch.no_grad():
        answer, before = network(seen), older(seen[:, :34])
    torch.testing.assert_close(answer[:, :8], before)
    assert not answer[:, 8:].any()
    assert told["begin"] == str(tmp_path)
    assert "7 batches" in told["begun_with"]
