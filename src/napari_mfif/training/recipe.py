"""What a network needs to be trained, declared once; the rest is the same for all.

A recipe names the network, the loss of a batch, the judge that looks at held-back pictures, and
the words of the card. To add one: a module with a `Recipe` and
``train = functools.partial(train_recipe, RECIPE)``, and a line in `napari_mfif.training.RECIPES`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from napari_mfif.methods import registry
from napari_mfif.methods.neural.base import Trained, available
from napari_mfif.networks.weights import PUBLISHED, folder_of, read_card
from napari_mfif.settings.parameters import Settings
from napari_mfif.training.confidence import STACKS
from napari_mfif.training.data import Picture, Pictures, read_pictures
from napari_mfif.training.described import UNFINISHED, Described, keep_log, write_trained
from napari_mfif.training.judge import Judge
from napari_mfif.training.loop import Loss, run
from napari_mfif.training.measured import measured
from napari_mfif.training.plan import Plan
from napari_mfif.training.switches import as_words

__all__ = ["Loss", "Recipe", "Stage", "published", "train_recipe"]

#: Changes a trained network and its held-back scores further, or not.
Stage = Callable[[nn.Module, dict[str, float], Pictures, Plan, Path, bool, bool], dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class Recipe(Described):
    """How one network of a method is trained.

    Parameters
    ----------
    method, name, network, plan, head, text, half
        As for `Described`.
    loss : callable
        From the pictures to learn from and the device: gives the loss of one batch, drawn from the
        generator that it is handed.
    judge : callable
        From the held-back pictures and the device: gives held-back scores by name, the same
        pictures at each call.
    colour : bool
        Learn from coloured pictures.
    stacks : sequence of (int, int)
        Seeds and planes of the simulated z-stacks that say what the network's answers are worth.
    stage : callable, optional
        A second stage of training, after the loop.
    soft : bool
        Measure at which temperature the planes of a z-stack are averaged, and so average them.
    vary : callable, optional
        Gives the recipe as some switches want it, see `napari_mfif.training.switches`.
    """

    loss: Callable[[Sequence[Picture], str], Loss]
    judge: Callable[[Sequence[Picture], str], Judge]
    colour: bool = False
    stacks: Sequence[tuple[int, int]] = STACKS
    stage: Stage | None = None
    soft: bool = False
    vary: Callable[[Recipe, Settings], Recipe] | None = None


def train_recipe(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    steps: int | None = None,
    seed: int = 0,
    device: str = "auto",
    resume: bool = True,
    quiet: bool = False,
    every: int | None = None,
    switches: Settings | None = None,
    begin: str | None = None,
) -> Path:
    """Train by a recipe; write weights and card, and keep the log of losses and scores.

    Parameters
    ----------
    recipe : Recipe
        What is special about the network.
    data, out, steps, seed, device, resume, quiet, begin
        As for `napari_mfif.training.train`.
    every : int, optional
        Steps from one checkpoint to the next.
    switches : dict, optional
        A value for each of the recipe's switches.

    Returns
    -------
    Path
        The file of weights.
    """
    device = available(device)
    if recipe.vary is not None and switches:
        recipe = recipe.vary(recipe, switches)
    told = as_words(recipe.method, switches or {})
    pictures = read_pictures(data, seed=seed, colour=recipe.colour)
    plan = recipe.planned(steps, seed, every, told)
    torch.manual_seed(seed)
    network, begun = begun_with(recipe, begin)
    network = network.to(device)
    loss = recipe.loss(pictures.train, device)
    judge = recipe.judge(pictures.held_back, device)
    folder = out / UNFINISHED
    scores = run(network, loss, judge, plan, folder, resume=resume, quiet=quiet)
    if recipe.stage is not None:
        scores = recipe.stage(network, scores, pictures, plan, folder, resume, quiet)
    network = network.eval().requires_grad_(False).cpu().float()
    keep_log(out)
    found, seen = measured(recipe.method, network, recipe.stacks, soft=recipe.soft)
    facts = {**begun, **getattr(network, "facts", {}), **found}
    made = write_trained(
        recipe, network, out, plan, scores, pictures, device, facts=facts, seen=seen
    )
    shutil.rmtree(folder)
    return made


def begun_with(recipe: Recipe, begin: str | None) -> tuple[nn.Module, dict[str, str]]:
    """Return a network to begin with, and what the file of weights is to say of its own weights."""
    if begin is None:
        return recipe.network(), {}
    used: Any = registry.get(recipe.method)
    card = read_card(folder_of(recipe.method, begin))
    told = f"weights (sha256 {card['sha256'][:12]}) that `{card['command']}` made"
    return published(used.network, begin), {"begin": begin, "begun_with": told}


def published(kind: type[Trained], name: str = PUBLISHED) -> nn.Module:
    """Return a network with its published or other weights, for a recipe that trains it further."""
    network, _ = kind.shipped(name)
    network.requires_grad_(True)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
