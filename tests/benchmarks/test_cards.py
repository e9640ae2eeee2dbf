"""Cards say what is so: of the weights, of the log of their training, and nothing left open."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")

from benchmarks import cards
from napari_mfif.networks.weights import CARD, read_card, read_weights
from napari_mfif.training import boundary_aware
from napari_mfif.training.card_body import blocks, body, sources_of
from napari_mfif.training.loop import LOG
from napari_mfif.training.plan import plan_of

SHIPPED = list(cards.trained())
IDS = [str(folder.relative_to(cards.models())) for folder, _ in SHIPPED]


@pytest.mark.parametrize(("folder", "recipe"), SHIPPED, ids=IDS)
def test_card_agrees_with_weights_and_log(folder, recipe) -> None:
    head, text = cards.written(folder, recipe)
    stored = read_weights(folder, recipe.method)
    told = read_card(folder)
    for fact in ("steps", "seed"):
        assert f"--{fact} {stored.facts[fact]}" in told["command"]
    assert told["parameters"] == head["parameters"]
    plan = plan_of(stored.facts, recipe.plan)
    assert (told["optimiser"], told["rate"]) == (plan.optimiser, f"{plan.rate:g}")
    if (folder / LOG).is_file():
        last = json.loads((folder / LOG).read_text(encoding="utf-8").splitlines()[-1])
        if "seconds" in last:
            assert float(told["minutes"]) == pytest.approx(float(head["minutes"]), abs=1)
    assert "{" not in text and "}" not in text


@pytest.mark.parametrize(("folder", "recipe"), SHIPPED, ids=IDS)
def test_card_can_be_written_from_itself(folder, recipe, tmp_path) -> None:
    head, text = cards.written(folder, recipe)
    again = tmp_path / CARD
    again.write_text(cards.card(head, text), encoding="utf-8")
    assert read_card(tmp_path) == head
    assert sources_of(text) == sources_of((folder / CARD).read_text(encoding="utf-8")) != ""
    assert blocks(text).keys() >= {cards.OWN}


@pytest.mark.parametrize("order", [1, -1])
def test_worth_of_answers_is_told_by_its_name_of_today(order) -> None:
    of_before = {"chances": '{"chances": [0, 1], "probabilities": [0.11, 0.22]}'}
    today = {"paircalibration": '{"chances": [0, 1], "probabilities": [0.33, 0.44]}'}
    facts = {"steps": "1", "seed": "0"}
    for one in [of_before, today][::order]:
        facts |= one
    text = body(boundary_aware.RECIPE, {}, facts, "")
    assert "0.44" in text
    assert "0.22" not in text


def test_notes_of_other_weights_are_not_shown(tmp_path) -> None:
    (tmp_path / cards.NOTES).write_text("tensors: abc\n\nSlow.\n", encoding="utf-8")
    assert "Slow." in cards.notes(tmp_path, "abc")
    assert cards.notes(tmp_path, "abd") == ""


def test_minutes_are_those_of_the_log(tmp_path) -> None:
    assert cards.duration(tmp_path, "52 (of the clock)") == "52"
    assert cards.duration(tmp_path, "") == cards.UNKNOWN
    parts = [60.0, 120.0, 30.0, 90.0]  # stopped after 120 s, gone on with for 90 s
    log = "".join(json.dumps({"step": n, "seconds": s}) + "\n" for n, s in enumerate(parts))
    (tmp_path / LOG).write_text(log, encoding="utf-8")
    assert cards.duration(tmp_path, "7") == "4"
