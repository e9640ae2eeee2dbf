"""Pages whose pixels are numbers of a table of colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.io.pages import Page

__all__ = ["PalettePage", "colours_of", "in_colour"]

#: The number of `tifffile.PHOTOMETRIC.PALETTE`.
PALETTE = 3
#: How far, of 255, a colour may be from a ramp.
NEAR_A_RAMP = 3


@dataclass(frozen=True, slots=True)
class PalettePage:
    """A plane whose numbers are looked up in a table of colours.

    Parameters
    ----------
    page : Page
        The numbers, (Y, X).
    colours : uint8, (N, 3)
        The colour of each.
    """

    page: Page
    colours: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns and three samples."""
        return (*self.page.shape, 3)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return self.colours.dtype

    @property
    def block_shape(self) -> tuple[int, int]:
        """How many rows and columns cannot be read apart."""
        return self.page.block_shape

    def read(
        self, top: int, bottom: int, left: int = 0, right: int | None = None, step: int = 1
    ) -> NDArray[Any]:
        """Read every `step`-th row, `top` to `bottom` (exclusive), of columns `left` to `right`."""
        numbers = self.page.read(top, bottom, left, right, step)
        return np.asarray(self.colours[np.minimum(numbers, len(self.colours) - 1)])


def colours_of(page: Any) -> NDArray[np.uint8] | None:
    """Return the colours of a page of tifffile that has a table of them, (N, 3).

    Where they are the shades of one colour, from black, the numbers are brightness, and programs
    only show them so, as ImageJ does: that is no table, and None.
    """
    found = page.colormap if page.photometric == PALETTE else None
    grey = page.samplesperpixel == 1 and page.dtype is not None and page.dtype.kind == "u"
    if found is None or np.ndim(found) != 2 or len(found) != 3 or not grey:
        return None
    table = np.asarray(found).T
    # 16 bits by the rules; some programs write 8
    colours: NDArray[np.uint8] = (table >> 8 if table.max() > 255 else table).astype(np.uint8)
    return None if _is_ramp(colours) else colours


def _is_ramp(colours: NDArray[np.uint8]) -> bool:
    share = np.linspace(0, 1, len(colours))[:, None]
    return bool(np.all(np.abs(colours - share * colours[-1]) <= NEAR_A_RAMP))


def in_colour(pages: Sequence[Page], colours: NDArray[np.uint8]) -> list[Page]:
    """Return pages with their colours looked up."""
    return [PalettePage(pages[place], colours) for place in range(len(pages))]
