"""Whether strokes can be put into a fusion, and what they take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import given_shape, origin_of
from napari_mfif.engine.mending import covered
from napari_mfif.errors import ParameterError
from napari_mfif.kernels.strokes import share_of
from napari_mfif.methods.base import Region
from napari_mfif.settings.recipe import Recipe
from napari_mfif.settings.strokes import BEST, Stroke

if TYPE_CHECKING:
    from napari_mfif.fusion.planes_at_hand import PlanesAtHand
    from napari_mfif.fusion.result import Fusion

__all__ = ["carried_over", "check_place", "checked", "moved_back"]

#: Rows and columns in the middle of a plane by which stacks are told apart.
LOOK = 64


def checked(
    fusion: Fusion,
    planes: PlanesAtHand,
    stroke: Stroke,
    number: int,
    told: Callable[[float], object] | None = None,
) -> Stroke:
    """Return a stroke that can be put into a fusion; for the best plane that plane stands in it.

    `told` is called with the share of the planes that were looked at for the best one.

    Raises
    ------
    ParameterError
        There is no such plane or timepoint, it lies outside, or what it takes is of other planes.
    """
    place = check_place(stroke, fusion.stack, number)
    if stroke.source == BEST:
        stroke = replace(stroke, source=_best_plane(fusion, planes, stroke, place, told))
    # of a lazy fusion nothing has been read yet
    if isinstance(stroke.source, int) and not fusion.is_lazy:
        if planes.shows_nothing(stroke.time, stroke.source):
            raise ParameterError(
                f"Stroke {number} takes plane {fusion.stack.plane_number(stroke.source)} of "
                f"{fusion.stack.name}, which shows "
                f"nothing: take another one."
            )
    elif not isinstance(stroke.source, int | str):
        _check_other(fusion, stroke, f"Stroke {number}")
    return stroke


def check_place(stroke: Stroke, stack: ZStack, number: int) -> Region:
    """Return the rectangle that a stroke may touch; raises as `checked`."""
    what = f"Stroke {number}"
    if not 0 <= stroke.time < stack.n_times:
        raise ParameterError(
            f"{what} is for timepoint {stroke.time}, but {stack.name} has timepoints 0 to "
            f"{stack.n_times - 1}."
        )
    if isinstance(stroke.source, int) and not 0 <= stroke.source < stack.n_planes:
        raise ParameterError(
            f"{what} takes plane {stroke.source}, but {stack.name} has planes 0 to "
            f"{stack.n_planes - 1}."
        )
    place = covered(stroke, Region.whole(stack.plane_shape))
    if place is None:
        rows, columns = stack.plane_shape
        raise ParameterError(
            f"{what} lies outside of the {columns} x {rows} pixels of {stack.name}: is it of "
            f"another stack?"
        )
    return place


def moved_back(stroke: Stroke, stack: ZStack, number: int) -> Stroke:
    """Return a stroke of a recipe in the coordinates of a result; raises as `checked`."""
    top, left = origin_of(stack)
    stroke = stroke.moved(-top, -left)
    stroke = _renumbered(stroke, stack, number)
    check_place(stroke, stack, number)
    return stroke


def _renumbered(stroke: Stroke, stack: ZStack, number: int) -> Stroke:
    """Return a stroke with the plane of a part of a z-stack in place of that of the whole."""
    if not isinstance(stroke.source, int) or not stack.plane_numbers:
        return stroke
    if stroke.source not in stack.plane_numbers:
        raise ParameterError(
            f"Stroke {number} takes plane {stroke.source} of {stack.name}, which is left out here. "
            f'Fuse the same planes, or leave strokes out by `strokes="leave"`.'
        )
    return replace(stroke, source=stack.plane_numbers.index(stroke.source))


def carried_over(strokes: Iterable[Stroke], before: ZStack, after: ZStack) -> list[Stroke]:
    """Return the strokes of one z-stack for the same one with other planes, or cropped otherwise.

    Raises
    ------
    ParameterError
        A plane is left out, or it has other rows and columns.
    """
    shapes = given_shape(before), given_shape(after)
    if shapes[0] != shapes[1]:
        (rows, columns), (now, across) = shapes
        raise ParameterError(
            f"They were painted on planes of {columns} x {rows} pixels; now they have {across} x "
            f"{now}."
        )
    down, right = (a - b for a, b in zip(origin_of(before), origin_of(after), strict=True))
    moved = [one.moved(down, right) for one in strokes]
    numbers = [
        replace(one, source=before.plane_number(one.source)) if isinstance(one.source, int) else one
        for one in moved
    ]
    return [_renumbered(one, after, n) for n, one in enumerate(numbers, start=1)]


def _check_other(fusion: Fusion, stroke: Stroke, what: str) -> None:
    other: Any = stroke.source
    if isinstance(other, Recipe) or not hasattr(other, "stack"):
        raise ParameterError(
            f"{what} takes from a {type(other).__name__}: give the number of a plane or the "
            f"fusion itself."
        )
    if other._fold is None:
        raise ParameterError(
            f"{what} takes from a fusion that was made from a given decision, which no recipe "
            f"holds: take single planes."
        )
    one, two = fusion.stack, other.stack
    if not _same_planes(fusion, other):
        raise ParameterError(
            f"{what} takes from a fusion of other planes: {two.describe()}, not {one.describe()}, "
            f"or aligned in another way. Fuse {one.name} as it was fused here."
        )
    if other.is_lazy and not fusion.is_lazy:
        raise ParameterError(
            f"{what} takes from a lazy fusion into one in memory: make both in the same way."
        )


def _same_planes(fusion: Fusion, other: Fusion) -> bool:
    """Tell whether two fusions are of the same planes, by a look at two of them."""
    one, two = fusion.stack, other.stack
    if (one.axes, one.shape, one.dtype) != (two.axes, two.shape, two.dtype):
        return False
    places = [[t.as_entry() for t in both.transforms] for both in (fusion, other)]
    if places[0] != places[1] or fusion.origin != other.origin:
        return False
    part = [slice(n // 2, n // 2 + LOOK) for n in one.plane_shape]
    if one.pixels is two.pixels:
        return True
    looks = [
        [stack.plane(z, rows=part[0], columns=part[1]) for z in (0, one.n_planes // 2)]
        for stack in (one, two)
    ]
    return np.array_equal(looks[0], looks[1], equal_nan=one.dtype.kind == "f")


def _best_plane(
    fusion: Fusion,
    planes: PlanesAtHand,
    stroke: Stroke,
    place: Region,
    told: Callable[[float], object] | None,
) -> int:
    """Return the plane that the method's own scores find sharpest in the area of a stroke."""
    fold, t = fusion._fold, stroke.time
    if fold is None:
        raise ParameterError(
            "This fusion was made from a given decision: it has no scores to tell the best plane "
            "by. Give the number of a plane."
        )
    if t < len(fusion._folded):
        fold.remember(t, fusion._folded[t].survey, fusion._folded[t].preparation)
    share = share_of(stroke, *place.slices)
    total = np.full(fusion.stack.n_planes, -np.inf)
    for z in range(fusion.stack.n_planes):
        if told is not None:
            told(z / fusion.stack.n_planes)
        if not planes.shows_nothing(t, z):
            total[z] = np.sum(share * fold.score(t, z, place), dtype=np.float64)
    return int(np.argmax(total))
