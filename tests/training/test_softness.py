"""The temperature at which planes are averaged is measured."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from napari_mfif.methods import registry  # noqa: E402
from napari_mfif.training import softness  # noqa: E402
from napari_mfif.training.measured import measured  # noqa: E402


def test_best_temperature_is_found_and_written_for_the_file(monkeypatch) -> None:
    tried = [[30.0, 31.0, 29.0], [20.0, 26.0, 25.0]]
    monkeypatch.setattr(softness, "CANDIDATES", (1.0, 8.0, 64.0))
    monkeypatch.setattr(softness, "LEVELS", (400.0,))
    monkeypatch.setattr(softness, "_judged", lambda *_: tried.pop())
    method = registry.get("fd-fcn")
    found = softness.measured_softness(method, None, stacks=((1, 4), (2, 4)), kinds=("relief",))
    assert found == {"softness_per_noise": "8"}


def test_images_are_judged_from_copied_to_averaged(monkeypatch) -> None:
    method = registry.get("fd-fcn")
    network, _ = method.network.shipped("microscopy")
    monkeypatch.setattr(softness, "CANDIDATES", (1e-9, 22.0, 1e9))
    noisy = softness.simulate("relief", seed=3, shape=(48, 48), planes=8, photons=80.0)
    copied, soft, mean = softness._judged(method, method.network(network), noisy)
    assert soft > copied + 2
    assert soft > mean


def test_only_recipes_for_stacks_measure_it(monkeypatch) -> None:
    nothing = SimpleNamespace(facts=dict)
    monkeypatch.setattr("napari_mfif.training.measured.measured_trust", lambda *_, **__: nothing)
    monkeypatch.setattr("napari_mfif.training.measured.half_precision", lambda *_: {})
    monkeypatch.setattr(
        "napari_mfif.training.measured.measured_softness", lambda *_: {"softness_per_noise": "8"}
    )
    network, _ = registry.get("fd-fcn").network.shipped("microscopy")
    assert "softness_per_noise" not in measured("fd-fcn", network)[0]
    assert "softness_per_noise" in measured("fd-fcn", network, soft=True)[0]
