"""The recipe of `fd-fcn` for z-stacks: the published weights, taught simulated planes as well."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.methods.neural.fd_fcn import MapScorer
from napari_mfif.training.data import Picture
from napari_mfif.training.fans import SEEDS, all_pairs, logistic_loss, seen
from napari_mfif.training.fd_fcn import Scores, planes_of, right_pixels
from napari_mfif.training.fd_fcn_card import HEAD, MICROSCOPY
from napari_mfif.training.guards import draw_faint
from napari_mfif.training.loop import Plan
from napari_mfif.training.pairs import half_size
from napari_mfif.training.recipe import Recipe, published, train_recipe
from napari_mfif.training.stacks import Fan, Pool, draw_fan

__all__ = ["RECIPE", "Mixed", "fan_loss", "train"]

#: Planes of a stack that are compared with one another in a step.
PLANES = 6


@dataclass
class Mixed:
    """Every other step photographs, every other one a fan of a z-stack; faint crops in each.

    Parameters
    ----------
    pictures : sequence of Picture
        What is learnt from, besides the stacks.
    device : str
        Where the network is.
    size : int
        Pixels of a side.
    faint : int
        Faint crops in a step.
    pool : Pool
        The stacks.
    """

    pictures: Sequence[Picture]
    device: str = "cpu"
    size: int = 96
    faint: int = 2
    pool: Pool = field(default_factory=lambda: Pool(SEEDS))

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a step."""
        guard = self._guard(network, rng)
        if rng.random() < 0.5:
            return Scores(self.pictures, self.device, size=self.size)(network, rng) + guard
        return fan_loss(network, draw_fan(rng, self.pool, self.size, PLANES), self.device) + guard

    def _guard(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of sharp against far blurred crops."""
        planes = [p for _ in range(self.faint) for p in draw_faint(rng, self.pictures, self.size)]
        logits = network(planes_of(planes).to(self.device)).float()
        return 0.5 * functional.softplus(logits[1::2] - logits[::2]).mean()


def fan_loss(network: nn.Module, fan: Fan, device: str) -> Tensor:
    """Return the logistic loss of all pairs of a fan's planes, each plane scored once."""
    logits = network(seen(fan, device)).float()[:, 0]
    small = replace(fan, errors=np.stack([half_size(error) for error in fan.errors]))
    first, second = all_pairs(len(fan.planes))
    return logistic_loss(logits[first] - logits[second], small, first, second)


RECIPE = Recipe(
    method="fd-fcn",
    name="microscopy",
    network=functools.partial(published, MapScorer),
    loss=Mixed,
    judge=right_pixels,
    plan=Plan(1600, rate=6e-4, warm_up=40, every=200, mixed=True),
    head=HEAD,
    text=MICROSCOPY,
    half=True,
    soft=True,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
