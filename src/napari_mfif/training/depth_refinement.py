"""Training of the network that refines the depth that `adaptive` finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.methods.adaptive.depth_evidence import SOURCES
from napari_mfif.methods.adaptive.depth_refinement import (
    ANSWER,
    CHANNELS,
    FIELDS,
    SIGNED,
)
from napari_mfif.methods.neural.base import available
from napari_mfif.networks.depth_refinement import DepthRefinementNet
from napari_mfif.training.data import read_pictures
from napari_mfif.training.depth_choice import Choice, choice
from napari_mfif.training.depth_stacks import DepthExample, draw_depth_example
from napari_mfif.training.loop import Plan, run
from napari_mfif.training.recipe import UNFINISHED
from napari_mfif.training.refinement import written
from napari_mfif.training.refinement_card import DEPTH_HEAD, DEPTH_TEXT
from napari_mfif.training.refinement_examples import Examples, Source, held_back

__all__ = ["PLAN", "Likelihood", "train"]

#: How long and how fast, when nothing is said.
PLAN = Plan(6000, rate=2e-3, decay=1e-3, warm_up=100, every=250, mixed=True)
#: Stacks to learn from, and in a batch.
STACKS, BATCH = 2400, 8
#: What is learnt from.
SOURCE = Source(DepthExample, draw_depth_example)
#: A depth counts as right to ``exp(-error / TOLERANCE)``, and errors beyond `GROSS` planes alike.
TOLERANCE, GROSS = 0.4, 6.0
#: How likely any other depth is.
ANY = 1e-3
#: A stack counts less where not many more pixels than this do.
ENOUGH = 300
#: How much the mean error counts beside the likelihood.
OF_ERROR = 0.3
#: The vote is believed so much at the beginning.
BELIEF = 1.5
#: Maps of an example; the second row changes its sign with the direction of z.
MAPS = ("seen", "weight", "sure", "depths", "reference", "true")
MIRRORED = MAPS[3:]


@dataclass
class Likelihood:
    """The loss of a batch: of the depths, and of how sure the network is of the one chosen."""

    examples: Examples[DepthExample]
    device: str = "cpu"

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of a batch."""
        ready = self.examples.look()
        chosen = rng.choice(len(ready), BATCH, replace=False)
        batch = _batch([_turned(ready[int(n)], rng) for n in chosen], self.device)
        found = chosen_by(network, batch)
        error = (found.depths - batch["true"]).abs()
        likely = torch.exp(-error / TOLERANCE) + ANY
        likely = torch.logsumexp(found.shares + torch.log(likely), 1)
        gross = (found.shares.exp() * error.clamp(max=GROSS)).sum(1)
        weight, sure = batch["weight"][:, 0], batch["sure"][:, 0]
        right = (found.depth - batch["true"][:, 0]).abs().detach() <= 1
        doubt = functional.binary_cross_entropy_with_logits(
            found.sure, (right & (weight > 0)).float(), reduction="none"
        )
        return _mean(OF_ERROR * gross - likely, weight) + _mean(doubt, sure)


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean of the stacks' means: all count about alike, however many pixels tell."""
    of_each = (values * weight).sum((1, 2)) / (weight.sum((1, 2)) + ENOUGH)
    return of_each.mean()


def chosen_by(network: nn.Module, batch: dict[str, Tensor]) -> Choice:
    """Return what the network chooses."""
    answer = network(batch["seen"].contiguous(memory_format=torch.channels_last))
    return choice(answer.float(), batch["depths"], batch["reference"])


def _turned(example: DepthExample, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Turn an example over, and its direction of z."""
    across, down, swap, mirror = rng.random(4) < 0.5
    turned = {}
    for name in MAPS:
        maps = np.asarray(getattr(example, name), np.float32)
        if mirror and name in MIRRORED:
            maps = -maps
        elif mirror and name == "seen":
            maps = np.concatenate([-maps[:SIGNED], maps[SIGNED:]])
        maps = maps[:, :, ::-1] if across else maps
        maps = maps[:, ::-1] if down else maps
        turned[name] = maps.swapaxes(1, 2) if swap else maps
    return turned


def _batch(examples: Sequence[dict[str, NDArray[np.float32]]], device: str) -> dict[str, Tensor]:
    return {
        name: torch.from_numpy(np.stack([example[name] for example in examples])).to(device)
        for name in MAPS
    }


def scores(network: nn.Module, examples: Sequence[DepthExample], device: str) -> dict[str, float]:
    """Return the share of pixels right within one plane, before and after, and of each kind."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for example in examples:
        if not example.told.any():
            continue
        one = {name: np.asarray(getattr(example, name), np.float32) for name in MAPS}
        depth = chosen_by(network, _batch([one], device)).depth[0].detach().cpu().numpy()
        true = example.true[0]
        errors = [np.abs(known - true)[example.told] for known in (0, depth)]
        found[example.kind].append((float((errors[0] <= 1).mean()), float((errors[1] <= 1).mean())))
    every = np.mean([pair for pairs in found.values() for pair in pairs], axis=0)
    of_kinds = {f"right {k}": float(np.mean(pairs, 0)[1]) for k, pairs in sorted(found.items())}
    return {"before": float(every[0]), "right": float(every[1]), **of_kinds}


def new_network() -> DepthRefinementNet:
    """Return a network that has learnt nothing: it keeps to the vote."""
    network = DepthRefinementNet(CHANNELS, ANSWER)
    with torch.no_grad():
        assert network.head.bias is not None
        network.head.bias[FIELDS * SOURCES] = BELIEF
    return network


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

    Two runs are alike, but not the same, see `napari_mfif.training.refinement.train`.
    """
    device = available(device)
    pictures = read_pictures(data, seed=seed)
    plan = replace(PLAN, steps=steps or PLAN.steps, seed=seed)
    folder = out / UNFINISHED
    examples = Examples(data, folder / f"stacks-{seed}", SOURCE, seed=seed, count=STACKS)
    judged = held_back(SOURCE, [p.pixels for p in pictures.held_back])
    torch.manual_seed(seed)
    network = new_network().to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found = run(
        network, Likelihood(examples, device), lambda net: scores(net, judged, device), plan,
        folder, resume=resume, quiet=quiet,
    )  # fmt: skip
    return written(
        network, pictures, plan, found, device, out,
        head={**DEPTH_HEAD, "stacks": STACKS}, text=DEPTH_TEXT,
    )  # fmt: skip
