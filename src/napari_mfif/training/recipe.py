"""What a network needs to be trained, declared once; the rest is the same for all.

A recipe names the network, the loss of a batch, the judge that looks at held-back pictures, and
the words of the card. To add one: a module with a `Recipe` and
``train = functools.partial(train_recipe, RECIPE)``, and a line in `napari_mfif.training.RECIPES`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from napari_mfif.methods.neural.base import SOFTNESS, Trained, available
from napari_mfif.networks.weights import FILE
from napari_mfif.training.card import (
    hardware,
    picture_words,
    wrapped,
    write_card,
    write_weights,
)
from napari_mfif.training.confidence import STACKS, tables
from napari_mfif.training.data import Picture, Pictures, read_pictures
from napari_mfif.training.judge import Judge
from napari_mfif.training.loop import LOG, Loss, Plan, minutes, run
from napari_mfif.training.measured import half_words, measured
from napari_mfif.training.softness import averaging_words

__all__ = ["UNFINISHED", "Loss", "Recipe", "Stage", "published", "train_recipe"]

#: Folder of what a stopped run needs to go on, inside the folder for the weights.
UNFINISHED = "unfinished"

#: Changes a trained network and its held-back scores further, or not.
Stage = Callable[[nn.Module, dict[str, float], Pictures, Plan, Path, bool, bool], dict[str, float]]


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Parameters
    ----------
    method : str
        The method's name.
    network : callable
        Gives the network with its first weights.
    loss : callable
        From the pictures to learn from and the device: gives the loss of one batch, drawn from the
        generator that it is handed.
    judge : callable
        From the held-back pictures and the device: gives held-back scores by name, the same
        pictures at each call.
    plan : Plan
        How long and how fast when nothing is said.
    head : mapping
        Of the card: paper, input, output, halo and stride. Parameters, steps, seed, hardware, time
        and held-back scores are added.
    text : str
        Of the card, Markdown. ``{files}``, ``{drawn}``, ``{back}``, ``{sources}``,
        ``{half_precision}``, each held-back score and the table of what answers are worth can stand
        in it.
    colour : bool
        Learn from coloured pictures.
    stacks : sequence of (int, int)
        Seeds and planes of the simulated z-stacks that say what the network's answers are worth.
    stage : callable, optional
        A second stage of training, after the loop.
    half : bool
        Write the weights in float16.
    soft : bool
        Measure at which temperature the planes of a z-stack are averaged, and so average them.
    name : str
        Which of the method's recipes it is.
    """

    method: str
    network: Callable[[], nn.Module]
    loss: Callable[[Sequence[Picture], str], Loss]
    judge: Callable[[Sequence[Picture], str], Judge]
    plan: Plan
    head: Mapping[str, object]
    text: str
    colour: bool = False
    stacks: Sequence[tuple[int, int]] = STACKS
    stage: Stage | None = None
    half: bool = False
    soft: bool = False
    name: str = "published"


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
) -> Path:
    """Train by a recipe; write weights and card, and keep the log of losses and scores.

    Parameters
    ----------
    recipe : Recipe
        What is special about the network.
    data, out, steps, seed, device, resume, quiet
        As for `napari_mfif.training.train`.
    every : int, optional
        Steps from one checkpoint to the next.

    Returns
    -------
    Path
        The file of weights.
    """
    device = available(device)
    pictures = read_pictures(data, seed=seed, colour=recipe.colour)
    plan = replace(
        recipe.plan, steps=steps or recipe.plan.steps, seed=seed, every=every or recipe.plan.every
    )
    torch.manual_seed(seed)
    network = recipe.network().to(device)
    loss = recipe.loss(pictures.train, device)
    judge = recipe.judge(pictures.held_back, device)
    folder = out / UNFINISHED
    scores = run(network, loss, judge, plan, folder, resume=resume, quiet=quiet)
    if recipe.stage is not None:
        scores = recipe.stage(network, scores, pictures, plan, folder, resume, quiet)
    network.eval().requires_grad_(False)
    made = write_trained(recipe, network, out, plan, scores, pictures, device, minutes(folder))
    shutil.copy(folder / LOG, out / LOG)
    shutil.rmtree(folder)
    return made


def published(kind: type[Trained]) -> nn.Module:
    """Return a network with its published weights, for a recipe that trains it further."""
    network, _ = kind.shipped()
    network.requires_grad_(True)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def home(recipe: Recipe) -> str:
    """Return the folder, below `models`, of a recipe's weights."""
    return recipe.method if recipe.name == "published" else f"{recipe.method}/{recipe.name}"


def write_trained(
    recipe: Recipe,
    network: nn.Module,
    out: Path,
    plan: Plan,
    scores: Mapping[str, float],
    pictures: Pictures,
    device: str,
    took: float,
) -> Path:
    """Write the weights, and the card that describes them."""
    network = network.cpu().float()
    facts = {"method": recipe.method, "steps": str(plan.steps), "seed": str(plan.seed)}
    if hasattr(network, "width"):
        facts["width"] = str(network.width)
    found, seen = measured(recipe.method, network, recipe.stacks, soft=recipe.soft)
    sha256 = write_weights(network, out, {**facts, **found}, half=recipe.half)
    head = {
        "name": recipe.method,
        "file": FILE,
        "sha256": sha256,
        "parameters": sum(p.numel() for p in network.parameters()),
        "precision": "float16" if recipe.half else "float32",
        "licence": "BSD-3-Clause",
        **recipe.head,
        "command": f"napari-mfif train {recipe.method} --data FOLDER "
        f"--out models/{home(recipe)} --recipe {recipe.name} "
        f"--steps {plan.steps} --seed {plan.seed}",
        "optimiser": plan.optimiser,
        "rate": f"{plan.rate:g}",
        "hardware": hardware(device),
        "minutes": f"{took:.0f}",
        **{f"held_back_{name}": f"{value:.4f}" for name, value in scores.items()},
        **seen,
    }
    told = {name: f"{value:.4f}" for name, value in scores.items()}
    words = {**picture_words(pictures), **tables(found), "half_precision": half_words(seen), **told}
    words["averaging"] = averaging_words(recipe.method, found.get(SOFTNESS, ""))
    text = recipe.text
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    write_card(out, head, wrapped(text))
    return out / FILE
