"""Training of the network that refines what `adaptive` fuses."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_mfif.methods.adaptive.refinement import CHANNELS, IMAGES, RESIDUAL
from napari_mfif.methods.neural.base import available
from napari_mfif.networks.refinement import RefinementNet
from napari_mfif.networks.weights import FILE
from napari_mfif.training.card import hardware, picture_words, wrapped, write_card, write_weights
from napari_mfif.training.data import Pictures, read_pictures
from napari_mfif.training.loop import LOG, Plan, minutes, run
from napari_mfif.training.recipe import UNFINISHED
from napari_mfif.training.refinement_card import HEAD, TEXT
from napari_mfif.training.refinement_examples import Examples, Source, held_back
from napari_mfif.training.refinement_stacks import Example, draw_example

__all__ = ["PLAN", "Gain", "train", "written"]

#: How long and how fast, when nothing is said.
PLAN = Plan(16000, rate=1.5e-3, decay=1e-3, warm_up=100, every=250, mixed=True)
#: Stacks to learn from.
STACKS = 1600
#: Crops in a batch, and their side at half the size.
BATCH, CROP = 8, 64
#: Below this mean squared error nothing is gained by being better; the stack's bulk lies in 0 to 1.
ENOUGH = 1e-6
#: What is learnt from.
SOURCE = Source(Example, draw_example)
#: The maps of an example that have a channel for each pixel of a square, and nothing besides.
SQUARES = ("fused", "plain", "truth", "lowest", "highest")


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
    fused, plain, truth = batch["fused"], batch["plain"], batch["truth"]
    found = fused + answer[:, 4:] * (plain - fused)
    found = found + RESIDUAL * batch["contrast"] * answer[:, :4]
    if limited:
        found = _limited(found, batch)
    before = (_limited(fused, batch) - truth).square().mean((1, 2, 3))
    return before, (found - truth).square().mean((1, 2, 3))


def _limited(image: Tensor, batch: dict[str, Tensor]) -> Tensor:
    return torch.minimum(torch.maximum(image, batch["lowest"]), batch["highest"])


def _crop(example: Example, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
    """Cut a crop out of an example, and turn it over."""
    rows, columns = example.contrast.shape[1:]
    top, left = int(rng.integers(rows - CROP + 1)), int(rng.integers(columns - CROP + 1))
    turns = rng.random(3) < 0.5
    maps = {name: getattr(example, name) for name in ("seen", "contrast", *SQUARES)}
    part = {k: v[:, top : top + CROP, left : left + CROP] for k, v in maps.items()}
    return {name: _turned(values, turns) for name, values in part.items()}


def _turned(maps: NDArray[np.generic], turns: NDArray[np.bool_]) -> NDArray[np.generic]:
    """Turn maps over, and the pixels of their squares with them."""
    squares = {CHANNELS: IMAGES + 2, 4: 1}.get(len(maps), 0)
    orders = ((1, 0, 3, 2), (2, 3, 0, 1), (0, 2, 1, 3))
    for turn, order in zip(range(3), orders, strict=True):
        if not turns[turn]:
            continue
        maps = maps.swapaxes(1, 2) if turn == 2 else np.flip(maps, 2 - turn)
        moved = [4 * n + k for n in range(squares) for k in order]
        maps = maps[[*moved, *range(4 * squares, len(maps))]]
    return np.ascontiguousarray(maps)


def judge(examples: Sequence[Example], device: str) -> dict[str, dict[str, Tensor]]:
    """Return the held-back examples as batches of one."""
    return {
        f"{number} {example.kind}": {
            name: torch.from_numpy(np.asarray(getattr(example, name))[None]).to(device)
            for name in ("seen", "contrast", *SQUARES)
        }
        for number, example in enumerate(examples)
    }


def _scores(network: nn.Module, batches: dict[str, dict[str, Tensor]]) -> dict[str, float]:
    """Return how many decibels are gained, in the mean, at worst, and in the mean of each kind."""
    gains: dict[str, list[float]] = defaultdict(list)
    for name, batch in batches.items():
        before, after = errors(network, batch, limited=True)
        gains[name.partition(" ")[2]].append(float(10 * torch.log10(before / after)))
    every = [gain for found in gains.values() for gain in found]
    of_kinds = {f"gain {kind}": float(np.mean(found)) for kind, found in sorted(gains.items())}
    return {"gain": float(np.mean(every)), "least": min(every), **of_kinds}


def train(
    data: Path,
    out: Path,
    *,
    steps: int | None = None,
    seed: int = 0,
    device: str = "auto",
    resume: bool = True,
    quiet: bool = False,
) -> Path:
    """Train the network; the parameters are those of `napari_mfif.training.train`.

    Which stacks are ready at a step depends on how fast the machine makes them, so two runs are
    alike, but not the same.
    """
    device = available(device)
    pictures = read_pictures(data, seed=seed)
    plan = replace(PLAN, steps=steps or PLAN.steps, seed=seed)
    folder = out / UNFINISHED
    examples = Examples(data, folder / f"stacks-{seed}", SOURCE, seed=seed, count=STACKS)
    batches = judge(held_back(SOURCE, [p.pixels for p in pictures.held_back]), device)
    torch.manual_seed(seed)
    network = RefinementNet(CHANNELS).to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    scores = run(
        network, Gain(examples, device), lambda net: _scores(net, batches), plan, folder,
        resume=resume, quiet=quiet,
    )  # fmt: skip
    return written(
        network, pictures, plan, scores, device, out, head={**HEAD, "stacks": STACKS}, text=TEXT
    )


def written(
    network: nn.Module,
    pictures: Pictures,
    plan: Plan,
    scores: dict[str, float],
    device: str,
    out: Path,
    *,
    head: Mapping[str, object],
    text: str,
) -> Path:
    """Write weights, log and card; return the path of the weights."""
    facts = {"steps": str(plan.steps), "seed": str(plan.seed)}
    sha256 = write_weights(network, out, facts)
    head = {
        **head,
        "parameters": sum(p.numel() for p in network.parameters()),
        "sha256": sha256,
        **facts,
        "hardware": hardware(device),
        "minutes": round(minutes(out / UNFINISHED)),
        **{f"held_back_{k.replace(' ', '_')}": f"{v:.2f}" for k, v in scores.items()},
    }
    write_card(out, head, wrapped(text.format(**picture_words(pictures))))
    shutil.copyfile(out / UNFINISHED / LOG, out / LOG)
    return out / FILE
