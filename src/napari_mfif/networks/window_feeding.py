"""Feeding a network that answers for windows and pads its maps with zeros, block by block.

An image is reflected only by as much as the windows at its border stand over. Beyond that the
network's own zeros begin, as they do round a single patch: the context of a block ends there.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_mfif.networks.boundary_aware import CONTEXT, PATCH, STRIDE
from napari_mfif.networks.feeding import Feeder, Run
from napari_mfif.networks.tiles import Tile, reflected

__all__ = ["WindowFeeder"]

FloatMap = NDArray[np.float32]


class WindowFeeder(Feeder):
    """A dense network of `napari_mfif.networks.boundary_aware` on a device.

    Parameters
    ----------
    network : DenseResNet
        In float32; it stays as it is.
    device, precision, compiled, block, run
        As for `Feeder`.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        device: str = "cpu",
        precision: str = "auto",
        compiled: bool = False,
        block: tuple[int, int] | None = None,
        run: Run | None = None,
    ) -> None:
        super().__init__(
            network,
            device=device,
            precision=precision,
            context=(CONTEXT, PATCH - STRIDE + CONTEXT),
            stride=STRIDE,
            compiled=compiled,
            block=block,
            run=run,
        )

    def windows(self, image: FloatMap, *, where: NDArray[np.bool_] | None = None) -> FloatMap:
        """Return the answers for windows round every fourth pixel, (K, Y / 4 + 1, X / 4 + 1).

        Those at (i, j) belong to the window whose centre lies before pixel (4 i, 4 j).

        Parameters
        ----------
        image : float32, (C, Y, X)
            Reflected where windows stand over.
        where : bool, (Y / 4 + 1, X / 4 + 1), optional
            Which answers are needed; blocks without any are left out and 0.
        """
        half = PATCH // 2
        cells = (-(-image.shape[1] // STRIDE) + 1, -(-image.shape[2] // STRIDE) + 1)
        rows, columns = ((-half, STRIDE * (count - 1) + half) for count in cells)
        return self(reflected(image, rows, columns), cells=cells, where=where)

    def _block(self, image: FloatMap, tile: Tile) -> FloatMap:
        rows, columns = (
            slice(*_span(cells, length))
            for cells, length in zip(tile, image.shape[1:], strict=True)
        )
        return np.ascontiguousarray(image[:, rows, columns])

    def _own(
        self, values: Tensor, fed: torch.Size, tile: Tile, inside: tuple[int, ...] | None
    ) -> FloatMap:
        rows, columns = (_own_cells(cells) for cells in tile)
        return np.asarray(values[0, :, rows, columns].float().cpu().numpy(), np.float32)


def _span(cells: slice, length: int) -> tuple[int, int]:
    """Return the pixels that windows depend on, within the image."""
    first, last = STRIDE * cells.start, STRIDE * (cells.stop - 1) + PATCH
    return max(0, first - CONTEXT), min(length, last + CONTEXT)


def _own_cells(cells: slice) -> slice:
    first = cells.start - max(0, STRIDE * cells.start - CONTEXT) // STRIDE
    return slice(first, first + cells.stop - cells.start)
