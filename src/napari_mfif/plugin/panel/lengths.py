"""Lengths as people type them."""

from __future__ import annotations

import re
from math import isfinite

from napari_mfif.errors import ParameterError
from napari_mfif.io.sizes import decimal

__all__ = ["length", "pixel_size", "spacing_of"]

#: Between height and width of a pixel.
BETWEEN = re.compile(r"\s*;\s*|\s*,\s+|\s+x\s+")


def spacing_of(z_step: str, pixel: str) -> tuple[float, ...]:
    """Return z step, or z step, height and width of a pixel, as `open_stack` takes them.

    Raises
    ------
    ParameterError
        The z step is missing, or what is typed is no length.
    """
    if not z_step:
        raise ParameterError("Give the z step, too: the pixel size alone is not enough.")
    return (length(z_step, "Z step"), *(pixel_size(pixel) if pixel else ()))


def length(text: str, name: str) -> float:
    """Return a length, written with a point or a comma.

    Raises
    ------
    ParameterError
        It is none.
    """
    value = decimal(text)
    if value is None or not (isfinite(value) and value > 0):
        raise ParameterError(
            f"{name}: {text} is not possible. Give a number above 0, such as 0.5; "
            "its unit stands beside the z step."
        )
    return value


def pixel_size(text: str) -> tuple[float, float]:
    """Return height and width of a pixel: one number is both.

    Raises
    ------
    ParameterError
        It is neither; or a comma may be a decimal point, or stand between two numbers.
    """
    if re.fullmatch(r"\d+,\d+", text):
        point, both = text.replace(",", "."), text.replace(",", "; ")
        raise ParameterError(f"Pixel size: write {point}, or {both} for height and width.")
    between = re.compile(r"\s*,\s*") if "." in text and "," in text else BETWEEN
    parts = between.split(text)
    if len(parts) > 2:
        raise ParameterError("Pixel size: give one number, or height and width as in 0.1; 0.2.")
    return length(parts[0], "Pixel size"), length(parts[-1], "Pixel size")
