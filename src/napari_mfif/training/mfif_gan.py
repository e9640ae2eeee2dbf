"""The recipe of `mfif-gan`: focus maps of pairs with defocus spread.

First the reconstruction loss alone (the mean absolute error of the focus map), then a short
training against the critic as in the paper: Wasserstein distance with gradient penalty. The second
stage is kept only where held-back pairs say that it helped.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from napari_mfif.networks.mfif_gan import MfifDiscriminator, MfifGenerator
from napari_mfif.networks.widths import MFIF_GAN as WIDTH
from napari_mfif.settings.parameters import Settings
from napari_mfif.training.adversarial import Adversarial, play
from napari_mfif.training.batches import (
    Batch,
    absolute_error,
    as_batch,
    binary_error,
    judge_pairs,
    photographed,
)
from napari_mfif.training.data import Picture, Pictures
from napari_mfif.training.judge import Judge
from napari_mfif.training.mfif_gan_card import HEAD, TEXT
from napari_mfif.training.pairs import Pair, conventional, spread_as_published
from napari_mfif.training.plan import Plan
from napari_mfif.training.recipe import Recipe, train_recipe
from napari_mfif.training.scenes import draw_blur, draw_object, object_pair, stack_pair

__all__ = ["RECIPE", "Reconstruction", "compare", "compare_judge", "draw_batch", "train"]

#: Share of the pairs that come from deep scenes, as a sequence meets them.
DEEP = 0.35
#: From this share of the steps on, pixels near an outline count so many times as much.
OUTLINES_FROM, OUTLINES = 0.5, 4.0


def draw_batch(
    rng: np.random.Generator,
    pictures: Sequence[Picture],
    size: int,
    count: int,
    device: str,
    outlines: float = 1.0,
    kind: str = "whole",
) -> Batch:
    """Draw pairs: objects before a background, and planes of deep scenes.

    Parameters
    ----------
    rng, pictures, size, count, device
        What to draw from, how large, how many, and where to.
    outlines : float, optional
        How many times as much pixels near an outline count as others.
    kind : {"whole", "alpha-matte", "conventional"}, optional
        Those are whole scenes; the paper's pairs are made as printed, without or with spread.
    """
    draw = _drawn if kind == "whole" else functools.partial(_as_printed, kind=kind)
    pairs = [draw(rng, pictures, size) for _ in range(count)]
    weighed = [
        replace(pair, counts=pair.weights() * np.where(pair.near_outline(), outlines, 1))
        for pair in pairs
    ]
    return as_batch([photographed(pair, rng) for pair in weighed], device)


def _drawn(rng: np.random.Generator, pictures: Sequence[Picture], size: int) -> Pair:
    return (stack_pair if rng.random() < DEEP else object_pair)(rng, pictures, size)


def _as_printed(
    rng: np.random.Generator, pictures: Sequence[Picture], size: int, kind: str
) -> Pair:
    """Return a pair of one picture as in equations 10 and 11, or 12 and 13, in any order."""
    front, _, matte = draw_object(rng, pictures, size)
    make = spread_as_published if kind == "alpha-matte" else conventional
    pair = make(front, matte, draw_blur(rng))
    return pair.swapped() if rng.random() < 0.5 else pair


@dataclass
class Reconstruction:
    """The mean absolute error of the focus map of one batch (equation 4).

    Parameters
    ----------
    pictures : sequence of Picture
        What is learnt from.
    device : str
        Where the network is.
    size, count : int
        Pixels of a pair's side, pairs in a batch.
    outlines : float
        How many times as much pixels near an outline count as others.
    kind : str
        See `draw_batch`.
    error : callable
        Between made and true focus maps.
    """

    pictures: Sequence[Picture]
    device: str = "cpu"
    size: int = 128
    count: int = 4
    outlines: float = 1.0
    kind: str = "whole"
    error: Callable[[Tensor, Batch], Tensor] = absolute_error

    def progress(self, share: float) -> None:
        """Learn the outlines when the rest is known roughly."""
        self.outlines = OUTLINES if share >= OUTLINES_FROM else 1.0

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss."""
        how = (self.size, self.count, self.device, self.outlines, self.kind)
        batch = draw_batch(rng, self.pictures, *how)
        return self.error(network(batch.first, batch.second), batch)


def compare(network: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """Return the focus map."""
    focus: Tensor = network(first, second)
    return focus


def _network(width: int = WIDTH, squeeze: bool = True) -> nn.Module:
    # Channels last is the faster order of the maps on processors.
    network: nn.Module = MfifGenerator(width, squeeze=squeeze)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def compare_judge(pictures: Sequence[Picture], device: str) -> Judge:
    """Return the judge of focus maps of held-back pairs."""
    return judge_pairs(pictures, compare, device)


def _play(
    network: nn.Module,
    scores: dict[str, float],
    pictures: Pictures,
    plan: Plan,
    folder: Path,
    resume: bool,
    quiet: bool,
    *,
    width: int = WIDTH,
    kind: str = "whole",
    **how: Any,
) -> dict[str, float]:
    """Train against the critic, a sixth of the steps."""
    device = str(next(network.parameters()).device)
    steps = plan.steps // 6
    if not steps:
        return scores
    torch.manual_seed(plan.seed)
    return play(
        network,
        MfifDiscriminator(1, width).to(device),
        lambda rng: draw_batch(rng, pictures.train, 128, 4, device, OUTLINES, kind),
        compare_judge(pictures.held_back, device),
        Adversarial(steps, plan.seed, **how),
        folder,
        scores=scores,
        resume=resume,
        quiet=quiet,
    )


def vary(recipe: Recipe, settings: Settings) -> Recipe:
    """Return the recipe as the paper's comparisons (section 4.3) want it."""
    error = {"l1": absolute_error, "bce": binary_error}[settings["reconstruction"]]
    kind, width = settings["pairs"], settings["width"]
    stage = functools.partial(
        _play,
        width=width,
        kind=kind,
        error=error,
        squares=settings["adversarial"] == "least-squares",
        penalty=Adversarial.penalty if settings["penalty"] else 0.0,
    )
    return replace(
        recipe,
        network=functools.partial(_network, width, settings["squeeze"]),
        loss=functools.partial(Reconstruction, kind=kind, error=error),
        stage=None if settings["adversarial"] == "none" else stage,
    )


RECIPE = Recipe(
    method="mfif-gan",
    network=_network,
    loss=Reconstruction,
    judge=compare_judge,
    plan=Plan(
        4000, rate=1e-3, decay=0.0, warm_up=50, optimiser="adam", betas=(0.9, 0.999), mixed=True
    ),
    head=HEAD,
    text=TEXT,
    stage=_play,
    half=True,
    vary=vary,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
