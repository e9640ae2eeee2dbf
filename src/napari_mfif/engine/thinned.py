"""A z-stack seen from afar: every pixel the mean of a square of them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.kept import Kept
from napari_mfif.pixels import Pixels, as_slice, basic_index

__all__ = ["Thinned"]

#: Pixels that are read at a time.
BAND = 1 << 24
#: Bytes of what was made that are kept: a fold looks at some planes twice.
ROOM = 128 << 20


class Thinned:
    """Pixels of which squares are seen as one; what is left over at the end is not seen.

    Parameters
    ----------
    pixels : Pixels
        In the order of `axes`.
    axes : str
        A letter per axis.
    step : int
        Side of the squares.
    """

    def __init__(self, pixels: Pixels, axes: str, step: int) -> None:
        self._pixels, self.axes, self.step = pixels, axes, step
        self.shape = tuple(
            length // step if letter in "YX" else length
            for letter, length in zip(axes, pixels.shape, strict=True)
        )
        self.dtype, self.ndim = np.dtype(pixels.dtype), len(axes)
        self._kept = Kept(ROOM)

    def __getstate__(self) -> dict[str, Any]:
        return {"pixels": self._pixels, "axes": self.axes, "step": self.step}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part of one plane, or of several one by one."""
        asked = basic_index(index, self.shape)
        if asked is None:
            return self[...][index]
        leading = self.axes.index("Y")
        outer, inner = asked[:leading], asked[leading:]
        spans = [one if isinstance(one, range) else range(one, one + 1) for one in outer]
        planes = [
            self._plane(tuple(span[i] for span, i in zip(spans, place, strict=True)), inner)
            for place in np.ndindex(*map(len, spans))
        ]
        lengths = [len(one) for one in outer if isinstance(one, range)]
        return np.stack(planes).reshape(*lengths, *planes[0].shape)

    def _plane(self, place: tuple[int, ...], inner: tuple[int | range, ...]) -> NDArray[Any]:
        spans = [one if isinstance(one, range) else range(one, one + 1) for one in inner[:2]]
        first = [min(span[0], span[-1]) for span in spans]
        last = [max(span[0], span[-1]) + 1 for span in spans]
        key = (place, *first, *last)
        made = self._kept.get(key, lambda: self._made(place, first, last), lambda m: m.nbytes)
        parts = [
            as_slice(one, start) if isinstance(one, range) else one - start
            for one, start in zip(inner, (*first, 0), strict=False)
        ]
        return np.asarray(made[tuple(parts)])

    def _made(self, place: tuple[int, ...], first: list[int], last: list[int]) -> NDArray[Any]:
        """Read a box band by band and average its squares."""
        step = self.step
        width = (last[1] - first[1]) * step
        rows = max(1, BAND // (width * step))
        columns = slice(first[1] * step, last[1] * step)
        bands = []
        for top in range(first[0], last[0], rows):
            bottom = min(top + rows, last[0])
            fine = np.asarray(self._pixels[(*place, slice(top * step, bottom * step), columns)])
            size = (last[1] - first[1], bottom - top)
            exact = fine if fine.dtype in _AVERAGED else fine.astype(np.float64)
            coarse = cv2.resize(exact, size, interpolation=cv2.INTER_AREA)
            whole = coarse.dtype == self.dtype or self.dtype.kind == "f"
            bands.append((coarse if whole else np.rint(coarse)).astype(self.dtype))
        return np.concatenate(bands)


#: Types that OpenCV averages as they are.
_AVERAGED = tuple(map(np.dtype, (np.uint8, np.uint16, np.int16, np.float32, np.float64)))
