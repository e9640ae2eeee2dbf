"""Strokes put into a rectangle of a result.

A stroke acts on every pixel by itself, so what comes out does not depend on how a plane is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.part import Part
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.kernels.strokes import share_of
from napari_mfif.methods.base import Region
from napari_mfif.postprocess.composition import blended
from napari_mfif.settings.strokes import ERASE, Stroke

__all__ = ["Taken", "covered", "mended", "part_of_plane"]

#: Returns what a stroke takes from in a rectangle, and where there is anything, None everywhere.
Taken = Callable[[Stroke, Region], tuple[Part, NDArray[np.bool_] | None]]


def mended(
    part: Part, unmended: Part, region: Region, strokes: Iterable[Stroke], taken: Taken
) -> Part:
    """Return a part with strokes put into it, one after the other.

    Parameters
    ----------
    part : Part
        The result so far; it stays as it is.
    unmended : Part
        The same as the method said.
    region : Region
        Where it lies.
    strokes : iterable of Stroke
        Those of this timepoint.
    taken : callable
        See `Taken`; it is not asked for what is erased.
    """
    changed = False
    for stroke in strokes:
        place = covered(stroke, region)
        if place is None:
            continue
        share = share_of(stroke, *place.slices)
        if not share.any():
            continue
        if not changed:
            part, changed = part.copy(), True
        inner = place.within(region)
        if stroke.source == ERASE:
            new, there = unmended.cut(inner), None
        else:
            new, there = taken(stroke, place)
        _put(part, new, share if there is None else np.where(there, share, 0), inner)
    return part


def covered(stroke: Stroke, region: Region) -> Region | None:
    """Return the rectangle of a region that a stroke may touch; None where it touches nothing."""
    top, bottom, left, right = stroke.box
    place = Region(
        max(top, region.top),
        min(bottom, region.bottom),
        max(left, region.left),
        min(right, region.right),
    )
    return place if place.bottom > place.top and place.right > place.left else None


def part_of_plane(
    reader: PlaneReader, z: int, region: Region
) -> tuple[Part, NDArray[np.bool_] | None]:
    """Return a rectangle of a plane as a result, and where the plane has pixels.

    Who paints it in has seen it: there is no doubt.
    """
    pixels, there = reader.as_recorded(z, *region.slices)
    return as_part(pixels, z), there


def as_part(pixels: NDArray[Any], z: int) -> Part:
    """Return pixels of a plane as a result."""
    shape = pixels.shape[:2]
    return Part(
        pixels,
        np.broadcast_to(np.float32(z), shape),
        np.broadcast_to(np.uint16(z), shape),
        np.broadcast_to(np.float32(1), shape),
        np.broadcast_to(np.uint16(z), shape),
    )


def _put(part: Part, new: Part, share: NDArray[np.float32], inner: Region) -> None:
    """Blend another part into a rectangle of one; planes are of what has the larger share."""
    place = inner.slices
    for name in ("pixels", "depth", "confidence"):
        whole = getattr(part, name)
        whole[place] = blended(whole[place], getattr(new, name), share)
    for name in ("decision", "runner_up"):
        np.copyto(getattr(part, name)[place], getattr(new, name), where=share >= 0.5)
