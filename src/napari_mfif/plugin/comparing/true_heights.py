"""Heights of results laid on true ones, both in planes, as measures of depth take them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import ParameterError
from napari_mfif.plugin.comparing.sides import Piece, laid_over

__all__ = ["Depths", "depths_of"]


class Depths(NamedTuple):
    """What a measure of depth is given, and what has to be known."""

    found: NDArray[np.float64]
    true: NDArray[np.float64]
    #: Where both are known.
    where: NDArray[np.bool_]
    told: str


def depths_of(stack: ZStack, heights: Piece, true: Piece, names: tuple[str, str]) -> Depths:
    """Return the heights of a result and the true ones in planes, where they lie on one another.

    Parameters
    ----------
    stack : ZStack
        What was fused.
    heights, true : Piece
        In the unit of the stack's heights; NaN where they are not known.
    names : (str, str)
        For messages.

    Raises
    ------
    ParameterError
        They do not lie on one another, or the true ones are a picture in colour.
    """
    found, right, _ = laid_over(heights, true, names)
    if right.ndim != 2:
        raise ParameterError(f"{names[1]} is a picture in colour: true heights are a single map.")
    where = np.isfinite(found) & np.isfinite(right)
    unknown = 100 * float(np.mean(~np.isfinite(found) & np.isfinite(right)))
    told = f"Of {names[0]} {unknown:.0f} % has no height: not judged." if unknown >= 0.5 else ""
    return Depths(_planes(stack, found), _planes(stack, right), where, told)


def _planes(stack: ZStack, heights: Any) -> NDArray[np.float64]:
    """Return heights in planes of the whole z-stack, also beyond its ends."""
    values = np.nan_to_num(np.asarray(heights, np.float64))
    if stack.z_positions is None or stack.plane_numbers:
        return values / float(stack.z_step or 1)
    return np.interp(values, stack.z_positions, np.arange(stack.n_planes))
