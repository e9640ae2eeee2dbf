"""The recipe of `mfif-gan` for z-stacks: the published weights, taught simulated planes as well."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor, nn

from napari_mfif.methods.neural.mfif_gan import FocusMapper
from napari_mfif.networks.mfif_gan import MfifGenerator
from napari_mfif.training.batches import absolute_error
from napari_mfif.training.data import Picture
from napari_mfif.training.fans import SEEDS, all_pairs, logistic_loss, seen, settle
from napari_mfif.training.loop import Plan
from napari_mfif.training.mfif_gan import OUTLINES, compare_judge, draw_batch
from napari_mfif.training.mfif_gan_card import HEAD, MICROSCOPY
from napari_mfif.training.recipe import Recipe, published, train_recipe
from napari_mfif.training.stacks import Fan, Pool, draw_fan

__all__ = ["RECIPE", "Mixed", "train"]

#: Planes of a stack that are compared with one another in a step.
PLANES = 5


@dataclass
class Mixed:
    """Every other step photographs, every other one a fan of planes of a z-stack.

    Parameters
    ----------
    pictures : sequence of Picture
        What is learnt from, besides the stacks.
    device : str
        Where the network is.
    size : int
        Pixels of a side.
    pool : Pool
        The stacks.
    """

    pictures: Sequence[Picture]
    device: str = "cpu"
    size: int = 128
    pool: Pool = field(default_factory=lambda: Pool(SEEDS))

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss; the statistics of the network's norms stay as they are."""
        settle(network)
        if rng.random() < 0.5:
            batch = draw_batch(rng, self.pictures, self.size, 4, self.device, OUTLINES)
            return absolute_error(network(batch.first, batch.second), batch)
        return fan_loss(network, draw_fan(rng, self.pool, self.size, PLANES), self.device)


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
