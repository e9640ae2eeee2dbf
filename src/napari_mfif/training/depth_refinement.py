"""Training of the network that refines the depth that `adaptive` finds."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

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
from napari_mfif.networks.depth_refinement import DepthRefinementNet
from napari_mfif.training.depth_choice import Choice, choice
from napari_mfif.training.depth_stacks import DepthExample, draw_depth_example
from napari_mfif.training.judge import Judge
from napari_mfif.training.plan import Plan
from napari_mfif.training.refinement_card import DEPTH_HEAD, DEPTH_TEXT
from napari_mfif.training.refinement_examples import Examples, Source
from napari_mfif.training.stack_recipe import StackRecipe, train_on_stacks

__all__ = ["RECIPE", "Likelihood", "train"]

#: Stacks in a batch.
BATCH = 8
#: A depth counts as right to ``exp(-error / TOLERANCE)``, and errors beyond `GROSS` planes alike.
TOLERANCE, GROSS = 0.4, 6.0
#: How likely any other depth is.
ANY = 1e-3
#: A stack counts less where not many more pixels than this do.
ENOUGH = 300
#: How much the mean error counts beside the likelihood.
OF_ERROR = 0.3
#: A depth is wrong beyond a plane, gradually within so many planes.
GRADUAL = 0.15
#: Stacks count by the root of one over the share that the vote has wrong, and this: so nothing is
#: lost where it is nearly always right. The share that counts once.
EASIEST, USUAL = 0.05, 0.12
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
        weight, sure, true = (batch[name][:, 0] for name in ("weight", "sure", "true"))
        apart = (found.depth - true).abs()
        wrong = torch.sigmoid((apart - 1) / GRADUAL)
        right = apart.detach() <= 1
        doubt = functional.binary_cross_entropy_with_logits(
            found.sure, (right & (weight > 0)).float(), reduction="none"
        )
        voted_wrong = _means((true.abs() > 1).float(), weight)
        counts = ((USUAL + EASIEST) / (voted_wrong + EASIEST)).sqrt()
        of_depths = _means(OF_ERROR * gross - likely + wrong, weight) * counts
        return of_depths.mean() + _means(doubt, sure).mean()


def _means(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean of each stack: all count about alike, however many pixels tell."""
    return (values * weight).sum((1, 2)) / (weight.sum((1, 2)) + ENOUGH)


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


def right_depths(examples: Sequence[DepthExample], device: str = "cpu") -> Judge:
    """Return a judge: the share of pixels right within one plane, before and after, by kind."""
    told = [example for example in examples if example.told.any()]

    def look(network: nn.Module) -> dict[str, float]:
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for example in told:
            one = {name: np.asarray(getattr(example, name), np.float32) for name in MAPS}
            depth = chosen_by(network, _batch([one], device)).depth[0].detach().cpu().numpy()
            errors = [np.abs(k - example.true[0])[example.told] for k in (0, depth)]
            before, after = (float((error <= 1).mean()) for error in errors)
            found[example.kind].append((before, after))
        every = np.mean([pair for pairs in found.values() for pair in pairs], axis=0)
        of_kinds = {f"right {k}": float(np.mean(pairs, 0)[1]) for k, pairs in sorted(found.items())}
        return {"before": float(every[0]), "right": float(every[1]), **of_kinds}

    return look


def new_network() -> DepthRefinementNet:
    """Return a network that has learnt nothing: it keeps to the vote."""
    network = DepthRefinementNet(CHANNELS, ANSWER)
    with torch.no_grad():
        assert network.head.bias is not None
        network.head.bias[FIELDS * SOURCES] = BELIEF
    return network


RECIPE = StackRecipe(
    method="refinement",
    name="depth",
    network=new_network,
    source=Source(DepthExample, draw_depth_example),
    count=2400,
    loss=Likelihood,
    judge=right_depths,
    plan=Plan(6000, rate=2e-3, decay=1e-3, warm_up=100, every=250, mixed=True),
    head=DEPTH_HEAD,
    text=DEPTH_TEXT,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_on_stacks, RECIPE)
