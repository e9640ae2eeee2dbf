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
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from napari_mfif.methods import registry
from napari_mfif.methods.neural.base import Trained, available
from napari_mfif.networks.weights import FILE, PUBLISHED, folder_of, read_card
from napari_mfif.settings.parameters import Settings
from napari_mfif.training.card import hardware, source_table, write_card, write_weights
from napari_mfif.training.card_body import body
from napari_mfif.training.confidence import STACKS
from napari_mfif.training.data import DRAWN, Picture, Pictures, read_pictures
from napari_mfif.training.judge import Judge
from napari_mfif.training.loop import LOG, Loss, Plan, minutes, run
from napari_mfif.training.measured import measured
from napari_mfif.training.switches import as_words

__all__ = ["UNFINISHED", "Loss", "Recipe", "Stage", "command", "home", "published", "train_recipe"]

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
        Of the card, Markdown. ``{files}``, ``{drawn}``, ``{back}``, ``{sources}``, ``{plan}``,
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
    vary : callable, optional
        Gives the recipe as some switches want it, see `napari_mfif.training.switches`.
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
    plan = replace(
        recipe.plan,
        steps=steps or recipe.plan.steps,
        seed=seed,
        every=every or recipe.plan.every,
        switches=told,
    )
    torch.manual_seed(seed)
    network, begun = begun_with(recipe, begin)
    network = network.to(device)
    loss = recipe.loss(pictures.train, device)
    judge = recipe.judge(pictures.held_back, device)
    folder = out / UNFINISHED
    scores = run(network, loss, judge, plan, folder, resume=resume, quiet=quiet)
    if recipe.stage is not None:
        scores = recipe.stage(network, scores, pictures, plan, folder, resume, quiet)
    network.eval().requires_grad_(False)
    (out / LOG).write_text(_whole_log(folder), encoding="utf-8")
    took = minutes(out)
    made = write_trained(recipe, network, out, plan, scores, pictures, device, took, begun)
    shutil.rmtree(folder)
    return made


def _whole_log(folder: Path) -> str:
    """Return the log of a training, and those of the stages that have a folder of their own."""
    logs = [folder / LOG, *sorted(folder.glob(f"*/{LOG}"))]
    return "".join(log.read_text(encoding="utf-8") for log in logs)


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
    begun: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write the weights, and the card that describes them."""
    network = network.cpu().float()
    facts = {"method": recipe.method, "steps": str(plan.steps), "seed": str(plan.seed), **begun}
    facts |= getattr(network, "facts", {})
    facts |= {"switches": plan.switches} if plan.switches else {}
    found, seen = measured(recipe.method, network, recipe.stacks, soft=recipe.soft)
    facts |= found
    sha256 = write_weights(network, out, facts, half=recipe.half)
    head = {
        "name": recipe.method,
        "file": FILE,
        "sha256": sha256,
        "parameters": sum(p.numel() for p in network.parameters()),
        "precision": "float16" if recipe.half else "float32",
        "licence": "BSD-3-Clause",
        **recipe.head,
        "command": command(recipe, facts),
        **({"switches": plan.switches} if plan.switches else {}),
        "optimiser": plan.optimiser,
        "rate": f"{plan.rate:g}",
        "hardware": hardware(device),
        "minutes": f"{took:.0f}",
        **{f"held_back_{name}": f"{value:.4f}" for name, value in scores.items()},
        **seen,
    }
    photographs = [picture for picture in pictures.all if picture.source != DRAWN]
    write_card(out, head, body(recipe, head, facts, source_table(photographs)))
    return out / FILE


def command(recipe: Recipe, facts: Mapping[str, str]) -> str:
    """Return the command that trains such weights, by what their file says about itself."""
    switches = "".join(f" --set {switch}" for switch in facts.get("switches", "").split())
    begin = f" --begin {facts['begin']}" if "begin" in facts else ""
    return (
        f"napari-mfif train {recipe.method} --data FOLDER --out models/{home(recipe)} "
        f"--recipe {recipe.name} --steps {facts['steps']} --seed {facts['seed']}{begin}{switches}"
    )
