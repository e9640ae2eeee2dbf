"""Convolutions of 3 x 3 with a quarter of the multiplications, on processors.

The minimal filtering F(4 x 4, 3 x 3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural
Networks" (CVPR 2016): maps are cut into tiles of 6 x 6 that overlap by 2, tiles and kernels are
transformed, multiplied place by place, and transformed back to tiles of 4 x 4. The multiplication
place by place is one product of matrices per place, over all maps; the transforms, along rows and
then along columns, are products of matrices too.

Their polynomials are interpolated at 0, infinity, and plus and minus `NEAR` and 1 / `NEAR`. With
the 1 and 2 of the paper in place of these, sums in float32 would be off twice as far as when they
are added up directly, some of them five times; so they are not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

__all__ = ["KERNEL", "TILE", "Winograd", "joined"]

#: Side of a kernel, of what a tile gives, and of a tile with what its kernels look at.
KERNEL, TILE = 3, 4
SIDE = TILE + KERNEL - 1
#: The points of the interpolation that are neither 0 nor infinity.
NEAR = 0.5**0.5
#: Tiles that go through at a time. Of 64 maps before and 128 after they take 6 MB, twice that with
#: twice the maps, which stays in the last cache; fewer make the products of matrices too small.
AT_A_TIME = 192

#: Gives the rows of the maps from a first to a last, (last - first, X, C), without gaps.
Rows = Callable[[int, int], Tensor]


class Winograd(nn.Module):
    """A convolution of 3 x 3, without stride or padding, for one image on a processor.

    Parameters
    ----------
    layer : nn.Conv2d
        In float32; it stays as it is.
    """

    weights: Tensor
    bias: Tensor
    into: Tensor
    back: Tensor

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        onto, into, back = (torch.from_numpy(each) for each in _transforms())
        kernels = layer.weight.detach().double()
        weights = torch.einsum("yi,xj,kcij->yxck", onto, onto, kernels).flatten(0, 1)
        bias = torch.zeros(len(kernels)) if layer.bias is None else layer.bias.detach().clone()
        self.register_buffer("weights", weights.float().contiguous())
        self.register_buffer("bias", bias)
        self.register_buffer("into", into.float())
        self.register_buffer("back", back.float())

    def strips(self, rows: Rows, down: int, across: int) -> Iterator[Tensor]:
        """Yield what the tiles give, strip by strip, without the bias.

        Parameters
        ----------
        rows : callable
            Gives rows of the maps, ``TILE * across + 2`` wide, up to ``TILE * down + 2``.
        down, across : int
            How many tiles there are.

        Yields
        ------
        Tensor
            (TILE, TILE, rows of tiles, across, K): rows and columns within the tiles come first.
            It may be changed, and is filled anew with the next strip.
        """
        high = max(1, min(down, AT_A_TIME // across))
        room = self._room(high, across)
        for first in range(0, down, high):
            count = min(high, down - first)
            maps = rows(TILE * first, TILE * (first + count) + KERNEL - 1)
            yield self._strip(maps, count, across, *room)

    def _room(self, down: int, across: int) -> tuple[Tensor, Tensor]:
        """Return memory for both sides of every step."""
        before, after = self.weights.shape[1:]
        bands = SIDE * down * (TILE * across + KERNEL - 1) * before
        places, returned = SIDE * SIDE * down * across, TILE * SIDE * down * across * after
        one = max(bands, places * before, returned)
        return torch.empty(one), torch.empty(places * max(before, after))

    def _strip(self, maps: Tensor, down: int, across: int, one: Tensor, other: Tensor) -> Tensor:
        """Take a strip through all steps, to and fro between two places of memory."""
        before, after = self.weights.shape[1:]
        tiles = down * across
        turned = _part(one, down, SIDE, maps[0].numel())
        torch.bmm(self.into.expand(down, -1, -1), _bands(maps, down), out=turned)
        cut = _part(other, SIDE, SIDE, down, across, before)
        cut.copy_(_columns(turned.view(down, SIDE, -1, before), across))
        turned = _part(one, SIDE, SIDE, tiles * before)
        torch.bmm(self.into.expand(SIDE, -1, -1), cut.view_as(turned), out=turned)
        product = _part(other, SIDE * SIDE, tiles, after)
        torch.bmm(turned.view(SIDE * SIDE, tiles, before), self.weights, out=product)
        returned = _part(one, TILE, SIDE * tiles * after)
        torch.mm(self.back, product.view(SIDE, -1), out=returned)
        own = _part(other, TILE, TILE, tiles * after)
        torch.bmm(self.back.expand(TILE, -1, -1), returned.view(TILE, SIDE, -1), out=own)
        return own.view(TILE, TILE, down, across, after)

    def forward(self, maps: Tensor) -> Tensor:
        """Return what the layer gives for maps, (1, C, Y, X): (1, K, Y - 2, X - 2)."""
        height, width = (length - KERNEL + 1 for length in maps.shape[2:])
        down, across = -(-height // TILE), -(-width // TILE)
        beyond = (0, TILE * across - width, 0, TILE * down - height)
        inside = nn.functional.pad(maps, beyond)[0].permute(1, 2, 0).contiguous()
        strips = self.strips(lambda start, stop: inside[start:stop], down, across)
        made = torch.cat([joined(given.add_(self.bias)) for given in strips])
        return made[:height, :width].permute(2, 0, 1)[None]


def joined(tiles: Tensor) -> Tensor:
    """Return tiles, (rows, columns, down, across, C), as maps, (Y, X, C): always a copy."""
    rows, columns, down, across, maps = tiles.shape
    made = tiles.new_empty(down, rows, across, columns, maps)
    return made.copy_(tiles.permute(2, 0, 3, 1, 4)).view(down * rows, across * columns, maps)


def _part(room: Tensor, *shape: int) -> Tensor:
    """Return the beginning of some memory in a shape."""
    return room[: math.prod(shape)].view(shape)


def _bands(maps: Tensor, down: int) -> Tensor:
    """Return maps, (Y, X, C), as bands of rows that overlap, (down, SIDE, X C), uncopied."""
    row = maps.stride(0)
    return maps.as_strided((down, SIDE, row), (TILE * row, row, 1), maps.storage_offset())


def _columns(bands: Tensor, across: int) -> Tensor:
    """Return bands cut into tiles that overlap, (SIDE, SIDE, down, across, C), uncopied."""
    down, _, _, maps = bands.shape
    band, row, column, one = bands.stride()
    shape, strides = (SIDE, SIDE, down, across, maps), (row, column, band, TILE * column, one)
    return bands.as_strided(shape, strides, bands.storage_offset())


def _transforms() -> tuple[NDArray[np.float64], ...]:
    """Return what turns a row of a kernel, (6, 3), and of a tile, (6, 6), and back, (4, 6).

    Two polynomials are known by their values at six points, so is their product (Toom and Cook);
    filtering is the same read the other way round, with the matrices transposed.
    """
    points = (0.0, NEAR, -NEAR, 1 / NEAR, -1 / NEAR)
    onto, into, back = (np.zeros((SIDE, length)) for length in (KERNEL, SIDE, TILE))
    for place, point in enumerate(points):
        others = [other for other in points if other != point]
        onto[place] = point ** np.arange(KERNEL) / np.prod(point - np.array(others))
        back[place] = point ** np.arange(TILE)
        into[place, :-1] = np.poly(others)[::-1]
    onto[-1, -1] = back[-1, -1] = 1  # at infinity
    into[-1] = np.poly(points)[::-1]
    return onto, into, back.T
