"""How long the steps of the trainings take, on drawn textures: no photograph is needed."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import torch

from napari_mfif.training import OTHER_RECIPES, RECIPES
from napari_mfif.training.data import DRAWN, Picture, draw_texture
from napari_mfif.training.loop import take_step

__all__ = ["recipes", "times"]

#: What a step is counted for.
STEPS = 300
#: Steps before any is timed.
BEFORE = 2


def recipes(networks: Collection[str]) -> dict[str, str]:
    """Return the modules of all recipes of some networks, by name."""
    published = {name: module for name, module in RECIPES.items() if name in networks}
    others = {
        f"{method}/{name}": module
        for (method, name), module in OTHER_RECIPES.items()
        if method in networks
    }
    return published | others


def times(
    networks: Collection[str], device: str, most: int, seconds: float
) -> Iterator[dict[str, Any]]:
    """Yield the time of 300 steps of every recipe, from as many as there is time for.

    Parameters
    ----------
    networks : collection of str
        Whose recipes.
    device : str
        Where.
    most : int
        Steps that are timed at most.
    seconds : float
        Time for each recipe.
    """
    for name, module in recipes(networks).items():
        taken, steps = timed(import_module(module).RECIPE, device, most, seconds)
        yield {"recipe": name, "steps": steps, "seconds_for_300": STEPS * taken / steps}


def timed(recipe: Any, device: str, most: int, seconds: float) -> tuple[float, int]:
    """Return seconds and steps."""
    network = recipe.network().to(device).train()
    loss = recipe.loss(textures(colour=recipe.colour), device)
    plan = replace(recipe.plan, steps=STEPS)
    optimiser = plan.optimiser_of(network)
    began = time.perf_counter()
    steps = 0
    for number in range(BEFORE + most):
        if number == BEFORE:
            began = time.perf_counter()
        take_step(network, optimiser, loss, plan, number)
        steps = number + 1 - BEFORE
        if steps > 0 and time.perf_counter() - began > seconds:
            break
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began, steps


def textures(*, colour: bool) -> list[Picture]:
    """Return some drawn pictures."""
    rng = np.random.default_rng(3)
    made = [draw_texture(rng, (256, 256)) for _ in range(8)]
    return [
        Picture(f"texture {i}", np.dstack([one] * 3) if colour else one, DRAWN)
        for i, one in enumerate(made)
    ]
