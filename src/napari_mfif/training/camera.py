"""What a lamp and a camera do to planes: brightness that differs, dark pictures, noise.

None of it says anything about sharpness, and a network has to learn that too. Planes are float32,
0 to 255, the first axis counts them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["flicker", "noisy"]

Planes = NDArray[np.float32]


def flicker(planes: Planes, rng: np.random.Generator, *, share: float = 0.5) -> Planes:
    """Give each plane a brightness of its own, in a share of the cases."""
    if rng.random() >= share:
        return planes
    one = (len(planes),) + (1,) * (planes.ndim - 1)
    gains, offsets = rng.uniform(0.92, 1.08, one), rng.uniform(-6, 6, one)
    return np.asarray(np.clip(planes * gains + offsets, 0, 255), np.float32)


def noisy(planes: Planes, rng: np.random.Generator, *, share: float = 0.4) -> Planes:
    """Give planes another brightness and a camera's noise, alike for all, in a share of cases."""
    if rng.random() >= share:
        return planes
    gain, offset = np.exp(rng.uniform(np.log(0.3), np.log(1.2))), rng.uniform(-10, 30)
    sigma = np.exp(rng.uniform(np.log(0.5), np.log(12.0)))
    level = np.clip(planes * np.float32(gain) + np.float32(offset), 0, 255)
    photon = rng.random() < 0.7
    spread = sigma * np.sqrt(level / max(float(level.mean()), 1.0)) if photon else sigma
    seen = level + spread * rng.standard_normal(level.shape, np.float32)
    return np.asarray(np.clip(seen, 0, 255), np.float32)
