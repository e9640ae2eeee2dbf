"""How an axis is cut into tiles that overlap: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Tile", "cut"]


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
    reach = -(-halo // stride) * stride
    return [
        Tile(
            start,
            min(start + step, length),
            max(0, start - reach),
            min(length, start + step + reach),
        )
        for start in range(0, length, step)
    ]
