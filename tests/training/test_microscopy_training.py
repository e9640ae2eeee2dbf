"""Recipes that go on with simulated z-stacks."""

from __future__ import annotations

import functools
from dataclasses import replace
from importlib import import_module

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("unmeasured")

from napari_mfif.networks import weights  # noqa: E402
from napari_mfif.training import (  # noqa: E402
    OTHER_RECIPES,
    boundary_aware_microscopy,
    fans,
    fd_fcn,
    fd_fcn_microscopy,
    guards,
)
from napari_mfif.training.data import Picture  # noqa: E402
from napari_mfif.training.recipe import train_recipe  # noqa: E402
from napari_mfif.training.stacks import Fan, Pool, draw_fan  # noqa: E402


@pytest.fixture(scope="module")
def pool():
    return Pool([7], side=48)


@pytest.mark.parametrize("method, name", list(OTHER_RECIPES))
def test_recipe_is_found_by_its_method_and_name(method, name) -> None:
    recipe = import_module(OTHER_RECIPES[method, name]).RECIPE
    assert (recipe.method, recipe.name) == (method, name)


def test_plane_that_differs_less_from_the_scene_is_the_better_one() -> None:
    errors = np.zeros((2, 1, 3), np.float32)
    errors[:, 0, :2] = [[0.01, 0.2], [0.2, 0.01]]
    probability, counts = Fan(np.zeros_like(errors), errors).target(0, 1)
    assert probability[0, 0] > 0.99
    assert probability[0, 1] < 0.01
    assert counts[0, 0] > 0.9
    assert counts[0, 2] == 0  # both are equally far: nothing is taught


def test_fans_teach_which_planes_are_in_focus(pool) -> None:
    network = fd_fcn_microscopy.RECIPE.network()
    fan = draw_fan(np.random.default_rng(0), pool, 48, 4)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    for _ in range(10):
        optimiser.zero_grad()
        loss = fd_fcn_microscopy.fan_loss(network, fan, "cpu")
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


def test_fans_teach_the_centres_of_windows() -> None:
    network = boundary_aware_microscopy.RECIPE.network()
    fans.settle(network)
    large = Pool([7], side=96)
    fan = draw_fan(np.random.default_rng(0), large, 96, 3)
    optimiser = torch.optim.Adam(network.initial.parameters(), 3e-4)
    losses = []
    for _ in range(6):
        optimiser.zero_grad()
        loss = boundary_aware_microscopy.fan_loss(network, fan, "cpu")
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


def test_fans_come_either_way_for_who_compares_in_one_order(monkeypatch) -> None:
    planes = np.arange(2, dtype=np.float32).reshape(2, 1, 1)
    monkeypatch.setattr(fans, "draw_fan", lambda *_: Fan(planes, planes))
    mixed, first = boundary_aware_microscopy.Mixed([], pool=None), []
    monkeypatch.setattr(mixed, "guard", lambda *_: 0)
    monkeypatch.setattr(mixed, "of_photographs", lambda *_: 0)
    monkeypatch.setattr(mixed, "of_fan", lambda _, fan: first.append(fan.planes[0, 0, 0]) or 0)
    for seed in range(40):
        mixed(torch.nn.Identity(), np.random.default_rng(seed))
    assert set(first) == {0, 1}


def test_second_network_learns_from_windows_with_both_planes_in_focus() -> None:
    network = boundary_aware_microscopy.RECIPE.network()
    errors = np.full((2, 80, 80), 0.1, np.float32)
    errors[0] = 0  # the first plane is the better one everywhere
    fan = Fan(np.zeros_like(errors), errors)
    everywhere = boundary_aware_microscopy.fan_loss(network, fan, "cpu")
    mixed = boundary_aware_microscopy.fan_loss(network, fan, "cpu", boundary=True)
    assert everywhere > 0
    assert mixed == 0


def test_settled_norms_keep_their_statistics() -> None:
    norm = torch.nn.BatchNorm2d(2)
    network = torch.nn.Sequential(norm)
    network.train()
    fans.settle(network)
    network(torch.full((4, 2, 3, 3), 5.0))
    assert norm.running_mean.tolist() == [0, 0]


def test_loss_of_pairs_is_least_for_the_plane_that_differs_less() -> None:
    errors = np.zeros((2, 1, 1), np.float32)
    errors[1] = 0.2
    fan = Fan(np.zeros_like(errors), errors)
    right, wrong = (
        fans.logistic_loss(torch.full((1, 1, 1), margin), fan, [0], [1]) for margin in (3.0, -3.0)
    )
    assert right < 0.1 * wrong


