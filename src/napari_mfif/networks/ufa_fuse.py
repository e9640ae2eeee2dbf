"""The fusing network of Zang, Zhou, Wang, Nie and Guo (UFA-FUSE, 2021).

Two planes go in, one fused plane comes out: features of both by seven shared convolutions, weighed
against each other by a channel and a spatial attention, joined, and turned back into pixels by four
more (Table II of the paper).

As published the last convolution ends in a sigmoid that makes every pixel anew, so the network
has to learn first to give back what it is shown. With `residual` the last convolution gives a
correction only, to the mean of the two planes weighted by the spatial attention: where that is
sure, pixels are those of a plane from the first step on.

Convolutions are not padded: a plane is reflected by `REACH` pixels first.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ATTENTIONS", "FEATURES", "REACH", "SLOPE", "SPATIAL", "UfaFuse", "channel_weights"]

#: Pixels round a feature that its seven convolutions look at.
FEATURES = 7
#: Pixels round a place that the spatial attention looks at.
SPATIAL = 3
#: Pixels round a fused pixel that all layers together look at: four convolutions come last.
REACH = FEATURES + SPATIAL + 4
#: Of the leaky rectifiers below 0; the paper does not tell its own.
SLOPE = 0.2
#: Which attention there may be; the paper compares all four.
ATTENTIONS = ("both", "channel", "spatial", "none")


class UfaFuse(nn.Module):
    """Features, unity fusion attention, pixels.

    Parameters
    ----------
    width : int, optional
        Feature maps; 64 as published.
    bands : int, optional
        Colours of a plane; 3 as published: 344,230 parameters at a width of 64.
    residual : bool, optional
        Correct the weighted mean of the planes; without it pixels come from a sigmoid alone, as
        published.
    attention : {"both", "channel", "spatial", "none"}, optional
        What weighs the planes against each other; where an attention is left out they count alike.
    """

    #: Half precisions that change fewer than 2 in 1000 decisions, by the card.
    halves = ("float16",)

    def __init__(
        self,
        width: int = 64,
        bands: int = 3,
        *,
        residual: bool = False,
        attention: str = "both",
    ) -> None:
        super().__init__()
        self.residual = residual
        self.of_channels = attention in ("both", "channel")
        self.of_places = attention in ("both", "spatial")
        #: Layers whose rounding would be seen: they are small.
        self.in_float32 = ("spatial", "last") if self.of_places else ("last",)
        #: What a file of weights says about the form.
        self.facts = {"width": str(width)}
        self.facts |= {} if attention == "both" else {"attention": attention}
        self.extract = _convolutions([bands, *[width] * 7])
        if self.of_places:
            self.spatial = nn.Conv2d(2, 1, 7)
        self.join = nn.Conv2d(2 * width, width, 1)
        self.rebuild = _convolutions([width] * 4)
        self.last = nn.Conv2d(width, bands, 3)
        if residual:  # the first correction is none
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the fused planes, (N, bands, Y, X), without a margin of `REACH` pixels."""
        return self.fused(first, second)[0]

    def fused(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return the fused planes and how much of the second is in them, margins as they are."""
        features = self.features(first), self.features(second)
        channels = self.channels(*(one.mean((2, 3)) for one in features))
        share = self.share(*features, channels)
        return self.pixels((first, second), features, channels, share), share

    def features(self, planes: Tensor) -> Tensor:
        """Return the feature maps, (N, width, Y, X), without a margin of `FEATURES` pixels."""
        maps: Tensor = self.extract(planes)
        return maps

    def channels(self, first: Tensor, second: Tensor) -> Tensor:
        """Return `channel_weights`, or one half where there is no channel attention."""
        weights = channel_weights(first, second)
        return weights if self.of_channels else torch.full_like(weights, 0.5)

    def share(self, first: Tensor, second: Tensor, channels: Tensor) -> Tensor:
        """Return the spatial attention (eq. 9, 10), without a margin of `SPATIAL` pixels.

        Parameters
        ----------
        first, second : Tensor
            Feature maps, (N, width, Y, X).
        channels : Tensor
            Of `channel_weights`.

        Returns
        -------
        Tensor
            (N, 1, Y, X), 0 to 1: how much of the second plane is taken; a softmax of two.
        """
        return torch.sigmoid(self.logit(second * channels) - self.logit(first * (1 - channels)))

    def logit(self, features: Tensor) -> Tensor:
        """Return what the spatial attention compares (eq. 9), without its margin.

        Parameters
        ----------
        features : Tensor
            Feature maps times the channel attention, (N, width, Y, X).
        """
        if not self.of_places:
            return features.new_zeros(_without(features[:, :1], SPATIAL).shape)
        pooled = [features.mean(1, keepdim=True), features.amax(1, keepdim=True)]
        logit: Tensor = self.spatial(torch.cat(pooled, dim=1))
        return logit

    def pixels(
        self,
        planes: tuple[Tensor, Tensor],
        features: tuple[Tensor, Tensor],
        channels: Tensor,
        share: Tensor,
    ) -> Tensor:
        """Return the fused planes from what `features` and `share` gave.

        Parameters
        ----------
        planes, features : pair of Tensor
            The planes that went into `features`, and what came out.
        channels : Tensor
            Of `channel_weights`.
        share : Tensor
            Of `share`.
        """
        first, second = (_without(one, SPATIAL) for one in features)
        weighted = [first * (1 - channels) * (1 - share), second * channels * share]
        maps: Tensor = self.last(self.rebuild(self.join(torch.cat(weighted, dim=1))))
        if not self.residual:
            return torch.sigmoid(maps)
        one, two = (_without(plane, REACH) for plane in planes)
        return torch.lerp(one.float(), two.float(), _without(share, 4).float()) + maps.float()


def channel_weights(first: Tensor, second: Tensor) -> Tensor:
    """Return the channel attention (eq. 7, 8) of the second plane; the first has what is left.

    Parameters
    ----------
    first, second : Tensor
        Features averaged over the whole planes, (N, width).

    Returns
    -------
    Tensor
        (N, width, 1, 1), 0 to 1: a softmax of two.
    """
    return torch.sigmoid(second - first)[..., None, None]


def _convolutions(widths: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 3), nn.LeakyReLU(SLOPE, inplace=True)]
    return nn.Sequential(*layers)


def _without(maps: Tensor, margin: int) -> Tensor:
    """Cut a margin off, without a copy."""
    return functional.pad(maps, [-margin] * 4)
