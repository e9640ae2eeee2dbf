"""All comparisons of planes together: where each plane lies, how sure that is, and what if not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment.pairs import NUMBERS, Match

__all__ = ["Edge", "settled", "sheared", "solve"]

Matrix = NDArray[np.float64]

#: Neighbouring pixels of a band are alike: so many count as one measurement.
PIXELS_PER_MEASUREMENT = 30.0

#: Besides noise, a match is wrong by so many pixels: interpolation, and detail that defocus moves.
SYSTEMATIC = 0.02

#: How far a plane may be from the straight course between its neighbours, in pixels at the edge
#: (shifts, magnification and rotation, aspect and shear). A stage may jerk; the others change
#: evenly with focus. It decides only where the planes say little.
WANDER = np.array([0.5, 0.5, 0.02, 0.02, 0.02, 0.02])

#: A place is in doubt whose standard deviation is this, in pixels of what is compared.
DOUBTFUL = 1.0

#: From so many pixels at the edge, of what is compared, and so many standard deviations on planes
#: are sheared: surfaces that lean look sheared by less than that.
SHEARED, CERTAIN = 0.75, 5.0


class Edge(NamedTuple):
    """A comparison of two planes."""

    first: int
    second: int
    match: Match


def _weight(edge: Edge, free: int) -> Matrix:
    """Return the inverse covariance of a comparison, including what is not noise."""
    if not edge.match.trusted:
        return np.zeros((free, free))
    noise = np.linalg.inv(edge.match.information[:free, :free]) * PIXELS_PER_MEASUREMENT
    noise += np.eye(free) * (SYSTEMATIC * (edge.second - edge.first)) ** 2
    return np.asarray(np.linalg.inv(noise))


def solve(edges: list[Edge], base: Matrix, reference: int, free: int) -> tuple[Matrix, Matrix]:
    """Find one step per plane that agrees best with all comparisons, and how sure each is.

    Steps are (planes, NUMBERS), their variances too.

    The course ``base + steps`` is held straight by a weak prior; `base` is where planes were
    brought before they were compared.
    """
    n = len(base)
    normal, right = np.zeros((n, free, n, free)), np.zeros((n, free))
    for edge in edges:
        i, j, weight = edge.first, edge.second, _weight(edge, free)
        pull = weight @ edge.match.step[:free]
        for a, b, sign in ((i, i, 1), (j, j, 1), (i, j, -1), (j, i, -1)):
            normal[a, :, b] += sign * weight
        right[j] += pull
        right[i] -= pull
    stiff = np.diag(1 / WANDER[:free] ** 2)
    for z in range(1, n - 1):
        bend = {z - 1: 1.0, z: -2.0, z + 1: 1.0}
        away = sum(share * base[a, :free] for a, share in bend.items())
        for a, first in bend.items():
            right[a] -= first * (stiff @ away)
            for b, second in bend.items():
                normal[a, :, b] += first * second * stiff
    level = np.eye(free) * 1e-6  # where nothing is known: no step
    for z in range(n):
        normal[z, :, z] += level
    normal[reference, :, reference] += np.eye(free) * 1e9
    covariance = np.linalg.inv(normal.reshape(n * free, -1))
    found = (covariance @ right.ravel()).reshape(n, free)
    steps, variances = np.zeros((2, n, NUMBERS))
    steps[:, :free] = found - found[reference]
    variances[:, :free] = covariance.diagonal().reshape(n, free)
    return steps, variances


def settled(steps: Matrix, variances: Matrix, shape: tuple[int, int]) -> tuple[Matrix, list[int]]:
    """Let planes in doubt follow their neighbours, or all stay where most are in doubt.

    Returns
    -------
    float64, (planes, NUMBERS)
        Where the planes are put.
    list of int
        The planes in doubt.
    """
    rows, columns = shape
    turns = (rows**2 + columns**2) / (3 * max(shape) ** 2)  # mean square of places, edge at 1
    spread = variances @ [1, 1, turns, turns, turns, turns]
    sure, z = spread < DOUBTFUL**2, np.arange(len(steps))
    doubtful = z[~sure].tolist()
    if 2 * len(doubtful) > len(steps):
        return np.zeros_like(steps), z.tolist()
    courses = [np.interp(z, z[sure], course[sure]) for course in steps.T]
    return np.stack(courses, axis=1), doubtful


def sheared(steps: Matrix, variances: Matrix) -> bool:
    """Tell whether planes have aspects and shears that a similarity cannot explain."""
    far = np.hypot(*steps[:, 4:].T)
    noise = np.sqrt(variances[:, 4:].sum(axis=1))
    return bool(np.any(far > np.maximum(SHEARED, CERTAIN * noise)))