def test_faint_crops_differ_in_focus_not_in_noise() -> None:
    texture = np.random.default_rng(0).uniform(0, 255, (90, 90)).astype(np.float32)
    flat = np.full((90, 90), 128, np.float32)
    rng = np.random.default_rng(1)
    for _ in range(10):
        sharp, blurred = guards.draw_faint(rng, [Picture("texture", texture)], 64)
        assert sharp.std() > 2 * blurred.std()
        sharp, blurred = guards.draw_faint(rng, [Picture("flat", flat)], 64)
        assert sharp.std() == pytest.approx(blurred.std(), rel=0.25)
        np.testing.assert_array_equal(sharp, np.round(sharp))


def test_glaring_crops_are_white_where_they_are_sharp() -> None:
    texture = np.random.default_rng(0).uniform(150, 255, (90, 90)).astype(np.float32)
    rng = np.random.default_rng(1)
    for _ in range(10):
        pictures = [Picture("texture", texture)]
        sharp, blurred = guards.draw_glaring(rng, pictures, 64)
        assert sharp.max() == 255
        assert sharp.min() >= 0
        assert blurred.max() <= 255


def test_print_is_nearer_to_focus_in_either_plane_of_one_crop() -> None:
    rng = np.random.default_rng(1)
    for _ in range(10):
        pair = guards.draw_print(rng, [Picture("grey", np.full((90, 90), 60, np.float32))], 64)
        counted = pair.weights() > 0
        first, second = (abs(plane - pair.image) for plane in (pair.first, pair.second))
        for nearer, farther, side in ((first, second, 1), (second, first, 0)):
            here = counted & (pair.focus == side)
            assert here.any()
            assert nearer[here].mean() <= farther[here].mean() + 0.5  # noise


def test_print_is_flat_and_white_in_focus() -> None:
    rng = np.random.default_rng(1)
    black = [Picture("black", np.zeros((90, 90), np.float32))]
    brightest = [guards.draw_print(rng, black, 64).image.max() for _ in range(10)]
    assert max(brightest) == 255
    assert min(brightest) > 255 * 0.6 - 1


@pytest.fixture
def textured():
    rng = np.random.default_rng(0)
    texture = cv2.resize(rng.uniform(0, 255, (40, 40)).astype(np.float32), (160, 160))
    return [Picture("texture", texture)]


def _right_and_wrong(loss) -> tuple[float, float]:
    """Return a loss of the published network, and of one that says the contrary."""
    network = boundary_aware_microscopy.RECIPE.network()
    fans.settle(network)
    right = float(loss(network).detach())
    network.initial.head.weight.data.neg_()
    network.initial.head.bias.data.neg_()
    return right, float(loss(network).detach())


def test_guard_is_small_for_who_takes_the_sharp_crop(textured) -> None:
    right, wrong = _right_and_wrong(
        lambda network: boundary_aware_microscopy.guard_loss(
            network, np.random.default_rng(1), textured, "cpu"
        )
    )
    assert right < wrong


def test_guard_counts_print_in_focus_in_a_part_of_a_crop(textured, pool, monkeypatch) -> None:
    monkeypatch.setattr(boundary_aware_microscopy, "guard_loss", lambda *_: torch.zeros(()))
    mixed = boundary_aware_microscopy.Mixed(textured, pool=pool)
    right, wrong = _right_and_wrong(lambda network: mixed.guard(network, np.random.default_rng(1)))
    assert right < wrong


@pytest.fixture
def small(pool):
    """Return a recipe whose steps are quick."""
    return replace(
        fd_fcn_microscopy.RECIPE,
        loss=functools.partial(fd_fcn_microscopy.Mixed, size=48, pool=pool),
        judge=functools.partial(fd_fcn.right_pixels, pairs=1, size=48),
        half=False,
    )


def test_training_begins_with_the_published_weights(small, photographs, tmp_path) -> None:
    out = tmp_path / "out"
    train_recipe(small, photographs, out, steps=1, device="cpu", quiet=True)
    found = weights.read_weights(out, "fd-fcn").tensors
    for name, tensor in weights.load("fd-fcn").tensors.items():
        # One step of the first of the warm-up.
        np.testing.assert_allclose(found[name], tensor, atol=1e-3)
    assert weights.read_card(out)["command"].endswith("--recipe microscopy --steps 1 --seed 0")


def test_training_goes_on_from_weights_that_are_named(small, photographs, tmp_path) -> None:
    out = tmp_path / "out"
    given = {"steps": 1, "device": "cpu", "quiet": True, "begin": "microscopy"}
    train_recipe(small, photographs, out, **given)
    found = weights.read_weights(out, "fd-fcn").tensors
    begun = weights.load("fd-fcn", "microscopy")
    for name, tensor in begun.tensors.items():
        np.testing.assert_allclose(found[name], tensor, atol=1e-3)
    assert weights.read_card(out)["command"].endswith("--begin microscopy")
    assert begun.sha256[:12] in (out / weights.CARD).read_text(encoding="utf-8")
