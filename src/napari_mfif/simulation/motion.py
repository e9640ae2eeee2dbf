"""How planes move against one another: lateral drift, magnification and rotation along z."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["course", "excursion", "moved"]

Matrices = NDArray[np.float64]


def course(
    rng: np.random.Generator,
    planes: int,
    shape: tuple[int, int],
    *,
    drift: float = 0.0,
    magnification: float = 0.0,
    rotation: float = 0.0,
) -> Matrices:
    """Return where the truth's pixels lie in every plane, which stays in the middle plane.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the direction, and a tremor of a twentieth of the drift.
    planes : int
        Number of planes.
    shape : (int, int)
        Rows and columns; magnification and rotation leave the centre in place.
    drift : float
        Pixels between the first and the last plane.
    magnification : float
        Change of the magnification from the first to the last plane, as a share.
    rotation : float
        Degrees between the first and the last plane.

    Returns
    -------
    float64, (planes, 2, 3)
        A matrix per plane that maps (x, y, 1) of the truth to x, y of the plane.
    """
    angle, tremor = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.05, (planes, 2))
    way = np.linspace(-0.5, 0.5, planes)
    way -= way[planes // 2]
    straight = way[:, None] * [np.sin(angle), np.cos(angle)]
    shift = drift * (straight + tremor - tremor[planes // 2])
    scale, turn = 1 + magnification * way, np.radians(rotation) * way
    matrices = np.zeros((planes, 2, 3))
    matrices[:, 0, 0] = matrices[:, 1, 1] = scale * np.cos(turn)
    matrices[:, 1, 0] = scale * np.sin(turn)
    matrices[:, 0, 1] = -matrices[:, 1, 0]
    centre = (np.array(shape[::-1]) - 1) / 2
    matrices[:, :, 2] = centre - matrices[:, :, :2] @ centre + shift[:, ::-1]
    return matrices


def excursion(matrices: Matrices, shape: tuple[int, int]) -> float:
    """Return how far a corner of the image moves at most, in pixels."""
    rows, columns = shape
    corners = np.array([[x, y, 1.0] for x in (0, columns - 1) for y in (0, rows - 1)]).T
    return float(np.abs(matrices @ corners - corners[:2]).max())


def moved(light: NDArray[Any], matrix: NDArray[np.float64], margin: int) -> NDArray[Any]:
    """Move what lies `margin` pixels within `light` as a matrix of `course` says."""
    linear, place = matrix[:, :2], np.full(2, float(margin))
    onto = np.column_stack([linear, matrix[:, 2] + place - linear @ place])
    size = (light.shape[1], light.shape[0])
    return np.asarray(cv2.warpAffine(light, onto, size, flags=cv2.INTER_LANCZOS4))
