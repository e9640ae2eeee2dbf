"""A fusion that was made in Python, shown as the panels show theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from napari_mfif.arrays.stack import ZStack
from napari_mfif.fusion.api import Fusion
from napari_mfif.plugin.comparing.keeping import keep
from napari_mfif.plugin.layers.geometry import Placement
from napari_mfif.plugin.layers.metadata import KEPT, Made
from napari_mfif.plugin.layers.specs import Look, draw
from napari_mfif.plugin.layers.telling import Telling, told_of
from napari_mfif.plugin.layers.writer import show
from napari_mfif.plugin.reader import limits_of
from napari_mfif.plugin.results import results_of

__all__ = ["show_given"]

LABELS = {"T": "t", "Z": "z", "Y": "y", "X": "x"}


def show_given(viewer: Any, fusion: Fusion) -> None:
    """Show a fusion; where the viewer has one of the same stack, beside it and in its place."""
    results = results_of(viewer)
    same = [one for one in results.all() if one.fusion.stack.pixels is fusion.stack.pixels]
    look = _look_again(same[-1]) if same else _look(fusion.stack)
    for made in same:
        if KEPT not in made.source:
            keep(results, made)
    telling = Telling(told_of(fusion))
    for drawing in draw(Made(fusion, look, "Made in Python", telling=telling)):
        show(viewer, drawing)


def _look_again(made: Made) -> Look:
    """Return the look of a result's stack, whether the result is kept or not."""
    return replace(made.look, name=made.stack_name, source=made.stack_id)


def _look(stack: ZStack) -> Look:
    """Place results by the sizes of their stack."""
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
        limits=tuple(limits_of(stack, c) for c in range(stack.n_channels)),
        channels=names if stack.n_channels > 1 else (),
    )
