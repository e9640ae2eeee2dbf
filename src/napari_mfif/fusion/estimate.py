"""How long a fusion will take and how much memory, found out by doing a little of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from napari_mfif.alignment.reference import reference_plane
from napari_mfif.arrays.lazy_array import LazyArray
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.driver import Layout, plan
from napari_mfif.engine.memory import default_budget, format_bytes
from napari_mfif.engine.planes import CACHE_BYTES, PlaneReader
from napari_mfif.engine.sampling import COUNT, LARGE, SIDE
from napari_mfif.fusion.estimate_alignment import aligning_of
from napari_mfif.fusion.estimate_costs import Costs, costs_of
from napari_mfif.kernels.parallel import usable_processors
from napari_mfif.methods import registry
from napari_mfif.settings.consistency import complete
from napari_mfif.settings.options import REFERENCE
from napari_mfif.settings.parameters import Settings, resolve

__all__ = ["PARTS", "Estimate", "estimate", "format_seconds"]

#: What is done one after the other: planes are brought to one another, surveyed, given to the
#: method, and the result is cleaned up and put together.
PARTS = ("aligning", "looking", "fusing", "composing")

#: The piece that is really folded, its side and its planes; of a network a smaller one.
PIECE, SMALL = (512, 6), (192, 5)


@dataclass(frozen=True)
class Estimate:
    """What a fusion will take.

    Parameters
    ----------
    seconds : float
        Wall time on this machine, as it is busy now.
    bytes : int
        Memory of the fold, its results, and planes that are kept; the program itself takes 50 MB
        besides, with a network 300 MB.
    strips : int
        In how many parts the planes are folded.
    parts : mapping
        The seconds of each of `PARTS`.
    """

    seconds: float
    bytes: int
    strips: int
    parts: Mapping[str, float] = field(default_factory=dict)

    def with_part(self, name: str, seconds: float) -> Estimate:
        """Return the same with something else that is waited for."""
        parts = {**self.parts, name: seconds}
        return replace(self, seconds=self.seconds + seconds, parts=parts)

    def __str__(self) -> str:
        parts = f", in {self.strips} parts" if self.strips > 1 else ""
        return f"About {format_seconds(self.seconds)}, {format_bytes(self.bytes)}{parts}"


def estimate(
    stack: ZStack,
    method: str,
    settings: Settings | None = None,
    *,
    memory: int | None = None,
    device: str = "auto",
    along: str | None = None,
    worker: bool = False,
    align: str = "none",
    reference: int | str = REFERENCE.default,
    consistency: Settings | None = None,
) -> Estimate:
    """Estimate time and memory by folding a small piece of the stack.

    Parameters
    ----------
    stack : ZStack
        What is going to be fused; a few rows of a few planes are read.
    method : str
        Name of the method.
    settings : dict, optional
        Its parameters; defaults where missing.
    memory : int, optional
        Bytes that may be used; half of what is free when not given.
    device, along : str, optional
        As for `napari_mfif.fuse`.
    worker : bool, optional
        As for `napari_mfif.iter_fuse`.
    align : str, optional
        How planes are going to be brought to one another; three of them are, to see how long it
        takes.
    reference : int or str, optional
        The plane that they are going to be brought to.
    consistency : dict, optional
        Parameters of the consistency verification; defaults where missing.

    Returns
    -------
    Estimate

    Raises
    ------
    MfifError
        The fusion would fail too: it does not fit, a value is not possible, a file is damaged.
    """
    chosen = registry.get(method)
    if worker:
        from napari_mfif.engine.process.client import in_worker

        chosen = in_worker(chosen)
    values = resolve(chosen.all_parameters(), settings or {}, owner=f"the method {method}")
    values |= {"along": along or chosen.along[0], "device": device}
    cleaning = complete(
        consistency or {},
        n_planes=stack.n_planes,
        stack=chosen.verification,
        pair=chosen.pair_verification,
    )
    if align != "none":
        reference_plane(reference, stack.n_planes)
    aligning, seen = (0.0, stack) if align == "none" else aligning_of(stack, align, values)
    reader = PlaneReader(stack)
    layout = plan(chosen, values, reader, default_budget() if memory is None else memory)
    kept = stack.nbytes // stack.n_times if reader.keeps or seen is not stack else 0
    kept = kept if kept <= CACHE_BYTES else 0
    reading, piece = _read_piece(seen, *(SMALL if chosen.neural else PIECE))
    costs = costs_of(chosen, values, cleaning, piece, keeps=bool(kept))
    if stack.n_planes > piece.n_planes > 2:
        few = piece.part(range(0, piece.n_planes, 2))
        fewer = costs_of(chosen, values, cleaning, few, keeps=bool(kept), least=1)
        compared = chosen.comparisons(values, stack.n_planes)
        costs = costs.of_planes(stack.n_planes, compared, fewer)
    parts = _seconds(stack, costs, reading, layout, chosen.passes, kept=bool(kept))
    parts = {"aligning": aligning, **parts}
    return Estimate(sum(parts.values()), layout.bytes + kept, sum(map(len, layout.groups)), parts)


def _seconds(
    stack: ZStack, costs: Costs, reading: float, layout: Layout, passes: int, *, kept: bool
) -> dict[str, float]:
    """Return the seconds of each part but aligning.

    Large planes are surveyed through windows; reading and computing go on side by side, where there
    is more than one processor; a stack that is kept is read once.
    """
    pixels, planes, times = prod(stack.plane_shape), stack.n_planes, stack.n_times
    waited = _pixels_one_after_the_other(layout)
    seen = min(pixels, (SIDE * COUNT) ** 2) if pixels > LARGE else pixels
    turns = 0 if kept else len(layout.groups) * passes
    both = reading * turns, costs.taking * waited
    share = seen / pixels
    again = reading * costs.read_again
    return {
        "looking": times * (costs.surveying * seen + reading * costs.surveyed * share),
        "fusing": times * planes * (max(both) if usable_processors() > 1 else sum(both)),
        "composing": times * (costs.finishing * waited + costs.composing * pixels + again),
    }


def format_seconds(seconds: float) -> str:
    """Write a duration for people: ``0.4 s``, ``12 s``, ``3 min``, ``1.5 h``."""
    if seconds < 0.95:
        return f"{max(seconds, 0.1):.1f} s"
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _read_piece(stack: ZStack, side: int, most: int) -> tuple[float, ZStack]:
    """Return the seconds it takes to read a whole plane, and the middle of a few planes."""
    height, width = stack.plane_shape
    rows, columns = (
        slice((length - size) // 2, (length - size) // 2 + size)
        for length, size in zip((height, width), np.minimum(side, (height, width)), strict=True)
    )
    count = min(most, stack.n_planes)
    # spread out, so that as many of them win somewhere as of all planes
    picked = [int(z) for z in np.linspace(0, stack.n_planes - 1, count).round()]
    began = time.perf_counter()
    planes = [
        [stack.plane(z, c=c, rows=rows)[:, columns] for z in picked]
        for c in range(stack.n_channels)
    ]
    spent = (time.perf_counter() - began) / count
    reading = spent * height / _rows_read(stack, rows)
    pixels = np.asarray(planes)  # C Z Y X, with S at the end where there is colour
    if pixels.dtype.kind == "f":  # that it is not finite somewhere is for the fusion to say
        pixels = np.nan_to_num(pixels, posinf=0, neginf=0)
    axes = "CZYXS" if stack.n_samples > 1 else "CZYX"
    piece = replace(stack, pixels=pixels, axes=axes, z_positions=None, plane_numbers=())
    return reading, piece


def _rows_read(stack: ZStack, rows: slice) -> int:
    """Return how many rows have to be read for some: as many as cannot be read apart."""
    block = stack.pixels.block_shape if isinstance(stack.pixels, LazyArray) else None
    high = block[0] if block else 1
    whole = (-(-rows.stop // high) - rows.start // high) * high
    return int(min(whole, stack.plane_shape[0]))


def _pixels_one_after_the_other(layout: Layout) -> int:
    """Return how many pixels have to be waited for, when parts of a group run side by side."""
    return sum(max(prod(block.outer_shape) for block in group) for group in layout.groups)
