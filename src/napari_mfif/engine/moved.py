"""Planes that are brought to one another while they are read, and what was mended before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import Transforms, source_area, warp
from napari_mfif.arrays.axes import AXES
from napari_mfif.arrays.lazy_array import BasicIndex, LazyArray, as_slice
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.preparation import Preparation
from napari_mfif.engine.repairs import Repairs
from napari_mfif.kernels.hot_pixels import REACH

__all__ = ["AlignedPixels", "before_moving", "repairs_of", "white_before_moving"]

#: A moved pixel of which so much is made of pixels that are not there is not there either.
TOUCHED = 0.02


class AlignedPixels(LazyArray):
    """Pixels of a z-stack, repaired and moved to the place of the reference plane when read.

    Type and axes are those of the stack; where a plane does not reach, it is mirrored. Hot pixels
    are repaired first, since moving would spread them; pixels that are not there move along.

    Parameters
    ----------
    stack : ZStack
        What is read.
    transforms : sequence of Transforms
        Where the planes of each timepoint lie.
    preparations : sequence of Preparation
        How the planes of each timepoint are repaired.
    area : (slice, slice), optional
        Only these rows and columns.
    """

    def __init__(
        self,
        stack: ZStack,
        transforms: Sequence[Transforms],
        preparations: Sequence[Preparation],
        area: tuple[slice, slice] | None = None,
    ) -> None:
        self.stack = self.unaligned = stack
        self.transforms = tuple(transforms)
        rows, columns = stack.plane_shape
        self.area = area or (slice(0, rows), slice(0, columns))
        lengths = [span.stop - span.start for span in self.area]
        cropped = dict(zip("YX", lengths, strict=True))
        self.shape = tuple(cropped.get(a, n) for a, n in zip(stack.axes, stack.shape, strict=True))
        self.dtype = stack.dtype
        self._repairs = [replace(one, drift=None) for one in preparations]
        #: The hot pixels of each timepoint that was read, where the camera took them.
        self.repaired: dict[int, Repairs] = {}
        self._reader = (0, self._reader_of(0))
        self._last: tuple[tuple[int, ...], NDArray[Any]] | None = None

    def white_of(self, t: int) -> tuple[float, ...]:
        """Return where the camera cut off light in the planes of a timepoint."""
        return self._repairs[t].white

    def _read(self, index: BasicIndex) -> Any:
        place: dict[str, int | range] = dict(zip(self.stack.axes, index, strict=True))
        t, c, z, y, x, s = (_as_range(place.get(letter, 0)) for letter in AXES)
        block = np.zeros(tuple(map(len, (t, c, z, y, x, s))), self.dtype)
        if block.size:
            rows, columns = (slice(min(span), max(span) + 1) for span in (y, x))
            some = as_slice(y, rows.start), as_slice(x, columns.start)
            for i, j in np.ndindex(len(t), len(z)):
                bands = self._moved(t[i], z[j], rows, columns)[some]
                bands = bands.reshape(len(y), len(x), self.stack.n_channels, self.stack.n_samples)
                block[i, :, j] = np.moveaxis(bands[:, :, as_slice(c), as_slice(s)], 2, 0)
        return block[tuple(slice(None) if isinstance(place.get(a), range) else 0 for a in AXES)]

    def _moved(self, t: int, z: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Return this part of one plane with all its bands; the last one is kept."""
        key, kept = (t, z, rows.start, rows.stop, columns.start, columns.stop), self._last
        if kept is not None and kept[0] == key:
            return kept[1]
        time, reader = self._reader
        if time != t:
            reader = self._reader_of(t)
            self._reader = (t, reader)
        matrix = self.transforms[t].matrices[z]
        wanted, (down, across) = self._places(matrix, rows, columns)
        planes = reader.planes(self._repairs[t], rows=down, columns=across, first=z, count=1)
        first = down.start, across.start
        moved = warp(next(planes).pixels, matrix, first=first, rows=wanted[0], columns=wanted[1])
        self._last = (key, moved)
        return moved

    def _reader_of(self, t: int) -> PlaneReader:
        reader = PlaneReader(self.stack, t, self._repairs[t].missing)
        reader.repairs = self.repaired.setdefault(t, reader.repairs)
        return reader

    def _places(
        self, matrix: NDArray[np.float64], rows: slice, columns: slice
    ) -> tuple[list[slice], list[slice]]:
        """Return which rows and columns a part is of the moved plane, and what is read for it."""
        wanted = [
            slice(part.start + whole.start, part.stop + whole.start)
            for part, whole in zip((rows, columns), self.area, strict=True)
        ]
        shape = self.stack.plane_shape
        seen = source_area(matrix, wanted[0], wanted[1], shape)
        return wanted, [_widened(one, n) for one, n in zip(seen, shape, strict=True)]

    def transparent(self, index: Any) -> NDArray[np.bool_] | None:
        """Tell where a moved plane has no pixels, since it had none before; None where it has all.

        What was read last is what is asked about.
        """
        *place, rows, columns = index
        known = dict(zip((a for a in self.stack.axes if a in "TCZ"), place, strict=True))
        t, z = known.get("T", 0), known["Z"]
        time, reader = self._reader
        if time != t or not reader.incomplete:
            return None
        rows, columns = (
            slice(*span.indices(length)[:2])
            for span, length in zip((rows, columns), self.plane_shape, strict=True)
        )
        matrix = self.transforms[t].matrices[z]
        wanted, (down, across) = self._places(matrix, rows, columns)
        lost = (~reader.recorded(z, down, across)).astype(np.float32)
        if not lost.any():
            return None
        first = down.start, across.start
        # whatever is made from a pixel that is not there is not there
        lost = cv2.dilate(lost, np.ones((3, 3), np.uint8))
        moved = warp(lost, matrix, first=first, rows=wanted[0], columns=wanted[1])
        return np.asarray(np.abs(moved) > TOUCHED)

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Rows and columns."""
        down, across = self.area
        return down.stop - down.start, across.stop - across.start


def _widened(span: slice, length: int) -> slice:
    """Return a span with what its repair looks at."""
    return slice(max(0, span.start - REACH), min(length, span.stop + REACH))


def _as_range(item: int | range) -> range:
    return item if isinstance(item, range) else range(item, item + 1)


def repairs_of(reader: PlaneReader, t: int) -> list[Repairs]:
    """Return the hot pixels that were found in the planes of a timepoint, before and after moving.

    Those before are where the camera took them.
    """
    pixels = reader.stack.pixels
    before = pixels.repaired.get(t) if isinstance(pixels, AlignedPixels) else None
    return [reader.repairs] if before is None else [reader.repairs, before]


def white_before_moving(stack: ZStack, t: int) -> tuple[float, ...]:
    """Return where the camera cut off light, see `Preparation.white`: moving goes beyond it."""
    return stack.pixels.white_of(t) if isinstance(stack.pixels, AlignedPixels) else ()


def before_moving(stack: ZStack, t: int) -> NDArray[np.uint16]:
    """Return in how many planes each pixel was hot before it was moved, (Y, X)."""
    pixels = stack.pixels
    if not isinstance(pixels, AlignedPixels) or t not in pixels.repaired:
        return np.zeros(stack.plane_shape, np.uint16)
    return pixels.repaired[t].map()[pixels.area]
