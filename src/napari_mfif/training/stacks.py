"""Planes of simulated z-stacks to learn from, and which of two shows the scene better.

Which plane is the better one is told by the planes without noise: at each pixel the one that
differs less from the scene, in a small window. Where two differ alike, neither is taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.simulation import KINDS, simulate

__all__ = ["Fan", "Pool", "draw_fan"]

Float = NDArray[np.float32]

#: Sigma, in pixels, of the window in which planes are compared with the scene.
WINDOW = 1.5
#: Differences, where the scene spans 0 to 1, that are nothing.
NOTHING = 0.004
#: How steeply a difference of errors, over their sum, becomes a probability.
STEEPNESS = 10.0
#: Planes of a stack and photons at white: drawn evenly in their logarithms.
PLANES, PHOTONS = (6, 24), (60.0, 6000.0)
#: Share of the stacks without noise.
NOISELESS = 0.08


@dataclass(frozen=True)
class Stack:
    """Planes as a method sees them, 0 to 1, and how far each is from the scene."""

    planes: Float  # (Z, Y, X)
    errors: Float  # (Z, Y, X)


@dataclass(frozen=True)
class Fan:
    """Some planes of a stack, cut to a square: planes (N, Y, X), and their errors."""

    planes: Float
    errors: Float

    def turned(self) -> Fan:
        """Return the planes in the other order along z."""
        return Fan(self.planes[::-1].copy(), self.errors[::-1].copy())

    def target(self, first: int, second: int) -> tuple[Float, Float]:
        """Return how probable it is that `first` shows the scene better, and what that counts."""
        one, other = self.errors[first], self.errors[second]
        share = (other - one) / (one + other + NOTHING)
        apart = np.abs(other - one)
        probability = 1 / (1 + np.exp(-STEEPNESS * share))
        return probability.astype(np.float32), (apart / (apart + NOTHING)).astype(np.float32)


class Pool:
    """Simulated stacks of all kinds, made as they are asked for and kept.

    Parameters
    ----------
    seeds : sequence of int
        Of the stacks; each seed gives one of every kind.
    side : int
        Pixels of a side.
    """

    def __init__(self, seeds: Sequence[int], side: int = 144) -> None:
        self.keys = [(kind, seed) for seed in seeds for kind in KINDS]
        self.side = side
        self._made: dict[tuple[str, int], Stack] = {}

    def __getitem__(self, number: int) -> Stack:
        key = self.keys[number]
        if key not in self._made:
            self._made[key] = make(*key, self.side)
        return self._made[key]

    def __len__(self) -> int:
        return len(self.keys)


def make(kind: str, seed: int, side: int) -> Stack:
    """Simulate a stack with noise and without, and compare its planes with the scene."""
    rng = np.random.default_rng([seed, 77])
    planes = round(float(np.exp(rng.uniform(*np.log(PLANES)))))
    photons = float(np.exp(rng.uniform(*np.log(PHOTONS))))
    given = {"seed": seed, "shape": (side, side), "planes": planes, "dtype": "float32"}
    clean = simulate(kind, photons=None, **given)  # type: ignore[arg-type]
    noisy = clean
    if rng.random() >= NOISELESS:
        noisy = simulate(kind, photons=photons, **given)  # type: ignore[arg-type]
    seen, scene = grey(np.asarray(noisy.stack.pixels)), grey(clean.image)
    ideal = grey(np.asarray(clean.stack.pixels))
    low, high = np.percentile(seen, (0.1, 99.9))
    gain = 1 / max(float(high - low), 1e-6)
    squares = ((ideal - scene) * gain) ** 2
    errors = np.stack([cv2.GaussianBlur(square, (0, 0), WINDOW) for square in squares])
    return Stack(((seen - low) * gain).astype(np.float32), np.sqrt(errors).astype(np.float32))


def grey(pixels: NDArray[np.generic]) -> Float:
    """Return grey values: the mean of colours, where there are any."""
    values = np.asarray(pixels, np.float32)
    return values.mean(-1) if values.shape[-1] == 3 else values


def draw_fan(rng: np.random.Generator, pool: Pool, size: int, count: int) -> Fan:
    """Draw some planes of a stack, in order, turned and mirrored at random.

    Parameters
    ----------
    rng : Generator
        Where chance comes from.
    pool : Pool
        The stacks.
    size, count : int
        Pixels of a side, and planes.
    """
    stack = pool[int(rng.integers(len(pool)))]
    chosen = np.sort(rng.permutation(len(stack.planes))[:count])
    top, left = (int(rng.integers(length - size + 1)) for length in stack.planes.shape[1:])
    place = (chosen, slice(top, top + size), slice(left, left + size))
    maps = [stack.planes[place], stack.errors[place]]
    if rng.random() < 0.5:
        maps = [one[::-1] for one in maps]
    turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
    maps = [np.rot90(one, turns, (1, 2)) for one in maps]
    maps = [one[:, :, ::-1] if mirrored else one for one in maps]
    planes, errors = (np.ascontiguousarray(one) for one in maps)
    return Fan(planes, errors)
