"""A fusion corrected by hand: only the tiles that strokes touch are made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import given_shape
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.mending import covered, mended, part_of_plane
from napari_mfif.engine.part import Part
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.errors import ParameterError
from napari_mfif.fusion.checking import checked
from napari_mfif.fusion.outputs import unfolded
from napari_mfif.fusion.planes_at_hand import PlanesAtHand
from napari_mfif.methods.base import Region
from napari_mfif.settings.painting import painted
from napari_mfif.settings.strokes import Stroke

if TYPE_CHECKING:
    from napari_mfif.fusion.result import Fusion

__all__ = [
    "Mended",
    "changed_regions",
    "mend",
    "mended_of",
    "mender",
    "part_of",
    "ready_to_mend",
    "strokes",
    "unmended",
    "without_copies",
]

#: Rows and columns of the tiles in which a corrected result is kept beside what the method made.
TILE = 256

Tiles = Mapping[tuple[int, int, int], Part]


@dataclass(frozen=True)
class Mended:
    """What strokes changed.

    Parameters
    ----------
    unmended : Fusion
        What the method made.
    planes : PlanesAtHand
        What strokes take from.
    strokes : tuple of Stroke
        All of them, in the coordinates of the result.
    tiles : mapping
        By timepoint, row and column of tiles: those that differ.
    """

    unmended: Fusion
    planes: PlanesAtHand
    strokes: tuple[Stroke, ...] = ()
    tiles: Tiles = field(default_factory=dict)

    def with_strokes(self, strokes: Sequence[Stroke]) -> Mended:
        """Return it with more strokes."""
        tiles = dict(self.tiles)
        shape = self.unmended.stack.plane_shape
        for stroke in strokes:
            for key, region in _tiles_under(stroke, shape):
                before = part_of(self.unmended, key[0], region)
                so_far = tiles.get(key, before)
                tile = mended(so_far, before, region, [stroke], self._taken)
                if tile is not so_far:
                    tiles[key] = tile
        return replace(self, strokes=(*self.strokes, *strokes), tiles=tiles)

    def _taken(self, stroke: Stroke, place: Region) -> tuple[Part, NDArray[np.bool_] | None]:
        if isinstance(stroke.source, int):
            return self.planes.part(stroke.time, stroke.source, place)
        return part_of(stroke.source, stroke.time, place), None

    def with_stroke_in(self, stroke: Stroke, region: Region) -> Part:
        """Return a rectangle as it would be with one more stroke, which has been checked."""
        before = part_of(self.unmended, stroke.time, region)
        now = self.part(stroke.time, region) if self.tiles else before
        return mended(now, before, region, [stroke], self._taken)

    def array(self, name: str) -> NDArray[Any]:
        """Return the image or a map as a whole."""
        stack = self.unmended.stack
        whole: NDArray[Any] = getattr(self.unmended, name).copy()
        for (t, row, column), tile in self.tiles.items():
            place = _region(row, column, stack.plane_shape).slices
            if name == "image":
                whole[_image_index(stack, t, place)] = unfolded(tile.pixels, stack)
            else:
                whole[(t, *place) if "T" in stack.axes else place] = getattr(tile, name)
        return whole

    def part(self, t: int, region: Region) -> Part:
        """Return a rectangle."""
        part = part_of(self.unmended, t, region).copy()
        for row, column in _under(region):
            tile = self.tiles.get((t, row, column))
            if tile is None:
                continue
            own = _region(row, column, self.unmended.stack.plane_shape)
            both = Region(
                max(own.top, region.top),
                min(own.bottom, region.bottom),
                max(own.left, region.left),
                min(own.right, region.right),
            )
            new, place = tile.cut(both.within(own)), both.within(region).slices
            for name in vars(part):
                getattr(part, name)[place] = getattr(new, name)
        return part


def mend(
    fusion: Fusion,
    strokes: Iterable[Stroke],
    *,
    progress: Callable[[float], object] | None = None,
) -> Fusion:
    """Correct places by hand; no method runs again, and only these places are made anew.

    Image, decision, depth, height and confidence follow, with a soft edge. What a person took
    from a plane is certain: its confidence is 1; what came from another fusion has that of it.
    Where the plane has no pixel, nothing changes.

    Parameters
    ----------
    strokes : iterable of Stroke
        One after the other; see `napari_mfif.Stroke`.
    progress : callable, optional
        Called with the share of the planes that were looked at, 0 to 1, while the best one is
        looked for; what it raises ends that.

    Returns
    -------
    Fusion
        A new one; its recipe holds the strokes.

    Raises
    ------
    ParameterError
        A plane or timepoint is not there, or a stroke lies outside.
    """
    known = mended_of(fusion)
    new = [
        checked(fusion, known.planes, stroke, n, progress)
        for n, stroke in enumerate(strokes, start=1)
    ]
    if not new:
        return fusion
    if fusion.is_lazy:
        return _lazily_mended(fusion, replace(known, strokes=(*known.strokes, *new)))
    after = known.with_strokes(new)
    return replace(fusion, recipe=_recipe(after), _mended=after, _arrays={})


def strokes(self: Fusion) -> tuple[Stroke, ...]:
    """Return what was corrected by hand, in order."""
    return self._mended.strokes if self._mended is not None else ()


def unmended(self: Fusion) -> Fusion:
    """Return the same without what was corrected by hand."""
    return self._mended.unmended if self._mended is not None else self


def ready_to_mend(fusion: Fusion) -> Fusion:
    """Return a fusion that keeps the planes at hand from which strokes take."""
    return replace(fusion, _mended=mended_of(fusion))


def without_copies(fusion: Fusion) -> Fusion:
    """Return the same, without whole arrays that follow from its tiles."""
    tiles = fusion._mended.tiles if fusion._mended is not None else {}
    return replace(fusion, _arrays={}) if tiles else fusion


def mended_of(fusion: Fusion) -> Mended:
    """Return what strokes changed in a fusion, which may be nothing yet."""
    if fusion._mended is not None:
        return fusion._mended
    stack, folded, fold = fusion.stack, fusion._folded, fusion._fold

    def reader(t: int) -> PlaneReader:
        if folded:
            return folded[t].reader
        return PlaneReader(stack, t, None if fold is None else fold.survey(t)[1].missing)

    return Mended(fusion, PlanesAtHand(reader))


def _recipe(mended: Mended) -> Any:
    """Return the recipe with the strokes, in the coordinates and planes of the stack as given."""
    fusion = mended.unmended
    strokes = [
        replace(stroke, source=fusion.stack.plane_number(stroke.source))
        if isinstance(stroke.source, int)
        else stroke
        for stroke in (one.moved(*fusion.origin) for one in mended.strokes)
    ]
    return replace(fusion.recipe, painted=painted(strokes, given_shape(fusion.stack)))


def _lazily_mended(fusion: Fusion, after: Mended) -> Fusion:
    fold = after.unmended._fold
    assert fold is not None
    mended_fold = fold.mended([_as_lazy(stroke) for stroke in after.strokes])
    return replace(
        fusion,
        recipe=_recipe(after),
        _mended=after,
        _arrays={},
        _fold=replace(mended_fold, recipe=fold.recipe),
        _coarser=[],
    )


def _as_lazy(stroke: Stroke) -> Stroke:
    return (
        stroke
        if isinstance(stroke.source, int | str)
        else replace(stroke, source=_fold_of(stroke.source))
    )


def _fold_of(fusion: Fusion) -> LazyFold:
    """Return what makes any part of a fusion, whatever it was made by itself."""
    if fusion._fold is None:
        raise ParameterError("A fusion from a given decision cannot be painted from.")
    if fusion.is_lazy or fusion._mended is None:
        return fusion._fold
    return fusion._fold.mended([_as_lazy(stroke) for stroke in fusion._mended.strokes])


def changed_regions(one: Fusion, two: Fusion) -> Iterator[tuple[int, Region]]:
    """Yield the timepoint and place of the tiles in which two fusions of one run differ."""
    tiles, others = (both._mended.tiles if both._mended else {} for both in (one, two))
    for key in {**tiles, **others}:
        if tiles.get(key) is not others.get(key):
            yield key[0], _region(key[1], key[2], one.stack.plane_shape)


def mender(strokes: Sequence[Stroke]) -> Callable[[int, PlaneReader, Part], Part] | None:
    """Return what puts checked strokes into whole timepoints as they are made; None for none."""
    if not strokes:
        return None

    def mend(t: int, reader: PlaneReader, part: Part) -> Part:
        def taken(stroke: Stroke, place: Region) -> tuple[Part, NDArray[np.bool_] | None]:
            if isinstance(stroke.source, int):
                return part_of_plane(reader, stroke.source, place)
            return part_of(stroke.source, t, place), None

        region = Region.whole(part.depth.shape)
        return mended(part, part, region, [one for one in strokes if one.time == t], taken)

    return mend


def part_of(fusion: Fusion, t: int, region: Region) -> Part:
    """Return a rectangle of a fusion; of one in memory without a copy where it can."""
    if fusion.is_lazy:
        assert fusion._fold is not None
        return fusion._fold.part(t, region)
    if fusion._mended is not None:
        return fusion._mended.part(t, region)
    stack, place = fusion.stack, region.slices
    at = (t, *place) if "T" in stack.axes else place
    pixels = fusion.image[_image_index(stack, t, place)]
    if "C" in stack.axes:
        pixels = np.moveaxis(pixels, 0, 2)
    pixels = np.ascontiguousarray(pixels).reshape(*region.shape, -1)
    maps = ("depth", "decision", "confidence", "runner_up")
    return Part(pixels, **{name: getattr(fusion, name)[at] for name in maps})


def _image_index(stack: ZStack, t: int, place: tuple[slice, slice]) -> tuple[Any, ...]:
    time = (t,) if "T" in stack.axes else ()
    channels = (slice(None),) if "C" in stack.axes else ()
    return (*time, *channels, *place)


def _under(region: Region) -> Iterator[tuple[int, int]]:
    """Yield row and column of the tiles that a rectangle touches."""
    rows = range(region.top // TILE, -(-region.bottom // TILE))
    yield from product(rows, range(region.left // TILE, -(-region.right // TILE)))


def _region(row: int, column: int, shape: tuple[int, int]) -> Region:
    top, left = row * TILE, column * TILE
    return Region(top, min(top + TILE, shape[0]), left, min(left + TILE, shape[1]))


def _tiles_under(
    stroke: Stroke, shape: tuple[int, int]
) -> Iterator[tuple[tuple[int, int, int], Region]]:
    place = covered(stroke, Region.whole(shape))
    if place is not None:
        for row, column in _under(place):
            yield (stroke.time, row, column), _region(row, column, shape)
