"""How axes are cut into tiles that overlap: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Block", "Tile", "around", "blocks", "cut"]


@dataclass(frozen=True)
class Tile:
    """A piece of an axis.

    Parameters
    ----------
    start, stop : int
        The part that this tile answers for.
    outer_start, outer_stop : int
        The part it has to see: with its halo, inside the axis.
    """

    start: int
    stop: int
    outer_start: int
    outer_stop: int

    @property
    def core(self) -> slice:
        """The part it answers for, within the part it sees."""
        return slice(self.start - self.outer_start, self.stop - self.outer_start)


@dataclass(frozen=True)
class Block:
    """A rectangle of a plane.

    Parameters
    ----------
    rows, columns : Tile
        What it is made of.
    """

    rows: Tile
    columns: Tile

    @property
    def place(self) -> tuple[slice, slice]:
        """The part it answers for, in the plane."""
        rows, columns = self.rows, self.columns
        return slice(rows.start, rows.stop), slice(columns.start, columns.stop)

    @property
    def outer_shape(self) -> tuple[int, int]:
        """Rows and columns that it sees."""
        rows, columns = self.rows, self.columns
        return rows.outer_stop - rows.outer_start, columns.outer_stop - columns.outer_start


def blocks(
    shape: tuple[int, int], *, size: tuple[int, int], halo: int, stride: int = 1
) -> list[list[Block]]:
    """Cut a plane into rows of rectangles.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the plane.
    size : (int, int)
        Largest size of a rectangle without its halo.
    halo, stride : int
        As for `cut`, on both axes.

    Returns
    -------
    list of list of Block
        From top to bottom, in each row from left to right.
    """
    down, across = (
        cut(length, size=most, halo=halo, stride=stride)
        for length, most in zip(shape, size, strict=True)
    )
    return [[Block(rows, columns) for columns in across] for rows in down]


def cut(length: int, *, size: int, halo: int, stride: int = 1) -> list[Tile]:
    """Cut an axis into tiles of about equal size.

    Parameters
    ----------
    length : int
        Length of the axis.
    size : int
        Largest size of a tile without its halo; at least `stride` is taken.
    halo : int
        How far beyond its own part a tile has to see.
    stride : int, optional
        Tiles and what they see start at multiples of it.

    Returns
    -------
    list of Tile
        In order, without gap or overlap of their own parts.
    """
    count = max(1, -(-length // max(size, stride)))
    step = -(-length // count)
    step = -(-step // stride) * stride
    return [
        around(start, min(start + step, length), length, halo=halo, stride=stride)
        for start in range(0, length, step)
    ]


def around(start: int, stop: int, length: int, *, halo: int, stride: int = 1) -> Tile:
    """Return a piece of an axis with what it has to see.

    Parameters
    ----------
    start, stop : int
        The piece.
    length, halo, stride
        As for `cut`.
    """
    reach = -(-halo // stride) * stride
    return Tile(
        start,
        stop,
        max(0, start // stride * stride - reach),
        min(length, -(-stop // stride) * stride + reach),
    )
