"""What the two highest peaks of the depth score tell about a pixel, as its refinement sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.adaptive.depth_evidence import Told, at_end, bent, finest_peaks, rival_of
from napari_mfif.methods.adaptive.voting import BELIEVED

if TYPE_CHECKING:
    from napari_mfif.methods.adaptive.level import LevelFold

__all__ = ["PEAK_MAPS", "peak_maps", "reliance"]

Map = NDArray[np.float32]

#: How many maps there are.
PEAK_MAPS = 20
#: Side of the window in which depths are compared, and the trust that everything has there.
WINDOW, LEAST_TRUST = 9, 1e-6


def reliance(told: Told) -> tuple[Map, Map]:
    """Return how far the highest peak and the second one are there at all, 0 to 1.

    In noise scores are 0 in many planes, and which of these is called a peak says nothing.
    """
    earlier, later, _ = told.peaks
    second = cv2.min(earlier.value, later.value)
    return _ramp(told.peak.best), _ramp(second)


def _ramp(score: Map) -> Map:
    return np.asarray(np.clip(score / np.float32(BELIEVED), 0, 1), np.float32)


def peak_maps(told: Told, levels: list[LevelFold], there: tuple[Map, Map]) -> Map:
    """Return (`PEAK_MAPS`, Y, X) at half the size: alike for planes in reverse.

    Parameters
    ----------
    told : Told
        By the scores.
    levels : list of LevelFold
        Of the pyramid, finest first.
    there : (float32, float32), (Y, X)
        The `reliance` of the two peaks.
    """
    peak, best = told.peak, told.peak.best
    own = peak.position()
    second, rival, valley = rival_of(told)
    first_there, second_there = there
    weight = np.square(told.trust) + np.float32(LEAST_TRUST)
    amount = _window(weight)
    near = _window(weight * own) / amount
    spread = _window(weight * np.abs(own - near)) / amount
    places, energies, distinct = finest_peaks(levels, own.shape)
    before, after = peak.neighbours()
    maps = [
        first_there,
        second_there,
        bent(np.abs(own - second)) * second_there,
        bent(np.abs(own - near)) * first_there,
        bent(np.abs(second - near)) * second_there,
        *(bent(np.abs(place - own)) * first_there for place in places),
        bent(spread) * first_there,
        0.2 * np.log(amount + np.float32(1e-3)),
        0.5 * np.log1p(np.maximum(best, 0)),
        *(0.5 * np.log1p(np.maximum(best - lower, 0)) for lower in (rival, valley, told.lowest)),
        0.3 * np.log(np.maximum(told.total, 1)),
        told.trust,
        0.5 * np.log1p(np.maximum(best - (before + after) * np.float32(0.5), 0)),
        at_end(own, np.float32(peak.n_seen - 1)) * first_there,
        *(0.25 * np.log(energy + np.float32(0.1)) for energy in energies),
        distinct[0],
    ]
    return np.stack(maps, dtype=np.float32)


def _window(values: Map) -> Map:
    side = (WINDOW, WINDOW)
    return np.asarray(cv2.blur(values, side, borderType=cv2.BORDER_REFLECT_101))
