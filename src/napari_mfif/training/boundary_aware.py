"""The recipe of `boundary-aware`: from which of two planes to take the centre of a window.

As in Ma et al. 2019, sections 2.2 and 3.1: half of the pairs are their composites of an object and
a background, either of them blurred (eq. 4 and 5), each in both orders, turned and mirrored. Where
they take single patches, every window of a crop is an example here, labelled by its centre. One
network learns from all windows; a second one goes on from there with those that are in focus on at
least 10 % of their pixels in either plane.

Added are pairs as a lens makes them, whose objects spread when they are out of focus, pairs from
the middle of a z-stack, where neither plane need be in focus, and the lamp and noise of a camera.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.networks.boundary_aware import (
    PATCH,
    STRIDE,
    BoundaryAware,
    begin_with_energies,
)
from napari_mfif.settings.parameters import Settings
from napari_mfif.training.batches import photographed
from napari_mfif.training.boundary_aware_card import HEAD, TEXT
from napari_mfif.training.data import Picture, Pictures
from napari_mfif.training.judge import Judge, judge_by
from napari_mfif.training.loop import Loss, run
from napari_mfif.training.masks import Outline, draw_furry, draw_mask
from napari_mfif.training.pairs import Pair, composite
from napari_mfif.training.plan import Plan
from napari_mfif.training.recipe import Recipe, train_recipe
from napari_mfif.training.scenes import draw_blur, draw_object, object_pair, stack_pair

__all__ = [
    "RECIPE",
    "Centres",
    "at_centres",
    "both_sides",
    "centre_loss",
    "draw_pair",
    "right_windows",
    "second_stage",
    "shares",
    "train",
    "windows",
]

#: Steps of the second network for one of the first.
SECOND = 0.1
#: The least share of either side in a window that the second network learns from (the paper's).
SIDES = 0.1
#: Shares of the paper's composites and of what a lens makes of them; the rest is from z-stacks.
COMPOSED, SPREAD = 0.5, 0.25

#: Seeds and planes of the simulated z-stacks that give the confidence.
STACKS = ((90001, 8), (90002, 12))

Map = NDArray[np.float32]


def draw_pair(
    rng: np.random.Generator,
    pictures: Sequence[Picture],
    size: int,
    outline: Outline = draw_mask,
) -> Pair:
    """Draw a pair of any kind, with the lamp and the noise of a camera in a part of the cases."""
    kind = rng.random()
    if kind < COMPOSED:
        pair = composite(*draw_object(rng, pictures, size, outline), draw_blur(rng))
        pair = pair.swapped() if rng.random() < 0.5 else pair
    elif kind < COMPOSED + SPREAD:
        pair = object_pair(rng, pictures, size, outline)
    else:
        pair = stack_pair(rng, pictures, size)
    return photographed(pair, rng)


def windows(pair: Pair) -> tuple[Map, Map, Map]:
    """Return what is true of the windows of a pair, each (Y / 4 - 15, X / 4 - 15).

    Returns
    -------
    centre : float32
        1 where the centre of the window is to be taken from the first plane.
    counts : float32
        Weight of the window in a loss.
    share : float32
        How much of the window is to be taken from the first plane.
    """
    centre = (at_centres(pair.focus) > 0.5).astype(np.float32)
    counts = (at_centres(pair.weights()) > 0.5).astype(np.float32)
    return centre, counts, shares(pair.focus)


def at_centres(values: Map) -> Map:
    """Return a map at the centres of all windows that fit into it."""
    middle = slice(PATCH // 2 - 1, -(PATCH // 2))  # the centre lies between two pixels
    mean = cv2.blur(values, (2, 2), anchor=(0, 0))
    return np.asarray(mean[middle, middle][::STRIDE, ::STRIDE])


def shares(values: Map) -> Map:
    """Return the mean of a map in each window that fits into it."""
    mean = cv2.blur(values, (PATCH, PATCH), anchor=(0, 0))
    return np.asarray(mean[: 1 - PATCH, : 1 - PATCH][::STRIDE, ::STRIDE], np.float32)


def both_sides(share: NDArray[np.float32] | Tensor) -> Any:
    """Return which windows have enough of either plane in focus for the second network."""
    return (share > SIDES) & (share < 1 - SIDES)


@dataclass(frozen=True)
class Centres:
    """The loss of one batch of pairs, each in both orders.

    Parameters
    ----------
    pictures : sequence of Picture
        What is learnt from.
    device : str, optional
        Where the network is.
    boundary : bool, optional
        Learn only from windows with a part of either plane in focus.
    pairs : int, optional
        Pairs per batch.
    size : int, optional
        Pixels of a pair's side.
    outline : callable, optional
        Draws the objects' outlines.
    """

    pictures: Sequence[Picture]
    device: str = "cpu"
    boundary: bool = False
    pairs: int = 3
    size: int = 112
    outline: Outline = draw_mask

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the cross entropy of the windows' centres."""
        how = (self.pictures, self.size, self.outline)
        drawn = [draw_pair(rng, *how) for _ in range(self.pairs)]
        return centre_loss(network, drawn, self.device, boundary=self.boundary)


