"""Where a fused z-stack came from, so that it can be got again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.plugin.layers.metadata import Opening, opened

__all__ = ["Origin", "origin_of_layers"]


@dataclass(frozen=True)
class Origin:
    """How the z-stack that was fused is got again.

    Parameters
    ----------
    opening : Opening or None
        How it was opened; None where layers hold what no file is known for.
    layers : tuple of str
        Names of the layers, one per channel.
    axes : str
        Axes of each of them.
    spacing : tuple of float, optional
        Z step, or z step, height and width of a pixel, where they are not those of the source.
    unit : str, optional
        Their unit.
    channel : int, optional
        The channel that was taken alone.
    planes : tuple of int, optional
        Which planes were taken.
    region : (slice, slice), optional
        Which rows and columns were taken.
    """

    opening: Opening | None
    layers: tuple[str, ...]
    axes: str
    spacing: tuple[float, ...] | None = None
    unit: str | None = None
    channel: int | None = None
    planes: tuple[int, ...] | None = None
    region: tuple[slice, slice] | None = None

    def with_sizes(self, source: ZStack, stack: ZStack) -> Origin:
        """Note the sizes of a z-stack where they are not those of its source."""
        here, there = ((one.z_step, one.pixel_size, one.unit) for one in (stack, source))
        if here == there:
            return self
        if stack.z_step is None:
            return replace(self, unit=stack.unit)
        return replace(self, spacing=(stack.z_step, *(stack.pixel_size or ())), unit=stack.unit)


def origin_of_layers(layers: Sequence[Any], stack: ZStack, axes: str) -> Origin:
    """Return how a z-stack is got that was made of layers.

    Parameters
    ----------
    layers : sequence of Image
        The layers.
    stack : ZStack
        What they make.
    axes : str
        Axes of each of them.
    """
    names = tuple(str(layer.name) for layer in layers)
    known = [opened(layer) for layer in layers]
    first = known[0]
    alone = len(layers) == 1
    whole = alone or len(layers) == (first.stack.n_channels if first else 0)
    if first is None or first.opening is None or not whole:
        return Origin(None, names, axes)
    channel = first.channel if alone and first.stack.n_channels > 1 else None
    return Origin(first.opening, names, axes, channel=channel).with_sizes(first.stack, stack)
