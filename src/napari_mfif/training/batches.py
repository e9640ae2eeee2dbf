"""Batches of pairs for networks that compare two planes, and how such networks are judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_mfif.metrics.truth import wrong_near_boundaries
from napari_mfif.training.camera import flicker, noisy
from napari_mfif.training.data import Picture
from napari_mfif.training.judge import NOTHING, Judge, judge_by
from napari_mfif.training.pairs import Pair
from napari_mfif.training.scenes import object_pair, stack_pair

__all__ = [
    "Batch",
    "Compare",
    "absolute_error",
    "as_batch",
    "binary_error",
    "judge_pairs",
    "photographed",
    "to_input",
]

#: Gives the probability, (N, 1, Y, X), that the first of two batches of planes is in focus.
Compare = Callable[[nn.Module, Tensor, Tensor], Tensor]

#: Of the held-back pairs: always the same.
JUDGE_SEED = 20200


@dataclass(frozen=True)
class Batch:
    """Pairs as tensors, (N, C, Y, X); planes are about -0.5 to 0.5."""

    first: Tensor
    second: Tensor
    focus: Tensor
    image: Tensor
    counts: Tensor


def to_input(planes: NDArray[np.float32]) -> Tensor:
    """Return planes of 0 to 255, (N, Y, X) or (N, Y, X, 3), as networks take them."""
    tensor = torch.from_numpy(np.ascontiguousarray(planes, np.float32)) / 255 - 0.5
    return tensor[:, None] if tensor.ndim == 3 else tensor.permute(0, 3, 1, 2)


def as_batch(pairs: Sequence[Pair], device: str = "cpu") -> Batch:
    """Return pairs of one size as a batch on a device."""
    planes = (
        to_input(np.stack([getattr(pair, name) for pair in pairs]))
        for name in ("first", "second", "image")
    )
    first, second, image = (tensor.to(device) for tensor in planes)
    focus = torch.from_numpy(np.stack([pair.focus for pair in pairs])[:, None]).to(device)
    weights = np.stack([pair.weights() for pair in pairs])[:, None]
    counts = torch.from_numpy(weights.astype(np.float32)).to(device)
    return Batch(first, second, focus, image, counts)


def absolute_error(found: Tensor, batch: Batch) -> Tensor:
    """Return the mean of |F - G(A, B)| over the pixels that count."""
    error = (found.float() - batch.focus).abs() * batch.counts
    return error.sum() / batch.counts.sum().clamp(min=1)


def binary_error(found: Tensor, batch: Batch) -> Tensor:
    """Return the mean binary cross entropy of focus maps over the pixels that count."""
    sure = found.float().clamp(1e-6, 1 - 1e-6)
    error = -(batch.focus * sure.log() + (1 - batch.focus) * (1 - sure).log()) * batch.counts
    return error.sum() / batch.counts.sum().clamp(min=1)


def photographed(pair: Pair, rng: np.random.Generator) -> Pair:
    """Return a pair as a camera may see it: planes of unequal brightness, dark, noisy; or not."""
    planes = np.stack([pair.first, pair.second])
    first, second = noisy(flicker(planes, rng), rng)
    return Pair(first, second, pair.focus, pair.image, pair.counts)


def judge_pairs(
    pictures: Sequence[Picture],
    compare: Compare,
    device: str = "cpu",
    *,
    count: int = 24,
    size: int = 128,
) -> Judge:
    """Return a judge of networks for pairs.

    ``accuracy`` is the share of pixels decided right of objects before a background, ``boundary``
    the share decided wrong within 8 pixels of the objects' outlines, ``stack`` the share decided
    right of what a sequence meets in a z-stack.
    """

    def look(
        network: nn.Module, rng: np.random.Generator, _: int
    ) -> dict[str, tuple[float, float]]:
        pair = object_pair(rng, pictures, size)
        taken = _decided(network, compare, pair, device)
        wrong = wrong_near_boundaries(taken, pair.focus)
        deep = stack_pair(rng, pictures, size)
        counts = deep.weights() > 0
        same = _decided(network, compare, deep, device) == (deep.focus > 0.5)
        return {
            "accuracy": ((taken == (pair.focus > 0.5)).mean(), 1),
            "boundary": NOTHING if np.isnan(wrong) else (wrong, 1),
            "stack": (same[counts].mean(), 1) if counts.any() else NOTHING,
        }

    return judge_by(look, count=count, seed=JUDGE_SEED)


def _decided(network: nn.Module, compare: Compare, pair: Pair, device: str) -> NDArray[np.bool_]:
    batch = as_batch([pair], device)
    found = compare(network, batch.first, batch.second)
    return np.asarray(found[0, 0].float().cpu().numpy() > 0.5)
