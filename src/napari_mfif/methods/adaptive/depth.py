"""Depth, and how sure it is: running scores at half the size, then a vote among neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.along_z import BinomialAlongZ
from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.calibration import calibrated
from napari_mfif.kernels.guided_filter import GuidedFilter
from napari_mfif.kernels.parallel import each
from napari_mfif.kernels.pyramid import align_up, binomial, down, level_shapes, three_taps, up
from napari_mfif.kernels.running_peak import RunningPeak
from napari_mfif.methods.adaptive.level import independent_planes

__all__ = ["DepthFold"]

Map = NDArray[np.float32]

#: Each octave's Sobel component for white noise of one (standard deviation), finest first.
SOBEL_NOISE = (3.464, 1.49, 0.70)
#: A Sobel magnitude of noise counts as nothing up to this many of those.
FLOOR = 1.25
#: A score rises with the logarithm of ``1 + SHARE * signal / uncertainty``.
SHARE = 0.1
#: Windows: octave, independent pixels in it, weight. Two in the finest octave.
WINDOWS = ((0, 9, 5.0), (0, 28, 5.0), (1, 12, 3.0), (2, 12, 2.0))
#: A pixel votes for planes nearer than this to its own depth.
REACH_OF_VOTE = 1.5
#: Votes keep to edges of the fused image of about this variance or more (its bulk lies in 0 to 1).
VOTE_EDGE = 4e-3
#: In the first and the last plane a peak is seen from one side only: its vote counts this much, and
#: a depth there is held less likely by this share.
END_VOTE, END_DOUBT = 0.4, 0.6
#: Share of pixels that were right within one plane, by the votes for them: simulated stacks of
#: eight kinds at three levels of noise, seeds 0 to 4.
CALIBRATION = (
    (0.0, 0.04, 0.08, 0.13, 0.18, 0.23, 0.28, 0.33, 0.38, 0.43, 0.48, 0.55, 0.65, 0.75, 1.0),
    (0.0, 0.20, 0.38, 0.52, 0.61, 0.71, 0.80, 0.86, 0.91, 0.94, 0.965, 0.985, 0.994, 0.997, 1.0),
)
#: Where depths differ from pixel to pixel they are doubted: by so much per plane of their standard
#: deviation, within so many pixels of half size.
SCATTER_DOUBT = 0.15
SCATTER_RADIUS = 3
#: Rows beyond a band that a Sobel magnitude at half the size sees, and the widest window.
SOBEL_MARGIN, WINDOW_MARGIN = 4, 16
#: Rows beyond a band that the scatter of the depth at half the size sees.
SCATTER_MARGIN = 8
#: Votes for many planes are counted in one band after the other, which then stays in the cache.
FEW_PIXELS = 1 << 17
#: Scores at which a peak is believed for the most part.
BELIEVED = 1.0


class DepthFold:
    """The plane of the best score, its neighbours' scores, and the sum of all plausibilities.

    The score of a plane is a sum of logarithms of Sobel magnitudes, in units of their uncertainty
    in noise, in windows of growing size and octaves of falling resolution: where the fine ones
    drown in noise they are flat, and the coarse ones decide.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the planes.
    noise : float32
        Variance of the noise at half the size.
    octaves : int
        How many octaves there are to look at, at most.
    reach : int
        Planes on either side over which magnitudes are smoothed along z.
    """

    def __init__(self, shape: tuple[int, int], noise: Map, *, octaves: int, reach: int) -> None:
        self._shape = level_shapes(shape, 1)[1]
        self._octaves = min(octaves, len(SOBEL_NOISE))
        self._along_z = [BinomialAlongZ(reach) for _ in range(self._octaves)]
        self._reach = reach
        self._bands = bands(self._shape, margin=WINDOW_MARGIN, step=4)
        scale = np.float32(self._along_z[0].scale)
        self._per_noise = 1 / (scale * cv2.sqrt(noise))
        self._peak = RunningPeak(self._shape)
        self._total = np.zeros(self._shape, np.float32)
        self._last: list[Map] = []

    def update(self, images: Sequence[Map]) -> None:
        """Take the next plane: itself, at half and at quarter size."""
        # What is given to the filters along z is kept there, unchanged until the next plane.
        self._last = self._magnitudes(images)
        self._score(self._last)

    def close(self) -> None:
        """Score the planes that wait for those after them."""
        for _ in range(self._reach):
            self._last = [magnitude.copy() for magnitude in self._last]
            self._score(self._last)

    def score(self, images: Sequence[Map]) -> Map:
        """Return the score of a plane on its own, at half the size."""
        scale = np.float32(self._along_z[0].scale)
        magnitudes = [magnitude * scale for magnitude in self._magnitudes(images)]
        score = np.empty(self._shape, np.float32)
        for band in self._bands:
            score[band.rows] = self._sum_of_logs(band, magnitudes)
        return score

    def _magnitudes(self, images: Sequence[Map]) -> list[Map]:
        """Sobel magnitudes of each octave, half its size."""
        found = []
        for image in images[: self._octaves]:
            shape = _shape(image)
            halved = np.empty(level_shapes(shape, 1)[1], np.float32)
            for band in bands(shape, margin=SOBEL_MARGIN):
                half = band.reduced()
                halved[half.rows] = down(_sobel(image[band.outer]))[half.inner]
            found.append(halved)
        return found

    def _score(self, magnitudes: list[Map]) -> None:
        smooth = [z.update(m) for z, m in zip(self._along_z, magnitudes, strict=True)]
        ready = [magnitude for magnitude in smooth if magnitude is not None]
        if not ready:
            return
        for band in self._bands:
            rows = band.rows
            score = self._sum_of_logs(band, ready)
            total, best = self._total[rows], self._peak.best[rows]
            if self._peak.n_seen == 0:
                total += 1
            else:
                top = cv2.max(best, score)
                fading = cv2.subtract(best, top)
                total *= cv2.exp(fading, dst=fading)
                cv2.subtract(score, top, dst=top)
                total += cv2.exp(top, dst=top)
            self._peak.update_rows(rows, score)
        self._peak.next()

    def _sum_of_logs(self, band: Band, magnitudes: list[Map]) -> Map:
        windows = self._windows(band, magnitudes)
        per_noise = self._per_noise[band.rows]
        for signal, (octave, pixels, _) in zip(windows, WINDOWS, strict=False):
            # a magnitude of two Gaussian components deviates by .655 of one of them
            doubt = 0.655 / np.sqrt(pixels * independent_planes(self._reach))
            slope = SHARE / doubt
            signal *= per_noise
            signal *= np.float32(slope / SOBEL_NOISE[octave])
            signal += np.float32(1 - slope * FLOOR)
            cv2.max(signal, 1.0, dst=signal)
        # The two windows of the finest octave have the same weight: one logarithm does for both.
        windows[0] *= windows[1]
        score = cv2.log(windows[0], dst=windows[0])
        score *= np.float32(WINDOWS[0][2])
        for signal, (_, _, weight) in zip(windows[2:], WINDOWS[2:], strict=False):
            cv2.scaleAdd(cv2.log(signal, dst=signal), weight, score, dst=score)
        return np.asarray(score)

    def _windows(self, band: Band, magnitudes: list[Map]) -> list[Map]:
        """Magnitudes in the windows of `WINDOWS`, all at half the size."""
        parts = [m[band.reduced(1 << n).outer] for n, m in enumerate(magnitudes)]
        shapes = [_shape(part) for part in parts]
        windows = [three_taps(parts[0]), binomial(binomial(parts[0]))]
        for octave in range(1, self._octaves):
            window = binomial(parts[octave])
            for finer in reversed(shapes[:octave]):
                window = up(window, finer)
            windows.append(window)
        return [window[band.inner] for window in windows]

    def answer(self, fused: Map, *, window: int) -> tuple[Map, Map]:
        """Return depth in planes, and the probability that it is right, at full size.

        Parameters
        ----------
        fused : float32, (Y, X)
            The fused image, whose edges depth keeps to, in the units of `Plane.guide`.
        window : int
            Side of the window in which votes are gathered, in pixels of half size.
        """
        guide = down(fused)
        margin = 2 * (window // 2)  # a guided filter averages twice

        def voted(band: Band) -> tuple[Map, Map]:
            return self._voted(band, guide[band.outer], window)

        voting = bands(self._shape, margin=margin + margin % 2, pixels=FEW_PIXELS)
        depth, confidence = (np.concatenate(m) for m in zip(*each(voted, voting), strict=True))
        maps = np.empty(fused.shape, np.float32), np.empty(fused.shape, np.float32)

        def enlarged(band: Band) -> None:
            half, shape = band.reduced().outer, (band.height, fused.shape[1])
            sure = confidence[half] / (1 + SCATTER_DOUBT * _scatter(depth[half]))
            sure = align_up(sure, shape)[band.inner]
            maps[1][band.rows] = calibrated(sure, CALIBRATION)
            wide = _up_along_edges(depth[half], guide[half], fused[band.outer])
            maps[0][band.rows] = wide[band.inner]

        each(enlarged, bands(_shape(fused), margin=SCATTER_MARGIN))
        return maps

    def _voted(self, band: Band, guide: Map, window: int) -> tuple[Map, Map]:
        """Return depth and votes in a band, from what its pixels and those near them say."""
        peak = self._peak.part(band.outer)
        own, trust = peak.position(), _trust(peak, self._total[band.outer])
        gather = GuidedFilter(guide, radius=window // 2, epsilon=VOTE_EDGE)
        votes = RunningPeak(_shape(own[band.inner]))
        first, last = own.min() - REACH_OF_VOTE, own.max() + REACH_OF_VOTE
        for plane in range(peak.n_seen):
            if not first < plane < last:  # nobody votes for it
                votes.update(np.zeros_like(own[band.inner]))
                continue
            near = cv2.absdiff(own, np.full_like(own, plane))
            near *= np.float32(-1 / REACH_OF_VOTE)
            near += 1
            cv2.max(near, 0.0, dst=near)
            near *= trust
            votes.update(gather(near)[band.inner])
        own, trust, depth = own[band.inner], trust[band.inner], votes.position()
        # where they agree, a trusted pixel's own fraction is better than that of the vote
        depth += np.where(np.abs(depth - own) < 0.5, (own - depth) * trust, 0)
        return depth, _less_at_the_ends(votes.best, depth, peak.n_seen)


def _trust(peak: RunningPeak, total: Map) -> Map:
    """Share of the plausibility that the peak and its neighbours hold; little in noise."""
    before, after = peak.neighbours()
    best = peak.best
    near = cv2.exp(before - best) + cv2.exp(after - best)
    near += 1
    near /= total
    square = np.square(best / np.float32(BELIEVED))
    trust: Map = np.minimum(near, 1) * (square / (1 + square))
    if peak.n_seen > 3:
        trust[~peak.inside()] *= END_VOTE
    return trust


def _less_at_the_ends(votes: Map, depth: Map, planes: int) -> Map:
    confidence: Map = np.clip(votes, 0, 1)
    if planes > 3:
        apart = np.minimum(depth, planes - 1 - depth)
        confidence *= 1 - END_DOUBT * np.maximum(1 - apart, 0)
    return confidence


def _sobel(image: Map) -> Map:
    along_x = cv2.Sobel(image, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT_101)
    along_y = cv2.Sobel(image, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT_101)
    # Not cv2.magnitude: with IPP its last bit depends on where the arrays lie in memory.
    along_x *= along_x
    along_y *= along_y
    along_x += along_y
    return np.asarray(cv2.sqrt(along_x, dst=along_x))


def _scatter(depth: Map) -> Map:
    """Return the standard deviation of the depth in a small window, in planes.

    In float64: the running sums of float32 leave a variance of 1e-6 where there is none, as much as
    the rows summed before have left, so that its root would depend on where a band begins.
    """
    side = (2 * SCATTER_RADIUS + 1, 2 * SCATTER_RADIUS + 1)
    mean = cv2.boxFilter(depth, cv2.CV_64F, side)
    variance = cv2.sqrBoxFilter(depth, cv2.CV_64F, side)
    variance -= mean * mean
    np.maximum(variance, 0, out=variance)
    return np.asarray(cv2.sqrt(variance, dst=variance), np.float32)


def _shape(image: Map) -> tuple[int, int]:
    return image.shape[0], image.shape[1]


def _up_along_edges(values: Map, guide: Map, fine: Map) -> Map:
    """Double a map; where it jumps, each pixel takes the value of the neighbour it looks like."""
    shape = _shape(fine)
    smooth = align_up(values, shape)
    kernel = np.ones((3, 3), np.uint8)
    jumps = cv2.dilate(smooth, kernel) - cv2.erode(smooth, kernel) > 1
    rows, columns = np.nonzero(jumps)
    likeness = np.full(len(rows), np.inf, np.float32)
    chosen = smooth[rows, columns]
    for down_by in (0, 1):
        for right_by in (0, 1):
            row = np.minimum((rows + down_by) // 2, values.shape[0] - 1)
            column = np.minimum((columns + right_by) // 2, values.shape[1] - 1)
            apart = np.abs(guide[row, column] - fine[rows, columns])
            nearer = apart < likeness
            likeness = np.where(nearer, apart, likeness)
            chosen = np.where(nearer, values[row, column], chosen)
    smooth[rows, columns] = chosen
    return smooth
