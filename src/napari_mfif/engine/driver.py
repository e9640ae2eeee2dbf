"""Drives a fold: planes in order, rectangles side by side, within a memory budget."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from math import prod
from typing import Any

import numpy as np

from napari_mfif.engine.memory import format_bytes
from napari_mfif.engine.planes import PlaneReader, prefetched
from napari_mfif.engine.repeats import Kept
from napari_mfif.engine.sampling import survey_region
from napari_mfif.engine.saturation import Whites
from napari_mfif.engine.survey import SurveyedTimepoint
from napari_mfif.engine.tiles import Block, blocks
from napari_mfif.errors import MemoryBudgetError
from napari_mfif.kernels.hot_pixels import REACH
from napari_mfif.kernels.parallel import usable_processors
from napari_mfif.methods.base import Answer, Method, Region
from napari_mfif.postprocess.composition import PyramidBlend
from napari_mfif.settings.parameters import Settings

__all__ = ["Layout", "fold", "plan", "reach"]

#: A second thread costs the halo twice: it pays from about so many pixels times planes.
PIXELS_FOR_THREADS = 12_000_000

#: Planes on their way: read beforehand, beside the one that is repaired, taken.
IN_FLIGHT = 8
#: Bytes per pixel of all maps of an answer, before and after their verification.
BYTES_OF_MAPS = 26

#: A strip has at least so many times the rows of its halo, so that little is done twice.
HALOS_PER_STRIP = 4


@dataclass(frozen=True)
class Layout:
    """How a plane is shared out.

    Parameters
    ----------
    groups : list of list of Block
        Blocks of a group lie beside each other and are folded side by side, groups one after the
        other.
    bytes : int
        What the largest group and the results take.
    """

    groups: list[list[Block]]
    bytes: int

    @property
    def frame(self) -> Region:
        """The part of the plane that is answered for."""
        first, last = self.groups[0][0], self.groups[-1][-1]
        return Region(first.rows.start, last.rows.stop, first.columns.start, last.columns.stop)


def plan(
    method: Method, settings: Settings, reader: PlaneReader, budget: int, *, threads: int = 0
) -> Layout:
    """Cut the planes into parts that fit the budget: strips of whole rows as long as those will do.

    Parameters
    ----------
    method, settings
        What is going to be run.
    reader : PlaneReader
        The planes.
    budget : int
        Bytes that may be used.
    threads : int, optional
        Parts side by side; 0 decides by the number of processors and pixels.

    Raises
    ------
    MemoryBudgetError
        Not even the smallest part fits.
    """
    rows, columns = shape = reader.stack.plane_shape
    halo, stride = reach(method, settings), method.grid(settings)
    if not threads:
        large = rows * columns * reader.stack.n_planes >= PIXELS_FOR_THREADS
        threads = min(usable_processors(), 8) if large and not method.neural else 1
        threads = max(1, threads // method.threads)
    own = reader.n_bands * reader.stack.dtype.itemsize
    per_pixel = method.state_bytes(reader.n_bands) + IN_FLIGHT * own
    per_pixel += method.extra_bytes(reader.n_bands, settings, reader.stack.n_planes)
    makes = method.makes_pixels(settings, reader.stack.n_planes)
    results = rows * columns * (BYTES_OF_MAPS + own + (4 * reader.n_bands if makes else 0))
    # Blended when the states are gone, of whole planes.
    blend = settings.get("composition") == "pyramid"
    after = rows * columns * PyramidBlend.bytes_per_pixel(reader.n_bands) if blend else 0
    smallest = stride + 2 * (-(-halo // stride) * stride)
    least = min(rows, smallest) * min(columns, smallest) * per_pixel
    need = results + max(least, after)
    if need > budget:
        raise MemoryBudgetError(
            f"{method.title} needs at least {format_bytes(need)} for planes "
            f"of {columns} x {rows} pixels, but may use {format_bytes(budget)}. "
            f"Allow more by `memory=`, fuse it block by block by `lazy=True`, or a part of it."
        )
    thin = HALOS_PER_STRIP * halo
    down, across = min(threads, max(1, rows // max(1, thin))), 1
    while True:
        size = -(-rows // down), -(-columns // across)
        lines = blocks(shape, size=size, halo=halo, stride=stride)
        largest = max(prod(block.outer_shape) for line in lines for block in line) * per_pixel
        fitting = (budget - results) // largest
        # The smallest parts take `least`, and that fits.
        if fitting >= 1 or largest <= least:
            break
        if size[0] > max(thin, stride) or size[0] >= size[1]:
            down *= 2
        else:
            across *= 2
    if len(lines[0]) == 1:  # strips lie beside each other
        lines = [[line[0] for line in lines]]
    side_by_side = max(1, min(threads, max(map(len, lines)), fitting))
    groups = [
        line[i : i + side_by_side] for line in lines for i in range(0, len(line), side_by_side)
    ]
    return Layout(groups, results + max(side_by_side * largest, after))


def reach(method: Method, settings: Settings) -> int:
    """Return how far beyond a part the planes have to be seen for it, their repair included."""
    return method.halo(settings) + REACH


def fold(
    timepoint: SurveyedTimepoint, layout: Layout
) -> Generator[Answer | None, bool | None, Answer]:
    """Run a method over all planes; return the answer for the layout's frame.

    Yields
    ------
    Answer or None
        ``None`` after every plane of every group. `send` a true value in place of `next` to be
        given the answer so far instead.
    """
    method, settings, reader = timepoint.method, timepoint.settings, timepoint.reader
    whole: Answer | None = None
    threads = max(len(group) for group in layout.groups)
    kept = Kept(reader.stack.n_planes, timepoint.preparation.repeated)
    makes = method.makes_pixels(settings, timepoint.survey.n_planes)
    with ThreadPoolExecutor(threads, thread_name_prefix="napari-mfif-fold") as pool:
        for group in layout.groups:
            regions = [_region(block) for block in group]
            seen = Region(regions[0].top, regions[-1].bottom, regions[0].left, regions[-1].right)
            rows, columns = seen.slices
            here, prepared = survey_region(reader, timepoint.survey, timepoint.preparation, seen)
            here = kept.survey(here)
            inner = [region.within(seen) for region in regions]
            whites = Whites(seen, reader.stack.n_planes)
            states = list(pool.map(method.begin, regions, repeat(settings), repeat(here)))
            for turn in range(method.passes):
                if turn:
                    list(pool.map(method.turn, states))
                planes = reader.planes(prepared, rows=rows, columns=columns, pixels=makes)
                for plane in prefetched(planes):
                    whites.update(plane)
                    if (shown := kept.shown(plane)) is not None:
                        list(pool.map(method.update, states, map(shown.cut, inner)))
                    if (yield None):
                        yield _gathered(kept, method, pool, group, states, whole, layout.frame)
            whole = _gathered(kept, method, pool, group, states, whole, layout.frame)
            whites.mark(whole, Layout([group], 0).frame, layout.frame)
    assert whole is not None  # there is at least one group
    return whole


def _region(block: Block) -> Region:
    """Return what a block sees."""
    rows, columns = block.rows, block.columns
    return Region(rows.outer_start, rows.outer_stop, columns.outer_start, columns.outer_stop)


def _own(block: Block) -> Region:
    """Return what a block answers for."""
    rows, columns = block.rows, block.columns
    return Region(rows.start, rows.stop, columns.start, columns.stop)


def _core(block: Block) -> Region:
    """Return what a block answers for, within what it sees."""
    return _own(block).within(_region(block))


def _gathered(
    kept: Kept,
    method: Method,
    pool: ThreadPoolExecutor,
    group: list[Block],
    states: list[Any],
    whole: Answer | None,
    frame: Region,
) -> Answer:
    """Put what the blocks answer for together with that of earlier groups."""
    answers = [
        kept.answer(answer.cut(_core(block)))
        for block, answer in zip(group, pool.map(method.finish, states), strict=True)
    ]
    parts: dict[str, Any] = {}
    made = Answer.MAPS if answers[0].has_maps else ()
    for name in ("pixels", *made):
        pieces = [getattr(answer, name) for answer in answers]
        if pieces[0] is None:
            continue
        if len(pieces) == 1 and pieces[0].shape[:2] == frame.shape:
            parts[name] = pieces[0]
            continue
        into = None if whole is None else getattr(whole, name)
        if into is None:
            into = np.zeros((*frame.shape, *pieces[0].shape[2:]), pieces[0].dtype)
        for block, piece in zip(group, pieces, strict=True):
            into[_own(block).within(frame).slices] = piece
        parts[name] = into
    parts |= {"weighed": answers[0].weighed} if made else {}
    return Answer(**parts) if made else Answer.of_pixels(**parts)
