"""One plane against another: detail that both share, and what brings one onto the other."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.order import median

__all__ = [
    "NUMBERS",
    "Detail",
    "Match",
    "detail",
    "matrix_of",
    "moved",
    "register",
    "start_of",
    "step_of",
]

FloatMap = NDArray[np.float32]
Matrix = NDArray[np.float64]

#: How many numbers tell where a plane lies: shift in x and y, magnification and rotation, aspect
#: and shear. All but the shifts as pixels at the image's edge.
NUMBERS = 6

#: Bounds of the detail that is compared, as sigmas in pixels: finer is noise and lost by defocus,
#: coarser is shading.
BAND = (2.0, 8.0)

#: Steps are shorter than this, in pixels at the image's edge, when it has converged.
_CONVERGED = 0.005
_MOST_STEPS = 25

#: The least likeness, and that in standard deviations of noise, so many pixels of which are alike.
_LEAST_LIKENESS, _DEVIATIONS, _PIXELS_ALIKE = 0.15, 4.0, 60.0

#: The largest change of magnification or angle between two planes, and of place, as a share.
_LARGEST_TURN, _LARGEST_SHIFT = 0.04, 1 / 3


class Match(NamedTuple):
    """What comparing two planes told.

    Parameters
    ----------
    step : float64, (NUMBERS,)
        What brings one onto the other.
    information : float64, (NUMBERS, NUMBERS)
        Inverse covariance of `step`.
    likeness : float
        Correlation of the two, -1 to 1, after the match.
    trusted : bool
        Whether they are more alike than noise can be, and the step is a possible one.
    """

    step: Matrix
    information: Matrix
    likeness: float
    trusted: bool


class Detail(NamedTuple):
    """What of a plane is compared.

    Parameters
    ----------
    band : float32, (Y, X)
        A band of spatial frequencies: offsets fall out.
    energy : float32, (Y, X)
        Its mean square around each pixel, noise included.
    noise : float
        The part of the energy that is noise.
    """

    band: FloatMap
    energy: FloatMap
    noise: float

    def evened(self, energy: FloatMap | None = None) -> FloatMap:
        """Return the band evened out in contrast, so that strong objects do not outvote the rest.

        Parameters
        ----------
        energy : float32, (Y, X), optional
            By which it is evened out; its own when not given. By the strongest of all planes what
            is in focus counts most.
        """
        signal = np.maximum((self.energy if energy is None else energy) - self.noise, 0)
        signal += 0.1 * float(signal.mean()) + 1e-20
        return np.asarray(self.band * np.sqrt(signal) / (signal + self.noise), np.float32)


def detail(plane: FloatMap, *, octave: int = 0) -> Detail:
    """Return what of a plane is compared, at 1 / 2^octave of its size."""
    small = plane
    for _ in range(octave):
        small = cv2.pyrDown(small)
    fine, coarse = (cv2.GaussianBlur(small, (0, 0), sigma) for sigma in BAND)
    band = np.asarray(fine - coarse, np.float32)
    energy = cv2.GaussianBlur(band * band, (0, 0), 1.5 * BAND[1])
    return Detail(band, np.asarray(energy, np.float32), _noise_power(small) * _PASSED)


def _noise_power(plane: FloatMap) -> float:
    """Return the variance of white noise, by what no lens draws [1]_.

    References
    ----------
    .. [1] J. Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996; median for mean.
    """
    rough = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    left = np.abs(cv2.filter2D(plane, -1, rough)[:: max(1, plane.shape[0] // 256)])
    return float(median(left.ravel()) * 1.4826 / 6) ** 2


def _passed() -> float:
    """Return the share of white noise's power that the band lets through."""
    spike = np.zeros((12 * int(BAND[1]) + 1,) * 2, np.float32)
    spike[spike.shape[0] // 2, spike.shape[1] // 2] = 1
    fine, coarse = (cv2.GaussianBlur(spike, (0, 0), sigma) for sigma in BAND)
    return float(np.sum((fine - coarse) ** 2))


def matrix_of(step: Matrix, shape: tuple[int, int]) -> Matrix:
    """Return the 2 x 3 matrix of a step, for an image of this many rows and columns."""
    radius, centre = _radius(shape), (np.array(shape[::-1]) - 1) / 2
    scale, turn, aspect, shear = step[2:] / radius
    linear = np.array([[1 + scale + aspect, shear - turn], [shear + turn, 1 + scale - aspect]])
    return np.column_stack([linear, centre - linear @ centre + step[:2]])


def step_of(matrix: Matrix, shape: tuple[int, int]) -> Matrix:
    """Return the step whose matrix this is; the inverse of `matrix_of`."""
    radius, centre = _radius(shape), (np.array(shape[::-1]) - 1) / 2
    shift = matrix[:, :2] @ centre + matrix[:, 2] - centre
    (a, b), (c, d) = matrix[:, :2]
    parts = np.array([(a + d) / 2 - 1, (c - b) / 2, (a - d) / 2, (b + c) / 2])
    return np.array([*shift, *(parts * radius)])


def start_of(fixed: FloatMap, moving: FloatMap) -> Matrix:
    """Return the shift, to whole pixels or a little better, by phase correlation."""
    window = cv2.createHanningWindow(fixed.shape[::-1], cv2.CV_32F)
    # OpenCV 5 multiplies the window into what it is given, where no padding is needed
    (x, y), _ = cv2.phaseCorrelate(fixed.copy(), moving.copy(), window)
    limit = min(fixed.shape) * _LARGEST_SHIFT
    start = np.zeros(NUMBERS)
    if max(abs(x), abs(y)) < limit:
        start[:2] = x, y
    return start


def register(
    fixed: FloatMap, moving: FloatMap, start: Matrix, *, free: int, margin: int = 4
) -> Match:
    """Find what brings one image onto another, by Gauss-Newton steps.

    Gradients are averages of both images', which converges twice as fast as with one of them and
    favours neither where they are blurred differently [1]_.

    Parameters
    ----------
    fixed, moving : float32, (Y, X)
        Detail of the two planes.
    start : float64, (NUMBERS,)
        A first guess.
    free : int
        How many of the numbers are found: 2 shifts, 4 a similarity, 6 all.
    margin : int, optional
        Pixels at the border that are not compared.

    References
    ----------
    .. [1] S. Benhimane, E. Malis, "Real-time image-based tracking of planes using efficient
       second-order minimization", IROS 2004.
    """
    shape = fixed.shape
    step = np.array(start, np.float64)
    information, likeness = np.zeros((NUMBERS, NUMBERS)), 0.0
    inside = np.ones(shape, np.float32)
    x, y = _places(shape)
    for _ in range(_MOST_STEPS):
        matrix = matrix_of(step, shape)
        brought = moved(moving, matrix)
        nearest = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(inside, matrix, shape[::-1], flags=nearest)
        seen = cv2.erode(seen, np.ones((2 * margin + 1,) * 2), borderValue=0)
        across, along = _gradients(fixed + brought)
        rest = fixed - brought
        rest *= seen
        pull = _pulls(across, along, x, y, free).reshape(free, -1) * seen.ravel()
        normal = np.float64(pull @ pull.T)
        spread = float(np.mean(rest**2)) / max(float(seen.mean()), 1e-6)
        both = float(np.sqrt(_power(fixed * seen) * _power(brought * seen)))
        likeness = float(np.sum(fixed * brought * seen)) / max(both, 1e-20)
        information[:free, :free] = normal / max(spread, 1e-20)
        if seen.mean() < 0.25 or np.linalg.cond(normal) > 1e8:
            return Match(np.array(start), np.zeros((NUMBERS, NUMBERS)), 0.0, False)
        change = np.linalg.solve(normal, np.float64(pull @ rest.ravel()))
        step[:free] += change
        if np.abs(change).max() < _CONVERGED:
            break
    # gradients of noise count as if they were detail, on both sides of the equation
    information *= max(likeness, 0.0) ** 2
    least = max(_LEAST_LIKENESS, _DEVIATIONS * (_PIXELS_ALIKE / fixed.size) ** 0.5)
    return Match(step, information, likeness, likeness > least and _possible(step, shape))


def _pulls(across: FloatMap, along: FloatMap, x: FloatMap, y: FloatMap, free: int) -> FloatMap:
    """Return how an image changes with each of the numbers, (free, Y, X)."""
    pulls = [across, along]
    if free > 2:
        pulls += [x * across + y * along, x * along - y * across]
    if free > 4:
        pulls += [x * across - y * along, x * along + y * across]
    return np.stack(pulls)


def _possible(step: Matrix, shape: tuple[int, ...]) -> bool:
    shift, turn = np.abs(step[:2]).max(), np.abs(step[2:]).max()
    return bool(shift < _LARGEST_SHIFT * min(shape) and turn < _LARGEST_TURN * _radius(shape))


def moved(band: FloatMap, matrix: Matrix) -> FloatMap:
    """Return a band of detail as a matrix moves it, 0 where it does not reach.

    OpenCV moves by whole 1/32 pixels, so that a magnification of less than that over the image
    would be none: what is missing is made up for by the slope.
    """
    rows, columns = band.shape
    x, y = np.arange(columns, dtype=np.float64), np.arange(rows, dtype=np.float64)[:, None]
    exact = [np.asarray(line[0] * x + line[1] * y + line[2], np.float32) for line in matrix]
    whole, share = cv2.convertMaps(exact[0], exact[1], cv2.CV_16SC2)
    brought: FloatMap = cv2.remap(band, whole, share, cv2.INTER_CUBIC)
    parts = (share & 31, share >> 5)
    for axis, slope in enumerate(_gradients(2 * brought)):
        missing = exact[axis] - whole[..., axis]
        missing -= parts[axis] * np.float32(1 / 32)
        brought += missing * slope
    return brought


def _power(values: FloatMap) -> float:
    return float(np.vdot(values, values))


def _radius(shape: tuple[int, ...]) -> float:
    return max(shape) / 2


def _places(shape: tuple[int, ...]) -> tuple[FloatMap, FloatMap]:
    """Return x (1, X) and y (Y, 1) from the centre, 1 at the longer edge."""
    axes = [(np.arange(n, dtype=np.float32) - (n - 1) / 2) / _radius(shape) for n in shape]
    return axes[1][None, :], axes[0][:, None]


def _gradients(twice: FloatMap) -> tuple[FloatMap, FloatMap]:
    """Return the derivatives along x and y of half an image."""
    taps, one = np.array([-0.25, 0, 0.25], np.float32), np.ones(1, np.float32)
    return cv2.sepFilter2D(twice, -1, taps, one), cv2.sepFilter2D(twice, -1, one, taps)


_PASSED = _passed()
