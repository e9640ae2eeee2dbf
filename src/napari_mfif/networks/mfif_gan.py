"""The generator and the discriminator of MFIF-GAN (Wang, Xu, Zhang et al., 2021).

The generator sees two planes and gives a focus map: 1 where the first is in focus. Each channel of
each plane goes through one shared encoder, to maps at a quarter of the size; those of a plane are
averaged over its channels, those of both planes stand side by side before the decoder. Grey planes
have one channel: tripled ones, as in the paper, give the same at three times the cost.

The paper's figure with the numbers of maps is not in its text; `width` maps after the first
convolution, twice and four times as many after the next two, are those of FuseGAN, from which it
is derived. Squeeze and excitation average over the whole plane: `MfifGenerator.fed` goes through
a large plane layer by layer, in strips, and gives what the whole gives.

Planes come as ``grey / 255 - 0.5`` in float32, (N, C, Y, X); Y and X are multiples of 4.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["BLOCKS", "GRID", "MfifDiscriminator", "MfifGenerator"]

#: The encoder's maps are at a quarter of the size.
GRID = 4
#: Squeeze-and-excitation residual blocks of the encoder.
BLOCKS = 9
#: Rows of maps at a quarter of the size that go through a layer at a time.
STRIP = 64
#: Rows round a strip, at a quarter of the size, that stem, residual block and decoder look at.
_STEM_HALO, _BLOCK_HALO, _DECODER_HALO = 2, 2, 4


class _Residual(nn.Module):
    """Two convolutions whose maps are weighed by their own averages, then added to the input."""

    def __init__(self, maps: int, reduction: int, squeeze: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(maps, maps, 3, padding=1, bias=False),
            nn.BatchNorm2d(maps),
            nn.ReLU(inplace=True),
            nn.Conv2d(maps, maps, 3, padding=1, bias=False),
            nn.BatchNorm2d(maps),
        )
        self.gate = (
            nn.Sequential(
                nn.Linear(maps, maps // reduction),
                nn.ReLU(inplace=True),
                nn.Linear(maps // reduction, maps),
                nn.Sigmoid(),
            )
            if squeeze
            else None
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        change = self.body(maps)
        return self.joined(maps, change, change.mean(dim=(2, 3)))

    def joined(self, maps: Tensor, change: Tensor, means: Tensor) -> Tensor:
        """Return the sum of the input and the change, weighed by the change's means (N, maps)."""
        if self.gate is None:
            return functional.relu(maps + change)
        return functional.relu(maps + change * self.gate(means)[:, :, None, None])


