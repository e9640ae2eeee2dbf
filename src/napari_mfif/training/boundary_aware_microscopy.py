"""The recipe of `boundary-aware` for z-stacks: published weights, taught simulated planes too."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.methods.neural.boundary_aware import WindowComparer
from napari_mfif.training import fans
from napari_mfif.training.boundary_aware import (
    STACKS,
    Centres,
    at_centres,
    both_sides,
    centre_loss,
    right_windows,
    second_stage,
    shares,
)
from napari_mfif.training.boundary_aware_card import HEAD, MICROSCOPY
from napari_mfif.training.data import Picture
from napari_mfif.training.fans import all_pairs, logistic_loss, seen
from napari_mfif.training.guards import draw_guards, draw_print
from napari_mfif.training.plan import Plan
from napari_mfif.training.recipe import Recipe, published, train_recipe
from napari_mfif.training.stacks import Fan

__all__ = ["RECIPE", "Mixed", "fan_loss", "train"]

#: Pixels of a side of the crops that guard against liking blurred planes.
GUARDS = 96
#: Of those with print, and how many there are in a step.
PRINT, PRINTS = 112, 2


@dataclass
class Mixed(fans.Mixed):
    """Photographs as in the published recipe, fans of planes, and guards in each step.

    Parameters
    ----------
    boundary : bool
        Learn only from windows with a part of either plane in focus.
    """

    planes = 4
    turned = True
    boundary: bool = False

    def of_photographs(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a step of the published recipe."""
        return Centres(self.pictures, self.device, boundary=self.boundary)(network, rng)

    def of_fan(self, network: nn.Module, fan: Fan) -> Tensor:
        """Return the loss of all pairs of a fan."""
        return fan_loss(network, fan, self.device, boundary=self.boundary)

    def guard(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a faint and a glaring crop, and of crops with print."""
        prints = [draw_print(rng, self.pictures, PRINT) for _ in range(PRINTS)]
        whole = guard_loss(network, rng, self.pictures, self.device)
        return whole + 0.5 * centre_loss(network, prints, self.device)


def guard_loss(
    network: nn.Module, rng: np.random.Generator, pictures: Sequence[Picture], device: str
) -> Tensor:
    """Return the loss of a faint and a glaring crop, sharp against far blurred, in any order."""
    drawn = np.stack(draw_guards(rng, pictures, GUARDS)).reshape(-1, 2, GUARDS, GUARDS)
    planes = drawn / np.float32(255) - np.float32(0.5)
    turned = rng.random() < 0.5
    seen_so = planes[:, ::-1].copy() if turned else planes
    scores = network(torch.from_numpy(seen_so).to(device)).float()
    margin = scores[:, 0] - scores[:, 1]
    return 0.5 * functional.softplus(margin if turned else -margin).mean()


def fan_loss(network: nn.Module, fan: Fan, device: str, *, boundary: bool = False) -> Tensor:
    """Return the logistic loss of the centres of all windows, for all pairs of a fan's planes."""
    first, second = all_pairs(len(fan.planes))
    planes = seen(fan, device)
    scores = network(torch.cat([planes[first], planes[second]], dim=1)).float()
    where = None
    if boundary:
        better = fan.errors[first] < fan.errors[second]
        windows = [both_sides(shares(one.astype(np.float32))) for one in better]
        where = torch.from_numpy(np.stack(windows)).to(device)
    small = replace(fan, errors=np.stack([at_centres(error) for error in fan.errors]))
    return logistic_loss(scores[:, 0] - scores[:, 1], small, first, second, where)


RECIPE = Recipe(
    method="boundary-aware",
    name="microscopy",
    network=functools.partial(published, WindowComparer),
    loss=Mixed,
    judge=right_windows,
    plan=Plan(3000, rate=4e-4, warm_up=40, every=100, mixed=True),
    head=HEAD,
    text=MICROSCOPY,
    stage=functools.partial(second_stage, loss=Mixed),
    stacks=STACKS,
    half=True,
    soft=True,
)

#: Train the networks, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
