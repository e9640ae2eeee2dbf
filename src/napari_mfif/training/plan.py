"""How long and how fast a network learns; kept in the file of its weights."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import torch
from torch import nn

__all__ = ["Plan", "plan_of"]

#: What a file of weights says in facts of their own.
ALONE = ("steps", "seed", "switches")


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn.

    Parameters
    ----------
    steps : int
        Batches in all; the learning rate rises for `warm_up` of them and falls then.
    seed : int
        Of weights, batches and split.
    rate, decay : float
        Learning rate and weight decay.
    warm_up : int
        Steps.
    every : int
        Steps from one checkpoint (and held-back score) to the next.
    optimiser : {"adamw", "adam", "sgd"}
        SGD has the momentum 0.9.
    betas : (float, float)
        Of Adam.
    schedule : {"cosine", "linear", "steps"}
        How the rate falls: as a cosine to 1 %, on a line to 1 %, or to `factor` of itself at each
        of the `milestones`.
    milestones : tuple of float
        Shares of the steps, 0 to 1.
    factor : float
        See `milestones`.
    switches : str
        What else was chosen for the run, in words: no other run goes on from its checkpoints.
    mixed : bool
        Compute in bfloat16 where the device has it; losses should be made in float32.
    """

    steps: int
    seed: int = 0
    rate: float = 1e-3
    decay: float = 1e-4
    warm_up: int = 30
    every: int = 100
    optimiser: str = "adamw"
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: str = "cosine"
    milestones: tuple[float, ...] = ()
    factor: float = 0.1
    switches: str = ""
    mixed: bool = False

    def words(self) -> str:
        """Return in words how is learnt, for a card."""
        kind = {"adamw": "AdamW", "adam": "Adam", "sgd": "SGD with momentum .9"}[self.optimiser]
        falls = {
            "cosine": "falling as a cosine to a hundredth",
            "linear": "falling on a line to a hundredth",
            "steps": f"times {self.factor:g} after {', '.join(map(str, self.milestones))} of them",
        }[self.schedule]
        mixed = "; bfloat16 where the processor computes in it" if self.mixed else ""
        return (
            f"{self.steps} batches, {kind} (weight decay {self.decay:g}), the rate rising to "
            f"{self.rate:g} in {self.warm_up} of them and {falls}; gradients clipped at 1{mixed}"
        )

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        if step < self.warm_up:
            return self.rate * (step + 1) / self.warm_up
        if self.schedule == "steps":
            passed = sum(step >= share * self.steps for share in self.milestones)
            return float(self.rate * self.factor**passed)
        done = min((step - self.warm_up) / max(1, self.steps - self.warm_up), 1.0)
        left = 1 - done if self.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
        return self.rate * (0.01 + 0.99 * left)

    def optimiser_of(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return a new optimiser for the network's parameters."""
        parameters = list(network.parameters())
        if self.optimiser == "sgd":
            return torch.optim.SGD(parameters, lr=self.rate, momentum=0.9, weight_decay=self.decay)
        kind = torch.optim.AdamW if self.optimiser == "adamw" else torch.optim.Adam
        return kind(parameters, lr=self.rate, betas=self.betas, weight_decay=self.decay)

    def facts(self) -> dict[str, str]:
        """Return what a file of weights says of how they were learnt; `plan_of` reads it."""
        kept = {name: value for name, value in asdict(self).items() if name not in ALONE}
        facts = {"steps": str(self.steps), "seed": str(self.seed), "plan": json.dumps(kept)}
        return facts | ({"switches": self.switches} if self.switches else {})


def plan_of(facts: Mapping[str, str], otherwise: Plan) -> Plan:
    """Return the plan by which weights were learnt.

    Parameters
    ----------
    facts : mapping of str
        What their file says about itself.
    otherwise : Plan
        The recipe's plan: what files of before plans were kept in them leave out.
    """
    told = json.loads(facts.get("plan", "{}"))
    told |= {name: tuple(told[name]) for name in ("betas", "milestones") if name in told}
    steps, seed = int(facts["steps"]), int(facts["seed"])
    return replace(otherwise, **told, steps=steps, seed=seed, switches=facts.get("switches", ""))
