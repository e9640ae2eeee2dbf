"""The recipe of `cnn` for z-stacks: the published weights, taught simulated planes as well."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.methods.neural.patch_scoring import PatchScorer
from napari_mfif.networks.cnn import CONTEXT, PATCH, STRIDE
from napari_mfif.training import fans
from napari_mfif.training.cnn import Sharpness, accuracy
from napari_mfif.training.cnn_card import HEAD, MICROSCOPY
from napari_mfif.training.fans import all_pairs, logistic_loss, seen
from napari_mfif.training.fd_fcn import planes_of
from napari_mfif.training.guards import draw_guards
from napari_mfif.training.loop import Plan
from napari_mfif.training.pairs import half_size
from napari_mfif.training.recipe import Recipe, published, train_recipe
from napari_mfif.training.stacks import Fan

__all__ = ["RECIPE", "Mixed", "fan_loss", "train"]

#: Patches over which a pixel's score is a mean, along an axis.
_CELLS = PATCH // STRIDE
#: Pixels at the border of a crop that fewer patches cover.
_BORDER = CONTEXT + PATCH - STRIDE


@dataclass
class Mixed(fans.Mixed):
    """Photographs as in the published recipe, fans of planes, and guards in each step."""

    planes = 6
    size: int = 96

    def of_photographs(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a step of the published recipe."""
        return Sharpness(self.pictures, self.device, crops=2)(network, rng)

    def of_fan(self, network: nn.Module, fan: Fan) -> Tensor:
        """Return the loss of all pairs of a fan."""
        return fan_loss(network, fan, self.device)

    def guard(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of sharp against far blurred crops: a faint and a glaring one."""
        planes = draw_guards(rng, self.pictures, self.size // 2)
        scores = network(planes_of(planes).to(self.device)).float()
        return 0.5 * functional.softplus(scores[1::2] - scores[::2]).mean()


def fan_loss(network: nn.Module, fan: Fan, device: str) -> Tensor:
    """Return the logistic loss of all pairs of a fan's planes, as their pixels are compared.

    A pixel's score is the mean of all patches that cover it, so that an outline is learnt where it
    is decided.
    """
    patches = network(seen(fan, device)).float()
    scores = functional.avg_pool2d(patches, _CELLS, stride=1)[:, 0]
    inner = slice(_BORDER, -_BORDER)
    small = replace(fan, errors=np.stack([half_size(e[inner, inner]) for e in fan.errors]))
    first, second = all_pairs(len(fan.planes))
    return logistic_loss(scores[first] - scores[second], small, first, second)


RECIPE = Recipe(
    method="cnn",
    name="microscopy",
    network=functools.partial(published, PatchScorer),
    loss=Mixed,
    judge=accuracy,
    plan=Plan(1000, rate=3e-4, warm_up=40, every=100, mixed=True),
    head=HEAD,
    text=MICROSCOPY,
    half=True,
    soft=True,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
