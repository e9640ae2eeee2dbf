"""What recipes for z-stacks share: the loss of pairs of planes, and norms that stay as they are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.training.stacks import Fan

__all__ = ["SEEDS", "all_pairs", "logistic_loss", "seen", "settle"]

#: Stacks to learn from: none of them is used to measure anything.
SEEDS = range(1000, 1040)


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
