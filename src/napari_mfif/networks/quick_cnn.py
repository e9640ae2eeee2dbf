"""The collapsed network of `cnn` as processors compute it fastest: the same scores, half the time.

The two large convolutions go through `napari_mfif.networks.winograd` in strips, the one behind the
other, so that their maps stay in the cache. The 8 x 8 convolution at the end gives one number per
patch: all its taps are one product of matrices, (256, 64), and what they give is added up, shifted.
As a convolution it takes six times as long.

Threads take bands of rows, each all the way. torch's own would share every step and wait for each
other after it: thousands of times per plane, and on a busy machine every time for the latest.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.networks.winograd import TILE, Winograd, joined

__all__ = ["QuickCnn"]

#: Pixels along a block that no tile of the last convolution stands for, and pixels for each tile.
MARGIN, STEP = 8, 2 * TILE
#: Rows of tiles that a thread is worth; a sixteenth of a band this small is computed twice.
LEAST = 8


class QuickCnn(nn.Module):
    """One focus score per plane and patch.

    Parameters
    ----------
    features : nn.Sequential
        Of a `CollapsedCnn`: convolution, ReLU, convolution, ReLU, maximum, convolution, ReLU.
    head : nn.Conv2d
        Of the same.
    """

    #: Rows and columns of the pixels that are judged at a time: many, as only numbers grow with
    #: them, no maps, and what lies round a block is computed twice.
    block = (1024, 1024)

    head: Tensor

    def __init__(self, features: nn.Sequential, head: nn.Conv2d) -> None:
        super().__init__()
        first, second, third = (part for part in features if isinstance(part, nn.Conv2d))
        self.first, self.second, self.third = first, Winograd(second), Winograd(third)
        self.cells = head.kernel_size[0]
        taps = head.weight[0].detach().transpose(1, 2).flatten(1)  # (maps, columns and rows)
        self.register_buffer("head", taps.contiguous())

    def forward(self, planes: Tensor) -> Tensor:
        """Return `g`, (N, 1, Y', X') at stride 2: larger is sharper."""
        return torch.stack([self._scores(plane[None])[None] for plane in planes])

    def _scores(self, plane: Tensor) -> Tensor:
        """Return the scores, (Y', X'), of a plane, (1, 1, Y, X)."""
        inside = [length - MARGIN for length in plane.shape[2:]]
        down, across = (-(-length // STEP) for length in inside)
        beyond = (0, STEP * across - inside[1], 0, STEP * down - inside[0])
        padded = functional.pad(plane, beyond)
        bands = _bands(down, torch.get_num_threads())
        wide = torch.cat(_in_threads(functools.partial(self._band, padded, across), bands))
        height, width = (length // 2 - self.cells + 1 for length in inside)
        scores = wide[:height, :width, 0].clone()
        for row in range(1, self.cells):
            scores += wide[row : row + height, :width, row]
        return scores

    @torch.inference_mode()
    def _band(self, plane: Tensor, across: int, tiles: slice) -> Tensor:
        """Return what cells give to patches in their row, (rows, X', 8), for some rows of tiles."""
        rows = plane[:, :, STEP * tiles.start : STEP * tiles.stop + MARGIN]
        down = tiles.stop - tiles.start
        pooled = _Rows(self._pooled(rows, 2 * down + 1, 2 * across + 1))
        return torch.cat(list(self._along_rows(pooled, down, across)))

    def _pooled(self, plane: Tensor, down: int, across: int) -> Iterator[Tensor]:
        """Yield the maps after the maximum in strips, (rows, X / 2, 128)."""

        def rows(start: int, stop: int) -> Tensor:
            maps: Tensor = self.first(plane[:, :, start : stop + 2]).relu_()
            return maps[0].permute(1, 2, 0).contiguous()

        for given in self.second.strips(rows, down, across):
            wide = torch.maximum(given[0::2], given[1::2])
            maps = torch.maximum(wide[:, 0::2], wide[:, 1::2])
            yield joined(maps.add_(self.second.bias).relu_())

    def _along_rows(self, pooled: _Rows, down: int, across: int) -> Iterator[Tensor]:
        """Yield what cells give to patches in their row, (rows, X', 8), for 8 rows of patches."""
        for given in self.third.strips(pooled, down, across):
            tapped = joined(given.add_(self.third.bias).relu_() @ self.head)
            parts = tapped.view(*tapped.shape[:2], self.cells, self.cells)
            width = parts.shape[1] - self.cells + 1
            wide = parts[:, :width, 0].clone()
            for column in range(1, self.cells):
                wide += parts[:, column : column + width, column]
            yield wide


class _Rows:
    """Rows of maps, (rows, X, C), from strips that are made one after the other.

    What lies before the first row that was asked for last is forgotten.

    Parameters
    ----------
    strips : iterator of Tensor
        They join.
    """

    def __init__(self, strips: Iterator[Tensor]) -> None:
        self.strips, self.first = strips, 0
        self.kept: Tensor | None = None

    def __call__(self, start: int, stop: int) -> Tensor:
        """Return the rows from a first to a last."""
        parts = [] if self.kept is None else [self.kept[start - self.first :]]
        while sum(map(len, parts)) < stop - start:
            parts.append(next(self.strips))
        self.first, self.kept = start, torch.cat(parts)
        return self.kept[: stop - start]


def _bands(down: int, most: int) -> list[slice]:
    """Cut rows of tiles into bands, as many as threads have."""
    count = max(1, min(most, down // LEAST))
    edges = [down * part // count for part in range(count + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _in_threads(work: Callable[[slice], Tensor], bands: Sequence[slice]) -> list[Tensor]:
    """Work on bands at once, each in a thread that torch does not divide further."""
    own = torch.get_num_threads()
    if own == 1:
        return [work(band) for band in bands]
    try:
        with ThreadPoolExecutor(len(bands), "band", torch.set_num_threads, (1,)) as pool:
            return list(pool.map(work, bands))
    finally:
        # A thread says it for itself and for all that are still to come; these get back theirs.
        torch.set_num_threads(own)
