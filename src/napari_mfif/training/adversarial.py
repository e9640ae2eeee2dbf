"""A second stage of training, against a critic: Wasserstein distance with gradient penalty.

As in MFIF-GAN, section 3.2 and 4.1.2, after Gulrajani et al. 2017: the critic learns to tell true
focus maps from made ones (equations 1, 3 and 5), five steps to each of the generator's, which
learns to pass for true and to come near the truth (2, 4 and 6).
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from napari_mfif.errors import ParameterError
from napari_mfif.io.atomic import replacing
from napari_mfif.training.batches import Batch, absolute_error
from napari_mfif.training.judge import Judge
from napari_mfif.training.loop import log, scored

__all__ = ["CHECKPOINT", "Adversarial", "gradient_penalty", "is_better", "play"]

CHECKPOINT = "adversarial.pt"

Draw = Callable[[np.random.Generator], Batch]


@dataclass(frozen=True)
class Adversarial:
    """How long and how fast.

    Parameters
    ----------
    steps : int
        Of the generator.
    seed : int
        Of the batches.
    rate : float
        Of Adam, for both; it falls on a line to nothing.
    betas : (float, float)
        Of Adam.
    critic_steps : int
        Of the critic, to each of the generator's.
    penalty, reconstruction : float
        Weights of the gradient penalty and of the mean absolute error.
    every : int
        Steps from one checkpoint to the next.
    error : callable
        Between made and true focus maps: what the reconstruction is judged by.
    squares : bool
        Least squares in the place of the Wasserstein distance.
    """

    steps: int
    seed: int = 0
    rate: float = 1e-4
    betas: tuple[float, float] = (0.5, 0.999)
    critic_steps: int = 5
    penalty: float = 10.0
    reconstruction: float = 10.0
    every: int = 25
    error: Callable[[Tensor, Batch], Tensor] = absolute_error
    squares: bool = False


def gradient_penalty(critic: nn.Module, batch: Batch, made: Tensor, between: Tensor) -> Tensor:
    """Return how far the critic's slope is from 1 between true and made maps (equation 3).

    Parameters
    ----------
    critic : Module
        From two planes and a focus map to a score.
    batch : Batch
        With the true maps.
    made : Tensor, (N, 1, Y, X)
        The generator's maps.
    between : Tensor, (N, 1, 1, 1)
        Where on the line from the made to the true maps, 0 to 1.
    """
    mixed = (between * batch.focus + (1 - between) * made).requires_grad_(True)
    scores = critic(batch.first, batch.second, mixed)
    (slopes,) = torch.autograd.grad(scores.sum(), mixed, create_graph=True)
    penalty: Tensor = (slopes.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty


def is_better(new: dict[str, float], old: dict[str, float]) -> bool:
    """Return whether held-back pairs are decided better, all over and near outlines together."""
    return new["accuracy"] - new["boundary"] > old["accuracy"] - old["boundary"]


def play(
    generator: nn.Module,
    critic: nn.Module,
    draw: Draw,
    judge: Judge,
    plan: Adversarial,
    folder: Path,
    *,
    scores: dict[str, float],
    resume: bool = True,
    quiet: bool = False,
) -> dict[str, float]:
    """Train a generator further, and leave it better or as it was.

    Parameters
    ----------
    generator : Module
        From two planes to a focus map; changed in place.
    critic : Module
        See `gradient_penalty`; on the same device.
    draw : callable
        Gives a batch.
    judge : callable
        Gives held-back scores; see `is_better`.
    plan : Adversarial
        How long and how fast.
    folder : Path
        Where the checkpoint is kept.
    scores : dict
        Held-back scores of the generator as it is.
    resume, quiet
        As for `napari_mfif.training.loop.run`.

    Returns
    -------
    dict of float
        The scores of what is kept; those of what is not as ``rejected_...`` besides, and
        ``adversarial``: 1 where this stage was kept.

    Raises
    ------
    ParameterError
        The checkpoint in the folder belongs to another plan.
    """
    before = copy.deepcopy(generator.state_dict())
    players = _Players(generator, critic, plan)
    first = players.load(folder / CHECKPOINT) if resume else 0
    generator.train()
    for step in tqdm(
        range(first, plan.steps), initial=first, total=plan.steps, disable=quiet, file=sys.stderr
    ):
        distance, error = players.step(draw, step)
        if (step + 1) % plan.every == 0 or step + 1 == plan.steps:
            entry = {"adversarial_step": step + 1, "distance": distance, "error": error}
            log(folder, entry | scored(generator, judge))
            players.save(folder / CHECKPOINT, step + 1)
    found = scored(generator, judge)
    kept = is_better(found, scores)
    lost = scores if kept else found
    if not kept:
        generator.load_state_dict(before)
    rejected = {f"rejected_{name}": value for name, value in lost.items()}
    return {**(found if kept else scores), **rejected, "adversarial": float(kept)}


class _Players:
    """Generator and critic, with their optimisers."""

    def __init__(self, generator: nn.Module, critic: nn.Module, plan: Adversarial) -> None:
        self.generator, self.critic, self.plan = generator, critic, plan
        self.optimisers = [
            torch.optim.Adam(player.parameters(), lr=plan.rate, betas=plan.betas)
            for player in (generator, critic)
        ]

    def step(self, draw: Draw, step: int) -> tuple[float, float]:
        """Let the critic learn, then the generator; return the distance and the error."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.plan.rate * (1 - step / self.plan.steps)
        rng = np.random.default_rng([self.plan.seed, 3, step])
        distance = 0.0
        for _ in range(self.plan.critic_steps):
            distance = self._teach_critic(draw(rng), rng)
        return distance, self._teach_generator(draw(rng))

    def _teach_critic(self, batch: Batch, rng: np.random.Generator) -> float:
        with torch.no_grad():
            made = self.generator(batch.first, batch.second)
        scores = [self.critic(batch.first, batch.second, m) for m in (made, batch.focus)]
        self._learn(1, self._told_apart(*scores) + self._penalty(batch, made, rng))
        return float((scores[1] - scores[0]).detach().mean())

    def _told_apart(self, made: Tensor, true: Tensor) -> Tensor:
        """Return the critic's loss of its scores of made and true maps."""
        if self.plan.squares:
            return made.square().mean() + (true - 1).square().mean()
        return (made - true).mean()

    def _passed(self, made: Tensor) -> Tensor:
        """Return the generator's loss of the critic's scores of its maps."""
        return (made - 1).square().mean() if self.plan.squares else -made.mean()

    def _penalty(self, batch: Batch, made: Tensor, rng: np.random.Generator) -> Tensor:
        if not self.plan.penalty:
            return made.new_zeros(())
        drawn = rng.random((len(made), 1, 1, 1), np.float32)
        between = torch.from_numpy(drawn).to(made.device)
        return self.plan.penalty * gradient_penalty(self.critic, batch, made, between)

    def _teach_generator(self, batch: Batch) -> float:
        made = self.generator(batch.first, batch.second)
        error = self.plan.error(made, batch)
        scores = self.critic(batch.first, batch.second, made)
        self._learn(0, self.plan.reconstruction * error + self._passed(scores))
        return float(error.detach())

    def _learn(self, player: int, loss: Tensor) -> None:
        self.optimisers[player].zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimisers[player].step()

    def save(self, path: Path, step: int) -> None:
        """Write all that is needed to go on."""
        state = {
            "plan": self._facts(),
            "step": step,
            "players": [player.state_dict() for player in (self.generator, self.critic)],
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }
        with replacing(path, overwrite=True) as unfinished:
            torch.save(state, unfinished)

    def load(self, path: Path) -> int:
        """Go on from a checkpoint, where there is one; return the next step."""
        if not path.is_file():
            return 0
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["plan"] != self._facts():
            raise ParameterError(
                f"{path} belongs to another run ({state['plan']}). Give the same steps and seed, "
                "give another folder, or start anew with --fresh."
            )
        for player, tensors in zip((self.generator, self.critic), state["players"], strict=True):
            player.load_state_dict(tensors)
        for optimiser, values in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(values)
        return int(state["step"])

    def _facts(self) -> dict[str, Any]:
        return {"steps": self.plan.steps, "seed": self.plan.seed}
