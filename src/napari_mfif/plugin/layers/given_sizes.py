"""Sizes that somebody gives to layers: as their scale, or beside it where a scale says too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from napari_mfif.arrays.stack import ZStack
from napari_mfif.fusion.api import Fusion
from napari_mfif.io.corrections import with_spacing

__all__ = ["KEY", "follow_sizes", "resized", "set_sizes", "with_given_sizes"]

#: Under this key the metadata of a layer hold a z step given where no pixel size is known.
KEY = "napari_mfif_spacing"


def set_sizes(layer: Any, letters: str, spacing: tuple[float, ...], unit: str) -> None:
    """Give a layer other sizes.

    Parameters
    ----------
    layer : Image
        The layer.
    letters : str
        Its axes, without colour.
    spacing : tuple of float
        The z step, or z step, height and width of a pixel; a scale has no way to say the one
        without the others.
    unit : str
        Its unit.
    """
    if len(spacing) == 1:
        layer.metadata = {**layer.metadata, KEY: (spacing, unit)}
        return
    layer.metadata = {name: value for name, value in layer.metadata.items() if name != KEY}
    lengths = dict(zip("ZYX", spacing, strict=True))
    scale = [lengths.get(a, old) for a, old in zip(letters, layer.scale, strict=True)]
    layer.units = tuple(unit if a in lengths else "pixel" for a in letters)
    layer.scale = scale


def follow_sizes(
    layer: Any, letters: str, spacing: tuple[float, ...], unit: str, corner: Sequence[float]
) -> None:
    """Give other sizes to a layer that lies on another one, so that it goes on lying on it.

    Parameters
    ----------
    layer, letters, spacing, unit
        As for `set_sizes`; of a z step alone a layer does not tell.
    corner : sequence of float
        Where the first pixel of that other layer is, which stays there.
    """
    if len(spacing) == 1:
        return
    own = letters[-layer.ndim :]
    before, stays = np.array(layer.scale), np.array(corner)[-layer.ndim :]
    set_sizes(layer, own, spacing, unit)
    layer.translate = stays + (layer.translate - stays) * (np.array(layer.scale) / before)


def with_given_sizes(stack: ZStack, layer: Any) -> ZStack:
    """Return a z-stack with what was given beside the scale of its layer."""
    spacing, unit = layer.metadata.get(KEY, (None, None))
    return stack if spacing is None else with_spacing(stack, spacing, unit)


def resized(fusion: Fusion, spacing: tuple[float, ...], unit: str) -> Fusion:
    """Return a fusion whose stack has other sizes: its heights follow, no method runs."""
    stack = with_spacing(fusion.stack, spacing, unit)
    if stack.plane_numbers and stack.z_step:
        positions = tuple(number * stack.z_step for number in stack.plane_numbers)
        stack = replace(stack, z_positions=positions)
    return replace(fusion, stack=stack)
