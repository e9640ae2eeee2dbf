"""How noisy a stack is, read off its planes.

Noise is told from texture by two facts: the Immerkaer mask is blind to smooth structure, and
texture is sharp in few planes only, so that the lower quartile over z of its answer is noise.

References
----------
J. Immerkaer, Fast noise variance estimation, Computer Vision and Image Understanding 64, 1996.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.order import quantiles
from napari_mfif.kernels.parallel import each

__all__ = ["NoiseLine", "estimate_noise"]

_MASK = np.array([1, -2, 1], np.float32) / np.float32(np.sqrt(6))
_BLOCK = 8
_BINS = 12
#: Light may have been cut off at the highest value that more than such a share of a plane has.
_PILE = 1e-3
#: So many blocks tell the noise.
_FEW_BLOCKS = 2 * _BINS
#: What the quantiles below give for white noise of variance one, by the number of planes.
_UNIT = {1: 0.884, 2: 0.841, 3: 0.806, 4: 0.790, 5: 0.783}


class NoiseLine(NamedTuple):
    """Variance of the noise: ``floor + slope * max(mean - dark, 0)``, in units of the planes."""

    floor: float
    slope: float
    dark: float

    def variance(self, mean: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the variance at each brightness."""
        return np.asarray(self.floor + self.slope * np.maximum(mean - self.dark, 0), np.float32)

    @property
    def deviation(self) -> float:
        """Standard deviation at the middle brightness of planes of 0 to 1."""
        return float(np.sqrt(self.variance(np.full(1, 0.5, np.float32))[0]))


def estimate_noise(planes: Sequence[NDArray[np.float32]]) -> NoiseLine:
    """Fit the line of noise variance over brightness.

    Parameters
    ----------
    planes : sequence of float32, (Y, X)
        Planes spread over the stack; about five are enough.

    Returns
    -------
    NoiseLine
        Zero where the planes are smaller than one block or constant.
    """
    height, width = planes[0].shape
    if min(height, width) < _BLOCK + 2:
        return NoiseLine(0.0, 0.0, float(np.min(planes[0])))
    variances, means = zip(*each(_block_statistics, planes), strict=True)
    quietest, told = _quietest(np.asarray(variances), _cut_off(planes, variances[0].shape))
    brightness = np.mean(means, axis=0)
    return _fit_line(brightness[told], quietest[told])


def _quietest(
    variances: NDArray[np.float32], cut: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the lower quartile over planes, in units of noise, and which blocks have one."""
    planes, everywhere = len(variances), np.ones(variances.shape[1:], np.bool_)
    whole = quantiles(variances, (0.25,))[0] / _UNIT[min(planes, 5)]
    if cut is None:
        return whole.astype(np.float32), everywhere
    left = planes - np.count_nonzero(cut, axis=0)
    if np.count_nonzero(left) < _FEW_BLOCKS:
        return whole.astype(np.float32), everywhere
    quietest = np.zeros(left.shape, np.float32)
    in_order = np.sort(np.where(cut, np.float32(np.inf), variances), axis=0)
    for n in range(1, planes + 1):
        blocks = left == n
        if blocks.any():
            some = quantiles(in_order[:n, blocks], (0.25,))[0]
            quietest[blocks] = some / _UNIT[min(n, 5)]
    return quietest, left > 0


def _cut_off(
    planes: Sequence[NDArray[np.float32]], shape: tuple[int, ...]
) -> NDArray[np.bool_] | None:
    """Return in which blocks of each plane light may have been cut off; None for nowhere.

    Where values pile up at the highest one there is less noise, or none, than there was in the
    light.
    """
    cut = np.zeros((len(planes), *shape), np.bool_)
    top = np.float32(max(float(plane.max()) for plane in planes))
    for plane, blocks in zip(planes, cut, strict=True):
        at_top = plane >= top
        if np.count_nonzero(at_top) > _PILE * plane.size:
            rows, columns = (length * _BLOCK for length in shape)
            apart = at_top[:rows, :columns].reshape(shape[0], _BLOCK, shape[1], _BLOCK)
            blocks[...] = np.count_nonzero(apart, axis=(1, 3)) > 1
    return cut if cut.any() else None


def _block_statistics(
    plane: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean square of the mask's answer, and mean brightness, in blocks of 8 x 8 pixels."""
    rows, columns = (length // _BLOCK for length in plane.shape)
    whole = np.ascontiguousarray(plane[: rows * _BLOCK, : columns * _BLOCK])
    answer = cv2.sepFilter2D(whole, cv2.CV_32F, _MASK, _MASK, borderType=cv2.BORDER_REFLECT_101)
    np.square(answer, out=answer)
    size = (columns, rows)
    return (
        cv2.resize(answer, size, interpolation=cv2.INTER_AREA),
        cv2.resize(whole, size, interpolation=cv2.INTER_AREA),
    )


def _fit_line(brightness: NDArray[np.float32], variance: NDArray[np.float32]) -> NoiseLine:
    """Fit a non-negative line through the low quantiles of the variance in bins of brightness."""
    dark = float(brightness.min())
    edges = np.asarray(quantiles(brightness, np.linspace(0, 1, _BINS + 1).tolist()))
    bins = np.clip(np.searchsorted(edges, brightness, side="right") - 1, 0, _BINS - 1)
    x, y = [], []
    for number in range(_BINS):
        members = bins == number
        if members.any():
            x.append(float(np.mean(brightness[members])) - dark)
            y.append(float(quantiles(variance[members], (0.4,))[0]))
    if max(y) <= 0:
        return NoiseLine(0.0, 0.0, dark)
    levels, values = np.array(x), np.maximum(np.array(y), 1e-6 * max(y))
    # textured bins lie above the line, never below: weights 1/value trust the quiet ones
    floor, slope = _nonnegative_line(levels, values, 1 / values)
    return NoiseLine(floor, slope, dark)


def _nonnegative_line(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    """Weighted least squares for y = a + b x with a, b >= 0."""
    square = weight * weight
    mean_x, mean_y = np.average(x, weights=square), np.average(y, weights=square)
    spread = float(np.sum(square * (x - mean_x) ** 2))
    slope = float(np.sum(square * (x - mean_x) * (y - mean_y))) / spread if spread > 0 else 0.0
    floor = float(mean_y - slope * mean_x)
    if slope < 0:
        return float(mean_y), 0.0
    if floor < 0:
        return 0.0, float(np.sum(square * x * y) / np.sum(square * x * x))
    return floor, slope
