"""Finding where the planes of a stack lie: neighbours first, then all of them together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment.pairs import Match, detail, matrix_of, moved, register, start_of, step_of
from napari_mfif.alignment.transforms import Transforms
from napari_mfif.errors import ParameterError
from napari_mfif.options import MODELS

__all__ = ["detect_drift", "estimate_transforms", "iter_transforms"]

FloatMap = NDArray[np.float32]
Matrix = NDArray[np.float64]
Planes = Callable[[int], FloatMap]

#: Planes are halved until their longer side is at most so many pixels.
LONGEST_SIDE = 640

#: Planes so far apart are compared once all are roughly in place.
GAPS = (1, 2, 3)

#: Neighbouring pixels of a band are alike: so many count as one measurement.
PIXELS_PER_MEASUREMENT = 30.0

#: Besides noise, a match is wrong by so many pixels: interpolation, and detail that defocus moves.
SYSTEMATIC = 0.02

#: How far a plane may be from the straight course between its neighbours, in pixels at the edge
#: (shifts, magnification and rotation). A stage may jerk; magnification changes evenly with focus.
#: It decides only where the planes say little.
WANDER = np.array([0.5, 0.5, 0.02, 0.02])

#: Decimals that are kept: the last digits, which sums in another order would change, are left out,
#: so that the same stack gives the same places again.
DECIMALS = 7


class _Edge(NamedTuple):
    """A comparison of two planes."""

    first: int
    second: int
    match: Match


def estimate_transforms(
    planes: Planes,
    n_planes: int,
    *,
    model: str = "similarity",
    reference: int | None = None,
) -> Transforms:
    """Find where every plane lies.

    Neighbours are registered first, by detail that hardly depends on gain, offset and focus. Once
    all planes are roughly in place, each is compared with several on either side, and all places
    are found together by least squares, so that errors do not add up along the chain.

    Parameters
    ----------
    planes : callable
        Gives plane z, float32 (Y, X), in any unit. It is called twice for each, in order.
    n_planes : int
        Number of planes.
    model : {"translation", "similarity"}
        What planes may do.
    reference : int, optional
        The plane that stays where it is; the middle one when not given.

    Returns
    -------
    Transforms
        In pixels of the planes as given. Planes without detail follow the trend of the others.

    Raises
    ------
    ParameterError
        There is no such model or plane.
    """
    reference = n_planes // 2 if reference is None else reference
    if model not in MODELS:
        raise ParameterError(f"model={model!r} is not possible: {', '.join(MODELS)}.")
    if not 0 <= reference < n_planes:
        raise ParameterError(f"reference={reference} is not possible: 0 to {n_planes - 1}.")
    for found in iter_transforms(planes, n_planes, model=model, reference=reference):
        if found is not None:
            return found
    raise AssertionError("the last one is the result")


def iter_transforms(
    planes: Planes, n_planes: int, *, model: str, reference: int
) -> Iterator[Transforms | None]:
    """Do what `estimate_transforms` does, and yield None after every plane, twice for each."""
    free = 2 if model == "translation" else 4
    first = planes(0)
    octave = _octave(first.shape)
    strongest = detail(first, octave=octave).energy
    shape = strongest.shape
    edges: list[_Edge] = []
    for found in _neighbours(planes, range(n_planes), octave, free, strongest):
        edges += found
        yield None
    steps = _solve(edges, np.zeros((n_planes, 4)), reference, free)
    matrices = [matrix_of(step, shape) for step in steps]
    edges = []
    for found in _around(planes, matrices, octave, free, strongest):
        edges += found
        yield None
    changes = _solve(edges, steps, reference, free)
    places = [
        _enlarged(_composed(matrix, matrix_of(change, shape)), octave)
        for matrix, change in zip(matrices, changes, strict=True)
    ]
    places[reference] = np.eye(2, 3)  # it is, but for rounding
    yield Transforms(np.round(places, DECIMALS), model, reference)


def detect_drift(planes: Planes, n_planes: int, *, samples: int = 9) -> float:
    """Tell how far planes move in the course of a stack, by a quick look at some of them.

    Parameters
    ----------
    planes : callable
        Gives plane z, float32 (Y, X).
    n_planes : int
        Number of planes.
    samples : int, optional
        How many planes are looked at, evenly spread.

    Returns
    -------
    float
        The largest distance, in pixels, between the places of two planes in a corner of the
        image; 0 where planes are too different to tell. From about 1 on, aligning is worth it.
    """
    if n_planes < 2:
        return 0.0
    picked = np.unique(np.linspace(0, n_planes - 1, min(samples, n_planes)).round().astype(int))
    shape = planes(0).shape
    octave = _octave(shape) + 1 if max(shape) > 256 else 0
    small = detail(planes(0), octave=octave).band.shape
    edges = list(chain(*_neighbours(planes, [int(z) for z in picked], octave, 4)))
    if not any(edge.match.trusted for edge in edges):
        return 0.0
    steps = _solve(edges, np.zeros((len(picked), 4)), len(picked) // 2, 4)
    matrices = np.stack([_enlarged(matrix_of(step, small), octave) for step in steps])
    return Transforms(matrices).excursion(shape)


def _neighbours(
    planes: Planes,
    places: range | list[int],
    octave: int,
    free: int,
    strongest: FloatMap | None = None,
) -> Iterator[list[_Edge]]:
    """Compare each plane with the one before; note the largest energy of all in `strongest`."""
    before: FloatMap | None = None
    for number, z in enumerate(places):
        found = detail(planes(z), octave=octave)
        now = found.evened()
        if strongest is not None:
            np.maximum(strongest, found.energy, out=strongest)
        yield [] if before is None else [_Edge(number - 1, number, _best(before, now, free))]
        before = now


def _best(before: FloatMap, now: FloatMap, free: int) -> Match:
    """Register from where phase correlation says; if that is far, also from no movement."""
    start = start_of(before, now)
    match = register(before, now, start, free=free)
    if np.abs(start).max() > 1:
        still = register(before, now, np.zeros(4), free=free)
        match = max(match, still, key=lambda one: (one.trusted, one.likeness))
    return match


def _around(
    planes: Planes, matrices: list[Matrix], octave: int, free: int, strongest: FloatMap
) -> Iterator[list[_Edge]]:
    """Compare each plane, brought to its place, with several before it, by what is in focus."""
    kept: deque[FloatMap] = deque(maxlen=max(GAPS))
    for z, matrix in enumerate(matrices):
        flat = detail(planes(z), octave=octave).evened(strongest)
        margin = 4 + int(np.ceil(max(np.abs(step_of(m, flat.shape)).sum() for m in matrices)))
        margin = min(margin, min(flat.shape) // 4)
        now = moved(flat, matrix)
        yield [
            _Edge(z - gap, z, register(kept[-gap], now, np.zeros(4), free=free, margin=margin))
            for gap in GAPS
            if gap <= len(kept)
        ]
        kept.append(now)


def _weight(edge: _Edge, free: int) -> Matrix:
    """Return the inverse covariance of a comparison, including what is not noise."""
    if not edge.match.trusted:
        return np.zeros((free, free))
    noise = np.linalg.inv(edge.match.information[:free, :free]) * PIXELS_PER_MEASUREMENT
    noise += np.eye(free) * (SYSTEMATIC * (edge.second - edge.first)) ** 2
    return np.asarray(np.linalg.inv(noise))


def _solve(edges: list[_Edge], base: Matrix, reference: int, free: int) -> Matrix:
    """Find one step per plane that agrees best with all comparisons: (planes, 4).

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
    found = np.linalg.solve(normal.reshape(n * free, -1), right.ravel()).reshape(n, free)
    steps = np.zeros((n, 4))
    steps[:, :free] = found - found[reference]
    return steps


def _composed(outer: Matrix, inner: Matrix) -> Matrix:
    """Return the matrix that applies `inner` first."""
    return np.asarray(outer[:, :2] @ inner + np.column_stack([np.zeros((2, 2)), outer[:, 2]]))


def _octave(shape: tuple[int, ...]) -> int:
    octave = 0
    while max(shape) >> octave > LONGEST_SIDE:
        octave += 1
    return octave


def _enlarged(matrix: Matrix, octave: int) -> Matrix:
    """Return a matrix for planes 2^octave times the size; halving keeps pixel 0 in place."""
    larger = matrix.copy()
    larger[:, 2] *= 2**octave
    return larger
