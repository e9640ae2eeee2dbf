"""What answers are worth is measured by the very folds that methods use."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from napari_mfif.methods import registry  # noqa: E402
from napari_mfif.training.confidence import measured_chances, measured_trust  # noqa: E402

SMALL = {"stacks": ((1, 4),), "kinds": ("relief",), "shape": (32, 32)}


def test_chances_and_votes_of_a_network_for_pairs_are_measured() -> None:
    method = registry.get("mfif-gan")
    network, _ = method.network.shipped("microscopy")
    found = measured_chances(method, method.network(network), **SMALL)
    assert len(found.chances) == len(found.probabilities)
    assert found.of_votes.temperature > 0


def test_worth_of_scores_is_measured() -> None:
    method = registry.get("fd-fcn")
    network, _ = method.network.shipped("microscopy")
    found = measured_trust(method.network(network), **SMALL)
    assert list(found.probabilities) == sorted(found.probabilities)
