"""What a fold costs for each pixel, found out by folding a small piece of a z-stack."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from napari_mfif.arrays.lazy_array import BasicIndex, LazyArray
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.driver import plan
from napari_mfif.engine.folded import FoldedTimepoint, fold_region
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import SurveyedTimepoint
from napari_mfif.methods.base import Method
from napari_mfif.settings.parameters import Settings

__all__ = ["Costs", "costs_of"]


@dataclass(frozen=True)
class Costs:
    """Seconds per pixel: of the survey, of each plane, of the answer, of what is made of it.

    And how many planes are read for the survey, and after the fold: some are read again where
    pixels are missing, or copied. Of how many planes, and pairs of them that were compared.
    """

    surveying: float
    taking: float
    finishing: float
    composing: float
    surveyed: float = 0.0
    read_again: float = 0.0
    planes: int = 1
    compared: int = 0

    def of_planes(self, planes: int, compared: int, fewer: Costs) -> Costs:
        """Return the costs of more planes, from what these and fewer cost.

        Of the survey a part is the same for all stacks, and of the end with some methods all.

        Parameters
        ----------
        planes, compared : int
            How many planes there are, and how many pairs are compared.
        fewer : Costs
            Those of fewer planes.
        """
        few, more, wanted = fewer.planes, self.planes, planes
        steps = (wanted - more) / (more - few)
        grown = {
            name: getattr(self, name) + max(0.0, getattr(self, name) - getattr(fewer, name)) * steps
            for name in ("surveying", "finishing", "composing", "surveyed", "read_again")
        }
        return replace(self, **grown, taking=self._taking(planes, compared, fewer) / planes)

    def _taking(self, planes: int, compared: int, fewer: Costs) -> float:
        """Return the cost of taking all planes: of each, and of each comparison."""
        whole, part = self.taking * self.planes, fewer.taking * fewer.planes
        unlike = fewer.planes * self.compared - self.planes * fewer.compared
        if not unlike:
            return self.taking * planes
        pair = (fewer.planes * whole - self.planes * part) / unlike
        pair = min(max(pair, 0.0), whole / self.compared)
        return pair * compared + (whole - pair * self.compared) / self.planes * planes


class _Counted(LazyArray):
    """Pixels that count how many planes are read of them."""

    def __init__(self, pixels: Any, *, random_access: bool) -> None:
        self._pixels = pixels
        self.shape, self.dtype = pixels.shape, pixels.dtype
        self.random_access = random_access
        self.read = 0

    def _read(self, index: BasicIndex) -> Any:
        self.read += 1
        return self._pixels[
            tuple(slice(i.start, i.stop, i.step) if isinstance(i, range) else i for i in index)
        ]


def costs_of(
    method: Method,
    settings: Settings,
    cleaning: Settings,
    piece: ZStack,
    *,
    keeps: bool,
    least: int = 2,
) -> Costs:
    """Fold a piece, at least so many times: the first time imports and loads.

    Parameters
    ----------
    method, settings
        What folds it.
    cleaning : dict
        Parameters of the consistency verification.
    piece : ZStack
        Of which all pixels are at hand.
    keeps : bool
        Whether planes of the whole stack are kept once they were read.
    least : int, optional
        How often.
    """
    pixels = np.asarray(piece.pixels)
    if np.ptp(pixels) == 0:  # nothing to focus on: any pixels cost the same
        pixels = (np.arange(pixels.size).reshape(pixels.shape) % 251).astype(piece.dtype)
    counted = _Counted(pixels, random_access=not keeps)
    spent: list[list[float]] = []
    reads = [0, 0, 0]
    while len(spent) < 3:
        counted.read = 0
        reader = PlaneReader(replace(piece, pixels=counted))
        layout = plan(method, settings, reader, 1 << 40, threads=1)
        moments = [time.perf_counter()]
        timepoint = SurveyedTimepoint.of(method, settings, reader)
        moments.append(time.perf_counter())
        reads[0] = counted.read
        folding = fold_region(timepoint, layout)
        while True:
            try:
                next(folding)
            except StopIteration as end:
                folded: FoldedTimepoint = end.value
                break
            moments[2:] = [time.perf_counter()]
        moments.append(time.perf_counter())
        reads[1] = counted.read
        folded.postprocessed(cleaning)
        moments.append(time.perf_counter())
        reads[2] = counted.read
        spent.append([after - before for before, after in pairwise(moments)])
        if len(spent) >= least and moments[-1] - moments[0] > 1:
            break
    surveying, taking, finishing, composing = (min(times) for times in zip(*spent, strict=True))
    area = prod(piece.plane_shape)
    return Costs(
        surveying / area,
        taking / area / piece.n_planes,
        finishing / area,
        composing / area,
        reads[0] / piece.n_channels,
        (reads[2] - reads[1]) / piece.n_channels,
        piece.n_planes,
        method.comparisons(settings, piece.n_planes),
    )
