"""What image layers are to a fusion: a z-stack, or a question about their axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from napari.layers import Image

from napari_mfif.arrays.axes import NAMES
from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io.layers import layer_axes, open_layers
from napari_mfif.plugin.layers.metadata import opened, result

__all__ = [
    "Entry",
    "axes_in_words",
    "entries",
    "layer_axes",
    "possible_axes",
    "to_stack",
]


@dataclass(frozen=True)
class Entry:
    """One z-stack to choose from: a layer, or the layers that are the channels of one file.

    Parameters
    ----------
    title : str
        Name of the layer or of the file.
    ids : tuple
        ``unique_id`` of its layers, in the order of the channels.
    """

    title: str
    ids: tuple[Any, ...]


def entries(layers: Iterable[Any]) -> list[Entry]:
    """List what could be fused: image layers that are not results, channels of a file together."""
    groups: dict[Any, list[Image]] = {}
    for layer in layers:
        if isinstance(layer, Image) and result(layer) is None:
            note = opened(layer)
            shared = note is not None and note.channel is not None
            key = ("stack", id(note.stack)) if note and shared else layer.unique_id
            groups.setdefault(key, []).append(layer)
    return [_entry(group) for group in groups.values()]


def _entry(group: list[Image]) -> Entry:
    notes = {layer.unique_id: opened(layer) for layer in group}
    if len(group) == 1:
        return Entry(group[0].name, tuple(notes))
    ordered = sorted(notes.items(), key=lambda item: item[1].channel or 0 if item[1] else 0)
    name = next(note.stack.name for note in notes.values() if note)
    return Entry(name, tuple(identity for identity, _ in ordered))


def possible_axes(layer: Image) -> tuple[str, ...]:
    """Return all axes that a layer could have; one where there is no doubt, none for no stack."""
    certain = layer_axes(layer)
    if certain:
        return (certain,)
    leading = layer.ndim - 2
    if not 1 <= leading <= 3:
        return ()
    colour = "S" if layer.rgb else ""
    orders = ["".join(order) for order in permutations("TCZ", leading) if "Z" in order]
    return tuple(order + "YX" + colour for order in orders)


def axes_in_words(axes: str, layer: Image) -> str:
    """Say what the axes are, for example ``time 5, plane 24, row 512, column 512``."""
    shape = _pixels(layer).shape
    leading = [
        f"{n} {NAMES[letter]}{'s' if n != 1 else ''}"
        for letter, n in zip(axes, shape, strict=True)
        if letter in "TCZ"
    ]
    return ", ".join(leading)


def to_stack(group: list[Image], axes: str | None = None) -> ZStack:
    """Make the z-stack of one layer, or of the layers that are its channels.

    Parameters
    ----------
    group : list of Image
        The layers of an `Entry`.
    axes : str, optional
        What the axes of the layer are, where `possible_axes` leaves a choice.

    Raises
    ------
    ReadError
        The layer has a single plane.
    AxesError
        The axes leave a choice.
    """
    layer = group[0]
    if len(group) > 1:
        return open_layers(group)
    choices = possible_axes(layer)
    if not choices:
        raise ReadError(_no_stack(layer))
    axes = axes if axes in choices else layer_axes(layer)
    if axes is None:
        raise AxesError(_which_axes(layer))
    return open_layers([layer], axes)


def _pixels(layer: Image) -> Any:
    return layer.data[0] if layer.multiscale else layer.data


def _no_stack(layer: Image) -> str:
    size = " x ".join(str(n) for n in reversed(layer.data.shape[: layer.ndim]))
    if layer.ndim == 2:
        return (
            f"{layer.name} is a single image ({size}): focus stacking needs several planes. "
            f"Choose the layer that holds the whole z-stack, or open one."
        )
    return f"{layer.name} has {layer.ndim} axes ({size}): a z-stack has at most time, channel, z."


def _which_axes(layer: Image) -> str:
    if layer.ndim == 3:
        return f"The first axis of {layer.name} is called time. Does it hold the planes?"
    if layer.ndim == 4:
        return f"What is the first axis of {layer.name}?"
    return f"What are the first {layer.ndim - 2} axes of {layer.name}?"
