"""How a network is trained that refines what `adaptive` makes of whole simulated stacks.

The stacks are made by a process beside, see `napari_mfif.training.refinement_examples`; the rest is
as in `napari_mfif.training.recipe`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from napari_mfif.errors import WeightsError
from napari_mfif.methods.neural.base import available
from napari_mfif.networks.weights import PUBLISHED, folder_of, read_weights
from napari_mfif.training.data import read_pictures
from napari_mfif.training.described import UNFINISHED, Described, keep_log, write_trained
from napari_mfif.training.judge import Judge
from napari_mfif.training.loop import Loss, run
from napari_mfif.training.refinement_examples import Examples, Source, held_back

__all__ = ["StackRecipe", "train_on_stacks"]

E = TypeVar("E")


@dataclass(frozen=True, kw_only=True)
class StackRecipe(Described, Generic[E]):
    """How one network is trained on stacks.

    Parameters
    ----------
    method, name, network, plan, head, text, half
        As for `Described`.
    source : Source
        What is learnt from.
    count : int
        How many stacks.
    loss : callable
        From the stacks to learn from and the device: gives the loss of one batch.
    judge : callable
        From the held-back stacks and the device: gives held-back scores by name.
    """

    benchmarked: ClassVar[bool] = False

    source: Source[E]
    count: int
    loss: Callable[[Examples[E], str], Loss]
    judge: Callable[[Sequence[E], str], Judge]


def train_on_stacks(
    recipe: StackRecipe[E],
    data: Path,
    out: Path,
    *,
    steps: int | None = None,
    seed: int = 0,
    device: str = "auto",
    resume: bool = True,
    quiet: bool = False,
    every: int | None = None,
    begin: str | None = None,
) -> Path:
    """Train by a recipe; the parameters are those of `napari_mfif.training.recipe.train_recipe`.

    Which stacks are ready at a step depends on how fast the machine makes them, so two runs are
    alike, but not the same. They are kept, so that a longer run need not make them again.
    """
    device = available(device)
    pictures = read_pictures(data, seed=seed)
    plan = recipe.planned(steps, seed, every)
    folder = out / UNFINISHED
    stacks = Examples(data, folder / f"stacks-{seed}", recipe.source, seed=seed, count=recipe.count)
    judge = recipe.judge(held_back(recipe.source, [p.pixels for p in pictures.held_back]), device)
    torch.manual_seed(seed)
    network, begun = begun_with(recipe, begin)
    network = network.to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    loss = recipe.loss(stacks, device)
    scores = run(network, loss, judge, plan, folder, resume=resume, quiet=quiet)
    keep_log(out)
    seen = {"stacks": str(recipe.count)}
    return write_trained(
        recipe, network, out, plan, scores, pictures, device, facts=begun, seen=seen
    )


def begun_with(recipe: StackRecipe[Any], begin: str | None) -> tuple[nn.Module, dict[str, str]]:
    """Return a network to begin with, and what the file of weights is to say of its own weights.

    The network may see and answer more than the one whose weights it begins with, as long as what
    that one knew comes first; the rest has no effect at the beginning.
    """
    network = recipe.network()
    if begin is None:
        return network, {"begun_with": "random weights"}
    name = recipe.name if begin == PUBLISHED else begin
    weights = read_weights(folder_of(recipe.method, name), recipe.method)
    try:
        _widen(network, weights.tensors)
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"The weights in {begin} belong to another network: {error}.") from None
    told = f"weights (sha256 {weights.sha256[:12]}) of {weights.facts['steps']} batches"
    return network, {"begin": begin, "begun_with": told}


def _widen(network: nn.Module, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    """Give a network weights that may be of fewer channels; the others become 0."""
    with torch.no_grad():
        for name, values in network.named_parameters():
            older = torch.from_numpy(tensors[name])
            values.zero_()
            values[tuple(slice(side) for side in older.shape)] = older
