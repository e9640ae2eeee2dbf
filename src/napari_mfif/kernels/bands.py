"""Bands of rows: filters work on so many pixels at a time as stay in a processor's cache."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Band", "bands"]

#: Pixels of a band, about: a dozen float32 maps of it fit a cache of a few megabytes.
PIXELS = 1 << 18
#: A band has at least so many times its margin in rows, so that little is filtered twice.
MARGINS = 16


@dataclass(frozen=True)
class Band:
    """Some rows of a map, and those about them that a filter has to see.

    Parameters
    ----------
    rows : slice
        The rows themselves.
    outer : slice
        With the margin, inside the map.
    """

    rows: slice
    outer: slice

    @property
    def inner(self) -> slice:
        """The rows themselves, within the outer ones."""
        return slice(self.rows.start - self.outer.start, self.rows.stop - self.outer.start)

    @property
    def height(self) -> int:
        """How many outer rows there are."""
        return int(self.outer.stop - self.outer.start)

    def reduced(self, factor: int = 2) -> Band:
        """Return the same band of a map that is so many times smaller."""
        return Band(_reduced(self.rows, factor), _reduced(self.outer, factor))


def _reduced(rows: slice, factor: int) -> slice:
    return slice(rows.start // factor, -(-rows.stop // factor))


def bands(
    shape: tuple[int, int], *, margin: int = 0, step: int = 2, pixels: int = PIXELS
) -> list[Band]:
    """Cut a map into bands.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the map.
    margin : int, optional
        How many rows beyond its own a filter has to see; a multiple of `step`.
    step : int, optional
        Bands start at multiples of it.
    pixels : int, optional
        About how many pixels a band has.
    """
    length, width = shape
    height = max(pixels // max(1, width), MARGINS * margin, 1)
    height = -(-length // max(1, round(length / height)))
    height = -(-height // step) * step
    return [
        Band(
            slice(top, min(top + height, length)),
            slice(max(0, top - margin), min(top + height + margin, length)),
        )
        for top in range(0, length, height)
    ]
