"""Depth, and how sure it is: running scores at half the size, then a vote among neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.along_z import BinomialAlongZ
from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.calibration import calibrated
from napari_mfif.kernels.chance import of_few
from napari_mfif.kernels.parallel import each
from napari_mfif.kernels.peak_images import PeakImages
from napari_mfif.kernels.pyramid import align_up, binomial, down, level_shapes, three_taps, up
from napari_mfif.kernels.running_peak import RunningPeak
from napari_mfif.kernels.two_peaks import TwoPeaks
from napari_mfif.methods.adaptive.contrast import Inverted
from napari_mfif.methods.adaptive.depth_evidence import Told
from napari_mfif.methods.adaptive.enlarging import SCATTER_MARGIN, scatter, up_along_edges
from napari_mfif.methods.adaptive.level import independent_planes
from napari_mfif.methods.adaptive.rival import APART, chance_of, rival_depth
from napari_mfif.methods.adaptive.untold import Ends, nothing_told
from napari_mfif.methods.adaptive.voting import BELIEVED, trust, voted
from napari_mfif.methods.base import Answer, Cause

__all__ = ["DepthFold"]

Map = NDArray[np.float32]
Refine = Callable[[Map, Map, Map], tuple[Map, Map]]

#: Each octave's Sobel component for white noise of one (standard deviation), finest first.
SOBEL_NOISE = (3.464, 1.49, 0.70)
#: A Sobel magnitude of noise counts as nothing up to this many of those.
FLOOR = 1.25
#: A score rises with the logarithm of ``1 + SHARE * signal / uncertainty``.
SHARE = 0.1
#: Windows: octave, independent pixels in it, weight. Two in the finest octave.
WINDOWS = ((0, 9, 5.0), (0, 28, 5.0), (1, 12, 3.0), (2, 12, 2.0))
#: So far may the scores of two textures of the same strength differ.
CHANCE = chance_of([(pixels, weight) for _, pixels, weight in WINDOWS])
#: By votes, what makes the confidence of the result the share of pixels within one plane of the
#: truth: simulated stacks of all kinds, seeds 0 to 3, three noises (benchmarks/calibrate.py).
CALIBRATION = (
    (0.0, 0.137, 0.233, 0.303, 0.362, 0.414, 0.455, 0.491, 0.522, 0.549, 0.593, 0.63, 0.9, 1.0),
    (0.0, 0.339, 0.534, 0.697, 0.804, 0.884, 0.941, 0.952, 0.965, 0.975, 0.986, 0.991, 0.993, 1.0),
)
#: Where depths differ from pixel to pixel they are doubted: by so much per plane of their standard
#: deviation.
SCATTER_DOUBT = 0.15
#: Rows beyond a band that a Sobel magnitude at half the size sees, and the widest window.
SOBEL_MARGIN, WINDOW_MARGIN = 4, 16


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
    width : float, optional
        Standard deviation of the focus curve's peak in planes, where it is known.
    images : int, optional
        Of how many images to keep what they have at the two highest peaks.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        noise: Map,
        *,
        octaves: int,
        reach: int,
        width: float | None = None,
        images: int = 0,
    ) -> None:
        self._shape = level_shapes(shape, 1)[1]
        self._octaves = min(octaves, len(SOBEL_NOISE))
        self._along_z = [BinomialAlongZ(reach) for _ in range(self._octaves)]
        self._reach = reach
        self._bands = bands(self._shape, margin=WINDOW_MARGIN, step=4)
        scale = np.float32(self._along_z[0].scale)
        self._variance = noise
        self._per_noise = 1 / (scale * cv2.sqrt(noise))
        self._peak = RunningPeak(self._shape)
        self._rivals = TwoPeaks(self._shape)
        self._total = np.zeros(self._shape, np.float32)
        self._lowest = np.full(self._shape, np.inf, np.float32)
        self._ends = Ends(width)
        self._images = PeakImages.empty(shape, images)

    def update(self, images: Sequence[Map], kept: Sequence[Map] = ()) -> None:
        """Take the next plane: itself, at half and at quarter size; images to keep at its peaks."""
        self._images.update(kept)
        # What is given to the filters along z is kept there, unchanged until the next plane.
        magnitudes = self._magnitudes(images)
        if self._octaves > 1:
            self._ends.update(magnitudes[1])
        self._score([z.update(m) for z, m in zip(self._along_z, magnitudes, strict=True)])

    def close(self) -> None:
        """Score the planes that wait for those after them."""
        for late in zip(*(z.close() for z in self._along_z), strict=True):
            self._score(late)

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

    def _score(self, smooth: Sequence[Map | None]) -> None:
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
            moves = self._rivals.update_rows(rows, score)
            self._images.move(rows, moves, self._rivals.n_seen - 1)
            cv2.min(self._lowest[rows], score, dst=self._lowest[rows])
        self._peak.next()
        self._rivals.next()
        self._images.forget_before(self._rivals.n_seen - 1)

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

    def told(self) -> Told:
        """Return what the scores tell."""
        return Told(
            peak=self._peak,
            peaks=self._rivals.ended(),
            lowest=self._lowest,
            total=self._total,
            trust=trust(self._peak, self._total),
            noise=self._variance,
            reach=self._reach,
        )

    def at_peaks(self) -> tuple[list[Map], list[Map]]:
        """Return what the images kept have at the highest peak of the score, and at the second."""
        return self._images.ranked(self._rivals)

    def answer(
        self,
        fused: Map,
        *,
        window: int,
        inverted: Inverted | None = None,
        refine: Refine | None = None,
    ) -> Answer:
        """Return the depth in planes, and all that is known about it, at full size.

        Parameters
        ----------
        fused : float32, (Y, X)
            The fused image, whose edges depth keeps to, in the units of `Plane.guide`.
        window : int
            Side of the window in which votes are gathered, in pixels of half size.
        inverted : Inverted, optional
            Where contrast inverts through focus.
        refine : callable, optional
            Makes a depth and how sure it is, 0 to 1, of the depth voted for, its votes and the
            fused image, all at half the size.
        """
        guide = down(fused)
        depth, votes = voted(self._peak, self._total, guide, window)
        found = depth
        chances: Map | None = None
        if refine is not None:
            depth, chances = refine(depth, votes, guide)
        noise = self._noise()
        causes = self._causes(found, noise)  # what the scores do not tell stays in doubt
        rival = rival_depth(self._rivals.ended(), depth, noise, chance=CHANCE, least=BELIEVED)
        if inverted is not None:
            causes[inverted.nearby] |= np.uint8(Cause.BESIDE)
            causes[inverted.inverts] = Cause.INVERTS
            rival = np.where(inverted.inverts, depth, rival)
            depth = np.where(inverted.inverts, inverted.plane, depth)
        shape = _shape(fused)
        runner_up = np.empty(shape, np.uint16)
        answer = Answer(
            np.empty(shape, np.float32),
            np.empty(shape, np.uint16),
            np.empty(shape, np.float32),
            runner_up=runner_up,
            causes=np.repeat(np.repeat(causes, 2, 0), 2, 1)[: shape[0], : shape[1]],
            weighed=chances is not None,
        )

        def enlarged(band: Band) -> None:
            half, outer, rows = band.reduced().outer, band.outer, band.rows
            sure = votes[half] / (1 + SCATTER_DOUBT * scatter(depth[half]))
            sure = align_up(sure if chances is None else chances[half], (band.height, shape[1]))
            sure = sure[band.inner]
            if chances is None:
                sure = of_few(calibrated(sure, CALIBRATION), self._peak.n_seen, decides=False)
            answer.confidence[rows] = sure
            wide, other = (
                up_along_edges(values[half], guide[half], fused[outer])[band.inner]
                for values in (depth, rival)
            )
            answer.depth[rows], answer.decision[rows] = wide, np.rint(wide)
            runner_up[rows] = np.rint(np.where(np.abs(other - wide) > APART, other, wide))

        each(enlarged, bands(shape, margin=SCATTER_MARGIN))
        return answer

    def _causes(self, depth: Map, noise: Map) -> NDArray[np.uint8]:
        """Return why a depth cannot be told, at half the size."""
        planes, span = self._peak.n_seen, self._peak.best - self._lowest
        nothing = nothing_told(
            span, self._lowest, noise, planes=planes, reach=self._reach, least=BELIEVED
        )
        ends = self._ends.beyond(depth, self._peak.best > BELIEVED)
        return np.where(nothing > 0, nothing, ends)

    def _noise(self) -> Map:
        """Return the standard deviation of the best score by noise.

        A term deviates by `SHARE` over what its logarithm is of, and all are about alike.
        """
        weight = np.float32(sum(weight for _, _, weight in WINDOWS[: 1 + self._octaves]))
        logarithm = np.maximum(self._peak.best, 0) / weight
        return np.asarray(weight * np.float32(SHARE) * cv2.exp(-logarithm), np.float32)


def _sobel(image: Map) -> Map:
    along_x = cv2.Sobel(image, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT_101)
    along_y = cv2.Sobel(image, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT_101)
    # Not cv2.magnitude: with IPP its last bit depends on where the arrays lie in memory.
    along_x *= along_x
    along_y *= along_y
    along_x += along_y
    return np.asarray(cv2.sqrt(along_x, dst=along_x))


def _shape(image: Map) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
