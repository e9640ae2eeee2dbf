"""The axes of arrays: their letters, what can be guessed of them, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_mfif.errors import AxesError

__all__ = ["AXES", "NAMES", "check_axes", "guess_axes", "squeezed"]

#: Axes in the order in which a z-stack keeps them: time, channel, plane, row, column, sample.
AXES = "TCZYXS"

NAMES = {"T": "time", "C": "channel", "Z": "plane", "Y": "row", "X": "column", "S": "colour"}


def guess_axes(shape: Sequence[int], dtype: np.dtype[Any]) -> str:
    """Name the axes of an array that does not name them.

    Axes of length 1 before rows and columns hold nothing: they are passed over.

    Parameters
    ----------
    shape : sequence of int
        The shape of the array.
    dtype : numpy.dtype
        Its type; colour is only guessed for unsigned integers of 8 or 16 bits.

    Returns
    -------
    str
        ``"ZYX"`` or ``"ZYXS"``, for what `squeezed` leaves of the shape.

    Raises
    ------
    AxesError
        The shape leaves a choice, or is that of one colour picture.
    """
    lengths = tuple(shape[axis] for axis in squeezed(shape))
    photograph = dtype in (np.dtype(np.uint8), np.dtype(np.uint16)) and lengths[-1:] in ((3,), (4,))
    if len(lengths) == 3:
        _refuse_colour_picture(lengths)
        return "ZYX"
    if len(lengths) == 4 and photograph:
        return "ZYXS"
    possible = {4: ("CZYX", "TZYX"), 5: ("TCZYX", "CZYXS"), 6: ("TCZYXS",)}.get(len(lengths), ())
    if len(lengths) == 4 and lengths[-1] in (3, 4):
        possible = ("ZYXS", *possible)
    ways = " or ".join(f'`axes="{choice}"`' for choice in possible)
    advice = f"Say so by {ways}." if ways else "A z-stack has at least the axes Z, Y, X."
    raise AxesError(f"An array of shape {tuple(shape)} does not say what its axes are. {advice}")


def squeezed(shape: Sequence[int]) -> list[int]:
    """Return the axes that are longer than 1, and the last ones, down to rows and columns."""
    colour = shape[-1:] in ((3,), (4,), [3], [4]) and len(shape) > 3 and min(shape[-3:-1]) > 4
    inner = len(shape) - (3 if colour else 2)
    kept = [axis for axis, length in enumerate(shape) if length > 1 or axis >= inner]
    # one plane stays one: what is missing is for others to say
    return kept if len(kept) > 2 else list(range(len(shape)))[-3:]


def _refuse_colour_picture(lengths: Sequence[int]) -> None:
    """Refuse (rows, columns, colours), which would be many planes of three columns."""
    rows, columns, last = lengths
    if last in (3, 4) and min(rows, columns) > 4 * last:
        raise AxesError(
            f"An array of shape {tuple(lengths)} looks like one colour picture of {columns} x "
            f"{rows} pixels. A z-stack needs at least two planes: give them as (Z, Y, X, {last}). "
            f'If its planes are {last} columns wide, say so by `axes="ZYX"`.'
        )


def check_axes(axes: str, shape: Sequence[int]) -> None:
    """Refuse axes that are unknown, stand twice, are missing, or do not fit a shape."""
    wrong = next((f"{a!r} is none of {AXES}" for a in axes if a not in AXES), None)
    wrong = wrong or next((f"{a} stands twice" for a in axes if axes.count(a) > 1), None)
    wrong = wrong or next((f"{a} ({NAMES[a]}) is missing" for a in "ZYX" if a not in axes), None)
    if wrong:
        raise AxesError(f'`axes="{axes}"` cannot be used: {wrong}.')
    if len(axes) != len(shape):
        raise AxesError(
            f'`axes="{axes}"` names {len(axes)} axes, but the array has '
            f"{len(shape)}: {tuple(shape)}."
        )
