"""The signed difference of two results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import MfifError
from napari_mfif.metrics.evaluation import without_colour
from napari_mfif.plugin.comparing.matching import matched
from napari_mfif.plugin.comparing.sides import Piece, Side, laid_over

__all__ = ["Difference", "difference", "symmetric_limit", "why_not"]

#: The share of pixels, in percent, whose differences lie within the colours.
MOST = 99.9


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
    first: Piece,
    second: Piece,
    names: tuple[str, str],
    *,
    match: int | None = None,
    unit: str = "",
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
    unit : str, optional
        Of the values.
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
    low, wide = (f"{number:.3g} {unit}".rstrip() for number in (abs(mean), apart))
    size = f"A is {low} {way} than B on average; they are {wide} apart."
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
