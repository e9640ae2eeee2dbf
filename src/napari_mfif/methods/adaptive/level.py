"""One level of the adaptive pyramid: weights along z that sharpen with the signal."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.along_z import BINOMIALS, binomial_energy
from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.parallel import each
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
#: Rows beyond a band that its windows, at full and at half size, have to see.
MARGIN = 8


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

    Memory is what binds, so rows are worked on in bands that stay in the cache.

    Parameters
    ----------
    noise : float32, (Y, X)
        Variance of the noise in this level.
    finest : bool
        Whether this is the finest level, whose tight window is tighter.
    coarsest : bool
        Whether this is the coarsest one, whose evidence is asked for.
    images : int
        How many images are summed with the same weights; the first is the one decided on.
    reach : int
        Planes on either side over which energies are smoothed along z.
    sharpest : bool, optional
        Whether to keep, of each image to fuse, the detail of the plane of the largest energy.
    """

    def __init__(
        self,
        noise: Map,
        *,
        finest: bool,
        coarsest: bool,
        images: int,
        reach: int,
        sharpest: bool = False,
    ) -> None:
        shape = self._shape = (noise.shape[0], noise.shape[1])
        self._reach, self._finest, self._coarsest = reach, finest, coarsest
        self._recent: list[Map] = []
        self._waiting: list[list[Map]] = []
        self._spare: list[Map] = []
        # Energies are sums of squares along z, so the noise is taken as often.
        scale = BINOMIALS[reach][0] + 2 * sum(BINOMIALS[reach][1:])
        self._noise = down(noise) * np.float32(scale)
        self._doubt = np.float32(2 * _uncertainty(WIDE, reach))
        tight = TOLERANCE * _uncertainty(FINEST if finest else TIGHT, reach)
        self._from_tight = np.float32(SHARE / (scale * tight))
        self._per_tight = self._from_tight / noise
        self._from_wide = SHARE / (TOLERANCE * _uncertainty(WIDE, reach))
        half = (self._noise.shape[0], self._noise.shape[1])
        self._peak = RunningPeak(half)
        self._per_reference = np.zeros(shape, np.float32)
        self._sums = [np.zeros(shape, np.float32) for _ in range(images)]
        self._weights = np.zeros(shape, np.float32)
        self._squares = np.zeros(shape, np.float32)
        self._amplitudes = np.zeros(shape, np.float32)
        self._bands = bands(shape, margin=MARGIN)
        n_kept = max(1, images - 1) if sharpest else 0
        self.sharpest = [np.zeros(shape, np.float32) for _ in range(n_kept)]

    def update(self, images: Sequence[tuple[Map, Map]]) -> Map | None:
        """Take this level of the next plane; return the evidence of the one `reach` planes back.

        Parameters
        ----------
        images : sequence of (float32, float32)
            Of each image: it at the resolution of this level, and of the next coarser one.
        """
        if len(self._recent) > 2 * self._reach:
            self._spare.append(self._recent.pop(0))
        found = [self._laplacian(*pair) for pair in images]
        self._recent.append(found[0])
        self._waiting.append(found)
        if len(self._waiting) <= self._reach:
            return None
        return self._weigh(len(self._recent) - 1 - self._reach)

    @property
    def detail(self) -> Map:
        """What the plane taken last has in this level."""
        return self._recent[-1]

    @property
    def peak(self) -> tuple[RunningPeak, Map]:
        """Peak of the energies along z, at half the size of this level, and what noise has."""
        return self._peak, self._noise

    def flush(self) -> list[Map]:
        """Weigh the planes still waiting."""
        first = len(self._recent) - len(self._waiting)
        evidence = [self._weigh(place) for place in range(first, len(self._recent))]
        self._recent, self._spare = [], []
        return evidence

    def _laplacian(self, fine: Map, coarse: Map) -> Map:
        """Return what an image has and the next coarser one lacks, in memory used before."""
        detail = self._spare.pop() if self._spare else np.empty(self._shape, np.float32)
        for band in self._bands:
            smooth = up(coarse[band.reduced().outer], (band.height, self._shape[1]))
            cv2.subtract(fine[band.rows], smooth[band.inner], dst=detail[band.rows])
        return detail

    def _weigh(self, place: int) -> Map:
        """Add one of the recent planes, the one that waits longest, to the sums."""
        images = self._waiting.pop(0)
        whole = np.empty(self._shape if self._coarsest else (0, 0), np.float32)
        for band in self._bands:
            evidence = self._weigh_band(band, place, images)
            if self._coarsest:
                whole[band.rows] = evidence
        self._peak.next()
        self._spare += images[1:]  # the first one is kept among the recent ones
        return whole

    def _weigh_band(self, band: Band, place: int, images: Sequence[Map]) -> Map:
        """Add some rows of a plane; return their evidence."""
        half, shape, rows = band.reduced(), (band.height, self._shape[1]), band.rows
        energy = binomial_energy([m[band.outer] for m in self._recent], place, self._reach)
        wide = binomial(down(energy))
        self._peak.update_rows(half.rows, wide[half.inner])
        self._keep_sharpest(band, images)
        amplitude = up(self._amplitude(wide, self._noise[half.outer]), shape)[band.inner]
        cv2.divide(wide, self._noise[half.outer], dst=wide, scale=self._from_wide)
        wide += 1
        evidence: Map = up(wide, shape)[band.inner]
        tight = three_taps(energy, side=FINEST**2 / 2) if self._finest else binomial(energy)
        tight = tight[band.inner]
        tight *= self._per_tight[rows]
        tight += 1
        evidence *= tight
        weight = self._weight(rows, evidence, out=tight)
        for total, image in zip(self._sums, images, strict=True):
            cv2.accumulateProduct(weight, image[rows], total[rows])
        self._weights[rows] += weight
        cv2.accumulateProduct(weight, amplitude, self._amplitudes[rows])
        cv2.accumulateSquare(weight, self._squares[rows])
        return evidence

    def _keep_sharpest(self, band: Band, images: Sequence[Map]) -> None:
        if not self.sharpest:
            return
        small = self._peak.renewed(band.reduced().rows)
        size = (2 * small.shape[1], 2 * small.shape[0])
        large = cv2.resize(small, size, interpolation=cv2.INTER_NEAREST)
        here = np.ascontiguousarray(large[: _rows(band), : self._shape[1]])
        for kept, image in zip(self.sharpest, images[-len(self.sharpest) :], strict=True):
            cv2.copyTo(image[band.rows], here, kept[band.rows])

    def noise_left(self) -> Map:
        """Return which share of a plane's noise variance the weights leave, 1 / planes to 1."""
        least = np.float32(1e-30)
        return np.asarray(self._squares / np.maximum(np.square(self._weights), least), np.float32)

    def _amplitude(self, energy: Map, noise: Map) -> Map:
        """Signal amplitude of an energy at half the size, kept off zero by its uncertainty."""
        signal = cv2.max(energy, noise)
        return np.asarray(cv2.sqrt(cv2.scaleAdd(noise, float(self._doubt - 1), signal), dst=signal))

    def _weight(self, rows: slice, evidence: Map, *, out: Map) -> Map:
        """Power of the evidence over its reference, which is renewed where outgrown."""
        per = self._per_reference[rows]
        if self._peak.n_seen == 0:
            np.divide(1, evidence, out=per)
        weight = cv2.multiply(evidence, per, dst=out)
        if cv2.minMaxLoc(weight)[1] > HEADROOM:
            renewed = np.minimum(per, 1 / evidence)
            factor = cv2.pow(renewed / per, POWER)
            per[...] = renewed
            for total in (*self._sums, self._weights, self._amplitudes):
                total[rows] *= factor
            factor *= factor
            self._squares[rows] *= factor
            weight = cv2.multiply(evidence, per, dst=out)
        return np.asarray(cv2.pow(weight, POWER, dst=weight))

    def fused(self, *, denoise: float) -> list[Map]:
        """Return the fused level of each band.

        Parameters
        ----------
        denoise : float
            How much of what is statistically noise is taken out, 0 to about 1.
        """
        most, peak = self._amplitude(self._peak.best, self._noise), self._peak_gain()
        fused = [np.empty(self._shape, np.float32) for _ in self._sums]

        def fuse(band: Band) -> None:
            outer = band.outer
            gain = self._gain(band, most, peak)
            gain /= self._weights[outer]
            if denoise > 0:
                noise = np.square(gain)
                noise *= self._squares[outer]
                noise *= np.float32(denoise) * self._from_tight
                noise /= self._per_tight[outer]
                gain *= _kept(self._sums[0][outer] * gain, noise)
            for image, total in zip(fused, self._sums, strict=True):
                np.multiply(total[band.rows], gain[band.inner], out=image[band.rows])

        each(fuse, self._bands)
        return fused

    def _gain(self, band: Band, most: Map, peak: Map) -> Map:
        """Return what makes good the softness of the planes blended and of the best one."""
        half, shape = band.reduced().outer, (band.height, self._shape[1])
        gain = up(most[half], shape)
        gain *= self._weights[band.outer]
        gain /= np.maximum(self._amplitudes[band.outer], np.float32(1e-30))
        np.clip(gain, 1, MOST_GAIN, out=gain)
        gain *= up(peak[half], shape)
        return gain

    def _peak_gain(self) -> Map:
        """Focus between two planes: a parabola through the logarithms of three energies."""
        noise = self._noise
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


def _rows(band: Band) -> int:
    return int(band.rows.stop - band.rows.start)


def _kept(fused: Map, noise: Map) -> Map:
    """Wiener's factor: the share of the local energy that is not noise."""
    energy = cv2.GaussianBlur(
        fused * fused, (0, 0), SHRINK_WINDOW, borderType=cv2.BORDER_REFLECT_101
    )
    signal = cv2.subtract(energy, noise, dst=energy)
    np.maximum(signal, 0, out=signal)
    noise += signal
    np.maximum(noise, np.float32(1e-30), out=noise)
    return np.asarray(np.divide(signal, noise, out=signal))
