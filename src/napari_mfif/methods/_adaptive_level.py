"""One level of the adaptive pyramid: weights along z that sharpen with the signal."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.along_z import BinomialAlongZ
from napari_mfif.kernels.pyramid import binomial, down, up

__all__ = ["LevelFold"]

Map = NDArray[np.float32]

#: An energy differs from another when it differs by so many times its statistical uncertainty ...
TOLERANCE = 2.35
#: ... plus this share of itself, so that the planes about the best one share the weight.
SHARE = 0.05
#: The evidence counts as ``1 / SHARE``, halved for each of two windows.
POWER = 10
#: Standard deviations of the two windows, in pixels of the level.
TIGHT, WIDE = 1.0, 2.45
#: Sums are rescaled where the evidence outgrows its reference by this factor.
HEADROOM = 64.0
#: Softness of a level is made good by at most this factor.
MOST_GAIN = 2.0
#: Rows are worked on in blocks of about this many pixels, which stay in the cache.
BLOCK = 1 << 15


def independent_pixels(sigma: float, reach: int) -> float:
    """Return over how many pixels a window of this width averages, planes included."""
    along = {0: 1.0, 1: 2.5, 2: 3.54}[reach]
    return float(2 * np.pi * sigma**2 * along)


class LevelFold:
    """Running weighted sums of one Laplacian level.

    The weight of a plane is ``p ** 10`` with ``p = (1 + .05 E1 / c1) (1 + .05 E2 / c2)``, where
    E1, E2 are the level's energies in two windows, smoothed along z, and c1, c2 their uncertainties
    in noise: near the best plane that is a softmax of the energies, and where all is noise all
    planes weigh alike.

    Parameters
    ----------
    noise : float32, (Y, X)
        Variance of the noise in this level.
    bands : int
        How many bands are summed with the same weights.
    reach : int
        Planes on either side over which energies are smoothed along z.
    """

    def __init__(self, noise: Map, *, bands: int, reach: int, sharpness: float = 1.0) -> None:
        shape = (noise.shape[0], noise.shape[1])
        self._shape, self._noise = shape, noise
        self._smooth = BinomialAlongZ(reach)
        self._waiting: list[list[Map]] = []
        scale = self._smooth.scale
        half = down(noise)
        uncertain = TOLERANCE / sharpness * np.sqrt(2 / independent_pixels(TIGHT, reach))
        self._per_tight = (SHARE / (scale * uncertain)) / noise
        uncertain = TOLERANCE / sharpness * np.sqrt(2 / independent_pixels(WIDE, reach))
        self._per_wide = (SHARE / (scale * uncertain)) / half
        self._per_energy = np.float32(1 / scale)
        self._half_noise = half
        self._half_floor = half * np.float32(2 * np.sqrt(2 / independent_pixels(WIDE, reach)))
        self._per_reference = np.zeros(shape, np.float32)
        self._sums = [np.zeros(shape, np.float32) for _ in range(bands)]
        self._weights = np.zeros(shape, np.float32)
        self._squares = np.zeros(shape, np.float32)
        self._amplitudes = np.zeros(shape, np.float32)
        self._most = np.zeros(half.shape, np.float32)
        rows = max(1, BLOCK // max(1, shape[1]))
        self._blocks = [slice(top, min(top + rows, shape[0])) for top in range(0, shape[0], rows)]
        self._begun = dict.fromkeys((block.start for block in self._blocks), False)

    def take(self, level: Map, bands: list[Map]) -> Map | None:
        """Take the level of the next plane: that decided on, and those of the bands to sum.

        Returns the evidence of the plane `reach` planes back, if there is one.
        """
        self._waiting.append(bands)
        return self._weigh(self._smooth.take(level * level))

    def flush(self, last: Map) -> list[Map]:
        """Weigh the planes still waiting; `last` is the level decided on of the last one."""
        found = [self._weigh(energy) for energy in self._smooth.rest(last * last)]
        return [evidence for evidence in found if evidence is not None]

    def _weigh(self, energy: Map | None) -> Map | None:
        if energy is None:
            return None
        half = binomial(down(energy))
        amplitude = cv2.subtract(half * self._per_energy, self._half_noise)
        np.maximum(amplitude, 0, out=amplitude)
        amplitude += self._half_floor
        cv2.sqrt(amplitude, dst=amplitude)
        np.maximum(self._most, amplitude, out=self._most)
        half *= self._per_wide
        half += 1
        evidence = up(half, self._shape)
        amplitude = up(amplitude, self._shape)
        tight = binomial(energy)
        bands = self._waiting.pop(0)
        for rows in self._blocks:
            self._add(rows, tight[rows], evidence[rows], amplitude[rows], [b[rows] for b in bands])
        return evidence

    def _add(
        self, rows: slice, tight: Map, evidence: Map, amplitude: Map, bands: list[Map]
    ) -> None:
        """Add a plane's block of rows to the sums; `evidence` becomes that of both windows."""
        tight *= self._per_tight[rows]
        tight += 1
        evidence *= tight
        if not self._begun[rows.start]:
            np.divide(1, evidence, out=self._per_reference[rows])
            self._begun[rows.start] = True
        weight = cv2.multiply(evidence, self._per_reference[rows], dst=tight)
        if cv2.minMaxLoc(weight)[1] > HEADROOM:
            self._rescale(rows, evidence)
            weight = cv2.multiply(evidence, self._per_reference[rows], dst=tight)
        cv2.pow(weight, POWER, dst=weight)
        for total, band in zip(self._sums, bands, strict=True):
            total[rows] += weight * band
        self._weights[rows] += weight
        amplitude *= weight
        self._amplitudes[rows] += amplitude
        weight *= weight
        self._squares[rows] += weight

    def _rescale(self, rows: slice, evidence: Map) -> None:
        """Refer the sums of this block to the evidence at hand, where that is larger."""
        per = np.minimum(self._per_reference[rows], 1 / evidence)
        factor = cv2.pow(per / self._per_reference[rows], POWER)
        self._per_reference[rows] = per
        for total in (*self._sums, self._weights, self._amplitudes):
            total[rows] *= factor
        factor *= factor
        self._squares[rows] *= factor

    def fused(self, *, denoise: float) -> list[Map]:
        """Return the fused level of each band."""
        most = up(self._most, self._shape)
        gain = most * self._weights / np.maximum(self._amplitudes, np.float32(1e-30))
        np.clip(gain, 1, MOST_GAIN, out=gain)
        gain /= self._weights
        out: list[Map] = [total * gain for total in self._sums]
        if denoise > 0:
            gain *= gain
            gain *= self._squares
            gain *= self._noise * np.float32(denoise)
            kept = cv2.GaussianBlur(out[0] * out[0], (0, 0), 1.5, borderType=cv2.BORDER_REFLECT_101)
            kept -= gain
            np.maximum(kept, 0, out=kept)
            kept /= kept + gain + np.float32(1e-30)
            for band in out:
                band *= kept
        return out