class MfifGenerator(nn.Module):
    """From two planes to a focus map.

    Parameters
    ----------
    width : int, optional
        Maps after the first convolution. 64 is what the network for colour is thought to have
        (12.6 million parameters), 16 gives 789,045.
    blocks : int, optional
        Residual blocks.
    squeeze : bool, optional
        Weigh the maps of a block by their averages; the paper's comparison has blocks without.
    """

    def __init__(self, width: int = 16, blocks: int = BLOCKS, *, squeeze: bool = True) -> None:
        super().__init__()
        #: What a file of weights says about the form.
        self.facts = {"width": str(width)} | ({} if squeeze else {"squeeze": "no"})
        self.stem = nn.Sequential(
            *_layer(nn.Conv2d(1, width, 7, padding=3, bias=False)),
            *_layer(nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False)),
            *_layer(nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1, bias=False)),
        )
        self.blocks = nn.ModuleList(_Residual(4 * width, 16, squeeze) for _ in range(blocks))
        self.decoder = nn.Sequential(
            *_layer(_doubling(8 * width, 4 * width)),
            *_layer(_doubling(4 * width, 2 * width)),
            nn.Conv2d(2 * width, 1, 7, padding=3),
        )

    def encode(self, planes: Tensor) -> Tensor:
        """Return the maps of planes, (N, 4 width, Y / 4, X / 4), averaged over their channels."""
        count, channels = planes.shape[:2]
        maps = self.stem(planes.reshape(count * channels, 1, *planes.shape[2:]))
        for block in self.blocks:
            maps = block(maps)
        return _over_channels(maps, count)

    def decode(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the logit, (N, 1, Y, X), of the first plane being in focus."""
        logits: Tensor = self.decoder(torch.cat([first, second], dim=1))
        return logits

    def logits(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the logit, (N, 1, Y, X), of the first plane being in focus."""
        maps = self.encode(torch.cat([first, second]))  # one pass, so that both are normed alike
        return self.decode(*maps.chunk(2))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the focus map, (N, 1, Y, X), 0 to 1: 1 where the first plane is in focus."""
        return torch.sigmoid(self.logits(first, second))

    def encode_in_strips(self, planes: Tensor, strip: int = STRIP) -> Tensor:
        """Return what `encode` does; only maps at a quarter of the size cover the planes.

        Each layer goes over the planes in strips of rows, and the averages that squeeze and
        excitation look at are gathered over all of them first.
        """
        count, channels, rows = planes.shape[:3]
        single = planes.reshape(count * channels, 1, *planes.shape[2:])
        maps = _in_strips(
            self.stem, single, rows // GRID, halo=_STEM_HALO, strip=strip, scale=(GRID, 1)
        )
        for block in self.blocks:
            assert isinstance(block, _Residual)
            change = _in_strips(block.body, maps, maps.shape[2], halo=_BLOCK_HALO, strip=strip)
            means = change.mean(dim=(2, 3), dtype=torch.float32).to(change.dtype)
            for top in range(0, maps.shape[2], strip):
                part = slice(top, top + strip)
                maps[:, :, part] = block.joined(maps[:, :, part], change[:, :, part], means)
        return _over_channels(maps, count)

    def decode_in_strips(self, first: Tensor, second: Tensor, strip: int = STRIP) -> Tensor:
        """Return what `decode` does, in strips of rows."""
        maps = torch.cat([first, second], dim=1)
        return _in_strips(
            self.decoder, maps, maps.shape[2], halo=_DECODER_HALO, strip=strip, scale=(1, GRID)
        )


class MfifDiscriminator(nn.Module):
    """From two planes and a focus map to one number: larger is more like a true map.

    Eight convolutions, without batch norm: the gradient penalty looks at one example at a time.

    Parameters
    ----------
    channels : int, optional
        Of a plane: 1 for grey, 3 for colour (7 channels in all, as in the paper).
    width : int, optional
        Maps after the first convolution; they double up to eight times as many.
    """

    def __init__(self, channels: int = 1, width: int = 16) -> None:
        super().__init__()
        counts = [2 * channels + 1, *(width * min(2**i, 8) for i in range(7))]
        layers: list[nn.Module] = []
        for before, after in pairwise(counts):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(counts[-1], 1, 1))

    def forward(self, first: Tensor, second: Tensor, focus: Tensor) -> Tensor:
        """Return a score, (N,), of focus maps (N, 1, Y, X)."""
        scores: Tensor = self.layers(torch.cat([first, second, focus], dim=1))
        return scores.mean(dim=(1, 2, 3))


def _doubling(before: int, after: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1, bias=False)


def _over_channels(maps: Tensor, count: int) -> Tensor:
    """Return the mean over the channels of `count` planes whose channels lie one after another."""
    return maps.reshape(count, -1, *maps.shape[1:]).mean(dim=1)


def _layer(convolution: nn.Conv2d | nn.ConvTranspose2d) -> tuple[nn.Module, ...]:
    return convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU(inplace=True)


def _in_strips(
    part: Callable[[Tensor], Tensor],
    maps: Tensor,
    rows: int,
    *,
    halo: int,
    strip: int,
    scale: tuple[int, int] = (1, 1),
) -> Tensor:
    """Apply layers to strips of rows; `scale` are rows of the input and of the output per row.

    Every strip brings `halo` rows more; where the plane ends it ends too, so that the layers' own
    padding is that of the whole.
    """
    into, out = scale
    whole: Tensor | None = None
    for top in range(0, rows, strip):
        bottom = min(top + strip, rows)
        first, last = max(top - halo, 0), min(bottom + halo, rows)
        found = part(maps[:, :, into * first : into * last])
        if whole is None:
            whole = found.new_empty((*found.shape[:2], out * rows, found.shape[3]))
        own = slice(out * (top - first), out * (bottom - first))
        whole[:, :, out * top : out * bottom] = found[:, :, own]
    assert whole is not None
    return whole
