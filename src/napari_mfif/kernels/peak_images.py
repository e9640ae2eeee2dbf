"""What images have where a curve along z has its two highest peaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.two_peaks import Moves, TwoPeaks

__all__ = ["PeakImages"]

Map = NDArray[np.float32]


@dataclass
class PeakImages:
    """The pixels of some images at the two peaks of `TwoPeaks`, whose maps are half as large.

    A peak is known when the value after it is: images wait until then.

    Parameters
    ----------
    earlier, later : list of float32, (Y, X)
        Of each image: what it has at the two peaks.
    """

    earlier: list[Map]
    later: list[Map]
    _waiting: dict[int, Sequence[Map]] = field(default_factory=dict)
    _n_seen: int = 0

    @classmethod
    def empty(cls, shape: tuple[int, int], count: int) -> PeakImages:
        """Return a state for so many images of a shape."""
        earlier, later = ([np.zeros(shape, np.float32) for _ in range(count)] for _ in range(2))
        return cls(earlier, later)

    def update(self, images: Sequence[Map]) -> None:
        """Take the next plane's images, which are kept for a while and must not change."""
        self._waiting[self._n_seen] = images
        self._n_seen += 1

    def forget_before(self, plane: int) -> None:
        """Forget the images of planes before this one: no peak can be there any more."""
        for old in [number for number in self._waiting if number < plane]:
            del self._waiting[old]

    def move(self, rows: slice, moves: Moves | None, plane: int) -> None:
        """Take the pixels of a plane where a peak was found there.

        Parameters
        ----------
        rows : slice
            Rows of the maps of half the size.
        moves : (mask, mask), optional
            As `TwoPeaks.update_rows` returns them.
        plane : int
            Where the peak is.
        """
        if moves is None or not self.later:
            return
        shape = self.later[0].shape
        full = slice(2 * rows.start, min(2 * rows.stop, shape[0]))
        shifts, new = (
            _doubled(mask, (full.stop - full.start, shape[1])) if cv2.countNonZero(mask) else None
            for mask in moves
        )
        for earlier, later, image in zip(
            self.earlier, self.later, self._waiting[plane], strict=True
        ):
            if shifts is not None:
                cv2.copyTo(later[full], shifts, earlier[full])
            if new is not None:
                cv2.copyTo(image[full], new, later[full])

    def ranked(self, peaks: TwoPeaks) -> tuple[list[Map], list[Map]]:
        """Return the pixels at the highest peak, and at the second one; the state stays as it is.

        Where there is one peak only, the second is the same.
        """
        (earlier, later, _), moves = peaks.ended_by()
        twin = PeakImages(
            [image.copy() for image in self.earlier], [image.copy() for image in self.later],
            self._waiting,
        )  # fmt: skip
        rows = slice(0, -(-self.later[0].shape[0] // 2))
        twin.move(rows, moves, peaks.n_seen - 1)
        swapped = (earlier.value >= later.value).astype(np.uint8)
        alone = np.isinf(earlier.value).astype(np.uint8)
        shape = (self.later[0].shape[0], self.later[0].shape[1])
        to_first, to_second = _doubled(swapped, shape), _doubled(swapped | alone, shape)
        first, second = [], []
        for one, other in zip(twin.earlier, twin.later, strict=True):
            first.append(np.asarray(cv2.copyTo(one, to_first, other.copy())))
            second.append(np.asarray(cv2.copyTo(other, to_second, one)))
        return first, second


def _doubled(mask: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    size = (2 * mask.shape[1], 2 * mask.shape[0])
    large = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(large[: shape[0], : shape[1]])
