"""Training of the network that refines what `adaptive` fuses."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_mfif.methods.adaptive.refinement import ANSWER, CHANNELS, RESIDUAL, SQUARES, TOWARDS
from napari_mfif.networks.refinement import RefinementNet
from napari_mfif.training.judge import Judge
from napari_mfif.training.plan import Plan
from napari_mfif.training.refinement_card import HEAD, TEXT
from napari_mfif.training.refinement_examples import Examples, Source
from napari_mfif.training.refinement_stacks import Example, draw_example
from napari_mfif.training.stack_recipe import StackRecipe, train_on_stacks

__all__ = ["RECIPE", "Gain", "train"]

#: Crops in a batch, and their side at half the size.
BATCH, CROP = 8, 64
#: Below this mean squared error nothing is gained by being better; the stack's bulk lies in 0 to 1.
ENOUGH = 1e-6
#: The maps of an example that have a channel for each pixel of a square, and nothing besides.
IMAGES = ("fused", "truth", "lowest", "highest")
#: And all that an answer is made an image of, and judged by.
NEEDED = ("seen", "contrast", "apart", *IMAGES)
#: By how many channels maps have: where the four pixels of a square begin.
_PIXELS = {CHANNELS: SQUARES, 4 * TOWARDS: tuple(range(0, 4 * TOWARDS, 4)), 4: (0,)}


@dataclass
class Gain:
    """The loss of a batch: the mean logarithm of how much smaller the squared error became.

    Every level of noise counts alike so.
    """

    examples: Examples[Example]
    device: str = "cpu"

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a batch."""
        ready = self.examples.look()
        chosen = rng.choice(len(ready), BATCH, replace=False)
        crops = [_crop(ready[int(n)], rng) for n in chosen]
        batch = {
            name: torch.from_numpy(np.stack([crop[name] for crop in crops])).to(self.device)
            for name in crops[0]
        }
        before, after = errors(network, batch)
        ratio: Tensor = torch.log(after + ENOUGH) - torch.log(before + ENOUGH)
        return ratio.mean()


def errors(
    network: nn.Module, batch: dict[str, Tensor], *, limited: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the mean squared errors of each example without and with the network."""
    seen = batch["seen"].float().contiguous(memory_format=torch.channels_last)
    answer = network(seen).float()
    fused, truth = batch["fused"], batch["truth"]
    shares = (answer[:, 4:] * batch["apart"]).unflatten(1, (TOWARDS, 4)).sum(1)
    found = fused + shares + RESIDUAL * batch["contrast"] * answer[:, :4]
    if limited:
        found = _limited(found, batch)
    before = (_limited(fused, batch) - truth).square().mean((1, 2, 3))
    return before, (found - truth).square().mean((1, 2, 3))


def _limited(image: Tensor, batch: dict[str, Tensor]) -> Tensor:
    return torch.minimum(torch.maximum(image, batch["lowest"]), batch["highest"])


def _crop(example: Example, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
    """Cut a crop out of an example, and turn it over."""
    rows, columns = example.contrast.shape[1:]
    place = int(rng.integers(1, rows - CROP + 1)), int(rng.integers(1, columns - CROP + 1))
    turns = rng.random(3) < 0.5
    return {name: _turned(getattr(example, name), place, turns) for name in NEEDED}


def _turned(
    maps: NDArray[np.generic], place: tuple[int, int], turns: NDArray[np.bool_]
) -> NDArray[np.generic]:
    """Cut a crop, and turn it left to right, upside down, and over its diagonal.

    What is half as large tells of the first pixel of each square, so this one stays the first: the
    other pixels come from the square before.

    Parameters
    ----------
    maps : (channels, Y, X)
        What to cut.
    place : (int, int)
        First row and column, not 0.
    turns : bool, (3,)
        Which turns are made.
    """

    def cut(channels: slice | int, above: int = 0, before: int = 0) -> NDArray[np.generic]:
        top, left = place[0] - above, place[1] - before
        return maps[channels, top : top + CROP, left : left + CROP]

    part = cut(slice(None)).copy()
    for first in _PIXELS.get(len(maps), ()):
        for number in range(1, 4):
            above, before = (number >> 1) * int(turns[1]), (number & 1) * int(turns[0])
            part[first + number] = cut(first + number, above, before)
    if turns[0]:
        part = part[:, :, ::-1]
    if turns[1]:
        part = part[:, ::-1]
    if turns[2]:
        part = part.swapaxes(1, 2)
        order = np.arange(len(part))
        for first in _PIXELS.get(len(maps), ()):
            order[first + 1 : first + 3] = first + 2, first + 1
        part = part[order]
    return np.ascontiguousarray(part)


def gains(examples: Sequence[Example], device: str = "cpu") -> Judge:
    """Return a judge: how many decibels are gained, in the mean, at worst, and by each kind."""
    batches = [
        {
            name: torch.from_numpy(np.asarray(getattr(example, name))[None]).to(device)
            for name in NEEDED
        }
        for example in examples
    ]

    def look(network: nn.Module) -> dict[str, float]:
        found: dict[str, list[float]] = defaultdict(list)
        for example, batch in zip(examples, batches, strict=True):
            before, after = errors(network, batch, limited=True)
            found[example.kind].append(float(10 * torch.log10(before / after)))
        every = [gain for of_kind in found.values() for gain in of_kind]
        of_kinds = {f"gain {kind}": float(np.mean(some)) for kind, some in sorted(found.items())}
        return {"gain": float(np.mean(every)), "least": min(every), **of_kinds}

    return look


RECIPE = StackRecipe(
    method="refinement",
    network=functools.partial(RefinementNet, CHANNELS, ANSWER),
    source=Source(Example, draw_example),
    count=2400,
    loss=Gain,
    judge=gains,
    plan=Plan(16000, rate=1e-3, decay=1e-3, warm_up=100, every=500, mixed=True),
    head=HEAD,
    text=TEXT,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_on_stacks, RECIPE)
