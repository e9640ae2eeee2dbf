"""A look at all planes before they are folded: brightness, what is missing, the focus curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.missing import Missing
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.preparation import Preparation, coarse_cells, to_guide
from napari_mfif.engine.ranges import robust_range
from napari_mfif.engine.sampling import Windows
from napari_mfif.kernels.borders import moving_borders, zero_border
from napari_mfif.kernels.focus_width import FocusWidth, energies
from napari_mfif.kernels.parallel import in_turn
from napari_mfif.methods.base import FloatMap

__all__ = ["Glance"]

#: A plane of which most pixels lie within this share of the range of others shows nothing.
EMPTY = 0.02


class Glance:
    """A look at all planes, once.

    Parameters
    ----------
    reader, looked
        The planes, and what is looked at of them.
    preparation : Preparation
        How the guide image is made.
    places : list of (slice, slice)
        Pieces of which the focus curve is followed.
    """

    def __init__(
        self,
        reader: PlaneReader,
        looked: PlaneReader | Windows,
        preparation: Preparation,
        places: list[tuple[slice, slice]],
    ) -> None:
        self._reader, self._looked = reader, looked
        self._preparation, self._places = preparation, places
        #: The brightness of each plane in coarse cells.
        self.cells: list[FloatMap] = []
        self.width = FocusWidth() if places else None
        self._spans: list[float] = []
        self._borders: dict[int, NDArray[np.bool_]] = {}

    def look(self) -> None:
        """Look at the planes in order."""
        for z, (cells, energy, mean, span, border) in enumerate(
            in_turn(self._seen, range(self._reader.stack.n_planes))
        ):
            self.cells.append(cells)
            self._spans.append(span)
            if border is not None:
                self._borders[z] = border
            if self.width is not None:
                self.width.update(energy, mean)

    def _seen(self, z: int) -> tuple[FloatMap, FloatMap, float, float, NDArray[np.bool_] | None]:
        bands = self._looked.bands(z)
        cells = coarse_cells(bands, self._preparation.weights)
        low, high = robust_range([to_guide(_thinned(bands), self._preparation)])
        border = zero_border(bands)
        if border is not None and self._looked is not self._reader:
            border = zero_border(self._reader.bands(z))
        if not self._places:
            return cells, cells, 0.0, high - low, border
        seen = np.stack([to_guide(bands[place], self._preparation) for place in self._places])
        return cells, energies(seen), float(seen.mean()), high - low, border

    def missing(self) -> Missing | None:
        """Return which planes and borders are missing; None where all is there."""
        planes = self._reader.stack.n_planes
        most = max(self._spans, default=0.0)
        empty = frozenset(z for z, span in enumerate(self._spans) if span < EMPTY * most)
        shown = {z: border for z, border in self._borders.items() if z not in empty}
        borders = moving_borders(shown, planes - len(empty))
        return Missing(planes=empty, borders=borders) if empty or borders else None


def _thinned(bands: NDArray[Any]) -> NDArray[Any]:
    return bands[:: max(1, bands.shape[0] // 64), :: max(1, bands.shape[1] // 64)]
