"""Depth, and how sure it is, from running scores at half the resolution."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.along_z import BinomialAlongZ
from napari_mfif.kernels.pyramid import binomial, down, up

__all__ = ["DepthFold"]

Map = NDArray[np.float32]

#: Sobel amplitudes differ when they differ by their uncertainty plus this share of themselves.
SHARE = 0.3
#: Weight of each octave's logarithm.
OCTAVES = (1.0, 0.7, 0.4)
#: Standard deviation of a Sobel component in each octave, for white noise of one.
SOBEL_NOISE = (3.464, 1.49, 0.70)
#: Independent pixels in each octave's window.
WINDOWS = (25.0, 25.0, 25.0)
#: The posterior over z is the softmax of the score times this.
POSTERIOR = 6.0


class DepthFold:
    """The plane of the best score, its neighbours' scores, and the sum of all plausibilities."""

    def __init__(self, noises: list[Map], *, reach: int) -> None:
        shapes = [(n.shape[0], n.shape[1]) for n in noises]
        self._octaves = min(len(OCTAVES), len(shapes))
        self._shape = (
            shapes[1] if len(shapes) > 1 else ((shapes[0][0] + 1) // 2, (shapes[0][1] + 1) // 2)
        )
        self._reach = reach
        self._smooth = [BinomialAlongZ(reach) for _ in range(self._octaves)]
        self._last: list[Map] = []
        self._level: list[Map] = []
        self._per: list[Map] = []
        for octave in range(self._octaves):
            sigma = np.sqrt(noises[octave]) * np.float32(SOBEL_NOISE[octave])
            sigma = cv2.resize(sigma, self._shape[::-1], interpolation=cv2.INTER_LINEAR)
            along = {0: 1.0, 1: 2.5, 2: 3.54}[reach]
            self._level.append(sigma * np.float32(1.2533))
            self._per.append(SHARE / (sigma * np.float32(0.655 / np.sqrt(WINDOWS[octave] * along))))
        self._best = np.full(self._shape, -1, np.float32)
        self._index = np.zeros(self._shape, np.uint16)
        self._before = np.zeros(self._shape, np.float32)
        self._after = np.zeros(self._shape, np.float32)
        self._previous = np.zeros(self._shape, np.float32)
        self._total = np.zeros(self._shape, np.float32)
        self._taken = 0

    def amplitudes(self, plane: Map) -> list[Map]:
        """Windowed Sobel amplitudes in each octave, at half the resolution."""
        found = []
        image = plane
        for octave in range(self._octaves):
            if octave:
                image = down(image)
            along_x = cv2.Sobel(image, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT_101)
            along_y = cv2.Sobel(image, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT_101)
            amplitude = cv2.magnitude(along_x, along_y)
            if octave == 0:
                amplitude = down(amplitude)
            amplitude = binomial(amplitude)
            if octave >= 2:
                amplitude = up(amplitude, self._shape)
            found.append(amplitude)
        return found

    def score(self, plane: Map) -> Map:
        """Score of one plane alone."""
        return self._combine([self._smooth[0].scale * a for a in self.amplitudes(plane)])

    def _combine(self, amplitudes: list[Map]) -> Map:
        score = np.zeros(self._shape, np.float32)
        for octave, amplitude in enumerate(amplitudes):
            amplitude *= np.float32(1 / self._smooth[0].scale)
            amplitude -= self._level[octave]
            np.maximum(amplitude, 0, out=amplitude)
            amplitude *= self._per[octave]
            amplitude += 1
            score += np.float32(OCTAVES[octave]) * cv2.log(amplitude)
        return score

    def take(self, plane: Map) -> None:
        """Take the next plane."""
        self._last = self.amplitudes(plane)
        self._step(self._last)

    def close(self) -> None:
        """Take in the planes that wait for those after them."""
        for _ in range(self._reach):
            self._step([a.copy() for a in self._last])

    def _step(self, amplitudes: list[Map]) -> None:
        smooth = [s.take(a.copy()) for s, a in zip(self._smooth, amplitudes, strict=True)]
        ready = [s for s in smooth if s is not None]
        if ready:
            self._compare(self._combine(ready))

    def _compare(self, score: Map) -> None:
        if self._taken:
            np.copyto(self._after, score, where=self._index == self._taken - 1)
        better = score > self._best
        best = np.maximum(self._best, score)
        self._total *= cv2.exp((self._best - best) * np.float32(POSTERIOR))
        self._total += cv2.exp((score - best) * np.float32(POSTERIOR))
        self._best = best
        np.copyto(self._index, np.uint16(self._taken), where=better)
        np.copyto(self._before, self._previous, where=better)
        np.copyto(self._after, score, where=better)
        self._previous = score
        self._taken += 1

    def answer(self, shape: tuple[int, int]) -> tuple[Map, Map]:
        """Return depth in planes and confidence, at full resolution."""
        last = self._index == self._taken - 1
        first = self._index == 0
        before = np.where(first, self._after, self._before)
        after = np.where(last, self._before, self._after)
        curvature = before + after - 2 * self._best
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = 0.5 * (before - after) / curvature
        shift[~(curvature < 0)] = 0
        depth = np.clip(self._index + np.clip(shift, -0.5, 0.5), 0, max(0, self._taken - 1))
        near = (
            1 + np.exp(POSTERIOR * (before - self._best)) + np.exp(POSTERIOR * (after - self._best))
        )
        confidence = np.minimum(near / self._total, 1).astype(np.float32)
        size = shape[::-1]
        return (
            cv2.resize(depth.astype(np.float32), size, interpolation=cv2.INTER_LINEAR),
            cv2.resize(confidence, size, interpolation=cv2.INTER_LINEAR),
        )
