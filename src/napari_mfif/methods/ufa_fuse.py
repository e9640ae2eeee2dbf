"""Pixels made by a network: UFA-FUSE of Zang, Zhou, Wang, Nie and Guo 2021.

The result so far and the next plane go in, the next result comes out; the pixels are the network's
own. Where to look is judged once, on the image that decides: the channel attention from features
averaged over the whole planes (gathered first, block by block), the spatial attention from that.
Every channel and colour is then rebuilt by the same network under the same attention, so that any
number of them can be fused and none is decided against another. A stack with one band is
fused just as in the paper.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.methods.neural import available, need_torch, trained
from napari_mfif.parameters import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from napari_mfif.networks.ufa_fuse import UfaFuse as Network

__all__ = ["PairFuser", "UfaFuse", "load_fuser"]

#: More rows than any plane has.
EVERYTHING = 1 << 24
#: The shipped network's maps per layer; the paper has 64.
WIDTH = 32


class UfaFuse(Method):
    """The result so far and the next plane are fused by a network, pixels and all."""

    name: ClassVar[str] = "ufa-fuse"
    title: ClassVar[str] = "UFA-FUSE (Zang 2021)"
    summary: ClassVar[str] = (
        "A network that makes up the pixels of the result: for looking at, not for measuring. "
        "Slow without a GPU."
    )
    reference: ClassVar[str] = (
        "Zang, Zhou, Wang, Nie, Guo 2021, UFA-FUSE, IEEE Transactions on Instrumentation and "
        "Measurement 70"
    )
    along: ClassVar[tuple[str, ...]] = ("sequential",)
    neural: ClassVar[bool] = True
    blends: ClassVar[bool] = True

    def begin(self, region: Region, settings: Settings, survey: Survey) -> Sequence:
        """Load the network and make an empty state."""
        return Sequence(_fuser_of(settings), survey)

    def take(self, state: Sequence, plane: Plane) -> None:
        """Fuse the result so far with the next plane."""
        state.take(plane)

    def finish(self, state: Sequence) -> Answer:
        """Return the answer so far."""
        return state.answer()

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the spatial attention's logit of a plane, all channels weighed alike."""
        return _fuser_of(settings).logit(plane.decide)

    def halo(self, settings: Settings) -> int:
        """Return all rows: the attention weighs features averaged over the whole plane."""
        return EVERYTHING

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel: the result so far and what is being fused."""
        return 48 + 16 * n_bands


class PairFuser:
    """The network on a device, fed in blocks.

    Parameters
    ----------
    network : napari_mfif.networks.ufa_fuse.UfaFuse
        For one band; in float32, it stays as it is.
    device : str, optional
        Where it runs.
    precision, compiled, block
        As for `napari_mfif.networks.feeding.Feeder`.
    """

    def __init__(
        self,
        network: Network,
        device: str = "cpu",
        *,
        precision: str = "float32",
        compiled: bool = False,
        block: tuple[int, int] | None = None,
    ) -> None:
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

    def __call__(
        self, first: list[FloatMap], second: list[FloatMap]
    ) -> tuple[list[FloatMap], FloatMap]:
        """Fuse two planes.

        Parameters
        ----------
        first, second : list of float32, (Y, X)
            Their bands, about 0 to 1. The first band decides.

        Returns
        -------
        fused : list of float32, (Y, X)
            The bands of the fused plane.
        share : float32, (Y, X)
            How much of the second plane is in them, 0 to 1.
        """
        decides = np.stack([first[0], second[0]])
        channels = self._channels(decides)
        band, share = self.feeder(decides, run=functools.partial(_fused, channels))
        fused = [band]
        for one, two in zip(first[1:], second[1:], strict=True):
            image = np.stack([one, two, share])
            fused.append(self.feeder(image, run=functools.partial(_rebuilt, channels))[0])
        return fused, share

    def logit(self, decide: FloatMap) -> FloatMap:
        """Return the spatial attention of one plane before the softmax, (Y, X)."""
        logit: FloatMap = self.feeder(decide[None], run=_logit)[0]
        return logit

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


class Sequence:
    """The result so far against each next plane.

    The depth is made from the spatial attention: a pixel's plane is the last one that had more than
    half of it. Its confidence is the chance that this plane was the sharper each time it was
    compared, as if the attention were a probability.

    Parameters
    ----------
    fuser : PairFuser
        The network.
    survey : Survey
        Its offset and gain bring every band to about 0 to 1.
    """

    def __init__(self, fuser: PairFuser, survey: Survey) -> None:
        self.fuser, self.survey = fuser, survey
        self.taken = 0
        #: The bands of the result so far, the image that decides first.
        self.fused: list[FloatMap] = []
        self.share: FloatMap | None = None

    def take(self, plane: Plane) -> None:
        """Take the next plane."""
        bands = self._bands(plane)
        if not self.taken:
            self.fused = [band.copy() for band in bands]
            self.decision = np.zeros(plane.decide.shape, np.uint16)
            self.confidence = np.ones(plane.decide.shape, np.float32)
        else:
            self.fused, self.share = self.fuser(self.fused, bands)
            wins = self.share > 0.5
            self.decision[wins] = plane.index
            kept = self.confidence * (1 - self.share)
            self.confidence = np.where(wins, self.share, kept)
        self.taken += 1

    def answer(self) -> Answer:
        """Return depth, decision, confidence and pixels of the planes so far."""
        offset, gain = self.survey.offset, self.survey.gain
        bands = self.fused if self.survey.n_bands == 1 else self.fused[1:]
        pixels = np.stack(bands, axis=-1) / np.float32(gain) + np.float32(offset)
        depth = self.decision.astype(np.float32)
        weight = self.share if self.survey.n_planes == 2 else None
        return Answer(depth, self.decision.copy(), self.confidence.copy(), pixels, weight)

    def _bands(self, plane: Plane) -> list[FloatMap]:
        """Return the image that decides, and the bands where it is not the only one."""
        if plane.pixels.shape[2] == 1:
            return [plane.decide]
        offset, gain = np.float32(self.survey.offset), np.float32(self.survey.gain)
        rest = np.moveaxis(plane.pixels, 2, 0)
        return [plane.decide, *((band.astype(np.float32) - offset) * gain for band in rest)]


def _fuser_of(settings: Settings) -> PairFuser:
    """Return the network as the settings want it."""
    return load_fuser(
        settings.get("device", "cpu"),
        settings.get("precision", "float32"),
        settings.get("compile", False),
    )


@functools.lru_cache(maxsize=4)
def load_fuser(device: str, precision: str = "auto", compiled: bool = False) -> PairFuser:
    """Return the trained network of `ufa-fuse`.

    Parameters
    ----------
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    precision, compiled
        As for `PairFuser`.

    Raises
    ------
    WeightsError
        There are no weights, they are damaged, or torch is missing.
    """
    need_torch("ufa-fuse")
    from napari_mfif.networks.ufa_fuse import UfaFuse as Network

    network, _ = trained("ufa-fuse", lambda: Network(WIDTH, 1, residual=True))
    assert isinstance(network, Network)
    return PairFuser(network, available(device), precision=precision, compiled=compiled)
