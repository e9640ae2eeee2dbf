"""One level of the adaptive pyramid: weights along z that sharpen with the signal."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.along_z import BINOMIALS, binomial_energy
from napari_mfif.kernels.pyramid import binomial, down, three_taps, up
from napari_mfif.kernels.running_peak import RunningPeak

__all__ = ["POWER", "LevelFold", "independent_planes"]

Map = NDArray[np.float32]

#: An energy differs from another when it differs by so many times its statistical uncertainty ...
TOLERANCE = 2.35
#: ... plus this share of itself, so that the planes about the best one share the weight.
SHARE = 0.06
#: The evidence is raised to about ``1 / SHARE``, halved for each of two windows.
POWER = 8
#: Standard deviations of the windows in pixels of the level: tight in the finest, tight, wide.
FINEST, TIGHT, WIDE = 0.5, 1.0, 2.45
#: Sums are rescaled where the evidence outgrows its reference by this factor.
HEADROOM = 64.0
#: Softness is made good by at most this factor, in amplitude.
MOST_GAIN = 2.0
#: Window, in pixels, in which what is left after fusion is compared with its noise.
SHRINK_WINDOW = 1.5
#: Rows are worked on in blocks of about this many pixels, which stay in the cache.
BLOCK = 1 << 15


def independent_planes(reach: int) -> float:
    """Return over how many planes a binomial of this reach averages."""
    return (1.0, 2.5, 3.54)[reach]


def _uncertainty(window: float, reach: int) -> float:
    """Relative standard deviation of the energy of noise in a Gaussian window."""
    return float(np.sqrt(2 / (2 * np.pi * window**2 * independent_planes(reach))))


class LevelFold:
    """Running weighted sums of one Laplacian level.

    The weight of a plane is ``p ** 8`` with ``p = (1 + .06 E1 / c1) (1 + .06 E2 / c2)``, where
    E1, E2 are the level's energies in two windows, smoothed along z, and c1, c2 their uncertainties
    in noise: near the best plane that is a softmax of the energies, and where all is noise all
    planes weigh alike. Sums of powers need no maximum beforehand, so one pass is enough.

    Parameters
    ----------
    noise : float32, (Y, X)
        Variance of the noise in this level.
    finest : bool
        Whether this is the finest level, whose tight window is tighter.
    bands : int
        How many images are summed with the same weights; the first is the one decided on.
    reach : int
        Planes on either side over which energies are smoothed along z.
    """

    def __init__(self, noise: Map, *, finest: bool, bands: int, reach: int) -> None:
        shape = self._shape = (noise.shape[0], noise.shape[1])
        self._reach = reach
        self._recent: list[Map] = []
        self._waiting: list[list[Map]] = []
        self._finest = finest
        self._half_noise = down(noise)
        self._doubt = np.float32(2 * _uncertainty(WIDE, reach))
        self._scale = scale = BINOMIALS[reach][0] + 2 * sum(BINOMIALS[reach][1:])
        tight = TOLERANCE * _uncertainty(FINEST if finest else TIGHT, reach)
        self._from_tight = np.float32(SHARE / (scale * tight))
        self._per_tight = self._from_tight / noise
        wide = TOLERANCE * _uncertainty(WIDE, reach)
        self._per_wide = np.float32(SHARE / (scale * wide)) / self._half_noise
        self._peak = RunningPeak((self._half_noise.shape[0], self._half_noise.shape[1]))
        self._per_reference = np.zeros(shape, np.float32)
        self._sums = [np.zeros(shape, np.float32) for _ in range(bands)]
        self._weights = np.zeros(shape, np.float32)
        self._squares = np.zeros(shape, np.float32)
        self._amplitudes = np.zeros(shape, np.float32)
        rows = max(1, BLOCK // max(1, shape[1]))
        self._blocks = [slice(top, min(top + rows, shape[0])) for top in range(0, shape[0], rows)]

    def take(self, bands: list[Map]) -> Map | None:
        """Take this level of the next plane; return the evidence of the one `reach` planes back."""
        self._recent = [*self._recent[-2 * self._reach :], bands[0]] if self._reach else [bands[0]]
        self._waiting.append(bands)
        if len(self._waiting) <= self._reach:
            return None
        return self._weigh(len(self._recent) - 1 - self._reach)

    def flush(self) -> list[Map]:
        """Weigh the planes still waiting."""
        first = len(self._recent) - len(self._waiting)
        evidence = [self._weigh(place) for place in range(first, len(self._recent))]
        self._recent = []
        return evidence

    def _weigh(self, place: int) -> Map:
        """Add one of the recent planes, the one that waits longest, to the sums."""
        energy = binomial_energy(self._recent, place, self._reach)
        first = self._peak.taken == 0
        wide = binomial(down(energy))
        self._peak.take(wide * np.float32(1 / self._scale))
        amplitude = up(self._amplitude(self._peak.latest), self._shape)
        wide *= self._per_wide
        wide += 1
        evidence = up(wide, self._shape)
        tight = three_taps(energy, side=FINEST**2 / 2) if self._finest else binomial(energy)
        bands = self._waiting.pop(0)
        for rows in self._blocks:
            tight[rows] *= self._per_tight[rows]
            tight[rows] += 1
            evidence[rows] *= tight[rows]
            if first:
                np.divide(1, evidence[rows], out=self._per_reference[rows])
            weight = self._weight(rows, evidence[rows], out=tight[rows])
            self._add(rows, weight, amplitude[rows], [band[rows] for band in bands])
        return evidence

    def _amplitude(self, energy: Map) -> Map:
        """Signal amplitude of an energy at half the size, kept off zero by its uncertainty."""
        signal = cv2.subtract(energy, self._half_noise)
        np.maximum(signal, 0, out=signal)
        signal += self._half_noise * self._doubt
        return np.asarray(cv2.sqrt(signal, dst=signal))

    def _weight(self, rows: slice, evidence: Map, *, out: Map) -> Map:
        """Power of the evidence over its reference, which is renewed where outgrown."""
        weight = cv2.multiply(evidence, self._per_reference[rows], dst=out)
        if cv2.minMaxLoc(weight)[1] > HEADROOM:
            per = np.minimum(self._per_reference[rows], 1 / evidence)
            factor = cv2.pow(per / self._per_reference[rows], POWER)
            self._per_reference[rows] = per
            for total in (*self._sums, self._weights, self._amplitudes):
                total[rows] *= factor
            factor *= factor
            self._squares[rows] *= factor
            weight = cv2.multiply(evidence, per, dst=out)
        return np.asarray(cv2.pow(weight, POWER, dst=weight))

    def _add(self, rows: slice, weight: Map, amplitude: Map, bands: list[Map]) -> None:
        """Add a plane's block of rows to the sums, with these weights."""
        for total, band in zip(self._sums, bands, strict=True):
            total[rows] += weight * band
        self._weights[rows] += weight
        amplitude *= weight
        self._amplitudes[rows] += amplitude
        weight *= weight
        self._squares[rows] += weight

    def fused(self, *, denoise: float) -> list[Map]:
        """Return the fused level of each band.

        Parameters
        ----------
        denoise : float
            How much of what is statistically noise is taken out, 0 to about 1.
        """
        gain = self._gain()
        gain /= self._weights
        fused: list[Map] = [total * gain for total in self._sums]
        if denoise > 0:
            gain *= gain
            gain *= self._squares
            gain *= np.float32(denoise) * self._from_tight
            left = np.divide(gain, self._per_tight, out=gain)
            kept = _kept(fused[0], left)
            for band in fused:
                band *= kept
        return fused

    def _gain(self) -> Map:
        """Return what makes good the softness of the planes blended and of the best one."""
        most = self._amplitude(self._peak.best)
        gain = up(most, self._shape)
        gain *= self._weights
        gain /= np.maximum(self._amplitudes, np.float32(1e-30))
        np.clip(gain, 1, MOST_GAIN, out=gain)
        gain *= up(self._peak_gain(), self._shape)
        return gain

    def _peak_gain(self) -> Map:
        """Focus between two planes: a parabola through the logarithms of three energies."""
        noise = self._half_noise
        floor = np.float32(0.3) * noise
        before, best, after = (
            np.log(np.maximum(energy - noise, 0) + floor)
            for energy in (self._peak.neighbours()[0], self._peak.best, self._peak.neighbours()[1])
        )
        slope = before - after
        curvature = np.minimum(before + after - 2 * best, np.float32(-1e-6))
        shift = np.clip(0.5 * slope / curvature, -0.5, 0.5)
        rise = np.where(self._peak.inside(), -0.25 * slope * shift, 0)
        amplitude = np.exp(0.5 * np.clip(rise, 0, np.log(2)))
        signal = np.maximum(self._peak.best - noise, 0)
        trust = signal / (signal + 4 * self._doubt * noise)
        return np.asarray(1 + trust * (amplitude - 1), np.float32)


def _kept(fused: Map, noise: Map) -> Map:
    """Wiener's factor: the share of the local energy that is not noise."""
    energy = cv2.GaussianBlur(
        fused * fused, (0, 0), SHRINK_WINDOW, borderType=cv2.BORDER_REFLECT_101
    )
    signal = cv2.subtract(energy, noise, dst=energy)
    np.maximum(signal, 0, out=signal)
    noise = noise + signal
    np.maximum(noise, np.float32(1e-30), out=noise)
    return np.asarray(np.divide(signal, noise, out=signal))
