"""The recipe of `cnn`: a sharp crop must score higher than its blur.

As in Liu et al. 2017, section 3.3, with three changes. The network is trained in its collapsed
form, so a pair counts in both orders at once. Crops of 64 pixels hold many patches, and each patch
of 16 with some detail is a comparison. And the blurred planes are ordered among themselves too,
since in a z-stack most comparisons are between planes that are both out of focus.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.networks.cnn import CONTEXT, PATCH, STRIDE, CollapsedCnn, FullCnn, SlightCnn
from napari_mfif.settings.parameters import Settings
from napari_mfif.training import camera
from napari_mfif.training.cnn_card import HEAD, TEXT
from napari_mfif.training.data import Picture, crop
from napari_mfif.training.judge import Judge, judge_by
from napari_mfif.training.plan import Plan
from napari_mfif.training.recipe import Recipe, train_recipe

__all__ = [
    "FORMS",
    "LEVELS",
    "RECIPE",
    "Pairs",
    "Sharpness",
    "accuracy",
    "blur_series",
    "degrade",
    "flicker",
    "train",
]

#: Blurred planes per sharp crop (the paper's five).
LEVELS = 5
#: The network by the form in which it is trained.
FORMS = {"collapsed": CollapsedCnn, "slight": SlightCnn, "full": FullCnn}
#: Variance, in grey levels of 0 to 255, above which a patch is worth a comparison (the paper's).
DETAIL = 25.0
#: Share of the crops whose planes differ in brightness, as a lamp flickers.
FLICKER = 0.5
#: Share of the crops that are made dark and noisy like a microscope's.
NOISY = 0.4

Planes = NDArray[np.float32]


@dataclass(frozen=True)
class Sharpness:
    """The loss of one batch of crops.

    Parameters
    ----------
    pictures : sequence of Picture
        What is learnt from.
    device : str, optional
        Where the network is.
    crops : int, optional
        Crops per batch; each becomes `levels` + 1 planes.
    size : int, optional
        Pixels of a crop's side.
    levels : int, optional
        Blurred planes per crop.
    """

    pictures: Sequence[Picture]
    device: str = "cpu"
    crops: int = 4
    size: int = 64
    levels: int = LEVELS

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return softplus of the wrong margins, averaged over all patches with detail."""
        planes, detail = self.drawn(rng)
        scores = network(planes.flatten(0, 1))[:, 0]
        return _ordered(scores.unflatten(0, planes.shape[:2]), detail)

    def drawn(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Draw crops with their blurs, (crops, levels + 1, 1, Y, X), and where they have detail."""
        chosen = [self.pictures[i] for i in rng.integers(0, len(self.pictures), self.crops)]
        squares = [crop(rng, picture, self.size, variance=DETAIL) for picture in chosen]
        series = [blur_series(square, rng, self.levels) for square in squares]
        seen = [degrade(flicker(planes, rng), rng) for planes in series]
        planes = torch.from_numpy(np.stack(seen)[:, :, None])
        detail = torch.from_numpy(np.stack([_detail(square) for square in squares])).to(self.device)
        return (planes / 255 - 0.5).to(self.device), detail


class Pairs(Sharpness):
    """The published loss, of a network that sees two planes: softmax (section 3.3)."""

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return the cross entropy of sharp against blurred crops, each pair in either order."""
        planes, detail = self.drawn(rng)
        sharp = planes[:, :1].expand_as(planes[:, 1:]).flatten(0, 1)
        pairs = torch.stack([sharp, planes[:, 1:].flatten(0, 1)])
        swapped = torch.from_numpy(rng.random(len(sharp)) < 0.5).to(self.device)
        pairs = torch.where(swapped[:, None, None, None], pairs.flip(0), pairs)
        logits = network(*pairs)
        labels = swapped.long()[:, None, None].expand(logits[:, 0].shape)
        losses = functional.cross_entropy(logits, labels, reduction="none")
        weight = detail.to(losses).repeat_interleave(self.levels, dim=0)
        return (losses * weight).sum() / weight.sum().clamp(min=1)


def blur_series(square: Planes, rng: np.random.Generator, levels: int = LEVELS) -> Planes:
    """Return a crop and ever stronger blurs of it, (levels + 1, Y, X).

    Half of them as in the paper (a Gaussian of sigma 2 cut to 7 x 7, again and again), a quarter
    with a smaller Gaussian, a quarter with discs of growing radius, as a lens makes them.
    """
    kind = rng.random()
    sigma = 2.0 if kind < 0.5 else float(np.exp(rng.uniform(np.log(0.6), np.log(2.0))))
    series = [square]
    for level in range(1, levels + 1):
        if kind < 0.75:
            series.append(cv2.GaussianBlur(series[-1], (7, 7), sigma))
        else:
            series.append(cv2.filter2D(square, -1, _disc(level * sigma)))
    return np.asarray(np.stack(series), np.float32)


def flicker(series: Planes, rng: np.random.Generator) -> Planes:
    """Give each plane of some series a brightness of its own: it says nothing of sharpness."""
    return camera.flicker(series, rng, share=FLICKER)


def degrade(series: Planes, rng: np.random.Generator) -> Planes:
    """Give some series another brightness and the noise of a camera, alike for all planes."""
    return camera.noisy(series, rng, share=NOISY)


def accuracy(
    pictures: Sequence[Picture], device: str = "cpu", *, crops: int = 32, size: int = 64
) -> Judge:
    """Return a judge: the share of held-back patch pairs that are ordered right.

    ``accuracy`` is the paper's task (sharp against its five blurs, no noise), ``accuracy_noisy``
    the same with the noise of a camera.
    """

    def look(
        network: nn.Module, rng: np.random.Generator, number: int
    ) -> dict[str, tuple[float, float]]:
        square = crop(rng, pictures[number % len(pictures)], size, variance=DETAIL)
        clean = _paper_series(square)
        noisy = np.clip(clean + rng.normal(0, 6, clean.shape), 0, 255).astype(np.float32)
        detail = _detail(square)
        total = LEVELS * int(detail.sum())

        def right(series: Planes) -> int:
            planes = torch.from_numpy(series[:, None] / 255 - 0.5).to(device)
            margins = _margins(network, planes[:1].expand_as(planes[1:]), planes[1:])
            return int(((margins.cpu().numpy() > 0) & detail).sum())

        return {"accuracy": (right(clean), total), "accuracy_noisy": (right(noisy), total)}

    return judge_by(look, count=crops, seed=20170)


def _margins(network: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """Return by how much a network of any form prefers the first planes, (N, Y', X')."""
    if isinstance(network, CollapsedCnn):
        scores: Tensor = network(first) - network(second)
        return scores[:, 0]
    logits: Tensor = network(first, second)
    return logits[:, 0] - logits[:, 1]


def _paper_series(square: Planes) -> Planes:
    series = [square]
    for _ in range(LEVELS):
        series.append(cv2.GaussianBlur(series[-1], (7, 7), 2.0))
    return np.asarray(np.stack(series), np.float32)


def _ordered(scores: Tensor, detail: Tensor) -> Tensor:
    """Average the losses of sharp against blurred, and half of those among the blurred."""
    sharp = functional.softplus(scores[:, 1:] - scores[:, :1]).mean(dim=1)
    blurred = functional.softplus(scores[:, 2:] - scores[:, 1:-1]).mean(dim=1)
    weight = detail.to(scores)
    return ((sharp + 0.5 * blurred) * weight).sum() / weight.sum().clamp(min=1)


def _detail(square: Planes) -> NDArray[np.bool_]:
    """Return which patches of a crop have a variance above `DETAIL`, in the grid of the scores."""
    inner = square[CONTEXT:-CONTEXT, CONTEXT:-CONTEXT].astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(inner, (PATCH, PATCH))[::STRIDE, ::STRIDE]
    return np.asarray(windows.var(axis=(-2, -1)) > DETAIL)


def _disc(radius: float) -> Planes:
    """Return the defocus disc of a lens, its edge one pixel soft."""
    reach = int(np.ceil(radius + 0.5))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1)
    return np.asarray(disc / disc.sum(), np.float32)


def vary(recipe: Recipe, settings: Settings) -> Recipe:
    """Return the recipe with so many blurs, in one of the forms."""
    form = settings["form"]
    loss = functools.partial(Sharpness if form == "collapsed" else Pairs, levels=settings["levels"])
    return replace(recipe, network=FORMS[form], loss=loss)


RECIPE = Recipe(
    method="cnn",
    network=CollapsedCnn,
    loss=Sharpness,
    judge=accuracy,
    plan=Plan(350, every=100),
    head=HEAD,
    text=TEXT,
    soft=True,
    vary=vary,
)

#: Train the network, see `napari_mfif.training.train`.
train = functools.partial(train_recipe, RECIPE)
