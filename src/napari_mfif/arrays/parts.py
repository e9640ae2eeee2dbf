"""Parts of a z-stack: a channel, some planes, a rectangle of them; and where planes lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.arrays.lazy_array import (
    BasicIndex,
    LazyArray,
    Pixels,
    as_slices,
    coarser_levels,
    read_like,
)
from napari_mfif.arrays.views import AxisSelection, WithoutAlpha
from napari_mfif.errors import ParameterError

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack

__all__ = [
    "PartOfPixels",
    "channel_of",
    "interpolated",
    "numbered",
    "parse_planes",
    "parse_region",
    "part_of",
    "planes_in_words",
]


class PartOfPixels(LazyArray):
    """Pixels at some places of each axis.

    Parameters
    ----------
    source : Pixels
        What is read.
    places : sequence of sequence of int
        Per axis, rising; only one of them may be other than a range.
    """

    def __init__(self, source: Pixels, places: Sequence[Sequence[int]]) -> None:
        self._source, self._places = source, [_as_range(one) for one in places]
        self.shape = tuple(map(len, self._places))
        self.dtype = np.dtype(source.dtype)
        whole = self.shape[-2:] == tuple(source.shape)[-2:]
        if whole:
            self.coarser = [
                PartOfPixels(level, [*self._places[:-2], *map(range, level.shape[-2:])])
                for level in coarser_levels(source)
                if len(level.shape) == len(source.shape)
            ]
        read_like(source, self)

    def _read(self, index: BasicIndex) -> Any:
        native: list[Any] = [
            known[item] if isinstance(item, int) else _as_range([known[i] for i in item])
            for known, item in zip(self._places, index, strict=True)
        ]
        if all(isinstance(one, int | range) for one in native):
            return np.asarray(self._source[as_slices(tuple(native))])
        axis = next(i for i, one in enumerate(native) if not isinstance(one, int | range))
        before = sum(isinstance(one, range) for one in native[:axis])
        pieces = [
            np.asarray(self._source[as_slices((*native[:axis], place, *native[axis + 1 :]))])
            for place in native[axis]
        ]
        return np.stack(pieces, axis=before)


def part_of(
    stack: ZStack,
    *,
    planes: Sequence[int] | None = None,
    rows: slice = slice(None),
    columns: slice = slice(None),
) -> ZStack:
    """Return some planes of a z-stack, or a rectangle of them; nothing is read.

    Parameters
    ----------
    stack : ZStack
        The whole.
    planes : sequence of int, optional
        Which planes, in any order, from 0; all when not given.
    rows, columns : slice, optional
        Which rows and columns.

    Raises
    ------
    ParameterError
        They are not there.
    """
    kept = range(stack.n_planes) if planes is None else sorted({int(z) for z in planes})
    if not kept or kept[0] < 0 or kept[-1] >= stack.n_planes:
        raise ParameterError(
            f"`planes={_plain(planes)}` is not possible: {stack.name} has planes 0 to "
            f"{stack.n_planes - 1}."
        )
    spans = {"Z": kept}
    for letter, name, span in (("Y", "rows", rows), ("X", "columns", columns)):
        spans[letter] = range(stack.size(letter))[span]
        if len(spans[letter]) == 0 or span.step not in (None, 1):
            raise ParameterError(
                f"`{name}={span.start}:{span.stop}` is not possible: {stack.name} has {name} 0 to "
                f"{stack.size(letter) - 1}."
            )
    places = [spans.get(a, range(n)) for a, n in zip(stack.axes, stack.shape, strict=True)]
    if all(len(one) == n for one, n in zip(places, stack.shape, strict=True)):
        return stack
    notes = list(stack.notes)
    if len(kept) < stack.n_planes:
        notes.append(f"Of {stack.n_planes} planes: {planes_in_words(kept)}.")
    if (spans["Y"], spans["X"]) != (range(stack.size("Y")), range(stack.size("X"))):
        down, across = (f"{spans[a][0]} to {spans[a][-1]}" for a in "YX")
        notes.append(f"Only rows {down}, columns {across}.")
    return replace(
        stack,
        pixels=_taken(stack.pixels, places),
        notes=tuple(notes),
        source=None,
        z_positions=_positions(stack, kept),
        plane_numbers=_numbers(stack, kept),
    )


def channel_of(stack: ZStack, channel: int) -> ZStack:
    """Return one channel as a z-stack of its own."""
    axis = stack.axes.index("C")
    if hasattr(stack.pixels, "transpose"):
        pixels: Pixels = stack.pixels[(slice(None),) * axis + (channel,)]
    else:
        pixels = AxisSelection(stack.pixels, axis, channel)
    axes = stack.axes.replace("C", "")
    return replace(stack, pixels=pixels, axes=axes, channel_names=(), source=None)


def interpolated(depth: Any, positions: Sequence[float]) -> Any:
    """Return the heights of depths, in planes that lie at these positions."""
    known = np.asarray(positions, np.float32)
    planes = np.arange(len(known), dtype=np.float32)

    def heights(block: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(block, planes, known), np.float32)

    if hasattr(depth, "map_blocks"):
        return depth.map_blocks(heights, dtype=np.float32)
    return heights(np.asarray(depth))


def numbered(stack: ZStack, planes: Any) -> Any:
    """Return planes of a part, in a map or alone, as they are counted in the whole z-stack."""
    if not stack.plane_numbers:
        return planes
    if np.dtype(getattr(planes, "dtype", type(planes))).kind not in "ui":
        return interpolated(planes, stack.plane_numbers)
    known = np.asarray(stack.plane_numbers)

    def numbers(block: np.ndarray) -> np.ndarray:
        return np.asarray(known[block], block.dtype)

    if hasattr(planes, "map_blocks"):
        return planes.map_blocks(numbers, dtype=planes.dtype)
    return numbers(np.asarray(planes))


def _positions(stack: ZStack, kept: Sequence[int]) -> tuple[float, ...] | None:
    """Return where the planes lie in the whole z-stack, so that heights stay what they were."""
    if list(kept) == list(range(len(kept))):
        return None if stack.z_positions is None else stack.z_positions[: len(kept)]
    known = stack.z_positions or [z * (stack.z_step or 1.0) for z in range(stack.n_planes)]
    return tuple(float(known[z]) for z in kept)


def _numbers(stack: ZStack, kept: Sequence[int]) -> tuple[int, ...]:
    if not stack.plane_numbers and list(kept) == list(range(len(kept))):
        return ()
    return tuple(stack.plane_number(z) for z in kept)


def _taken(pixels: Pixels, places: Sequence[Sequence[int]]) -> Pixels:
    if isinstance(pixels, WithoutAlpha):
        rest = [range(n) for n in pixels.source.shape[len(places) :]]
        whole = [*places, *rest]
        whole[-1] = range(pixels.source.shape[-1])
        return WithoutAlpha(PartOfPixels(pixels.source, whole), pixels.colour)
    if not hasattr(pixels, "transpose"):
        return PartOfPixels(pixels, places)
    for axis, kept in enumerate(map(_as_range, places)):  # numpy and dask do it themselves
        item: Any = as_slices((kept,))[0] if isinstance(kept, range) else list(kept)
        pixels = pixels[(slice(None),) * axis + (item,)]
    return pixels


def _as_range(places: Sequence[int]) -> Sequence[int]:
    """Return places as a range where they follow each other."""
    if isinstance(places, range) or len(places) == 0:
        return places if isinstance(places, range) else range(0)
    run = range(places[0], places[-1] + 1)
    return run if list(run) == list(places) else places


def planes_in_words(kept: Sequence[int]) -> str:
    """Write numbers of planes as people do: ``3-17, 20``.

    Examples
    --------
    >>> planes_in_words([3, 4, 5, 9, 11, 12])
    '3-5, 9, 11-12'
    """
    runs: list[list[int]] = []
    for z in kept:
        if runs and z == runs[-1][1] + 1:
            runs[-1][1] = z
        else:
            runs.append([z, z])
    return ", ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in runs)


def parse_planes(text: str) -> list[int]:
    """Read numbers of planes as people write them, ``3-17, 20``.

    Raises
    ------
    ParameterError
        It is something else.
    """
    kept: list[int] = []
    for run in text.replace(";", ",").split(","):
        first, dash, last = (one.strip() for one in run.partition("-"))
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ParameterError(
                f'`planes="{text}"` is not possible: numbers from 0 and runs of them, as in '
                "3-17, 20."
            )
        kept += range(int(first), int(last or first) + 1)
    return kept


def parse_region(text: str) -> tuple[slice, slice]:
    """Read rows and columns as in ``100:400,200:600``: of each the first, and the one behind.

    Raises
    ------
    ParameterError
        It is something else.
    """
    spans = [[one.strip() for one in span.split(":")] for span in text.split(",")]
    if [len(span) for span in spans] != [2, 2] or not all(
        one.isdecimal() for span in spans for one in span
    ):
        raise ParameterError(
            f'`region="{text}"` is not possible: first row and the one behind the last, and the '
            "same of columns, as in 100:400,200:600."
        )
    rows, columns = (slice(int(first), int(stop)) for first, stop in spans)
    return rows, columns


def _plain(planes: Any) -> str:
    return planes if isinstance(planes, str) else planes_in_words([int(z) for z in planes])
