"""The recipe of `mfif-gan` for z-stacks: the published weights, taught simulated planes as well."""

from __future__ import annotations

import functools

import numpy as np
from torch import Tensor, nn

from napari_mfif.methods.neural.mfif_gan import FocusMapper
from napari_mfif.networks.mfif_gan import MfifGenerator
from napari_mfif.training import fans
from napari_mfif.training.batches import absolute_error
from napari_mfif.training.fans import all_pairs, logistic_loss, seen
from napari_mfif.training.mfif_gan import OUTLINES, compare_judge, draw_batch
from napari_mfif.training.mfif_gan_card import HEAD, MICROSCOPY
from napari_mfif.training.plan import Plan
from napari_mfif.training.recipe import Recipe, published, train_recipe
from napari_mfif.training.stacks import Fan

__all__ = ["RECIPE", "Mixed", "train"]


class Mixed(fans.Mixed):
    """Photographs as in the published recipe, and fans of planes."""

    planes = 5

    def of_photographs(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a batch of the published recipe."""
        batch = draw_batch(rng, self.pictures, self.size, 4, self.device, OUTLINES)
        return absolute_error(network(batch.first, batch.second), batch)

    def of_fan(self, network: nn.Module, fan: Fan) -> Tensor:
        """Return the loss of all pairs of a fan."""
        return fan_loss(network, fan, self.device)


def fan_loss(network: nn.Module, fan: Fan, device: str) -> Tensor:
    """Return the logistic loss of all pairs of a fan's planes, each plane encoded once."""
    assert isinstance(network, MfifGenerator)
    maps = network.encode(seen(fan, device))
    first, second = all_pairs(len(fan.planes))
    logits = network.decode(maps[first], maps[second]).float()[:, 0]
    return logistic_loss(logits, fan, first, second)


RECIPE = Recipe(
    method="mfif-gan",
    name="microscopy",
    network=functools.partial(published, FocusMapper),
    loss=Mixed,
    judge=compare_judge,
    plan=Plan(3000, rate=3e-4, decay=0.0, warm_up=40, optimiser="adam", mixed=True),
    head=HEAD,
    text=MICROSCOPY,
    half=True,
    soft=True,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
