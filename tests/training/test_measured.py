"""What is measured of a trained network, for its weights and its card."""

from __future__ import annotations

import json
import re
from importlib import import_module

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from napari_mfif.methods import registry  # noqa: E402
from napari_mfif.networks import weights  # noqa: E402
from napari_mfif.training import OTHER_RECIPES, RECIPES, measured  # noqa: E402
from napari_mfif.training.confidence import tables  # noqa: E402

NEURAL = [name for name in registry.names() if registry.get(name).neural]


@pytest.fixture
def few(monkeypatch):
    """Look at little."""
    monkeypatch.setattr(measured, "HALF_STACKS", ((5, 3),))
    monkeypatch.setattr(measured, "HALF_SHAPE", (40, 48))
    monkeypatch.setattr(measured, "KINDS", ("relief",))


@pytest.mark.parametrize("name", NEURAL)
def test_shipped_weights_give_the_scores_on_their_card(name) -> None:
    expected = json.loads(weights.read_card(weights.models() / name)["check_scores"])
    found = json.loads(measured.check_scores(registry.get(name).network.load("cpu", "float32")))
    assert len(found) >= 16
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=0.02)


@pytest.mark.parametrize("name", NEURAL)
def test_shipped_weights_say_what_their_answers_are_worth(name) -> None:
    kind = registry.get(name).network
    found = kind.calibration_kind.of(weights.load(name).facts)
    assert len(found.probabilities) > 2
    assert kind.calibration_kind.of(found.facts()) == found


#: The refinement is no network of a method: it has no answers along z to be worth anything.
NETWORKS = [
    *(RECIPES[name] for name in RECIPES if name in registry.names()),
    *OTHER_RECIPES.values(),
]


@pytest.mark.parametrize("module", NETWORKS)
def test_card_names_what_a_training_measures(module) -> None:
    recipe = import_module(module).RECIPE
    kind = registry.get(recipe.method).network.calibration_kind
    wanted = re.findall(r"{(\w+_table|\w+_temperature)}", recipe.text)
    assert wanted
    assert tables(kind().facts()).keys() >= set(wanted)


@pytest.mark.parametrize("card", sorted(weights.models().rglob(weights.CARD)), ids=str)
def test_nothing_was_left_open_on_a_card(card) -> None:
    assert "{" not in card.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NEURAL)
def test_half_precision_is_for_networks_whose_decisions_it_leaves_alone(name) -> None:
    card = weights.read_card(weights.models() / name)
    network, _ = registry.get(name).network.shipped()
    assert getattr(network, "halves", ()) == measured.unchanging(card)


def test_half_precision_changes_the_decisions_that_it_is_said_to_change(few) -> None:
    method = registry.get("fd-fcn")
    network, _ = method.network.shipped()
    seen = measured.half_precision(method, network)
    assert seen.pop("in_float32") == "module1.0, score"
    assert seen.keys() == {"changed_by_bfloat16", "changed_by_float16"}
    shares = [float(text.partition(" ")[0]) for text in seen.values()]
    assert 0 <= shares[1] <= shares[0] < 0.1
    words = measured.half_words({"in_float32": "nothing", **seen})
    assert seen["changed_by_float16"] in words
    assert "{" not in words


def test_a_network_whose_answers_half_precision_spoils_is_told(few) -> None:
    method = registry.get("fd-fcn")
    network, _ = method.network.shipped()
    with torch.no_grad():
        first, second, third = network.module2[0], network.module2[2], network.module2[4]
        first.weight *= 1e-7  # float16 hardly knows what is so small
        first.bias *= 1e-7
        second.weight *= 1e4
        second.bias *= 1e-3
        third.weight *= 1e3
    seen = measured.half_precision(method, network)
    assert float(seen["changed_by_float16"].partition(" ")[0]) > 0.05


@pytest.mark.parametrize("name", ["fd-fcn", "ufa-fuse"])
def test_worth_is_told_in_the_words_that_the_network_is_loaded_with(name, few, monkeypatch) -> None:
    for what in ("measured_trust", "measured_chances"):
        plain = getattr(measured, what)
        kept = {"kinds": ("relief",), "shape": (40, 48)}
        monkeypatch.setattr(
            measured, what, lambda *a, plain=plain, kept=kept, **k: plain(*a, **k, **kept)
        )
    kind = registry.get(name).network
    network, _ = kind.shipped()
    facts, seen = measured.measured(name, network, ((5, 4),))
    calibration = kind.calibration_kind.of(facts)
    assert calibration != kind.calibration_kind()
    assert calibration.probabilities[0] < calibration.probabilities[-1]
    assert json.loads(seen["check_scores"])
