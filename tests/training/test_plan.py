"""The plan of a training is kept in its weights."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("unmeasured")

from napari_mfif.networks.weights import CARD, read_weights  # noqa: E402
from napari_mfif.training import fd_fcn  # noqa: E402
from napari_mfif.training.plan import Plan, plan_of  # noqa: E402
from napari_mfif.training.recipe import train_recipe  # noqa: E402


def test_plan_is_read_as_it_was_kept() -> None:
    plan = Plan(
        7, seed=3, rate=0.02, optimiser="sgd", schedule="steps", milestones=(0.5, 0.8), switches="a"
    )
    assert plan_of(plan.facts(), Plan(1)) == plan


def test_weights_without_a_plan_were_learnt_by_that_of_their_recipe() -> None:
    told = plan_of({"steps": "9", "seed": "2"}, Plan(1, rate=0.5))
    assert told == Plan(9, seed=2, rate=0.5)


def test_file_of_weights_tells_recipe_and_plan(photographs, tmp_path) -> None:
    slow = replace(
        fd_fcn.RECIPE,
        plan=replace(fd_fcn.RECIPE.plan, rate=3e-5),
        loss=functools.partial(fd_fcn.Scores, pairs=1, size=48),
        judge=functools.partial(fd_fcn.right_pixels, pairs=1, size=48),
    )
    train_recipe(slow, photographs, tmp_path, steps=1, device="cpu", quiet=True)
    facts = read_weights(tmp_path, "fd-fcn").facts
    assert (facts["recipe"], facts["steps"]) == ("published", "1")
    assert plan_of(facts, fd_fcn.RECIPE.plan).rate == 3e-5
    assert "rising to 3e-05" in " ".join((tmp_path / CARD).read_text(encoding="utf-8").split())
