"""The recipe of `fd-fcn`: a score near 1 in focus and near 0 out of focus.

As in Guo et al. 2020, section 3.3, a part of each batch are whole crops, sharp (label 1) or after
a Gaussian of variance 15 (label 0), with the mean squared difference to labels of half the size as
the loss. That alone never shows an edge between sharp and blurred, nor two planes that are both
out of focus, nor a camera whose sharp pictures are soft: to such a network all of them is blurred.
So most crops are pairs of planes with an object before a background, or from the middle of a
z-stack, half of them softened before; and most of the loss is that of the comparison of two
planes, which is what decides in the end.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.networks.fd_fcn import FdFcn
from napari_mfif.settings.parameters import Settings
from napari_mfif.training.batches import photographed
from napari_mfif.training.camera import flicker, noisy
from napari_mfif.training.data import Picture, crop
from napari_mfif.training.fd_fcn_card import HEAD, TEXT
from napari_mfif.training.judge import NOTHING, Judge, judge_by
from napari_mfif.training.pairs import Pair, composite, gaussian, half_size, sharp_or_blurred
from napari_mfif.training.plan import Plan
from napari_mfif.training.recipe import Recipe, train_recipe
from napari_mfif.training.scenes import draw_blur, draw_object, object_pair, stack_pair

__all__ = ["RECIPE", "Map", "Scores", "draw_pair", "planes_of", "right_pixels", "train"]

#: Variance of the paper's Gaussian.
VARIANCE = 15.0
#: Shares of the pairs: composites without defocus spread, with it, and from z-stacks.
KINDS = {"composed": 0.35, "spread": 0.35, "stack": 0.3}
#: Share of the pairs both of whose planes are softened, and the range of the Gaussian's sigma.
SOFTENED, SOFT = 0.5, (0.4, 1.8)
#: Weight of the paper's loss beside that of the comparison.
LABELLED = 0.3

Map = NDArray[np.float32]


def draw_pair(
    rng: np.random.Generator, pictures: Sequence[Picture], size: int
) -> tuple[Pair, bool]:
    """Draw a pair, and say whether one of its planes is as sharp as can be everywhere."""
    kind = rng.choice(list(KINDS), p=list(KINDS.values()))
    if kind == "composed":
        pair = composite(*draw_object(rng, pictures, size), draw_blur(rng))
    else:
        pair = (object_pair if kind == "spread" else stack_pair)(rng, pictures, size)
    soft = rng.random() < SOFTENED
    if soft:
        low, high = np.log(SOFT)
        blur = gaussian(float(np.exp(rng.uniform(low, high))))
        pair = replace(pair, first=blur(pair.first), second=blur(pair.second))
    return photographed(pair, rng), not soft and kind != "stack"


@dataclass(frozen=True)
class Scores:
    """The loss of one batch.

    Parameters
    ----------
    pictures : sequence of Picture
        What is learnt from.
    device : str, optional
        Where the network is.
    pairs : int, optional
        Pairs per batch; half as many whole crops, sharp and blurred, join them.
    size : int, optional
        Pixels of a crop's side.
    labels_only : bool, optional
        As published: whole crops and their labels, nothing else.
    """

    pictures: Sequence[Picture]
    device: str = "cpu"
    pairs: int = 6
    size: int = 96
    labels_only: bool = False

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the loss of comparisons, and a part of the mean squared difference to labels."""
        if self.labels_only:
            return self.of_labels(network, rng)
        drawn = [draw_pair(rng, self.pictures, self.size) for _ in range(self.pairs)]
        whole = [self._whole(rng) for _ in range(max(1, self.pairs // 2))]
        planes = [p for pair, _ in drawn for p in (pair.first, pair.second)]
        planes += [p for sharp, blurred, *_ in whole for p in (sharp, blurred)]
        logits = network(planes_of(planes).to(self.device)).float()[:, 0]
        pairs, crops = logits.split([2 * len(drawn), 2 * len(whole)])
        labels = torch.from_numpy(np.stack([p for *_, one, zero in whole for p in (one, zero)]))
        squared = (torch.sigmoid(crops) - labels.to(self.device)).square().mean()
        compared = functional.softplus(crops[1::2] - crops[::2]).mean()
        of_pairs = self._of_pairs(pairs.unflatten(0, (-1, 2)), drawn)
        return LABELLED * squared + 0.5 * compared + of_pairs

    def of_labels(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the published loss: the mean squared difference to labels of whole crops."""
        whole = [self._published(rng) for _ in range(3 * self.pairs // 2)]
        planes = [p for sharp, blurred, *_ in whole for p in (sharp, blurred)]
        score = torch.sigmoid(network(planes_of(planes).to(self.device)).float()[:, 0])
        labels = torch.from_numpy(np.stack([p for *_, one, zero in whole for p in (one, zero)]))
        loss: Tensor = (score - labels.to(self.device)).square().mean()
        return loss

    def _published(self, rng: np.random.Generator) -> tuple[Map, Map, Map, Map]:
        """Return a crop, sharp and blurred, and their labels (section 3.3)."""
        picture = self.pictures[int(rng.integers(len(self.pictures)))]
        return sharp_or_blurred(crop(rng, picture, self.size), gaussian(VARIANCE**0.5))

    def _whole(self, rng: np.random.Generator) -> tuple[Map, ...]:
        """Return the same as a camera may see it."""
        sharp, blurred, one, zero = self._published(rng)
        planes = noisy(flicker(np.stack([sharp, blurred]), rng), rng)
        return planes[0], planes[1], one, zero

    def _of_pairs(self, logits: Tensor, drawn: Sequence[tuple[Pair, bool]]) -> Tensor:
        halves = [(half_size(pair.focus), half_size(pair.weights())) for pair, _ in drawn]
        maps = [torch.from_numpy(np.stack(m)) for m in zip(*halves, strict=True)]
        focus, counts = (m.to(self.device) for m in maps)
        counts = counts * ((focus == 0) | (focus == 1))
        known = torch.tensor([float(known) for _, known in drawn], device=self.device)
        score = torch.sigmoid(logits)
        squared = (score[:, 0] - focus).square() + (score[:, 1] - 1 + focus).square()
        labelled = counts * known[:, None, None]
        margin = (logits[:, 0] - logits[:, 1]) * (2 * focus - 1)
        compared = (functional.softplus(-margin) * counts).sum() / counts.sum().clamp(min=1)
        return LABELLED * (squared * labelled).sum() / labelled.sum().clamp(min=1) + compared


def planes_of(planes: Sequence[Map]) -> Tensor:
    """Return what the network sees, (N, 1, Y, X), or (N, 3, Y, X) of planes in colour."""
    stacked = np.stack(planes)
    bands = stacked[:, None] if stacked.ndim == 3 else np.moveaxis(stacked, -1, 1)
    seen = torch.from_numpy(bands / np.float32(255) - np.float32(0.5))
    return seen.contiguous(memory_format=torch.channels_last)


def right_pixels(
    pictures: Sequence[Picture], device: str = "cpu", *, pairs: int = 64, size: int = 128
) -> Judge:
    """Return a judge: the share of held-back pixels whose plane is decided right.

    ``pairs`` is of pairs with one plane in focus everywhere, ``others`` of softened pairs and of
    those from z-stacks.
    """

    def look(
        network: nn.Module, rng: np.random.Generator, _: int
    ) -> dict[str, tuple[float, float]]:
        pair, known = draw_pair(rng, pictures, size)
        planes = planes_of([pair.first, pair.second]).to(device)
        scores = network(planes).float()[:, 0].cpu().numpy()
        focus, counts = half_size(pair.focus), half_size(pair.weights())
        asked = (counts == 1) & (focus != 0.5)
        right = (scores[0] >= scores[1]) == (focus > 0.5)
        found = (right & asked).sum(), asked.sum()
        return {"pairs": found if known else NOTHING, "others": NOTHING if known else found}

    return judge_by(look, count=pairs, seed=2020)


def _network(bands: int = 1) -> nn.Module:
    network = FdFcn(bands=bands)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def vary(recipe: Recipe, settings: Settings) -> Recipe:
    """Return the recipe with the published loss or input, where that is wanted."""
    return replace(
        recipe,
        network=functools.partial(_network, 3 if settings["colour"] else 1),
        loss=functools.partial(Scores, labels_only=settings["loss"] == "labels"),
        colour=settings["colour"],
    )


RECIPE = Recipe(
    method="fd-fcn",
    network=_network,
    loss=Scores,
    judge=right_pixels,
    plan=Plan(1400, rate=1e-3, every=200, mixed=True),
    head=HEAD,
    text=TEXT,
    half=True,
    vary=vary,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
