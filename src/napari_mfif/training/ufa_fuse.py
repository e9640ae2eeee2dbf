"""The recipe of `ufa-fuse`: two partly focused planes in, the sharp plane out.

As in Zang et al. 2021, section III-C, for grey planes: a sharp picture, its mean filter of one of
four strengths, and a focus map give two planes that are sharp where the other is not. The loss is
theirs, 0.2 times the mean difference and 0.8 times what is missing to a structural similarity of 1.

These are half of the pairs, with additions: blurs like those of lenses, pictures that are out of
focus beforehand, focus maps of one piece or with soft edges. The other half are scenes as a lens
sees them, mostly of two planes of a z-stack, where the answer is the sharper plane at each place.
Two in five pairs are dark and noisy; their answer has the noise of the plane it comes from.
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

from napari_mfif.networks.ufa_fuse import REACH, UfaFuse
from napari_mfif.networks.widths import UFA_FUSE as WIDTH
from napari_mfif.settings.parameters import Settings
from napari_mfif.training.data import Picture, crop
from napari_mfif.training.judge import Judge, judge_by
from napari_mfif.training.masks import draw_mask
from napari_mfif.training.pairs import (
    MEAN_FILTERS,
    Blur,
    Pair,
    conventional,
    disc,
    gaussian,
    mean_filter,
    mean_filtered,
)
from napari_mfif.training.plan import Plan
from napari_mfif.training.recipe import Recipe, train_recipe
from napari_mfif.training.scenes import object_pair, stack_pair
from napari_mfif.training.ufa_fuse_card import HEAD, TEXT

__all__ = [
    "RECIPE",
    "Reconstruction",
    "draw_pair",
    "fidelity",
    "similarity",
    "train",
]

#: Batches of the shipped weights.
STEPS = 5000
#: Learning rate at the start; the paper's 1e-4 suits its 300 epochs.
RATE = 1e-3
#: Share of the pairs that are made dark and noisy.
NOISY = 0.4
#: Share of the mean difference in the loss (the paper's lambda).
ABSOLUTE = 0.2

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Reconstruction:
    """The loss of one batch of pairs.

    Parameters
    ----------
    pictures : sequence of Picture
        What is learnt from.
    device : str, optional
        Where the network is.
    pairs : int, optional
        Pairs per batch.
    size : int, optional
        Pixels of a pair's side.
    absolute : float, optional
        Share of the mean difference (lambda); the rest is structural similarity.
    """

    pictures: Sequence[Picture]
    device: str = "cpu"
    pairs: int = 4
    size: int = 72
    absolute: float = ABSOLUTE

    def __call__(self, network: nn.Module, rng: np.random.Generator) -> Tensor:
        """Return how far the fused planes are from the sharp ones (eq. 1)."""
        made = [draw_example(rng, self.pictures, self.size) for _ in range(self.pairs)]
        first, second, truth = (
            _batch([getattr(pair, name) for pair in made], self.device)
            for name in ("first", "second", "image")
        )
        fused = network(first, second).float()
        wanted = _inside(truth)
        absolute = (fused - wanted).abs().mean()
        with torch.autocast(torch.device(self.device).type, enabled=False):
            # Differences of squares: half precision makes any likeness of them.
            unlike = 1 - similarity(fused, wanted).mean()
        loss: Tensor = self.absolute * absolute + (1 - self.absolute) * unlike
        return loss


def draw_example(rng: np.random.Generator, pictures: Sequence[Picture], size: int) -> Pair:
    """Draw what the network learns from: half of it are the paper's pairs and their like.

    The others are three in ten of what a sequence meets in a z-stack, and two in ten objects whose
    defocus spreads over their background. There the answer is the sharper plane at each place, not
    the scene as it would be sharp: nothing is asked for that no plane shows.
    """
    kind = rng.random()
    if kind < 0.5:
        pair = draw_pair(rng, pictures[int(rng.integers(len(pictures)))], size)
        return _noisy(rng, pair) if rng.random() < NOISY else pair
    found = (stack_pair if kind < 0.8 else object_pair)(rng, pictures, size)
    first, second = (plane / np.float32(255) for plane in (found.first, found.second))
    image = np.where(found.focus > 0.5, first, second)
    pair = Pair(first, second, found.focus, image)
    return _noisy(rng, pair) if rng.random() < NOISY else pair


def draw_pair(
    rng: np.random.Generator, picture: Picture, size: int, *, published: bool = False
) -> Pair:
    """Draw a pair from a picture, values of about 0 to 1; its image is what fusing should give.

    Parameters
    ----------
    rng : Generator
        Everything is drawn from it.
    picture : Picture
        Sharp.
    size : int
        Pixels of the side.
    published : bool, optional
        As in the paper: no blur but the mean filter, hard edges, never all of one plane.
    """
    sharp = crop(rng, picture, size) / np.float32(255)
    mask = draw_mask(rng, sharp.shape)
    low, high = MEAN_FILTERS[int(rng.integers(len(MEAN_FILTERS)))]
    side = int(rng.integers(low, high + 1))
    if published:
        pair = mean_filtered(sharp, mask, side)
    else:
        blur = mean_filter(side) if rng.random() < 0.5 else _lens(rng)
        sharp = gaussian(rng.uniform(0.4, 2.0))(sharp) if rng.random() < 0.35 else sharp
        mask = np.ones_like(mask) if rng.random() < 0.1 else _edged(rng, mask)
        pair = replace(conventional(sharp, mask, blur), focus=mask)
    return pair.swapped() if rng.random() < 0.5 else pair


def _lens(rng: np.random.Generator) -> Blur:
    """Return a Gaussian or a disc of any strength."""
    sigma = float(np.exp(rng.uniform(np.log(0.5), np.log(3.5))))
    # A disc's standard deviation along an axis is half its radius.
    return gaussian(sigma) if rng.random() < 0.5 else disc(2 * sigma)


def _edged(rng: np.random.Generator, mask: Grey) -> Grey:
    """Make the edge of a mask hard or soft."""
    if rng.random() < 0.5:
        return (mask > 0.5).astype(np.float32)
    return gaussian(rng.uniform(0.4, 2.0))(mask)


def _noisy(rng: np.random.Generator, pair: Pair) -> Pair:
    """Make a pair darker and noisy; the answer has the noise of the plane it comes from."""
    gain, offset = np.exp(rng.uniform(np.log(0.3), 0)), rng.uniform(0, 0.3)
    sigma = np.exp(rng.uniform(np.log(0.003), np.log(0.06)))
    noise = rng.normal(0, sigma, (2, *pair.focus.shape))
    first, second, image = (
        np.asarray(plane * gain + offset + own, np.float32)
        for plane, own in (
            (pair.first, noise[0]),
            (pair.second, noise[1]),
            (pair.image, noise[0] * pair.focus + noise[1] * (1 - pair.focus)),
        )
    )
    return Pair(first, second, pair.focus, image)


def similarity(first: Tensor, second: Tensor) -> Tensor:
    """Return the map of the structural similarity (eq. 3), 11 x 11 Gaussian of 1.5, values 0 to 1.

    Parameters
    ----------
    first, second : Tensor
        (N, 1, Y, X); the map has no margin of 5 pixels.
    """
    moments = torch.cat([first, second, first * first, second * second, first * second], dim=1)
    window = torch.exp(-(torch.arange(-5.0, 6, device=first.device) ** 2) / (2 * 1.5**2))
    window = (window / window.sum()).expand(5, 1, 1, 11)
    moments = functional.conv2d(moments, window, groups=5)
    moments = functional.conv2d(moments, window.transpose(2, 3), groups=5)
    mean1, mean2, square1, square2, product = torch.split(moments, 1, dim=1)
    c1, c2 = 0.01**2, 0.03**2
    means = mean1 * mean2
    squares = mean1 * mean1 + mean2 * mean2
    alike: Tensor = ((2 * means + c1) * (2 * (product - means) + c2)) / (
        (squares + c1) * (square1 + square2 - squares + c2)
    )
    return alike


def fidelity(
    pictures: Sequence[Picture], device: str = "cpu", *, pairs: int = 24, size: int = 156
) -> Judge:
    """Return a judge: how near fused pairs come to held-back pictures.

    ``psnr`` in dB and ``ssim`` of the paper's pairs; ``right``, the share of pixels there that have
    more of the sharper plane, where blur made a difference.
    """

    def look(
        network: nn.Module, rng: np.random.Generator, number: int
    ) -> dict[str, tuple[float, float]]:
        pair = draw_pair(rng, pictures[number % len(pictures)], size, published=True)
        first, second, truth = (
            _batch([plane], device) for plane in (pair.first, pair.second, pair.image)
        )
        fused, share = network.fused(first, second)  # type: ignore[operator]
        error = float(((fused - _inside(truth)) ** 2).mean())
        inner = slice(REACH, -REACH)
        differs = np.abs(pair.first - pair.second)[inner, inner] > 0.02
        taken = share[0, 0, 4:-4, 4:-4].cpu().numpy()
        right = ((taken < 0.5) == (pair.focus[inner, inner] > 0.5)) & differs
        return {
            "psnr": (-10 * np.log10(max(error, 1e-10)), 1),
            "ssim": (float(similarity(fused, _inside(truth)).mean()), 1),
            "right": (right.sum(), differs.sum()),
        }

    return judge_by(look, count=pairs, seed=20210)


def _batch(planes: Sequence[Grey], device: str) -> Tensor:
    return torch.from_numpy(np.stack(planes)[:, None]).to(device)


def _inside(planes: Tensor) -> Tensor:
    return planes[..., REACH:-REACH, REACH:-REACH]


def make_network(width: int = WIDTH, attention: str = "both") -> UfaFuse:
    """Return the network with its first weights, in the memory order that processors like."""
    network = UfaFuse(width, 1, residual=True, attention=attention)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def vary(recipe: Recipe, settings: Settings) -> Recipe:
    """Return the recipe with some attention, width and weights of the loss."""
    network = functools.partial(make_network, settings["width"], settings["attention"])
    loss = functools.partial(Reconstruction, absolute=settings["absolute"])
    return replace(recipe, network=network, loss=loss)


RECIPE = Recipe(
    method="ufa-fuse",
    network=make_network,
    loss=Reconstruction,
    judge=fidelity,
    plan=Plan(STEPS, rate=RATE, every=250),
    head=HEAD,
    text=TEXT,
    soft=True,
    vary=vary,
)

#: Train the network and write weights and card.
train = functools.partial(train_recipe, RECIPE)
