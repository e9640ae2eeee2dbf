"""Strokes: places that a person corrected by hand, and what was put there."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from napari_mfif.errors import ParameterError

__all__ = ["BEST", "ERASE", "SOFT", "Cover", "Point", "Stroke"]

#: Sources beside planes and other fusions: the plane that is sharpest in the area, and what the
#: method said there.
BEST, ERASE = "best", "erase"

#: Width of the soft edge in pixels, where none is given.
SOFT = 4.0

#: Places are kept to so many digits after the point, in memory as in a recipe.
DIGITS = 2

Point = tuple[float, float]


@dataclass(frozen=True)
class Cover:
    """An area given pixel by pixel.

    Parameters
    ----------
    top, left : int
        Its corner.
    height, width : int
        Rows and columns of the rectangle around it.
    packed : bytes
        A bit per pixel of the rectangle, compressed.
    """

    top: int
    left: int
    height: int
    width: int
    packed: bytes

    @classmethod
    def of(cls, mask: Any, at: tuple[int, int] = (0, 0)) -> Cover:
        """Pack a mask, (Y, X), whose first pixel is `at`."""
        import numpy as np

        mask = np.asarray(mask, np.bool_)
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        if mask.ndim != 2 or not len(rows):
            raise ParameterError("The mask of a stroke must be (Y, X) and cover at least a pixel.")
        top, left = int(rows[0]), int(columns[0])
        inner = mask[top : rows[-1] + 1, left : columns[-1] + 1]
        packed = zlib.compress(np.packbits(inner).tobytes(), 9)
        height, width = inner.shape
        return cls(at[0] + top, at[1] + left, height, width, packed)

    def mask(self) -> Any:
        """Return the pixels of the rectangle, bool; do not change them."""
        return _unpacked(self)

    def scaled(self, down: float, across: float) -> Cover:
        """Return the same where rows and columns are so many times as long."""
        import numpy as np

        rows, columns = np.nonzero(self.mask())
        rows = np.floor((rows + self.top) * down).astype(int)
        columns = np.floor((columns + self.left) * across).astype(int)
        top, left = int(rows.min()), int(columns.min())
        mask = np.zeros((rows.max() - top + 1, columns.max() - left + 1), np.bool_)
        mask[rows - top, columns - left] = True
        return Cover.of(mask, (top, left))


@dataclass(frozen=True)
class Stroke:
    """An area of the result, and what is put there by hand.

    Make one by `brush`, `lasso` or `mask`. Places are rows and columns of the result; the middle of
    the first pixel is (0, 0).

    Parameters
    ----------
    source : int, str or Fusion
        A plane, counted from 0; ``"best"``, the plane that is sharpest in the area by the method's
        own scores; another `Fusion` of the same planes; or ``"erase"``: what the method said.
    points : sequence of (row, column)
        The way of a brush, or the corners of a lasso.
    radius : float, optional
        Of the brush; without one the points are a lasso.
    cover : Cover, optional
        The area pixel by pixel, in place of points.
    soft : float, optional
        Width in pixels of the edge, half of it outside, over which old and new are blended; at
        most the width of the brush.
    time : int, optional
        The timepoint, counted from 0.
    pixel : (float, float), optional
        Height and width of a pixel, in which radius and soft edge of a brush are measured: so it is
        round also where pixels are not square.
    """

    source: Any
    points: tuple[Point, ...] = ()
    radius: float | None = None
    cover: Cover | None = None
    soft: float = SOFT
    time: int = 0
    pixel: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        least = 1 if self.radius is not None else 3
        if self.cover is None and len(self.points) < least:
            what = "brush needs a point" if least == 1 else "lasso needs at least three points"
            raise ParameterError(f"A stroke by {what}.")
        numbers = [n for point in self.points for n in point]
        numbers += [self.soft, 1.0 if self.radius is None else self.radius]
        numbers += self.pixel
        if not all(map(math.isfinite, numbers)) or self.soft < 0 or min(numbers[-3:]) <= 0:
            raise ParameterError(
                "Points, radius, soft edge and pixel of a stroke must be finite numbers, radius "
                "and pixel more than 0 and the soft edge not less."
            )
        if isinstance(self.source, str) and self.source not in (BEST, ERASE):
            raise ParameterError(
                f'A stroke takes "{BEST}", "{ERASE}", the number of a plane or another fusion, not '
                f'"{self.source}".'
            )

    @classmethod
    def brush(
        cls,
        points: Iterable[Sequence[float]],
        radius: float,
        source: Any,
        *,
        soft: float = SOFT,
        time: int = 0,
        pixel: Sequence[float] = (1.0, 1.0),
    ) -> Stroke:
        """Paint along a line with a round brush; a single point is a dab."""
        soft = round(min(float(soft), 2 * float(radius)), DIGITS)
        height, width = (float(f"{side:.6g}") for side in pixel)
        radius = round(float(radius), DIGITS)
        return cls(_plane(source), _points(points), radius, None, soft, time, (height, width))

    @classmethod
    def lasso(
        cls,
        points: Iterable[Sequence[float]],
        source: Any,
        *,
        soft: float = SOFT,
        time: int = 0,
    ) -> Stroke:
        """Fill the polygon with these corners; where it crosses itself, by the even-odd rule."""
        soft = round(float(soft), DIGITS)
        return cls(_plane(source), _points(points), None, None, soft, time)

    @classmethod
    def mask(
        cls,
        mask: Any,
        source: Any,
        *,
        at: tuple[int, int] = (0, 0),
        soft: float = SOFT,
        time: int = 0,
    ) -> Stroke:
        """Fill where a mask, (Y, X), is true; `at` is the row and column of its first pixel."""
        soft = round(float(soft), DIGITS)
        return cls(_plane(source), (), None, Cover.of(mask, at), soft, time)

    @property
    def reach(self) -> tuple[float, float]:
        """How many rows and columns from its points or its mask a stroke acts."""
        reach = (self.radius or 0) + self.soft / 2
        return reach / self.pixel[0], reach / self.pixel[1]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """First row, row after the last, first column, column after the last that it may touch."""
        if self.cover is None:
            rows, columns = zip(*self.points, strict=True)
        else:
            rows = (self.cover.top, self.cover.top + self.cover.height - 1)
            columns = (self.cover.left, self.cover.left + self.cover.width - 1)
        down, across = self.reach
        return (
            math.floor(min(rows) - down),
            math.ceil(max(rows) + down) + 1,
            math.floor(min(columns) - across),
            math.ceil(max(columns) + across) + 1,
        )

    def moved(self, rows: int, columns: int) -> Stroke:
        """Return the same stroke so many rows and columns further."""
        if (rows, columns) == (0, 0):
            return self
        points = _points((y + rows, x + columns) for y, x in self.points)
        cover = self.cover
        if cover is not None:
            cover = replace(cover, top=cover.top + rows, left=cover.left + columns)
        return replace(self, points=points, cover=cover)

    def scaled(self, down: float, across: float) -> Stroke:
        """Return the same stroke where rows and columns are so many times as long."""
        middle = (down + across) / 2
        # the middle of the first pixel is at half a pixel
        points = tuple(((y + 0.5) * down - 0.5, (x + 0.5) * across - 0.5) for y, x in self.points)
        return replace(
            self,
            points=points,
            radius=None if self.radius is None else self.radius * middle,
            cover=None if self.cover is None else self.cover.scaled(down, across),
            soft=self.soft * middle,
        )

    def as_entry(self, source: Any) -> dict[str, Any]:
        """Return it for a recipe, where `source` stands for what it takes."""
        entry: dict[str, Any] = {"from": source}
        if self.cover is not None:
            cover = self.cover
            entry["box"] = [cover.top, cover.left, cover.height, cover.width]
            entry["mask"] = base64.b64encode(cover.packed).decode("ascii")
        else:
            written = " ".join(f"{y:.15g},{x:.15g}" for y, x in self.points)
            entry["lasso" if self.radius is None else "brush"] = written
        if self.radius is not None:
            entry["radius"] = self.radius
        if self.pixel != (1, 1):
            entry["pixel"] = list(self.pixel)
        entry["soft"] = self.soft
        return entry | ({"time": self.time} if self.time else {})

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any], source: Any) -> Stroke:
        """Read an entry of a recipe, where `source` is what it takes."""
        try:
            soft, time = float(entry["soft"]), int(entry.get("time", 0))
            if "mask" in entry:
                top, left, height, width = map(int, entry["box"])
                packed = base64.b64decode(entry["mask"], validate=True)
                cover = Cover(top, left, height, width, packed)
                return cls(_plane(source), (), None, cover, soft, time)
            pairs = str(entry["brush" if "brush" in entry else "lasso"]).split()
            points = _points([float(n) for n in pair.split(",")] for pair in pairs)
            radius = float(entry["radius"]) if "brush" in entry else None
            pixel_height, pixel_width = map(float, entry.get("pixel", (1, 1)))
        except (KeyError, TypeError, ValueError) as error:
            raise ParameterError(
                f"A stroke of the recipe cannot be read: {error}. It has from, soft, and brush "
                f"with radius, lasso, or mask with box."
            ) from error
        pixel = pixel_height, pixel_width
        return cls(_plane(source), points, radius, None, soft, time, pixel)


@lru_cache(maxsize=4)
def _unpacked(cover: Cover) -> Any:
    import numpy as np

    try:
        bits = np.frombuffer(zlib.decompress(cover.packed), np.uint8)
        flat = np.unpackbits(bits, count=cover.height * cover.width)
    except (zlib.error, ValueError) as error:
        raise ParameterError(f"The mask of a stroke is damaged: {error}.") from error
    return flat.reshape(cover.height, cover.width).astype(np.bool_)


def _points(points: Iterable[Sequence[float]]) -> tuple[Point, ...]:
    return tuple((round(float(y), DIGITS), round(float(x), DIGITS)) for y, x in points)


def _plane(source: Any) -> Any:
    """Return a plane's number as a plain one."""
    return source.__index__() if hasattr(source, "__index__") else source
