"""Drives a fold: planes in order, strips side by side, within a memory budget."""

from __future__ import annotations

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_mfif.engine.memory import format_bytes
from napari_mfif.engine.planes import PlaneReader, Preparation, prefetched
from napari_mfif.engine.tiles import Tile, cut
from napari_mfif.errors import MemoryBudgetError
from napari_mfif.methods.base import Answer, Method, Plane, Region, Survey
from napari_mfif.parameters import Settings

__all__ = ["Layout", "fold", "plan"]

#: A second thread costs the halo twice: it pays from about so many pixels times planes.
PIXELS_FOR_THREADS = 12_000_000

#: A strip has at least so many times the rows of its halo, so that little is done twice.
HALOS_PER_STRIP = 4


@dataclass(frozen=True)
class Layout:
    """How the rows of a plane are shared out.

    Parameters
    ----------
    groups : list of list of Tile
        Strips of a group are folded side by side, groups one after the other.
    bytes : int
        What the largest group and the results take.
    """

    groups: list[list[Tile]]
    bytes: int


def plan(
    method: Method, settings: Settings, reader: PlaneReader, budget: int, *, threads: int = 0
) -> Layout:
    """Cut the planes into strips that fit the budget.

    Parameters
    ----------
    method, settings
        What is going to be run.
    reader : PlaneReader
        The planes.
    budget : int
        Bytes that may be used.
    threads : int, optional
        Strips side by side; 0 decides by the number of processors and pixels.

    Raises
    ------
    MemoryBudgetError
        Not even the thinnest strip fits.
    """
    rows, columns = reader.stack.plane_shape
    halo = method.halo(settings) + 1
    if not threads:
        large = rows * columns * reader.stack.n_planes >= PIXELS_FOR_THREADS
        threads = min(os.cpu_count() or 1, 8) if large and not method.neural else 1
    per_row = columns * (
        method.state_bytes(reader.n_bands) + 4 * reader.n_bands * reader.stack.dtype.itemsize
    )
    results = (
        rows * columns * (12 + 4 * reader.n_bands + reader.n_bands * reader.stack.dtype.itemsize)
    )
    reach = -(-halo // method.stride) * method.stride
    least = min(rows, method.stride + 2 * reach)
    if results + least * per_row > budget:
        raise MemoryBudgetError(
            f"{method.title} needs at least {format_bytes(results + least * per_row)} for planes "
            f"of {columns} x {rows} pixels, but may use {format_bytes(budget)}. "
            f"Allow more (memory=), or fuse a part of the image."
        )
    strips = min(threads, max(1, rows // max(1, HALOS_PER_STRIP * halo)))
    while True:
        tiles = cut(rows, size=-(-rows // strips), halo=halo, stride=method.stride)
        tallest = max(tile.outer_stop - tile.outer_start for tile in tiles)
        fitting = (budget - results) // (tallest * per_row)
        # The thinnest strips are `least` high, and that fits.
        if fitting >= 1 or tallest <= least:
            break
        strips *= 2
    side_by_side = max(1, min(threads, len(tiles), fitting))
    needed = results + side_by_side * tallest * per_row
    groups = [tiles[i : i + side_by_side] for i in range(0, len(tiles), side_by_side)]
    return Layout(groups, needed)


def fold(
    method: Method,
    settings: Settings,
    reader: PlaneReader,
    survey: Survey,
    preparation: Preparation,
    layout: Layout,
) -> Generator[Answer | None, bool | None, None]:
    """Run a method over all planes.

    Yields
    ------
    Answer or None
        ``None`` after every plane of every group; at the end the answer for the whole plane.
        `send` a true value in place of `next` to be given the answer so far instead of ``None``.
    """
    whole: Answer | None = None
    threads = max(len(group) for group in layout.groups)
    with ThreadPoolExecutor(threads, thread_name_prefix="napari-mfif-fold") as pool:
        for group in layout.groups:
            rows = slice(group[0].outer_start, group[-1].outer_stop)
            regions = [Region(t.outer_start, t.outer_stop, survey.plane_shape[1]) for t in group]
            states = list(pool.map(lambda r: method.begin(r, settings, survey), regions))
            for turn in range(method.passes):
                if turn:
                    list(pool.map(method.turn, states))
                planes = reader.planes(preparation, rows=rows, pixels=method.blends)
                for plane in prefetched(planes):
                    strips = [_strip(plane, region, rows.start) for region in regions]
                    list(pool.map(method.take, states, strips))
                    if (yield None):
                        yield _gathered(method, pool, group, states, whole, survey)
            whole = _gathered(method, pool, group, states, whole, survey)
    assert whole is not None  # there is at least one group
    yield whole


def _strip(plane: Plane, region: Region, top: int) -> Plane:
    return plane.rows(Region(region.top - top, region.bottom - top, region.width))


def _gathered(
    method: Method,
    pool: ThreadPoolExecutor,
    group: list[Tile],
    states: list[Any],
    whole: Answer | None,
    survey: Survey,
) -> Answer:
    """Put the parts that the strips answer for together with those of earlier groups."""
    answers = [
        answer.cut(tile.core)
        for tile, answer in zip(group, pool.map(method.finish, states), strict=True)
    ]
    parts: dict[str, Any] = {}
    for name in ("depth", "decision", "confidence", "pixels", "weight"):
        pieces = [getattr(answer, name) for answer in answers]
        if pieces[0] is None:
            continue
        if len(pieces) == 1 and len(pieces[0]) == survey.plane_shape[0]:
            parts[name] = pieces[0]
            continue
        into = None if whole is None else getattr(whole, name)
        if into is None:
            into = np.zeros((survey.plane_shape[0], *pieces[0].shape[1:]), pieces[0].dtype)
        for tile, piece in zip(group, pieces, strict=True):
            into[tile.start : tile.stop] = piece
        parts[name] = into
    return Answer(**parts)
