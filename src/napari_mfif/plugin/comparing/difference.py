"""The signed difference of two results as a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_mfif.errors import MfifError
from napari_mfif.metrics.evaluation import without_colour
from napari_mfif.plugin.comparing.matching import matched
from napari_mfif.plugin.comparing.sides import Piece, Side, laid_over
from napari_mfif.plugin.layers.metadata import KEPT, KEY, LIES_ON, Result, result

__all__ = ["ROLE", "Difference", "difference", "show_difference", "symmetric_limit", "why_not"]

#: What a layer of a difference shows, in its note.
ROLE = "difference"
#: The share of pixels, in percent, whose differences lie within the colours.
MOST = 99.9
#: Blue where the first is lower, red where it is higher, grey between.
COLOURS = "coolwarm"


@dataclass(frozen=True)
class Difference:
    """Two sides subtracted, or why they cannot be.

    Parameters
    ----------
    values : array, (Y, X), optional
        The first less the second.
    begin : (int, int)
        Row and column of the first where it begins.
    limit : float
        What the colours reach to, in both directions.
    told : str
        How large it is and what was done to grey values, or what went wrong.
    """

    values: NDArray[np.float32] | None = None
    begin: tuple[int, int] = (0, 0)
    limit: float = 1.0
    told: str = ""


def difference(
    first: Piece, second: Piece, names: tuple[str, str], *, match: int | None = None
) -> Difference:
    """Subtract the second from the first; takes a while for large ones, so call it in a thread.

    Parameters
    ----------
    first, second : Piece
        What is compared.
    names : (str, str)
        Of both.
    match : int, optional
        0 or 1 where the first or second is a picture, whose grey values may be of another kind.
    """
    try:
        a, b, begin = laid_over(first, second, names)
    except (MfifError, OSError) as error:
        return Difference(told=str(error))
    grey = [
        np.asarray(one, np.float32) if one.ndim == 2 else without_colour(one).astype(np.float32)
        for one in (a, b)
    ]
    told = ""
    if match is not None:
        grey[match], told = matched(grey[match], grey[1 - match], names[match])
    values = grey[0] - grey[1]
    known = values[np.isfinite(values)]
    if known.size == 0:
        return Difference(told="There is no place where both are known.")
    mean, apart = float(known.mean()), float(np.abs(known).mean())
    way = "higher" if mean > 0 else "lower"
    size = f"A is {abs(mean):.3g} {way} than B on average; they are {apart:.3g} apart."
    return Difference(values, begin, symmetric_limit(values), f"{size} {told}".strip())


def why_not(first: Side, second: Side) -> str:
    """Say why two sides cannot be subtracted; nothing where they can."""
    if first.key == second.key:
        return "A and B are the same: choose two."
    lazy = next((side.name for side in (first, second) if not side.is_there()), "")
    if lazy:
        return f"{lazy} is made only where one looks: a difference would need all of it."
    return ""


def symmetric_limit(values: NDArray[np.float32]) -> float:
    """Return what the colours of signed values reach to, not spoilt by a few pixels."""
    step = max(1, max(values.shape) // 2048)
    few = np.abs(values[::step, ::step])
    few = few[np.isfinite(few)]
    if few.size == 0:
        return 1.0
    limit = float(np.percentile(few, MOST)) or float(few.max())
    return limit or 1.0


def _lies_on(over: Any) -> dict[str, str]:
    """Return metadata that tell on which stack a layer lies, if it is that of a fusion."""
    note = result(over)
    return {} if note is None else {LIES_ON: note.source.partition(KEPT)[0]}


def show_difference(viewer: Any, made: Difference, over: Any, key: str, name: str) -> Any:
    """Add the layer of a difference above all others, or update it.

    Parameters
    ----------
    viewer : ViewerModel
        Where.
    made : Difference
        With values.
    over : Layer
        The layer of the first side, on which it lies.
    key : str
        What was subtracted: a later difference of the same updates the layer.
    name : str
        Of a new layer.
    """
    assert made.values is not None  # else there is nothing to show
    scale = np.asarray(over.scale[-2:], float)
    translate = np.asarray(over.translate[-2:], float) + scale * made.begin
    for layer in viewer.layers:
        note = result(layer)
        if note is not None and (note.role, note.source) == (ROLE, key):
            layer.data = made.values
            layer.scale, layer.translate, layer.visible = scale, translate, True
            break
    else:
        note = Result(ROLE, key, "")
        layer = Image(
            made.values, name=name, scale=scale, translate=translate, units=over.units[-2:],
            axis_labels=over.axis_labels[-2:], colormap=COLOURS,
            metadata={KEY: note} | _lies_on(over),
            rgb=False,
        )  # fmt: skip
        layer.colorbar.visible = True
        layer.colorbar.size = (16, 120)
        viewer.add_layer(layer)
    if over.ndim == 2:
        layer.affine = over.affine
    layer.contrast_limits_range = layer.contrast_limits = (-made.limit, made.limit)
    viewer.layers.selection.active = layer
    return layer
