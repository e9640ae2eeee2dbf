"""Feeding a network on a device with an image, block by block.

An image is larger than what a network's feature maps leave room for, so it goes through in blocks.
Each block brings the context that its own pixels are judged by; only at the image's border is there
none, and the image is reflected. The next block travels to the device while one is computed. A
device that runs out of memory gets smaller blocks, and in the end the processor takes over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_mfif.errors import MemoryBudgetError
from napari_mfif.networks.device_memory import is_exhausted, leaving
from napari_mfif.networks.precision import best_precision, prepared
from napari_mfif.networks.tiles import Tile, reflected, tiled
from napari_mfif.networks.transfer import arrived, sent, side_stream

__all__ = ["Feeder", "Run"]

FloatMap = NDArray[np.float32]
#: How a network is called with a block, (1, C, Y, X).
Run = Callable[[Any, Tensor], Tensor]

#: Rows and columns of the pixels that are judged at a time. Processors like what stays near them;
#: graphics cards are only busy with a lot.
BLOCKS = {"cpu": (128, 256), "cuda": (1024, 1024), "mps": (512, 512)}
#: A block's own pixels are at least so many times its context, so that little is computed twice.
CONTEXTS_PER_BLOCK = 2
#: Blocks are not made smaller than this, in pixels.
SMALLEST = 16


class Feeder:
    """A network on a device, fed with an image in blocks.

    Block by block gives what the whole image gives, if `context` covers all that a cell of the
    output depends on and `grid` all strides inside.

    Parameters
    ----------
    network : nn.Module
        In float32; it stays as it is. Layers named in its attribute ``in_float32`` are always
        computed in float32; its attribute ``halves`` names the half precisions that leave its
        decisions alone. Its method ``for_processor``, if it has one, gives a form that computes
        the same faster on processors, in float32; that form's attribute ``block`` its best block.
    device : str, optional
        Where it runs.
    precision : str, optional
        ``"float32"``, ``"bfloat16"``, ``"float16"`` or ``"auto"``: see `best_precision`.
    context : int or (int, int), optional
        Pixels that the network looks at before and after those of a cell, along both axes.
        A network without padding gives a block without them, any other has them cut off.
    stride : int, optional
        Pixels from one cell of the output to the next.
    grid : int, optional
        Blocks begin, and are, a multiple of so many pixels; `stride` when not given.
    block : (int, int), optional
        Rows and columns of the pixels that are judged at a time.
    compiled : bool, optional
        Have torch compile the network, where it can.
    run : callable, optional
        How the network is called with a block, if not as ``network(block)``.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        device: str = "cpu",
        precision: str = "auto",
        context: int | tuple[int, int] = 0,
        stride: int = 1,
        grid: int | None = None,
        block: tuple[int, int] | None = None,
        compiled: bool = False,
        run: Run | None = None,
    ) -> None:
        self.network = network
        self.context = context if isinstance(context, tuple) else (context, context)
        self.stride, self.grid = stride, grid or stride
        if self.context[0] % self.grid or self.grid % stride:
            raise ValueError("the context before a cell must be whole steps of the grid")
        self._precision, self._compiled, self._run = precision, compiled, run or _plain
        self._given_block = block
        self._place(device)

    def _place(self, device: str) -> None:
        """Put a copy of the network on a device."""
        self.device = device
        halves = getattr(self.network, "halves", ())
        quick = hasattr(self.network, "for_processor") and not self._compiled
        self.dtype = best_precision(device, self._precision, halves, has_quick_form=quick)
        kind = torch.device(device).type
        network = prepared(self.network, device, self.dtype)
        if kind == "cpu" and self.dtype == torch.float32 and not self._compiled:
            network = getattr(network, "for_processor", lambda: network)()
        self._placed: Any = _compiled(network, self._compiled)
        least = CONTEXTS_PER_BLOCK * sum(self.context)
        usual = getattr(network, "block", None) or BLOCKS.get(kind, BLOCKS["cpu"])
        block = self._given_block or usual
        self.block = tuple(_rounded(max(side, least), self.grid) for side in block)

    def __call__(
        self,
        image: FloatMap,
        *,
        cells: tuple[int, int] | None = None,
        run: Run | None = None,
        where: NDArray[np.bool_] | None = None,
    ) -> FloatMap:
        """Return what the network gives for an image, float32, (K, Y / stride, X / stride).

        Parameters
        ----------
        image : float32, (C, Y, X)
            Reflected at its borders.
        cells : (int, int), optional
            Rows and columns of the output; as many as cover the image when not given.
        run : callable, optional
            How the network is called this time.
        where : bool, like the output, optional
            What is needed of it; blocks without any are left out and 0.
        """
        if cells is None:
            cells = (-(-image.shape[1] // self.stride), -(-image.shape[2] // self.stride))
        output: FloatMap | None = None
        for tile, values in self._fed(image, cells, run or self._run, where=where):
            if output is None:
                output = np.zeros((len(values), *cells), np.float32)
            output[:, tile.rows, tile.columns] = values
        return np.zeros((1, *cells), np.float32) if output is None else output

    def mean(self, image: FloatMap, run: Run) -> NDArray[np.float64]:
        """Return the mean over the image, (K,), of what a part of the network gives.

        For networks that look at the average of their maps: it is gathered first, and every block
        is then judged by that of the whole image.

        Parameters
        ----------
        image : float32, (C, Y, X)
            Reflected at its borders, which do not count.
        run : callable
            Gives the maps, (1, K, Y', X') for a block, at any stride that divides `grid`.
        """
        cells = (-(-image.shape[1] // self.stride), -(-image.shape[2] // self.stride))
        total, count = np.float64(0), 0
        for _, values in self._fed(image, cells, run, inside=image.shape[1:]):
            total = total + values.sum(axis=(1, 2), dtype=np.float64)
            count += values.shape[1] * values.shape[2]
        return np.asarray(total / count)

    def _fed(
        self,
        image: FloatMap,
        cells: tuple[int, int],
        run: Run,
        inside: tuple[int, ...] | None = None,
        where: NDArray[np.bool_] | None = None,
    ) -> Iterator[tuple[Tile, FloatMap]]:
        """Yield the output of every tile, whatever the device can take."""
        tiles = tiled(cells, self._cells_per_block())
        waiting = deque(t for t in tiles if where is None or where[t.rows, t.columns].any())
        while waiting:
            try:
                for values in self._through(image, tuple(waiting), run, inside):
                    yield waiting.popleft(), values
                return
            except (RuntimeError, MemoryError) as error:
                if not is_exhausted(error):
                    raise
            # out of the handler, which keeps alive what filled the memory
            self._retreat()
            size = self._cells_per_block()
            waiting = deque(part for tile in waiting for part in tile.split(size))

    def _through(
        self, image: FloatMap, tiles: tuple[Tile, ...], run: Run, inside: tuple[int, ...] | None
    ) -> Iterator[FloatMap]:
        """Compute tile after tile, with the next one on its way to the device meanwhile."""
        network, device = self._placed, torch.device(self.device)
        side = side_stream(device)
        coming = sent(self._block(image, tiles[0]), device, side)
        for tile, following in zip(tiles, (*tiles[1:], None), strict=True):
            block = arrived(coming, side)
            with torch.inference_mode():
                values = run(network, block)
            if following is not None:
                coming = sent(self._block(image, following), device, side)
            yield self._own(values, block.shape, tile, inside)

    def _block(self, image: FloatMap, tile: Tile) -> FloatMap:
        """Cut out the pixels of a tile with their context, whole steps of the grid."""
        before, after = self.context
        spans = []
        for cells in (tile.rows, tile.columns):
            start = self.stride * cells.start
            length = _rounded(self.stride * (cells.stop - cells.start), self.grid)
            spans.append((start - before, start + length + after))
        return reflected(image, *spans)

    def _own(
        self, values: Tensor, fed: torch.Size, tile: Tile, inside: tuple[int, ...] | None
    ) -> FloatMap:
        """Return what belongs to the tile itself, on the host, in float32."""
        parts = []
        for axis, cells in enumerate((tile.rows, tile.columns)):
            count, given = cells.stop - cells.start, values.shape[axis + 2]
            first, step = 0, self.stride
            if inside is not None:  # maps at a stride of their own
                step = max(1, round(fed[axis + 2] / given))
                stop = min(self.stride * cells.stop, inside[axis])
                count = -(-(stop - self.stride * cells.start) // step)
            if given > count:
                first = self.context[0] // step
            parts.append(slice(first, first + count))
        return np.asarray(values[0, :, parts[0], parts[1]].float().cpu().numpy(), np.float32)

    def _cells_per_block(self) -> tuple[int, int]:
        rows, columns = (max(1, side // self.stride) for side in self.block)
        return rows, columns

    def _retreat(self) -> None:
        """Halve the block, or leave the device."""
        least = _rounded(SMALLEST, self.grid)
        longer = int(self.block[1] >= self.block[0])
        halves = list(self.block)
        halves[longer] = max(least, _rounded(halves[longer] // 2, self.grid))
        if tuple(halves) != self.block:
            self.block = tuple(halves)
        elif self.device == "cpu":
            raise MemoryBudgetError(
                f"There is not enough memory for a network on even {self.block[1]} x "
                f"{self.block[0]} pixels. Close other programs, or use a method without a network."
            )
        else:
            leaving(self.device)
            self._place("cpu")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _compiled(network: nn.Module, wanted: bool) -> Any:
    return torch.compile(network, dynamic=True) if wanted else network


def _plain(network: Any, block: Tensor) -> Tensor:
    values: Tensor = network(block)
    return values


def _rounded(length: int, step: int) -> int:
    """Round up to a multiple."""
    return -(-length // step) * step
