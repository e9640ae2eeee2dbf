"""The two stages of MFIF-GAN's training, small."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("unmeasured")

from napari_mfif.networks import weights  # noqa: E402
from napari_mfif.networks.mfif_gan import MfifDiscriminator, MfifGenerator  # noqa: E402
from napari_mfif.training import adversarial, loop, mfif_gan  # noqa: E402
from napari_mfif.training.batches import Batch, absolute_error, judge_pairs  # noqa: E402
from napari_mfif.training.data import Picture  # noqa: E402
from napari_mfif.training.recipe import train_recipe  # noqa: E402


def narrow():
    return MfifGenerator(width=4, blocks=1)


def small_loss(pictures, device):
    return mfif_gan.Reconstruction(pictures, device, size=32, count=1)


def small_judge(pictures, device):
    return judge_pairs(pictures, mfif_gan.compare, device, count=1, size=32)


def duel(network, scores, pictures, plan, folder, resume, quiet):
    torch.manual_seed(plan.seed)
    return adversarial.play(
        network,
        MfifDiscriminator(1, 4),
        lambda rng: mfif_gan.draw_batch(rng, pictures.train, 32, 1, "cpu"),
        small_judge(pictures.held_back, "cpu"),
        adversarial.Adversarial(3, plan.seed, critic_steps=2, every=1),
        folder,
        scores=scores,
        resume=resume,
        quiet=quiet,
    )


SMALL = replace(
    mfif_gan.RECIPE,
    network=narrow,
    loss=small_loss,
    judge=small_judge,
    stage=duel,
    half=False,
)
QUICK = {"steps": 3, "seed": 1, "device": "cpu", "quiet": True, "every": 2}


@pytest.fixture
def batch():
    torch.manual_seed(0)
    planes = torch.rand(3, 2, 1, 32, 32)
    return Batch(planes[0], planes[1], (planes[2] > 0.5).float(), planes[0], torch.ones(2, 1, 1, 1))


def test_training_stopped_in_either_stage_goes_on_as_if_nothing_had_happened(
    photographs, tmp_path, monkeypatch
) -> None:
    through, broken = tmp_path / "through", tmp_path / "broken"
    train_recipe(SMALL, photographs, through, **QUICK)

    class Stopped(Exception):
        """The training was stopped."""

    whole = mfif_gan.draw_batch
    for stop in (3, 5):  # in the third step of the first stage, in the second of the second
        left = [stop]

        def counted(*given, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise Stopped
            return whole(*given)

        monkeypatch.setattr(mfif_gan, "draw_batch", counted)
        with pytest.raises(Stopped):
            train_recipe(SMALL, photographs, broken, **QUICK)
        assert not (broken / weights.FILE).exists()
    monkeypatch.setattr(mfif_gan, "draw_batch", whole)
    train_recipe(SMALL, photographs, broken, **QUICK)
    expected, found = (weights.read_weights(out, "mfif-gan").tensors for out in (through, broken))
    assert expected.keys() == found.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])
    names = [weights.CARD, loop.LOG, weights.FILE]
    assert sorted(path.name for path in broken.iterdir()) == names
    lines = [json.loads(line) for line in (broken / loop.LOG).read_text().splitlines()]
    assert [line["step"] for line in lines if "step" in line] == [2, 3]
    assert [line["adversarial_step"] for line in lines if "distance" in line] == [1, 2, 3]


def test_card_says_what_was_kept_and_what_it_scores(photographs, tmp_path) -> None:
    out = tmp_path / "out"
    train_recipe(SMALL, photographs, out, **QUICK)
    card = weights.read_card(out)
    assert card["command"].endswith("--steps 3 --seed 1")
    assert 0 <= float(card["held_back_boundary"]) <= 1
    assert card["held_back_adversarial"] in ("0.0000", "1.0000")
    text = (out / weights.CARD).read_text(encoding="utf-8")
    assert "| leaf | 1 |" in text
    assert "{" not in text


@pytest.mark.parametrize("better", [True, False])
def test_second_stage_is_kept_only_where_held_back_pairs_are_decided_better(
    better, tmp_path
) -> None:
    torch.manual_seed(0)
    network = narrow()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    rng = np.random.default_rng(0)
    pictures = [Picture(n, rng.uniform(0, 255, (90, 90)).astype(np.float32)) for n in "ab"]
    found = adversarial.play(
        network,
        MfifDiscriminator(1, 4),
        lambda rng: mfif_gan.draw_batch(rng, pictures, 32, 1, "cpu"),
        lambda _: {"accuracy": 0.9 if better else 0.6, "boundary": 0.2},
        adversarial.Adversarial(1, critic_steps=1),
        tmp_path,
        scores={"accuracy": 0.8, "boundary": 0.2},
        quiet=True,
    )
    same = all(torch.equal(before[n], t) for n, t in network.state_dict().items())
    assert same != better
    assert found["adversarial"] == float(better)
    assert found["accuracy"] == (0.9 if better else 0.8)
    assert found["rejected_accuracy"] == (0.8 if better else 0.6)


def test_gradient_penalty_is_nothing_for_a_slope_of_one(batch) -> None:
    class Slope(torch.nn.Module):
        def __init__(self, steepness):
            super().__init__()
            self.each = steepness / 32  # 32 x 32 pixels: a norm of 32 times each

        def forward(self, first, second, focus):
            return self.each * focus.sum(dim=(1, 2, 3))

    made, between = torch.rand(2, 1, 32, 32), torch.rand(2, 1, 1, 1)
    for steepness, expected in ((1, 0), (3, 4)):
        found = adversarial.gradient_penalty(Slope(steepness), batch, made, between)
        assert found.item() == pytest.approx(expected, abs=1e-4)


def test_gradient_penalty_teaches_the_critic(batch) -> None:
    critic = MfifDiscriminator(1, 4)
    penalty = adversarial.gradient_penalty(
        critic, batch, torch.rand(2, 1, 32, 32), torch.rand(2, 1, 1, 1)
    )
    penalty.backward()
    assert critic.layers[0].weight.grad.abs().sum() > 0


def test_pixels_that_do_not_count_are_not_learnt(batch) -> None:
    counts = torch.zeros(2, 1, 32, 32)
    counts[..., :16] = 1
    found = batch.focus.clone()
    found[..., 16:] = 1 - found[..., 16:]
    assert absolute_error(found, replace(batch, counts=counts)).item() == 0
    assert absolute_error(found, replace(batch, counts=1 - counts)).item() == 1
