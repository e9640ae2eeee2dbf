"""The recipes of `fd-fcn` and `boundary-aware`, small."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("unmeasured")

from napari_mfif.networks import weights  # noqa: E402
from napari_mfif.networks.boundary_aware import BoundaryAware  # noqa: E402
from napari_mfif.training import boundary_aware, fd_fcn, loop  # noqa: E402
from napari_mfif.training.pairs import Pair  # noqa: E402
from napari_mfif.training.recipe import train_recipe  # noqa: E402

QUICK = {"steps": 2, "seed": 1, "device": "cpu", "quiet": True, "every": 1}


class Known(torch.nn.Module):
    """Gives logits that are handed to it."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.as_tensor(logits, dtype=torch.float32)

    def forward(self, planes):
        return self.logits.expand(len(planes), *self.logits.shape[1:])


def halves(size):
    """Return a pair whose first plane is in focus on the left."""
    focus = np.zeros((size, size), np.float32)
    focus[:, : size // 2] = 1
    image = np.full((size, size), 100, np.float32)
    return Pair(image, image, focus, image)


def test_windows_are_labelled_by_their_centres() -> None:
    centre, counts, share = boundary_aware.windows(halves(144))
    assert centre.shape == counts.shape == share.shape == (21, 21)
    # window j covers the columns 4 j to 4 j + 63; its centre lies before column 4 j + 32
    np.testing.assert_array_equal(centre[0], 4 * np.arange(21) + 32 < 72)
    np.testing.assert_allclose(share[3], np.clip((72 - 4 * np.arange(21)) / 64, 0, 1), atol=1e-6)
    assert counts.all()


def test_windows_that_do_not_count_are_left_out_of_the_loss(pictures, monkeypatch) -> None:
    pair = replace(halves(112), counts=np.zeros((112, 112), np.float32))
    monkeypatch.setattr(boundary_aware, "draw_pair", lambda *_: pair)
    loss = boundary_aware.Centres(pictures, pairs=1)
    assert loss(Known(np.ones((1, 2, 13, 13))), np.random.default_rng(0)).item() == 0


def test_second_network_learns_only_from_windows_with_both_planes_in_focus(
    pictures, monkeypatch
) -> None:
    monkeypatch.setattr(boundary_aware, "draw_pair", lambda _, __, size, *___: halves(size))
    _, _, share = boundary_aware.windows(halves(176))
    mixed = (share > 0.1) & (share < 0.9)
    assert 0.4 < mixed.mean() < 1
    logits = np.zeros((1, 2, 29, 29), np.float32)
    logits[0, 0, ~mixed] = 100  # wrong in one order or the other wherever it must not count
    loss = boundary_aware.Centres(pictures, boundary=True, pairs=1, size=176)
    value = loss(Known(logits), np.random.default_rng(0)).item()
    assert value == pytest.approx(np.log(2), rel=1e-5)


def test_pairs_of_all_kinds_are_drawn_with_both_orders(pictures) -> None:
    shares = [
        boundary_aware.draw_pair(np.random.default_rng(seed), pictures, 96).focus.mean()
        for seed in range(12)
    ]
    assert min(shares) < 0.4 < 0.6 < max(shares)


def test_both_networks_are_trained_and_stored(photographs, tmp_path, monkeypatch) -> None:
    recipe = replace(
        boundary_aware.RECIPE,
        network=lambda: BoundaryAware(blocks=1),
        loss=functools.partial(boundary_aware.Centres, pairs=1, size=72),
    )
    judge = functools.partial(boundary_aware.right_windows, pairs=1, size=80)
    monkeypatch.setattr(boundary_aware, "right_windows", judge)
    monkeypatch.setattr(boundary_aware, "Centres", recipe.loss)
    train_recipe(replace(recipe, judge=judge), photographs, tmp_path, **QUICK)
    assert {path.name for path in tmp_path.iterdir()} == {weights.CARD, weights.FILE, loop.LOG}
    stored = weights.read_weights(tmp_path, "boundary-aware").tensors
    first, second = (stored[f"{part}.head.weight"] for part in ("initial", "boundary"))
    assert first.shape == second.shape == (2, 64, 16, 16)
    card = weights.read_card(tmp_path)
    assert card["command"].endswith("--steps 2 --seed 1")
    assert {"held_back_boundary", "held_back_second_boundary"} <= card.keys()


def test_scores_of_the_truth_have_no_loss(pictures, monkeypatch) -> None:
    pair = halves(96)
    monkeypatch.setattr(fd_fcn, "draw_pair", lambda rng, pictures, size: (pair, True))

    class Truth(torch.nn.Module):
        def forward(self, planes):
            left = np.zeros((48, 48), np.float32)
            left[:, :24] = 1
            maps = np.stack([left, 1 - left] * 2 + [np.ones_like(left), np.zeros_like(left)])
            return torch.from_numpy(40 * maps[:, None] - 20)

    loss = fd_fcn.Scores(pictures, pairs=2)
    assert loss(Truth(), np.random.default_rng(0)).item() < 1e-6


def test_pairs_from_stacks_have_no_label_but_their_comparison(pictures, monkeypatch) -> None:
    pair = halves(96)
    monkeypatch.setattr(fd_fcn, "draw_pair", lambda rng, pictures, size: (pair, False))
    left = np.zeros((1, 1, 48, 48), np.float32)
    left[..., :24] = 1

    class Ordered(torch.nn.Module):
        def forward(self, planes):
            # far from the labels in absolute terms, right in order
            maps = np.concatenate([30 * left + 50, 30 * (1 - left) + 50, left + 60, left - 60])
            return torch.from_numpy(maps)

    assert fd_fcn.Scores(pictures, pairs=1)(Ordered(), np.random.default_rng(0)).item() < 1e-6


def test_card_of_fd_fcn_says_what_was_learnt_from(photographs, tmp_path) -> None:
    recipe = replace(
        fd_fcn.RECIPE,
        loss=functools.partial(fd_fcn.Scores, pairs=1, size=64),
        judge=functools.partial(fd_fcn.right_pixels, pairs=2, size=64),
    )
    train_recipe(recipe, photographs, tmp_path, **QUICK)
    text = (tmp_path / weights.CARD).read_text(encoding="utf-8")
    assert "| leaf | 1 |" in text
    assert "| right within one plane | 0.00 | 1.00 |" in text
    assert "{" not in text
    assert weights.read_card(tmp_path)["parameters"] == "123953"
