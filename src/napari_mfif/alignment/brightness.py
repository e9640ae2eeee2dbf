"""The brightness of planes along z: how it drifts, and what undoes it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.order import median

__all__ = ["BrightnessDrift", "brightness_factors"]

#: A drift smaller than this (maximum over minimum, in logarithm) is not worth correcting.
_LEAST_RANGE = 0.03
#: The drift must exceed the cells' disagreement so many times ...
_OVER_SCATTER = 4.0
#: ... and beyond this disagreement it is the specimen that changes, not the lamp.
_MOST_SCATTER = 0.04


class BrightnessDrift(NamedTuple):
    """How the brightness changes from plane to plane.

    A plane is equalised by ``(pixel - black) * factors[z] + black``.
    """

    factors: NDArray[np.float32]
    black: float


def brightness_factors(
    cell_means: NDArray[np.float32], *, darkest: float | None = None
) -> BrightnessDrift | None:
    """Estimate the drift of the illumination from coarse cells.

    Defocus moves light about inside a cell but hardly out of it, so that cells, about a twelfth
    of the image's side wide, keep their brightness through the stack; a lamp that drifts changes
    all by the same factor.

    Parameters
    ----------
    cell_means : float32, (Z, rows, columns)
        Mean pixel value in each cell of each plane.
    darkest : float, optional
        A pixel value about as low as there is, as guess of the camera's black level.

    Returns
    -------
    BrightnessDrift or None
        ``None`` where there is no drift, or none that all cells agree on.
    """
    if len(cell_means) < 3:
        return None
    cells = np.asarray(cell_means, np.float64).reshape(len(cell_means), -1)
    guess = float(cells.min()) if darkest is None else darkest
    best: tuple[float, float, float, NDArray[np.float64]] | None = None
    for share in (0.0, 0.5, 0.8, 0.95):
        black = share * max(guess, 0.0)
        found = _log_gains(cells - black)
        if found is None:
            continue
        gains, scatter = found
        ratio = float(np.ptp(gains)) / max(scatter, 1e-9)
        if best is None or ratio > 1.5 * best[0]:
            best = (ratio, scatter, black, gains)
    if best is None:
        return None
    ratio, scatter, black, gains = best
    if np.ptp(gains) < _LEAST_RANGE or ratio < _OVER_SCATTER or scatter > _MOST_SCATTER:
        return None
    return BrightnessDrift(np.exp(-gains).astype(np.float32), black)


def _log_gains(cells: NDArray[np.float64]) -> tuple[NDArray[np.float64], float] | None:
    """Logarithm of each plane's gain, and the median deviation of the cells from it."""
    bright = cells[:, cells.min(axis=0) > 0]
    if bright.shape[1] == 0:
        return None
    logs = np.log(bright)
    logs -= median(logs)
    gains = median(logs, axis=1)
    scatter = float(median(np.abs(logs - gains[:, None]).ravel()))
    return gains, scatter
