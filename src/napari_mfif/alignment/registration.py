"""Finding where the planes of a stack lie: neighbours first, then all of them together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment.consensus import Edge, settled, sheared, solve
from napari_mfif.alignment.pairs import (
    NUMBERS,
    Match,
    detail,
    matrix_of,
    moved,
    register,
    start_of,
    step_of,
)
from napari_mfif.alignment.reference import reference_plane
from napari_mfif.alignment.transforms import Transforms
from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import ParameterError
from napari_mfif.notices import notice
from napari_mfif.settings.options import MODELS, REFERENCE

__all__ = ["detect_drift", "estimate_transforms", "iter_transforms", "tell_doubts"]

FloatMap = NDArray[np.float32]
Matrix = NDArray[np.float64]
Planes = Callable[[int], FloatMap]

#: Planes are halved until their longer side is at most so many pixels.
LONGEST_SIDE = 640

#: Neighbours that show the same thing, moved, are at least so alike: .8 to 1 in noise and defocus;
#: planes of a confocal stack or glints in place of one another are less.
LEAST_ALIKE = 0.75

#: Planes so far apart are compared once all are roughly in place.
GAPS = (1, 2, 3)

#: How many numbers tell where a plane lies.
FREE = {"translation": 2, "similarity": 4, "affine": NUMBERS}

#: Decimals that are kept: the last digits, which sums in another order would change, are left out,
#: so that the same stack gives the same places again.
DECIMALS = 7


def estimate_transforms(
    planes: Planes,
    n_planes: int,
    *,
    model: str = "similarity",
    reference: int | str = REFERENCE.default,
) -> Transforms:
    """Find where every plane lies.

    Neighbours are registered first, by detail that hardly depends on gain, offset and focus. Once
    all planes are roughly in place, each is compared with several on either side, and all places
    are found together by least squares, so that errors do not add up along the chain.

    Parameters
    ----------
    planes : callable
        Gives plane z, float32 (Y, X), in any unit. It is called twice for each, in order; once more
        where planes that may be sheared are not.
    n_planes : int
        Number of planes.
    model : {"translation", "similarity", "affine"}
        What planes may do. They are taken to do no more than a similarity where the rest of it is
        not significant; `Transforms.model` says so.
    reference : int or str, optional
        The plane that stays where it is, see `reference_plane`.

    Returns
    -------
    Transforms
        In pixels of the planes as given. Planes in doubt follow their neighbours; where most are,
        all stay where they are. `Transforms.doubtful` names them.

    Raises
    ------
    ParameterError
        There is no such model or plane.
    """
    if model not in MODELS:
        raise ParameterError(f'`align="{model}"` is not possible: {", ".join(MODELS)}.')
    for found in iter_transforms(planes, n_planes, model=model, reference=reference):
        if found is not None:
            return found
    raise AssertionError("the last one is the result")


def iter_transforms(
    planes: Planes, n_planes: int, *, model: str, reference: int | str
) -> Iterator[Transforms | None]:
    """Do what `estimate_transforms` does, and yield None after every plane, twice for each."""
    wanted, middle = reference_plane(reference, n_planes), n_planes // 2
    free, rough_free = FREE[model], min(4, FREE[model])
    first = planes(0)
    octave = _octave(first.shape)
    strongest = detail(first, octave=octave).energy
    shape = strongest.shape
    edges: list[Edge] = []
    for found in _neighbours(planes, range(n_planes), octave, rough_free, strongest):
        edges += found
        yield None
    # whatever the reference, the middle is what others are sought from: it has most in common
    rough = solve(edges, np.zeros((n_planes, NUMBERS)), middle, rough_free)
    steps, _ = settled(*rough, shape)
    matrices = [matrix_of(step, shape) for step in steps]
    edges = []
    for found in _around(planes, matrices, octave, free, strongest):
        edges += found
        yield None
    changes, variances = solve(edges, steps, middle, free)
    if free > 4 and not sheared(changes, variances):
        model, free = "similarity", 4
        edges = list(chain(*_around(planes, matrices, octave, free, strongest)))
        changes, variances = solve(edges, steps, middle, free)
    put, doubtful = settled(steps + changes, variances, shape)
    exact = [
        _composed(matrix, matrix_of(change, shape))
        for matrix, change in zip(matrices, changes, strict=True)
    ]
    for z in doubtful:
        exact[z] = matrix_of(put[z], shape)
    places = np.stack([_enlarged(matrix, octave) for matrix in exact])
    places[middle] = np.eye(2, 3)  # it is, but for rounding
    yield Transforms(places, model, middle, tuple(doubtful)).seen_from(wanted, DECIMALS)


def tell_doubts(found: Transforms, model: str, stack: ZStack) -> None:
    """Say of which planes it is not known where they lie, and what of a model was not found.

    Planes are counted as in the whole, of which the stack may be a part.
    """
    few, name = len(found.doubtful), stack.name
    also = ", among them the one that the others are brought to"
    weak = "too little there is in focus, or it is too noisy"
    if few == len(found):
        notice(f"The planes of {name} were left where they are, not aligned: {weak}.")
    elif few:
        taken = " taken" if stack.plane_numbers else ""
        of = f"{few} of the {len(found)} planes{taken} of {name} lie, the first being"
        first = stack.numbered(found.doubtful[0])
        here = also if found.reference in found.doubtful else ""
        notice(
            f"It is not known where {of} plane {first}{here}: {weak}. "
            f"They were put where their neighbours are."
        )
    if found.model != model and few < len(found):
        notice(
            f"The planes of {name} are not sheared enough to tell it from noise and defocus: they "
            f'were aligned as by `align="{found.model}"`.'
        )


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
        image; 0 where neighbours are too different to tell, as in confocal stacks. From about 1
        on, aligning is worth it.
    """
    if n_planes < 2:
        return 0.0
    picked = np.unique(np.linspace(0, n_planes - 1, min(samples, n_planes)).round().astype(int))
    shape = planes(0).shape
    octave = _octave(shape) + 1 if max(shape) > 256 else 0
    small = detail(planes(0), octave=octave).band.shape
    edges = list(chain(*_neighbours(planes, [int(z) for z in picked], octave, 4)))
    # one pair that shows different things, and all behind it may lie anywhere
    if min(edge.match.likeness for edge in edges) < LEAST_ALIKE:
        return 0.0
    if not any(edge.match.trusted for edge in edges):
        return 0.0
    rough = solve(edges, np.zeros((len(picked), NUMBERS)), len(picked) // 2, 4)
    steps, _ = settled(*rough, (small[0], small[1]))
    matrices = np.stack([_enlarged(matrix_of(step, small), octave) for step in steps])
    return Transforms(matrices).excursion(shape)


def _neighbours(
    planes: Planes,
    places: range | list[int],
    octave: int,
    free: int,
    strongest: FloatMap | None = None,
) -> Iterator[list[Edge]]:
    """Compare each plane with the one before; note the largest energy of all in `strongest`."""
    before: FloatMap | None = None
    for number, z in enumerate(places):
        found = detail(planes(z), octave=octave)
        now = found.evened()
        if strongest is not None:
            np.maximum(strongest, found.energy, out=strongest)
        yield [] if before is None else [Edge(number - 1, number, _best(before, now, free))]
        before = now


def _best(before: FloatMap, now: FloatMap, free: int) -> Match:
    """Register from where phase correlation says; if that is far, also from no movement."""
    start = start_of(before, now)
    match = register(before, now, start, free=free)
    if np.abs(start).max() > 1:
        still = register(before, now, np.zeros(NUMBERS), free=free)
        match = max(match, still, key=lambda one: (one.trusted, one.likeness))
    return match


def _around(
    planes: Planes, matrices: list[Matrix], octave: int, free: int, strongest: FloatMap
) -> Iterator[list[Edge]]:
    """Compare each plane, brought to its place, with several before it, by what is in focus."""
    kept: deque[FloatMap] = deque(maxlen=max(GAPS))
    for z, matrix in enumerate(matrices):
        flat = detail(planes(z), octave=octave).evened(strongest)
        margin = 4 + int(np.ceil(max(np.abs(step_of(m, flat.shape)).sum() for m in matrices)))
        margin = min(margin, min(flat.shape) // 4)
        now = moved(flat, matrix)
        yield [
            Edge(z - gap, z, register(kept[-gap], now, np.zeros(NUMBERS), free=free, margin=margin))
            for gap in GAPS
            if gap <= len(kept)
        ]
        kept.append(now)


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
