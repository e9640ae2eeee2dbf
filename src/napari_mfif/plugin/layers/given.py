"""The layers of a fusion that was made in Python."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import numpy as np

from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.layers import to_layers
from napari_mfif.plugin.layers.geometry import Placement
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.specs import Look, draw
from napari_mfif.plugin.layers.writer import show

__all__ = ["layers_of_given"]

LABELS = {"T": "t", "Z": "z", "Y": "y", "X": "x"}


def layers_of_given(viewer: Any, fusion: Fusion) -> None:
    """Show a fusion, placed by the sizes of its stack."""
    made = Made(fusion, _look(fusion), "Made in Python.")
    for drawing in draw(made):
        show(viewer, drawing)


def _look(fusion: Fusion) -> Look:
    stack = fusion.stack
    letters = stack.axes.replace("C", "").replace("S", "")
    height, width = stack.pixel_size or (1.0, 1.0)
    lengths = {"T": 1.0, "Z": stack.z_step or height, "Y": height, "X": width}
    known = bool(stack.unit and (stack.pixel_size or stack.z_step))
    units = ["pixel" if letter == "T" or not known else stack.unit for letter in letters]
    placement = Placement(
        letters,
        tuple(stack.size(letter) for letter in letters),
        tuple(lengths[letter] for letter in letters),
        (0.0,) * len(letters),
        tuple(units),
        tuple(LABELS[letter] for letter in letters),
    )
    names = stack.channel_names or tuple(f"channel {c}" for c in range(stack.n_channels))
    return Look(
        name=stack.name,
        source=uuid4().hex,
        placement=placement,
        colormaps=("gray",) * stack.n_channels,
        limits=_limits(fusion),
        channels=names if stack.n_channels > 1 else (),
    )


def _limits(fusion: Fusion) -> tuple[tuple[float, float], ...]:
    """Return the range of each channel where pixels are there, and that of the type otherwise."""
    limits = []
    images = [data for data, _, _ in to_layers(fusion)[-fusion.stack.n_channels :]]
    for image in images:
        if isinstance(image, np.ndarray) and np.isfinite(image).any():
            low, high = float(np.nanmin(image)), float(np.nanmax(image))
        else:
            kind = fusion.stack.dtype
            low, high = (0.0, float(np.iinfo(kind).max)) if kind.kind in "ui" else (0.0, 1.0)
        limits.append((low, high if high > low else low + 1))
    return tuple(limits)
