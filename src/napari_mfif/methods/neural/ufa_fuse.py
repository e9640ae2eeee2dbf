"""Pixels made by a network: UFA-FUSE of Zang, Zhou, Wang, Nie and Guo 2021.

The result so far and the next plane go in, the next result comes out; the pixels are the network's
own. Where to look is judged once, on the guide image: the channel attention from features
averaged over the whole planes (gathered first, block by block), the spatial attention from that.
Every channel and colour is then rebuilt by the same network under the same attention, so that any
number of them can be fused and none is decided against another. A pair with one band is
fused just as in the paper.

In a z-stack the channel attention is left out, see `CHANNEL_ATTENTION`: the result so far is sharp
in more places than the next plane, its averages are the larger, and the better it gets the more it
would win against planes that are sharper at some place.

Without it the spatial attention compares two numbers, one of either plane. So planes of a z-stack
need not be fused one after the other: each is judged once, they vote by these numbers, and pixels
are the planes' own, copied or averaged, not the network's (`along="votes"`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_mfif.methods.base import Answer, FloatMap, Plane, Region, Survey
from napari_mfif.methods.neural.base import Trained
from napari_mfif.methods.neural.pairwise import Comparer, PairCalibration, PairFold, PairwiseMethod
from napari_mfif.methods.neural.votes import VoteFold
from napari_mfif.networks.widths import UFA_FUSE as WIDTH
from napari_mfif.settings.parameters import Parameter, Settings

if TYPE_CHECKING:
    from torch import Tensor

    from napari_mfif.networks.ufa_fuse import UfaFuse as Network

__all__ = ["PairFuser", "UfaFuse"]


#: On simulated stacks (seed 503, 7 kinds, 12 planes) it costs 1.8 dB at low noise and takes the
#: share of depths within a plane from 92 % to 79 %; at high noise it makes no difference.
CHANNEL_ATTENTION = Parameter(
    "channel_attention",
    str,
    "pairs",
    "Where the network weighs features by their average over the planes: pairs, or always, as "
    "published.",
    choices=("pairs", "always"),
    advanced=True,
)


class PairFuser(Comparer):
    """The network on a device, fed in blocks.

    Parameters
    ----------
    network : napari_mfif.networks.ufa_fuse.UfaFuse
        For one band; in float32, it stays as it is.
    device : str, optional
        Where it runs.
    calibration : PairCalibration, optional
        What its attention is worth on z-stacks.
    precision, compiled, block
        As for `napari_mfif.networks.feeding.Feeder`.
    """

    method: ClassVar[str] = "ufa-fuse"

    def __init__(
        self,
        network: Network,
        device: str = "cpu",
        calibration: PairCalibration | None = None,
        *,
        precision: str = "float32",
        compiled: bool = False,
        block: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(calibration)
        from napari_mfif.networks.feeding import Feeder
        from napari_mfif.networks.ufa_fuse import REACH

        self.feeder = Feeder(
            network,
            device=device,
            precision=precision,
            context=REACH,
            compiled=compiled,
            block=block,
        )

    @staticmethod
    def untrained(facts: Mapping[str, str]) -> Network:
        """Return the network that the weights are for."""
        from napari_mfif.networks.ufa_fuse import UfaFuse as Network

        width, attention = int(facts.get("width", WIDTH)), facts.get("attention", "both")
        return Network(width, 1, residual=True, attention=attention)

    def __call__(self, first: FloatMap, second: FloatMap) -> FloatMap:
        """Return how much of the second plane is taken; see `Comparer`."""
        return self.fused([first], [second])[1]

    def fused(
        self, first: list[FloatMap], second: list[FloatMap], *, channels: bool = True
    ) -> tuple[list[FloatMap], FloatMap]:
        """Fuse two planes.

        Parameters
        ----------
        first, second : list of float32, (Y, X)
            Their bands, about 0 to 1. The first band decides.
        channels : bool, optional
            Whether features are weighed by their average over the planes, or all alike.

        Returns
        -------
        fused : list of float32, (Y, X)
            The bands of the fused plane.
        share : float32, (Y, X)
            How much of the second plane is in them, 0 to 1.
        """
        guides = np.stack([first[0], second[0]])
        channels = channels and bool(self.feeder.network.of_channels)
        weights = self._channels(guides) if channels else np.full(1, 0.5, np.float32)
        band, share = self.feeder(guides, run=functools.partial(_fused, weights))
        fused = [band]
        for one, two in zip(first[1:], second[1:], strict=True):
            image = np.stack([one, two, share])
            fused.append(self.feeder(image, run=functools.partial(_rebuilt, weights))[0])
        return fused, share

    def encoded(self, plane: FloatMap) -> FloatMap:
        """Return the spatial attention of one plane before the softmax, (Y, X)."""
        logit: FloatMap = self.feeder(plane[None], run=_logit)[0]
        return logit

    def logits(self, first: FloatMap, second: FloatMap) -> FloatMap:
        """Return the spatial attention of two planes that `encoded` returned, as a logit."""
        return second - first

    def _channels(self, planes: FloatMap) -> FloatMap:
        """Return the channel attention of the second plane, (width,), of whole planes."""
        means = self.feeder.mean(planes, _features)
        first, second = np.split(means, 2)
        return np.asarray(1 / (1 + np.exp(first - second)), np.float32)


def _features(network: Any, block: Tensor) -> Tensor:
    """Return the feature maps of both planes, (1, 2 * width, Y, X), nothing at the block's edge."""
    from torch.nn.functional import pad

    from napari_mfif.networks.ufa_fuse import FEATURES

    maps = network.features(block.transpose(0, 1)).flatten(0, 1)[None]
    return pad(maps, [FEATURES] * 4)


