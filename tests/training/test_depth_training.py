"""Training of the network that refines depths: what it learns from, and a run that goes on."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from napari_mfif.methods.adaptive.depth_evidence import SOURCES
from napari_mfif.methods.adaptive.depth_refinement import (
    ANSWER,
    CHANNELS,
    SIGNED,
    Seen,
    decided,
)
from napari_mfif.training import depth_refinement
from napari_mfif.training.depth_choice import choice
from napari_mfif.training.depth_stacks import DEPTH_KINDS, draw_depth_example
from napari_mfif.training.refinement_scenes import PhotoStage


@pytest.fixture(scope="module")
def example():
    return draw_depth_example(np.random.default_rng(2), [])


def test_an_example_is_the_same_for_the_same_numbers(example):
    again = draw_depth_example(np.random.default_rng(2), [])
    assert again.kind == example.kind
    np.testing.assert_array_equal(again.seen, example.seen)
    np.testing.assert_array_equal(again.true, example.true)


@pytest.mark.parametrize("kind", DEPTH_KINDS)
def test_scenes_are_finite(kind):
    samples = 3 if kind == "colour" else 1
    stage = PhotoStage(np.random.default_rng(1), (80, 80), 9, samples)
    for layer in DEPTH_KINDS[kind][0](stage).layers:
        assert np.isfinite(layer.light).all()
        assert np.isfinite(layer.depth).all()


def test_shares_of_kinds_add_up():
    assert sum(share for _, share in DEPTH_KINDS.values()) == pytest.approx(1)


def test_what_lies_beyond_the_stack_teaches_doubt(monkeypatch):
    kind = {"beyond": (DEPTH_KINDS["beyond"][0], 1.0)}
    monkeypatch.setattr("napari_mfif.training.depth_stacks.DEPTH_KINDS", kind)
    made = draw_depth_example(np.random.default_rng(0), [])
    beyond = (made.sure > 0) & (made.weight == 0)
    assert beyond.any()
    assert not made.told[beyond[0]].any()


def test_what_is_learnt_is_what_is_computed():
    """Torch chooses the same depths as the method does."""
    rng = np.random.default_rng(0)
    shape = (37, 50)
    answer = rng.normal(0, 2, (ANSWER, *shape)).astype(np.float32)
    depths = rng.normal(0, 4, (SOURCES, *shape)).astype(np.float32)
    reference = rng.normal(0, 2, (1, *shape)).astype(np.float32)
    depth, sure = decided(Seen(np.empty((0, *shape), np.float32), depths, reference[0]), answer)
    found = choice(*(torch.from_numpy(maps)[None] for maps in (answer, depths, reference)))
    np.testing.assert_allclose(found.depth[0].numpy(), depth, atol=1e-3)
    np.testing.assert_allclose(found.sure[0].sigmoid().numpy(), sure, atol=1e-3)


def test_mirroring_z_mirrors_depths_and_leaves_the_rest(example):
    class Mirror:
        def random(self, _):
            return np.array([1, 1, 1, 0])  # below one half: done

    turned = depth_refinement._turned(example, Mirror())
    np.testing.assert_array_equal(turned["true"], -example.true)
    np.testing.assert_array_equal(turned["seen"][:SIGNED], -example.seen[:SIGNED])
    np.testing.assert_array_equal(turned["seen"][SIGNED:], example.seen[SIGNED:])
    assert len(turned["seen"]) == CHANNELS


def test_an_untaught_network_keeps_to_the_vote(example):
    network = depth_refinement.new_network()
    found = depth_refinement.right_depths([example])(network)
    assert found["right"] == pytest.approx(found["before"], abs=0.1)


def test_a_run_goes_on_and_writes_weights_card_and_log(trained_twice):
    (first, again), card = trained_twice(depth_refinement.RECIPE)
    depth_refinement.new_network().load_state_dict(
        {name: torch.from_numpy(value) for name, value in first.tensors.items()}
    )
    assert "held_back_right" in card
    assert "--out models/refinement/depth --recipe depth --steps 2 --seed 0" in card
    assert "{" not in card
    for name, value in first.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], value)
