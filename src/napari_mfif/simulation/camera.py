"""What a camera makes of light: photon and read noise, hot pixels, offset and steps of grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.settings.parameters import unknown_name

__all__ = ["DTYPES", "NOISE", "Camera"]

Rng = np.random.Generator

#: Photons at white and read noise (share of white) by level of noise.
NOISE: dict[str, tuple[tuple[float, float], float]] = {
    "low": ((5000.0, 5000.0), 0.003),
    "mid": ((400.0, 400.0), 0.01),
    "high": ((60.0, 100.0), 0.02),
}

#: Pixel types, each with (black, white, largest value); two cameras have 16 bits.
DTYPES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "uint8": ((6, 236, 255),),
    "uint16": ((100, 3700, 4095), (600, 58000, 65535)),
    "float32": ((0, 1, np.inf),),
}


@dataclass(frozen=True)
class Camera:
    """A camera with its noise.

    Parameters
    ----------
    dtype : numpy.dtype
        Type of its pixels.
    black, white, largest : float
        Values of no light, of full light, and where it saturates.
    photons : float or None
        Photons of full light; None is a camera without noise.
    read_noise : float
        Standard deviation in the dark, as a share of full light.
    """

    dtype: np.dtype[Any]
    black: float
    white: float
    largest: float
    photons: float | None
    read_noise: float

    @classmethod
    def choose(cls, rng: Rng, dtype: DTypeLike, photons: str | float | None) -> Camera:
        """Pick a camera of this type and level of noise.

        Raises
        ------
        ParameterError
            There is no such type or level.
        """
        name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
        if name not in DTYPES:
            raise ParameterError(unknown_name("pixel type", name, DTYPES, of="the camera"))
        which, share = int(rng.integers(len(DTYPES[name]))), float(rng.uniform())
        black, white, largest = DTYPES[name][which]
        light, read_noise = _noise(photons, share)
        return cls(np.dtype(name), black, white, largest, light, read_noise)

    def deviation(self, light: NDArray[Any]) -> NDArray[np.float32]:
        """Return the standard deviation of the noise at each light, as a share of full light."""
        if self.photons is None:
            return np.zeros_like(light, np.float32)
        variance = np.maximum(light, 0) / self.photons + self.read_noise**2
        return np.asarray(np.sqrt(variance), np.float32)

    def values(self, light: NDArray[Any]) -> NDArray[np.float32]:
        """Return light (0 to 1) in the camera's units, neither rounded nor noisy."""
        return np.asarray(self.black + light * (self.white - self.black), np.float32)

    def expose(self, rng: Rng, light: NDArray[Any]) -> NDArray[np.float32]:
        """Add photon and read noise to light (0 to 1)."""
        if self.photons is None:
            return np.asarray(light, np.float32)
        counted = rng.poisson(np.maximum(light, 0) * self.photons) / self.photons
        dark = self.read_noise * rng.standard_normal(light.shape, np.float32)
        return np.asarray(counted + dark, np.float32)

    def digitise(self, light: NDArray[Any]) -> NDArray[Any]:
        """Return light (0 to 1) in the camera's type: offset, rounded, saturated."""
        values = self.values(light)
        if self.dtype.kind == "f":
            return values
        return np.clip(np.round(values), 0, self.largest).astype(self.dtype)


def _noise(photons: str | float | None, share: float) -> tuple[float | None, float]:
    if photons is None:
        return None, 0.0
    if isinstance(photons, str):
        if photons not in NOISE:
            raise ParameterError(unknown_name("level of noise", photons, NOISE))
        (fewest, most), read_noise = NOISE[photons]
        return fewest + share * (most - fewest), read_noise
    if not photons > 0:
        raise ParameterError(f"`photons={photons}` is not possible: it must be above 0, or None.")
    return float(photons), 0.2 / float(photons) ** 0.5
