from __future__ import annotations

import functools
from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("unmeasured")

from napari_mfif.errors import ParameterError  # noqa: E402
from napari_mfif.networks import weights  # noqa: E402
from napari_mfif.networks.cnn import CollapsedCnn  # noqa: E402
from napari_mfif.training import RECIPES, cnn, loop, train  # noqa: E402
from napari_mfif.training.confidence import measured_trust, monotone  # noqa: E402
from napari_mfif.training.data import Picture  # noqa: E402
from napari_mfif.training.plan import Plan  # noqa: E402
from napari_mfif.training.recipe import train_recipe  # noqa: E402

SMALL = replace(
    cnn.RECIPE,
    loss=functools.partial(cnn.Sharpness, crops=1),
    judge=functools.partial(cnn.accuracy, crops=1),
)
QUICK = {"seed": 3, "device": "cpu", "quiet": True, "every": 2}


def tensors_of(folder):
    return weights.read_weights(folder, "cnn").tensors


class Stopped(Exception):
    """The training was stopped."""


def test_stopped_training_goes_on_as_if_nothing_had_happened(
    photographs, tmp_path, monkeypatch
) -> None:
    through, broken = tmp_path / "through", tmp_path / "broken"
    train_recipe(SMALL, photographs, through, steps=4, **QUICK)

    whole = cnn.Sharpness.__call__
    calls = []

    def stop_at_the_fourth(self, network, rng):
        calls.append(1)
        if len(calls) == 4:
            raise Stopped
        return whole(self, network, rng)

    monkeypatch.setattr(cnn.Sharpness, "__call__", stop_at_the_fourth)
    with pytest.raises(Stopped):
        train_recipe(SMALL, photographs, broken, steps=4, **QUICK)
    monkeypatch.setattr(cnn.Sharpness, "__call__", whole)
    assert not (broken / weights.FILE).exists()
    train_recipe(SMALL, photographs, broken, steps=4, **QUICK)
    assert len(calls) == 4
    expected, found = tensors_of(through), tensors_of(broken)
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


def test_finished_training_leaves_weights_and_card_alone(photographs, tmp_path) -> None:
    out = tmp_path / "out"
    train_recipe(SMALL, photographs, out, steps=1, **QUICK)
    assert sorted(path.name for path in out.iterdir()) == [
        weights.CARD,
        loop.LOG,
        weights.FILE,
    ]
    card = weights.read_card(out)
    assert card["command"].endswith("--steps 1 --seed 3")
    assert int(card["parameters"]) == 386_048
    text = (out / weights.CARD).read_text(encoding="utf-8")
    assert "| leaf | 1 |" in text
    assert "`exp(g / 3)`" in text
    assert "in bfloat16" in text
    assert "{" not in text


def test_checkpoint_of_another_run_is_refused(photographs, tmp_path) -> None:
    network = CollapsedCnn()
    loss = cnn.Sharpness([Picture("noise", np.random.default_rng(0).random((90, 90), np.float32))])
    judge = cnn.accuracy(loss.pictures, crops=1)
    folder = tmp_path / "unfinished"
    loop.run(network, loss, judge, Plan(1), folder, quiet=True)
    with pytest.raises(ParameterError, match="--fresh"):
        loop.run(network, loss, judge, Plan(2), folder, quiet=True)
    loop.run(network, loss, judge, Plan(2), folder, resume=False, quiet=True)


def test_training_lowers_the_loss() -> None:
    rng = np.random.default_rng(0)
    pixels = cv2.GaussianBlur(rng.uniform(0, 255, (128, 128)), (0, 0), 0.7).astype(np.float32)
    loss = cnn.Sharpness([Picture("noise", pixels)], crops=1)
    torch.manual_seed(0)
    network = CollapsedCnn()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    values = []
    for _ in range(12):
        optimiser.zero_grad()
        value = loss(network, np.random.default_rng(5))
        value.backward()
        optimiser.step()
        values.append(value.item())
    assert values[-1] < 0.5 * values[0]


def test_blur_grows_from_level_to_level() -> None:
    rng = np.random.default_rng(2)
    square = rng.uniform(0, 255, (64, 64)).astype(np.float32)
    for _ in range(12):
        series = cnn.blur_series(square, rng)
        assert series.shape == (6, 64, 64)
        energy = np.abs(np.diff(series, axis=2)).mean(axis=(1, 2))
        assert np.all(np.diff(energy) < 0)


def test_noise_is_alike_in_sharp_and_blurred_planes(monkeypatch) -> None:
    monkeypatch.setattr(cnn, "NOISY", 1.0)
    flat = np.full((6, 64, 64), 90, np.float32)
    noisy = cnn.degrade(flat, np.random.default_rng(0))
    deviation = noisy.std(axis=(1, 2))
    assert deviation.max() < 1.1 * deviation.min()


def test_learning_rate_rises_and_falls() -> None:
    plan = Plan(200, rate=1e-3, warm_up=20)
    rates = [plan.rate_at(step) for step in range(200)]
    assert np.argmax(rates) in (19, 20)
    assert rates[0] < 1e-4
    assert rates[-1] < 2e-5


def test_monotone_is_the_nearest_sequence_that_never_falls() -> None:
    np.testing.assert_allclose(monotone(np.array([1, 3, 2, 4.0])), [1, 2.5, 2.5, 4])
    np.testing.assert_allclose(monotone(np.array([3, 2, 1.0])), [2, 2, 2])


def test_trust_of_the_shipped_network_is_what_simulated_stacks_give() -> None:
    from napari_mfif.methods.neural.patch_scoring import PatchScorer

    scorer = PatchScorer.load("cpu")
    trust = measured_trust(scorer, stacks=((5, 6),), kinds=("relief",), shape=(64, 64))
    assert np.all(np.diff(trust.shares) >= 0)
    assert np.all(np.diff(trust.probabilities) >= 0)
    assert trust.probabilities[-1] > 0.9


def test_unknown_network_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match=", ".join(RECIPES)):
        train("gradient", data=".", out=".")


def test_flicker_changes_the_brightness_of_planes_and_nothing_else(monkeypatch) -> None:
    monkeypatch.setattr(cnn, "FLICKER", 1.0)
    square = np.random.default_rng(0).uniform(60, 180, (32, 32)).astype(np.float32)
    planes = cnn.flicker(np.stack([square] * 6), np.random.default_rng(1))
    levels = planes.mean(axis=(1, 2))
    assert levels.std() > 1
    for plane in planes:
        assert np.corrcoef(plane.ravel(), square.ravel())[0, 1] > 0.9999
