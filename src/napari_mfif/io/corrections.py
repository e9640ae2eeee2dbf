"""What somebody says about a z-stack goes before what its file says: sizes, and how it is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, prod
from typing import Any

from napari_mfif.arrays.lazy_array import as_dask
from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import AxesError, ParameterError
from napari_mfif.io.pages import PagePixels
from napari_mfif.io.sizes import METRES, plain_unit

__all__ = ["check_spacing", "check_unit", "reshaped", "with_spacing"]

#: The unit of lengths of which nobody says it.
USUAL = "um"


def check_spacing(spacing: Any) -> tuple[float, ...]:
    """Return the z step, or the z step and height and width of a pixel.

    Parameters
    ----------
    spacing : float, sequence of float, or str
        One number or three, as text with commas: ``"0.5"``, ``"0.5,0.1,0.1"``.

    Raises
    ------
    ParameterError
        It is something else.
    """
    given = spacing.replace(";", ",").split(",") if isinstance(spacing, str) else spacing
    try:
        values = tuple(float(one) for one in (given if isinstance(given, Sequence) else [given]))
    except (TypeError, ValueError):
        values = ()
    if len(values) not in (1, 3) or not all(isfinite(one) and one > 0 for one in values):
        raise ParameterError(
            f'`spacing="{spacing}"` is not possible: the z step, or z step, height and width of a '
            "pixel, as in 0.5,0.1,0.1."
        )
    return values


def check_unit(unit: str) -> str:
    """Return a unit of length under the name that is used here.

    Raises
    ------
    ParameterError
        It is none.
    """
    known = plain_unit(unit)
    if known is None:
        raise ParameterError(f'`unit="{unit}"` is no unit of length: {", ".join(METRES)}.')
    return known


def with_spacing(stack: ZStack, spacing: Any = None, unit: str | None = None) -> ZStack:
    """Return a z-stack with the sizes that somebody gives.

    Parameters
    ----------
    stack : ZStack
        The z-stack.
    spacing : float, sequence of float, or str, optional
        The z step, or z step, height and width of a pixel.
    unit : str, optional
        Unit of these; without them, of the sizes that the z-stack has.

    Raises
    ------
    ParameterError
        The spacing or unit is not possible.
    """
    known = None if unit is None else check_unit(unit)
    if spacing is None:
        return stack if known is None else replace(stack, unit=known)
    values = check_spacing(spacing)
    notes = stack.notes
    if known is None and stack.unit is None:
        notes = (*notes, f'The spacing is taken as {USUAL}; `unit="nm"` or another says otherwise.')
    known = known or stack.unit or USUAL
    pixel = values[1:] if len(values) == 3 else stack.pixel_size
    if len(values) == 1 and pixel and stack.unit in METRES:
        factor = METRES[stack.unit] / METRES[known]
        pixel = (pixel[0] * factor, pixel[1] * factor)
    return replace(
        stack,
        z_step=values[0],
        pixel_size=None if pixel is None else (pixel[0], pixel[1]),
        unit=known,
        z_positions=None,
        notes=notes,
    )


def reshaped(stack: ZStack, axes: str, shape: Any) -> ZStack:
    """Divide the pages of a z-stack among several axes.

    Parameters
    ----------
    stack : ZStack
        A z-stack with planes only, ``ZYX`` or ``ZYXS``.
    axes : str
        A letter per axis in the order in which pages follow each other, the last one fastest.
    shape : sequence of int, or str
        Lengths of the axes before rows and columns; those may follow.

    Raises
    ------
    AxesError
        They do not give as many pages as there are.
    """
    given = shape.split(",") if isinstance(shape, str) else list(shape)
    inner = stack.axes[1:]
    leading = axes.upper().removesuffix(inner)
    try:
        lengths = [int(one) for one in given if one not in (..., "...")]
    except (TypeError, ValueError):
        lengths = []
    if lengths[len(leading) :] == list(stack.shape[1:]):
        lengths = lengths[: len(leading)]
    count = stack.shape[0]
    if len(lengths) != len(leading) or prod(lengths) != count or stack.axes[0] != "Z":
        raise AxesError(
            f'`shape="{",".join(map(str, lengths))}"` does not divide the {count} pages of '
            f"{stack.name} among the axes {leading}: give a length for each, which together make "
            f"{count}."
        )
    pixels: Any = getattr(stack.pixels, "finest", stack.pixels)
    if isinstance(pixels, PagePixels):
        pixels = pixels.divided(lengths)
    else:
        pixels = as_dask(pixels, stack.axes).reshape(*lengths, *stack.shape[1:])
    return ZStack.from_array(
        pixels,
        leading + inner,
        name=stack.name,
        z_step=stack.z_step,
        pixel_size=stack.pixel_size,
        unit=stack.unit,
        notes=stack.notes,
        source=stack.source,
    )
