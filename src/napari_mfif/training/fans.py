"""What recipes for z-stacks share: their steps, the loss of pairs of planes, settled norms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.training.data import Picture
from napari_mfif.training.stacks import Fan, Pool, draw_fan

__all__ = ["SEEDS", "Mixed", "all_pairs", "logistic_loss", "seen", "settle"]

#: Stacks to learn from: none of them is used to measure anything.
SEEDS = range(1000, 1040)


@dataclass
class Mixed(ABC):
    """Every other step photographs, every other one a fan of planes of a z-stack; guards in each.

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

    #: Planes of a stack that are compared with one another in a step.
    planes: ClassVar[int]
    #: Turn every other fan over in z: who compares in one order must not like the later plane.
    turned: ClassVar[bool] = False

    pictures: Sequence[Picture]
    device: str = "cpu"
    size: int = 128
    pool: Pool = field(default_factory=lambda: Pool(SEEDS))

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a step; the statistics of the network's norms stay as they are."""
        settle(network)
        guard = self.guard(network, rng)
        if rng.random() < 0.5:
            return self.of_photographs(network, rng) + guard
        fan = draw_fan(rng, self.pool, self.size, self.planes)
        if self.turned and rng.random() < 0.5:
            fan = fan.turned()
        return self.of_fan(network, fan) + guard

    def guard(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of what must not be forgotten in any step: nothing."""
        return torch.zeros((), device=self.device)

    @abstractmethod
    def of_photographs(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of pairs made of photographs."""

    @abstractmethod
    def of_fan(self, network: nn.Module, fan: Fan) -> Tensor:
        """Return the loss of planes of a z-stack."""


def all_pairs(count: int) -> tuple[list[int], list[int]]:
    """Return the first and the second planes of all pairs of so many."""
    first, second = zip(*combinations(range(count), 2), strict=True)
    return list(first), list(second)


def seen(fan: Fan, device: str) -> Tensor:
    """Return a fan's planes as networks take them, (N, 1, Y, X)."""
    planes = torch.from_numpy(fan.planes[:, None] - np.float32(0.5)).to(device)
    return planes.contiguous(memory_format=torch.channels_last)


def logistic_loss(
    logits: Tensor, fan: Fan, first: list[int], second: list[int], where: Tensor | None = None
) -> Tensor:
    """Return the logistic loss of comparisons of a fan's planes.

    Parameters
    ----------
    logits : Tensor, (P, Y, X)
        That the first of each pair of planes shows the scene better.
    fan : Fan
        Its errors are at the places of the logits.
    first, second : list of int
        The planes of each pair.
    where : Tensor, (P, Y, X), optional
        Weights of places, besides how far the two differ.
    """
    targets, counts = (
        torch.from_numpy(np.stack(side)).to(logits.device)
        for side in zip(*(fan.target(*p) for p in zip(first, second, strict=True)), strict=True)
    )
    losses = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    weights = counts if where is None else counts * where
    return (losses * weights).sum() / weights.sum().clamp(min=1)


def settle(network: nn.Module) -> None:
    """Let the batch norms of a network keep the statistics that they have."""
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()