def centre_loss(
    network: nn.Module, pairs: Sequence[Pair], device: str, *, boundary: bool = False
) -> Tensor:
    """Return the cross entropy of the centres of all windows of pairs, each in both orders.

    Parameters
    ----------
    network : Module
        Gives two logits per window.
    pairs : sequence of Pair
        All of one size.
    device : str
        Where the network is.
    boundary : bool, optional
        Count only windows with a part of either plane in focus.
    """
    maps = [np.stack(m) for m in zip(*(windows(pair) for pair in pairs), strict=True)]
    centre, counts, share = (torch.from_numpy(m).to(device) for m in maps)
    if boundary:
        counts = counts * both_sides(share)
    planes = _planes_of(pairs).to(device)
    forth, back = network(torch.cat([planes, planes.flip(1)])).float().chunk(2)
    second = (centre < 0.5).long()
    losses = functional.cross_entropy(forth, second, reduction="none")
    losses = losses + functional.cross_entropy(back, 1 - second, reduction="none")
    return (losses * counts).sum() / (2 * counts.sum()).clamp(min=1)


def _planes_of(pairs: Sequence[Pair]) -> Tensor:
    """Return what a network for pairs sees, (N, 2, Y, X)."""
    planes = np.stack([np.stack([pair.first, pair.second]) for pair in pairs])
    seen = torch.from_numpy(planes / np.float32(255) - np.float32(0.5))
    return seen.contiguous(memory_format=torch.channels_last)


def right_windows(
    pictures: Sequence[Picture], device: str = "cpu", *, pairs: int = 48, size: int = 144
) -> Judge:
    """Return a judge: the share of held-back windows whose centre is decided right.

    ``windows`` is of all of them, ``boundary`` of those with both planes in focus somewhere.
    """

    def look(
        network: nn.Module, rng: np.random.Generator, _: int
    ) -> dict[str, tuple[float, float]]:
        pair = draw_pair(rng, pictures, size)
        centre, counts, share = windows(pair)
        logits = network(_planes_of([pair]).to(device))[0].float().cpu().numpy()
        right = (logits[0] > logits[1]) == (centre > 0.5)
        asked = counts > 0
        mixed = asked & both_sides(share)
        kinds = {"windows": asked, "boundary": mixed}
        return {kind: ((right & where).sum(), where.sum()) for kind, where in kinds.items()}

    return judge_by(look, count=pairs, seed=2019)


def _network() -> nn.Module:
    network = BoundaryAware()
    begin_with_energies(network.initial)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def second_stage(
    network: nn.Module,
    scores: dict[str, float],
    pictures: Pictures,
    plan: Plan,
    folder: Path,
    resume: bool,
    quiet: bool,
    *,
    loss: Callable[..., Loss] = Centres,
) -> dict[str, float]:
    """Train the network for boundaries, from what the first one has learnt."""
    assert isinstance(network, BoundaryAware)
    second = network.boundary
    second.load_state_dict(network.initial.state_dict())
    device = next(second.parameters()).device.type
    steps = max(1, round(SECOND * plan.steps))
    plan = replace(plan, steps=steps, seed=plan.seed + 1, rate=1e-4, warm_up=10, every=65)
    of_boundaries = loss(pictures.train, device, boundary=True)
    judge = right_windows(pictures.held_back, device)
    found = run(second, of_boundaries, judge, plan, folder / "boundary", resume=resume, quiet=quiet)
    return {**scores, "second_windows": found["windows"], "second_boundary": found["boundary"]}


def vary(recipe: Recipe, settings: Settings) -> Recipe:
    """Return the recipe with furry outlines, where they are wanted."""
    outline = draw_furry if settings["outlines"] == "furry" else draw_mask
    loss = functools.partial(Centres, outline=outline)
    return replace(recipe, loss=loss, stage=functools.partial(second_stage, loss=loss))


RECIPE = Recipe(
    method="boundary-aware",
    network=_network,
    loss=Centres,
    judge=right_windows,
    plan=Plan(650, rate=1e-3, every=50, mixed=True),
    head=HEAD,
    text=TEXT,
    stage=second_stage,
    stacks=STACKS,
    half=True,
    vary=vary,
)

#: Train the networks, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
