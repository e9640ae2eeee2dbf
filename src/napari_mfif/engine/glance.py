"""A look at all planes before they are folded: brightness, what is missing, the focus curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.missing import Missing
from napari_mfif.engine.pieces import PieceContrast, details
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.preparation import Preparation, coarse_cells, to_guide
from napari_mfif.engine.ranges import robust_range
from napari_mfif.engine.sampling import Windows
from napari_mfif.kernels.borders import mixed_rim, moving_borders, zero_border
from napari_mfif.kernels.focus_width import FocusWidth, energies
from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.kernels.parallel import in_turn
from napari_mfif.kernels.saturation import Top, top_of, white_of
from napari_mfif.methods.base import FloatMap

__all__ = ["Glance"]

#: A plane shows nothing whose pixels lie within this share of the range of others, and no further
#: apart than noise alone makes them: dim objects in the first planes of a confocal stack count.
EMPTY = 0.02
#: Values of noise alone lie within so many of its standard deviations (99 % of them within 5.2), or
#: within so many steps of whole numbers.
WIDTH, STEPS = 6.5, 3

#: What is measured of the pieces of a plane for a fact that a method wants, see `Method.facts`.
_MEASURES: dict[str, Callable[[FloatMap], Any]] = {"focus_width": energies, "inverting": details}


@dataclass(frozen=True)
class _Seen:
    """What is seen of a plane: brightness in coarse cells, its range and mean, missing border.

    The highest value of each band. Of its pieces their mean value, and what was measured.
    """

    cells: FloatMap
    span: float
    level: float
    border: NDArray[np.bool_] | None
    tops: list[Top]
    mean: float
    measured: dict[str, Any]


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
    noise : NoiseLine
        Of the guide image.
    wanted : sequence of str
        Facts to find out, where there are pieces.
    """

    def __init__(
        self,
        reader: PlaneReader,
        looked: PlaneReader | Windows,
        preparation: Preparation,
        places: list[tuple[slice, slice]],
        noise: NoiseLine,
        wanted: Sequence[str],
    ) -> None:
        self._reader, self._looked = reader, looked
        self._preparation, self._places = preparation, places
        #: The brightness of each plane in coarse cells.
        self.cells: list[FloatMap] = []
        self._noise = noise
        self._wanted = [name for name in _MEASURES if places and name in wanted]
        self._width, self._contrast = FocusWidth(), PieceContrast(noise)
        #: Range and mean brightness of each plane.
        self._levels: list[tuple[float, float]] = []
        self._borders: dict[int, NDArray[np.bool_]] = {}
        self._tops: list[list[Top]] = []

    def look(self) -> None:
        """Look at the planes in order; of two there is nothing to find out."""
        if self._reader.stack.n_planes < 3:
            return
        for z, seen in enumerate(in_turn(self._seen, range(self._reader.stack.n_planes))):
            again = z > 0 and np.array_equal(seen.cells, self.cells[-1])
            self.cells.append(seen.cells)
            self._levels.append((seen.span, seen.level))
            self._tops.append(seen.tops)
            if seen.border is not None:
                self._borders[z] = seen.border
            if again:
                continue
            for name, measured in seen.measured.items():
                watcher: Any = self._width if name == "focus_width" else self._contrast
                watcher.update(measured, seen.mean)

    def facts(self) -> dict[str, Any]:
        """Return the facts that were wanted."""
        facts: dict[str, Any] = {}
        if "focus_width" in self._wanted:
            facts["focus_width"] = self._width.width(self._noise)
        if "inverting" in self._wanted:
            facts["inverting"] = self._contrast.share(len(self._places))
        return facts

    def _seen(self, z: int) -> _Seen:
        bands = self._looked.bands(z)
        cells = coarse_cells(bands, self._preparation.weights)
        few = to_guide(_thinned(bands), self._preparation)
        low, high = robust_range([few])
        border = _border(bands)
        if border is not None and self._looked is not self._reader:
            border = _border(self._reader.bands(z))
        measured, mean = {}, 0.0
        if self._wanted:
            seen = np.stack([to_guide(bands[place], self._preparation) for place in self._places])
            measured = {name: _MEASURES[name](seen) for name in self._wanted}
            mean = float(seen.mean())
        tops = [top_of(bands[..., k]) for k in range(bands.shape[2])]
        return _Seen(cells, high - low, float(few.mean()), border, tops, mean, measured)

    def white(self) -> tuple[float, ...]:
        """Return where the camera cuts off light, see `Preparation.white`."""
        if not self._tops:
            return ()
        weights, whole = self._preparation.weights, self._reader.stack.dtype.kind in "iu"
        step = self._preparation.gain * float(np.abs(weights).sum())
        deviation = self._noise.deviation / step if whole else self._noise.deviation and np.inf
        white = tuple(
            white_of(tops, deviation) if weight else -np.inf
            for tops, weight in zip(zip(*self._tops, strict=True), weights, strict=True)
        )
        return white if np.inf not in white else ()

    def missing(self) -> Missing | None:
        """Return which planes and borders are missing; None where all is there."""
        planes = self._reader.stack.n_planes
        most = max((span for span, _ in self._levels), default=0.0)
        empty = frozenset(
            z
            for z, (span, level) in enumerate(self._levels)
            if span < EMPTY * most and span <= self._nothing(level)
        )
        shown = {z: border for z, border in self._borders.items() if z not in empty}
        borders = moving_borders(shown, planes - len(empty))
        return Missing(planes=empty, borders=borders) if empty or borders else None

    def _nothing(self, level: float) -> float:
        """Return over what range values of a plane of this brightness lie that shows nothing."""
        deviation = np.sqrt(self._noise.variance(np.array([level], np.float32))[0])
        steps = STEPS * self._preparation.gain * float(np.abs(self._preparation.weights).sum())
        whole = self._reader.stack.dtype.kind in "iub"
        return max(WIDTH * float(deviation), steps if whole else 0.0)


def _border(bands: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Return where the border of a plane is missing."""
    zeros = zero_border(bands)
    return mixed_rim(bands) if zeros is None else zeros


def _thinned(bands: NDArray[Any]) -> NDArray[Any]:
    return bands[:: max(1, bands.shape[0] // 64), :: max(1, bands.shape[1] // 64)]
