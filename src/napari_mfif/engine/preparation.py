"""What is done to every plane before a method sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import BrightnessDrift
from napari_mfif.engine.missing import Missing
from napari_mfif.kernels.bands import bands as cut
from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.methods.base import FloatMap

__all__ = ["LUMINANCE", "Preparation", "coarse_cells", "equalised", "to_guide"]

#: Weights of red, green and blue in brightness (ITU-R BT.601).
LUMINANCE = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Preparation:
    """What is done to every plane before a method sees it, found out by the survey.

    Parameters
    ----------
    weights : float32, (K,)
        The guide image is this weighted sum of the bands.
    offset, gain : float
        ``guide = (sum - offset) * gain``.
    noise : list of NoiseLine, optional
        Per band, in the stack's unit; hot pixels are repaired where it is given.
    stuck : list of (rows, columns)
        Per band: the pixels that are hot in every plane.
    drift : BrightnessDrift, optional
        How the planes' brightness is equalised.
    identical : bool, optional
        Whether all planes are equal: then nothing is fused.
    missing : Missing, optional
        Which pixels are not there.
    repeated : frozenset of int, optional
        Planes that equal the one before; methods are not shown them.
    white : tuple of float, optional
        Of each band where the camera cuts off light, minus infinity of one that has no say; empty
        where nothing shows that it does, of one band at least.
    """

    weights: FloatMap
    offset: float = 0.0
    gain: float = 1.0
    noise: list[NoiseLine] = field(default_factory=list)
    stuck: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = field(default_factory=list)
    drift: BrightnessDrift | None = None
    identical: bool = False
    missing: Missing = field(default_factory=Missing)
    repeated: frozenset[int] = frozenset()
    white: tuple[float, ...] = ()


def to_guide(bands: NDArray[Any], preparation: Preparation) -> FloatMap:
    """Return the weighted sum of the bands in which sharpness is judged, mapped to 0 to 1."""
    gain = preparation.gain
    grey: FloatMap = np.empty(bands.shape[:2], np.float32)
    for band in cut((grey.shape[0], grey.shape[1])):
        part, first = grey[band.rows], True
        for k, weight in enumerate(preparation.weights):
            if weight == 0:
                continue
            share = np.float32(weight * gain)
            # A multiplication that converts bytes of a colour takes three times as long.
            own = bands[band.rows, ..., k].astype(np.float32)
            if first:
                np.multiply(own, share, out=part)
            else:
                own *= share
                part += own
            first = False
        part -= np.float32(preparation.offset * gain)
    return grey


def equalised(bands: NDArray[Any], drift: BrightnessDrift | None, z: int) -> NDArray[Any]:
    """Return a plane without the drift of its brightness."""
    if drift is None:
        return bands
    factor, black = np.float32(drift.factors[z]), np.float32(drift.black)
    return np.asarray(bands, np.float32) * factor + black * (1 - factor)


def coarse_cells(bands: NDArray[Any], weights: FloatMap) -> FloatMap:
    """Return the mean brightness in cells of about a twelfth of the side, float32.

    Of large planes every few rows are looked at: a cell has pixels enough.
    """
    rows, columns = (max(1, min(12, length)) for length in bands.shape[:2])
    some = bands[:: max(1, bands.shape[0] // 128)]
    cells = np.zeros((rows, columns), np.float32)
    for k, weight in enumerate(weights):
        if weight:
            band = np.ascontiguousarray(some[..., k], np.float32)
            cells += np.float32(weight) * cv2.resize(
                band, (columns, rows), interpolation=cv2.INTER_AREA
            ).reshape(rows, columns)
    return cells