def _fused(channels: FloatMap, network: Any, block: Tensor) -> Tensor:
    """Return a block's fused pixels and the share of the second plane."""
    import torch

    weights = torch.from_numpy(channels).to(block.device)[None, :, None, None]
    planes = (block[:, :1], block[:, 1:])
    features = tuple(network.features(plane) for plane in planes)
    share = network.share(*features, weights)
    pixels = network.pixels(planes, features, weights, share)
    return torch.cat([pixels, share[..., 4:-4, 4:-4].to(pixels)], dim=1)


def _rebuilt(channels: FloatMap, network: Any, block: Tensor) -> Tensor:
    """Return a block's fused pixels in another band, under a given attention."""
    import torch

    from napari_mfif.networks.ufa_fuse import FEATURES, SPATIAL

    weights = torch.from_numpy(channels).to(block.device)[None, :, None, None]
    planes = (block[:, :1], block[:, 1:2])
    features = tuple(network.features(plane) for plane in planes)
    margin = FEATURES + SPATIAL
    share = block[:, 2:, margin:-margin, margin:-margin]
    pixels: Tensor = network.pixels(planes, features, weights, share)
    return pixels


def _logit(network: Any, block: Tensor) -> Tensor:
    logit: Tensor = network.logit(network.features(block) * 0.5)
    return logit[..., 4:-4, 4:-4]


class FusedFold(PairFold):
    """The result so far against each next plane; the network makes the next result.

    The depth follows from the spatial attention: a pixel's plane is the last one that had more than
    half of it, and its neighbours pull as in any fold of pairs.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the planes.
    n_planes : int
        How many planes will come.
    fuser : PairFuser
        The network.
    survey : Survey, optional
        Its offset and gain bring every band to about 0 to 1; the grey image alone is fused when
        not given.
    always : bool, optional
        Use the channel attention in z-stacks too.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        n_planes: int,
        fuser: PairFuser,
        survey: Survey | None = None,
        *,
        always: bool = False,
    ) -> None:
        super().__init__(shape, n_planes, fuser)
        self.fuser, self.survey = fuser, survey
        self._channels = always or n_planes == 2
        #: The bands of the result so far, the guide image first.
        self.bands: list[FloatMap] = []

    def update(self, plane: Plane) -> None:
        """Take the next plane."""
        bands = self._bands(plane)
        if not self.n_seen:
            self.bands = [band.copy() for band in bands]
        else:
            self.bands, self.focus = self.fuser.fused(self.bands, bands, channels=self._channels)
            self._compare(self.focus)
        self.n_seen += 1

    def answer(self) -> Answer:
        """Return depth, decision, confidence and pixels of the planes so far."""
        answer = super().answer()
        if self.survey is None:
            return answer
        bands = self.bands if self.survey.n_bands == 1 else self.bands[1:]
        offset, gain = np.float32(self.survey.offset), np.float32(self.survey.gain)
        return replace(answer, pixels=np.stack(bands, axis=-1) / gain + offset)

    def _bands(self, plane: Plane) -> list[FloatMap]:
        """Return the guide image, and the bands where it is not the only one."""
        if self.survey is None or self.survey.n_bands == 1:
            return [plane.guide]
        offset, gain = np.float32(self.survey.offset), np.float32(self.survey.gain)
        rest = np.moveaxis(plane.pixels, 2, 0)
        return [plane.guide, *((band.astype(np.float32) - offset) * gain for band in rest)]


class UfaFuse(PairwiseMethod):
    """Two planes are fused by a network, pixels and all; more of them vote, or meet in sequence."""

    name: ClassVar[str] = "ufa-fuse"
    title: ClassVar[str] = "UFA-FUSE (Zang 2021)"
    summary: ClassVar[str] = (
        "A network that makes up the pixels of pairs: for looking at, not for measuring. Averages "
        "the planes of noisy stacks. Slow without a GPU."
    )
    reference: ClassVar[str] = (
        "Zang, Zhou, Wang, Nie, Guo 2021, UFA-FUSE, IEEE Transactions on Instrumentation and "
        "Measurement 70"
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (CHANNEL_ATTENTION,)
    blends: ClassVar[bool] = True
    network: ClassVar[type[Trained]] = PairFuser

    def fold(
        self, network: PairFuser, region: Region, settings: Settings, survey: Survey
    ) -> FusedFold | VoteFold:
        """Make an empty state for a network."""
        if survey.n_planes > 2 and settings.get("along") != "sequential":
            softness = self.softness(network, settings, survey)
            return VoteFold(region.shape, survey.n_planes, network, softness)
        always = settings.get("channel_attention") == "always"
        return FusedFold(region.shape, survey.n_planes, network, survey, always=always)

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the spatial attention's logit of a plane, all channels weighed alike."""
        logit: FloatMap = self.loaded(settings, survey).encoded(plane.guide)
        return logit

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel: the result so far and what is being fused."""
        return 64 + 16 * n_bands
