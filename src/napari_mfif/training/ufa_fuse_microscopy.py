"""The recipe of `ufa-fuse` for z-stacks: its spatial attention is taught simulated planes too."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.methods.neural.ufa_fuse import PairFuser
from napari_mfif.networks.ufa_fuse import FEATURES, SPATIAL, UfaFuse
from napari_mfif.training import fans
from napari_mfif.training.fans import all_pairs, logistic_loss
from napari_mfif.training.guards import draw_guards
from napari_mfif.training.loop import Plan
from napari_mfif.training.recipe import Recipe, published, train_recipe
from napari_mfif.training.stacks import Fan
from napari_mfif.training.ufa_fuse import Reconstruction, fidelity
from napari_mfif.training.ufa_fuse_card import HEAD, MICROSCOPY

__all__ = ["RECIPE", "Mixed", "fan_loss", "train"]

#: Pixels at the border of a crop that the attention does not answer for.
_BORDER = FEATURES + SPATIAL


@dataclass
class Mixed(fans.Mixed):
    """Photographs as in the published recipe, fans of planes, and guards in each step."""

    planes = 6
    size: int = 96

    def of_photographs(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a step of the published recipe."""
        return Reconstruction(self.pictures, self.device)(network, rng)

    def of_fan(self, network: nn.Module, fan: Fan) -> Tensor:
        """Return the loss of all pairs of a fan."""
        return fan_loss(network, fan, self.device)

    def guard(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of sharp against far blurred crops: a faint and a glaring one."""
        planes = np.stack(draw_guards(rng, self.pictures, self.size // 2)) / np.float32(255)
        logits = _attention(network, planes, self.device)
        return 0.5 * functional.softplus(logits[1::2] - logits[::2]).mean()


def fan_loss(network: nn.Module, fan: Fan, device: str) -> Tensor:
    """Return the logistic loss of all pairs of a fan's planes, each plane judged once."""
    logits = _attention(network, fan.planes, device)
    inner = slice(_BORDER, -_BORDER)
    small = replace(fan, errors=np.ascontiguousarray(fan.errors[:, inner, inner]))
    first, second = all_pairs(len(fan.planes))
    return logistic_loss(logits[first] - logits[second], small, first, second)


def _attention(network: nn.Module, planes: np.ndarray, device: str) -> Tensor:
    """Return the spatial attention of planes before the softmax, as in voting: (N, Y', X')."""
    assert isinstance(network, UfaFuse)
    seen = torch.from_numpy(planes[:, None]).to(device, memory_format=torch.channels_last)
    return network.logit(network.features(seen) * 0.5).float()[:, 0]


RECIPE = Recipe(
    method="ufa-fuse",
    name="microscopy",
    network=functools.partial(published, PairFuser),
    loss=Mixed,
    judge=fidelity,
    plan=Plan(2000, rate=8e-4, warm_up=40, every=100, mixed=True),
    head=HEAD,
    text=MICROSCOPY,
    half=True,
    soft=True,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
