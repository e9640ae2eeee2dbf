"""The recipe of `mfif-gan` for z-stacks: the published weights, taught simulated planes as well."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import torch
from torch import Tensor, nn

from napari_mfif.methods.neural.mfif_gan import FocusMapper
from napari_mfif.networks.mfif_gan import MfifGenerator
from napari_mfif.training.batches import absolute_error
from napari_mfif.training.data import Picture
from napari_mfif.training.loop import Plan
from napari_mfif.training.mfif_gan import OUTLINES, compare_judge, draw_batch
from napari_mfif.training.mfif_gan_card import HEAD, MICROSCOPY
from napari_mfif.training.recipe import Recipe, published, train_recipe
from napari_mfif.training.stacks import Fan, Pool, draw_fan

__all__ = ["RECIPE", "Mixed", "train"]

#: Stacks to learn from: none of them is used to measure anything.
SEEDS = range(1000, 1040)
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
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.eval()
        if rng.random() < 0.5:
            batch = draw_batch(rng, self.pictures, self.size, 4, self.device, OUTLINES)
            return absolute_error(network(batch.first, batch.second), batch)
        return fan_loss(network, draw_fan(rng, self.pool, self.size, PLANES), self.device)


def fan_loss(network: nn.Module, fan: Fan, device: str) -> Tensor:
    """Return the logistic loss of all pairs of a fan's planes, each plane encoded once."""
    assert isinstance(network, MfifGenerator)
    planes = torch.from_numpy(fan.planes[:, None] - np.float32(0.5)).to(device)
    maps = network.encode(planes.contiguous(memory_format=torch.channels_last))
    pairs = list(combinations(range(len(fan.planes)), 2))
    first, second = (list(side) for side in zip(*pairs, strict=True))
    logits = network.decode(maps[first], maps[second]).float()[:, 0]
    targets, counts = (
        np.stack(side) for side in zip(*(fan.target(*p) for p in pairs), strict=True)
    )
    loss = nn.functional.binary_cross_entropy_with_logits(
        logits, torch.from_numpy(targets).to(device), reduction="none"
    )
    weights = torch.from_numpy(counts).to(device)
    return (loss * weights).sum() / weights.sum().clamp(min=1)


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
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
