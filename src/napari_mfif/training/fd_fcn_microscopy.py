"""The recipe of `fd-fcn` for z-stacks: the published weights, taught simulated planes as well."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.methods.neural.fd_fcn import MapScorer
from napari_mfif.training import fans
from napari_mfif.training.fans import all_pairs, logistic_loss, seen
from napari_mfif.training.fd_fcn import Scores, planes_of, right_pixels
from napari_mfif.training.fd_fcn_card import HEAD, MICROSCOPY
from napari_mfif.training.guards import draw_guards
from napari_mfif.training.pairs import half_size
from napari_mfif.training.plan import Plan
from napari_mfif.training.recipe import Recipe, published, train_recipe
from napari_mfif.training.stacks import Fan

__all__ = ["RECIPE", "Mixed", "fan_loss", "train"]


@dataclass
class Mixed(fans.Mixed):
    """Photographs as in the published recipe, fans of planes, and guards in each step."""

    planes = 6
    size: int = 96

    def of_photographs(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a step of the published recipe."""
        return Scores(self.pictures, self.device, size=self.size)(network, rng)

    def of_fan(self, network: nn.Module, fan: Fan) -> Tensor:
        """Return the loss of all pairs of a fan."""
        return fan_loss(network, fan, self.device)

    def guard(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of sharp against far blurred crops: a faint and a glaring one."""
        planes = draw_guards(rng, self.pictures, self.size)
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
