"""A fusion as layers of napari, which is not imported for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.wording import sign_of

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack
    from napari_mfif.fusion.result import Fusion

__all__ = ["LayerTuple", "MapLayer", "colours_of_planes", "layer_name", "maps_of", "to_layers"]

#: What napari makes a layer of: data, options, and ``"image"`` or ``"labels"``.
LayerTuple = tuple[Any, dict[str, Any], str]


def layer_name(kind: str, stack: str) -> str:
    """Name a layer by what it shows and of what: lists of layers cut long names after the first.

    Examples
    --------
    >>> print(layer_name("height (planes)", "gear_reflected_light"))
    height (planes) · gear_reflected_light
    """
    return f"{kind} \N{MIDDLE DOT} {stack}"


@dataclass(frozen=True)
class MapLayer:
    """How a map is shown.

    Parameters
    ----------
    array : array
        What is shown, (Y, X) or (T, Y, X).
    title : str
        The beginning of the layer's name.
    kind : str
        ``"image"`` or ``"labels"``.
    options : dict
        Looks that are the same in every window.
    """

    array: Any
    title: str
    kind: str
    options: dict[str, Any]


def maps_of(fusion: Fusion) -> dict[str, MapLayer]:
    """Return how the confidence, the planes taken and the heights are shown."""
    stack = fusion.stack
    low, high = map(float, stack.heights(np.array([0, stack.n_planes - 1], np.float32)))
    limits = (low, high) if high > low else (low, low + 1)
    taken = stack.numbered(fusion.decision)
    return {
        "confidence": MapLayer(
            fusion.confidence,
            "confidence",
            "image",
            {"visible": False, "colormap": "gray", "contrast_limits": (0, 1)},
        ),
        # label 0 is transparent: plane k is label k + 1
        "plane taken": MapLayer(
            taken + taken.dtype.type(1),
            "plane taken",
            "labels",
            {"visible": False, "opacity": 0.7},
        ),
        "height": MapLayer(
            fusion.height_where(),
            f"height ({sign_of(fusion.unit)})",
            "image",
            {"visible": False, "colormap": "viridis", "contrast_limits": limits},
        ),
    }


def to_layers(self: Fusion, name: str | None = None) -> list[LayerTuple]:
    """Return layers for napari: the maps, hidden, and the image above them, a layer per channel.

    They lie where the stack lies when `napari_mfif.io.open_stack` or napari's own reader shows it,
    in the same units. Arrays of a lazy result stay lazy.

    Parameters
    ----------
    name : str, optional
        At the end of the layers' names; the stack's own name when not given.

    Returns
    -------
    list of (data, options, kind)
        As napari's readers return them.

    Examples
    --------
    >>> for layer in fusion.to_layers():  # doctest: +SKIP
    ...     viewer.add_layer(napari.layers.Layer.create(*layer))
    """
    name = self.stack.name if name is None else name
    layers: list[LayerTuple] = []
    for role, shown in maps_of(self).items():
        options = {**_placed(self), **shown.options, "name": layer_name(shown.title, name)}
        if role == "plane taken":
            options["colormap"] = colours_of_planes(self.stack)
        layers.append((_thick(self, shown.array), options, shown.kind))
    return layers + list(_images(self, name))


def _images(fusion: Fusion, name: str) -> list[LayerTuple]:
    stack, colour = fusion.stack, fusion.stack.n_samples > 1
    axes = stack.axes.replace("Z", "")
    layers: list[LayerTuple] = []
    for channel in range(stack.n_channels):
        image, named = fusion.image, name
        if "C" in axes:
            image = np.take(image, channel, axis=axes.index("C"))
            channels = stack.channel_names
            named = f"{name} {channels[channel] if channels else f'channel {channel}'}"
        blending = "additive" if channel else "translucent_no_depth"
        options = {"name": layer_name("in focus", named), "rgb": colour, "blending": blending}
        layers.append((_thick(fusion, image), {**_placed(fusion), **options}, "image"))
    return layers


def _thick(fusion: Fusion, array: Any) -> Any:
    """Let timepoints have one voxel along z, as thick as the stack: napari aligns the last axes."""
    return array[:, None] if "T" in fusion.stack.axes else array


def _placed(fusion: Fusion) -> dict[str, Any]:
    stack = fusion.stack
    height, width = stack.pixel_size or (1.0, 1.0)
    row, column = fusion.origin
    scale, translate = [height, width], [row * height, column * width]
    labels, units = ["y", "x"], [stack.unit or "pixel"] * 2
    if "T" in stack.axes:
        step = stack.z_step or height
        scale = [1.0, step * stack.n_planes, *scale]
        translate = [0.0, step * (stack.n_planes - 1) / 2, *translate]
        labels, units = ["t", "z", *labels], ["pixel", units[0], *units]
    if not stack.pixel_size and not stack.z_step:
        units = ["pixel"] * len(units)
    return {
        "scale": tuple(scale),
        "translate": tuple(translate),
        "units": tuple(units),
        "axis_labels": tuple(labels),
    }


def colours_of_planes(stack: ZStack) -> dict[int | None, NDArray[np.float32]]:
    """Return colours that run evenly from the first plane to the last, as those of the height."""
    import cv2

    numbers = stack.numbered(np.arange(stack.n_planes))
    span = max(1, int(numbers[-1] - numbers[0]))
    shares = (255 * (numbers - numbers[0]) / span).round().astype(np.uint8)[None]
    bgr = np.asarray(cv2.applyColorMap(shares, cv2.COLORMAP_VIRIDIS))[0]
    colours = np.ones((stack.n_planes, 4), np.float32)
    colours[:, :3] = bgr[:, ::-1] / np.float32(255)
    nothing = np.zeros(4, np.float32)
    colour: dict[int | None, NDArray[np.float32]] = {None: nothing, 0: nothing}
    colour.update((int(k) + 1, one) for k, one in zip(numbers, colours, strict=True))
    return colour
