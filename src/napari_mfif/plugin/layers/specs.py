"""The layers of a fusion: what they show, made outside the main thread."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.layers import colours_of_planes, layer_name, maps_of
from napari_mfif.plugin.layers.geometry import Placement
from napari_mfif.plugin.layers.metadata import KEY, Made, Result
from napari_mfif.plugin.layers.multiscale import is_large, levels_of
from napari_mfif.plugin.layers.progressive import progressive_levels

__all__ = [
    "Drawing",
    "Look",
    "draw",
    "draw_image",
    "draw_large",
    "draw_maps",
    "finished",
    "kept_by",
    "same_scores",
    "warm_up",
]

#: Rows and columns in the middle of a large plane in which the range of the scores is looked at.
LOOK = 256

#: The maps from the bottom to the top; the image lies beneath them, and they are hidden at first.
MAPS = ("scores", "confidence", "plane taken", "height")


@dataclass(frozen=True)
class Look:
    """What results take over from their source.

    Parameters
    ----------
    name : str
        Its name, at the end of those of the results.
    source : str
        Its identity: a later run of the same source updates the same layers.
    placement : Placement
        Where it lies.
    colormaps, limits : tuple
        Of each channel.
    channels : tuple of str
        Names, where there are several.
    """

    name: str
    source: str
    placement: Placement
    colormaps: tuple[Any, ...]
    limits: tuple[tuple[float, float], ...]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """One layer to be added or updated.

    Parameters
    ----------
    role : str
        What it shows; with `source` it tells which layer is updated.
    source : str
        Identity of the source layer.
    name : str
        Name of a new layer.
    kind : str
        ``"image"`` or ``"labels"``.
    data : array or list of array
        What it shows; of a large image several levels, the finest first.
    options : dict
        Geometry and notes; set again at every update.
    first : dict
        Looks of a new layer, which belong to the user later on.
    """

    role: str
    source: str
    name: str
    kind: str
    data: Any
    options: dict[str, Any]
    first: dict[str, Any] = field(default_factory=dict)


def draw(made: Made, roles: Collection[str] = MAPS) -> list[Drawing]:
    """Return the layers of a finished fusion.

    Parameters
    ----------
    made : Made
        The fusion, and how its layers look.
    roles : collection of str, optional
        Which maps are drawn beside the image.
    """
    fusion, look = made.fusion, made.look
    some_maps = partial(draw_maps, roles=roles)
    if not _is_there(fusion) and is_large(fusion.stack.plane_shape):
        drawings = draw_large(fusion, look, some_maps) + draw_large(fusion, look, draw_image)
    else:
        drawings = some_maps(fusion, look) + draw_image(fusion, look)
    return finished(drawings, made)


def same_scores(one: Fusion, other: Fusion) -> bool:
    """Tell whether the scores of two fusions are the same: all that decides them is."""
    late: dict[str, Any] = {"consistency": {}, "painted": {}, "unsure": "", "min_confidence": 0.0}
    recipes = [replace(fusion.recipe, **late) for fusion in (one, other)]
    return recipes[0] == recipes[1] and one.stack.pixels is other.stack.pixels


def kept_by(layer: Any, made: Made) -> dict[str, Any]:
    """Return metadata by which a layer that stays as it is holds another fusion."""
    note = replace(layer.metadata[KEY], made=made, recipe=made.fusion.recipe.to_json())
    return {**layer.metadata, KEY: note}


def finished(drawings: list[Drawing], made: Made) -> list[Drawing]:
    """Return drawings whose layers will hold the fusion that made them."""

    def held(drawing: Drawing) -> Drawing:
        note = replace(drawing.options["metadata"][KEY], made=made)
        return replace(drawing, options={**drawing.options, "metadata": {KEY: note}})

    return [held(drawing) for drawing in drawings]


def draw_maps(fusion: Fusion, look: Look, roles: Collection[str] = MAPS) -> list[Drawing]:
    """Return the layers of all that a fusion knows beside the image, or of some of it."""
    time = "T" if "T" in fusion.stack.axes else ""
    maps = maps_of(fusion)
    drawings = []
    for role in [role for role in MAPS if role in roles]:
        if role == "scores":
            array, axes, title, first = _scores(fusion)
            drawings.append(_drawing(look, fusion, role, "image", array, axes, title, first))
            continue
        shown = maps[role]
        first = dict(shown.options)
        if role == "plane taken":
            first["colormap"] = DirectLabelColormap(color_dict=colours_of_planes(fusion.stack))
        drawings.append(
            _drawing(look, fusion, role, shown.kind, shown.array, time + "YX", shown.title, first)
        )
    return drawings


def draw_large(
    fusion: Fusion, look: Look, drawer: Callable[[Fusion, Look], list[Drawing]]
) -> list[Drawing]:
    """Return layers of a lazy fusion, each in several levels that are made when one looks."""
    finest, *coarser = (drawer(one, look) for one in (fusion, *fusion.coarser()))
    return [
        replace(
            same[0],
            data=progressive_levels(
                [one.data for one in same], colour=bool(same[0].first.get("rgb"))
            ),
        )
        for same in zip(finest, *coarser, strict=True)
    ]


def draw_image(fusion: Fusion, look: Look) -> list[Drawing]:
    """Return the all-in-focus image, a layer per channel."""
    axes = "".join(letter for letter in fusion.stack.axes if letter in "TCYX")
    drawings = []
    for c in range(fusion.stack.n_channels):
        image = fusion.image
        if "C" in axes:
            image = np.take(image, c, axis=axes.index("C"))
        channel = look.channels[c] if look.channels else ""
        first: dict[str, Any] = {"blending": "additive" if c else "translucent_no_depth"}
        if fusion.stack.n_samples == 1:
            first |= {"colormap": look.colormaps[c], "contrast_limits": look.limits[c]}
        drawings.append(
            _drawing(
                look,
                fusion,
                f"image{c}",
                "image",
                image,
                axes.replace("C", ""),
                "in focus",
                first,
                channel,
            )
        )
    return drawings


def _drawing(
    look: Look,
    fusion: Fusion,
    role: str,
    kind: str,
    array: Any,
    axes: str,
    title: str,
    first: dict[str, Any],
    channel: str = "",
) -> Drawing:
    colour = role.startswith("image") and fusion.stack.n_samples > 1
    origin = fusion.origin if fusion.recipe.crop else None
    placed = look.placement.fit(array, axes, colour=colour, origin=origin)
    note = Result(role, look.source, fusion.recipe.to_json())
    options = {**placed.options, "metadata": {KEY: note}}
    if kind == "image":
        first = {**first, "rgb": colour}
    data = levels_of(placed.data, colour=colour) if _is_there(fusion) else placed.data
    name = layer_name(title, f"{look.name} {channel}".rstrip())
    return Drawing(role, look.source, name, kind, data, options, first)


def _is_there(fusion: Fusion) -> bool:
    """Tell whether the results have been made, and are not made when one looks."""
    return isinstance(fusion.image, np.ndarray)


def _scores(fusion: Fusion) -> tuple[Any, str, str, dict[str, Any]]:
    """Return the lazy score maps, with the range of a plane in the middle, or of its middle."""
    scores = fusion.scores
    axes = "TZYX" if "T" in fusion.stack.axes else "ZYX"
    first: dict[str, Any] = {"visible": False, "colormap": "magma"}
    if fusion.is_coarser:
        return scores, axes, "scores", first
    place: tuple[Any, ...] = (0,) * (scores.ndim - 3) + (fusion.stack.n_planes // 2,)
    if not _is_there(fusion):
        place += tuple(slice(n // 2, n // 2 + LOOK) for n in scores.shape[-2:])
    middle = np.asarray(scores[place])
    low, high = float(middle.min()), float(middle.max())
    first["contrast_limits"] = (low, high if high > low else low + 1)
    return scores, axes, "scores", first


@lru_cache(maxsize=1)
def warm_up() -> None:
    """Make a layer of each kind once: what napari loads for the first ones takes half a second."""
    import dask.array as da

    colours = DirectLabelColormap(color_dict=dict.fromkeys((None, 0, 1), np.ones(4)))
    for data in (np.zeros((2, 2), np.float32), da.zeros((2, 2, 2), np.float32)):
        Image(data, contrast_limits=(0, 1), colormap="viridis", rgb=False)
    Labels(np.ones((2, 2), np.uint16), colormap=colours)
