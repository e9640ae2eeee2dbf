"""What a look at the pixels tells: which are not there, and how many are hot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack

__all__ = ["in_words", "looked_at"]

#: A timepoint up to so many bytes is looked at as a whole.
WHOLE = 64 << 20
#: Otherwise so many planes in the middle of it, of each a square of this side.
PLANES, SIDE = 32, 1024


def looked_at(stack: ZStack) -> Mapping[str, Any] | str:
    """Return what is missing in the planes of the first timepoint, and how many pixels are hot.

    Parameters
    ----------
    stack : ZStack
        A small one is read as a whole, of a large one the middle.

    Returns
    -------
    dict or str
        ``seen`` (planes, rows, columns), ``first_plane``, ``missing_pixels``, ``blank_planes`` and
        ``hot_pixels``; or why that cannot be told.
    """
    try:
        return _looked_at(*_part(stack))
    except Exception as error:  # this only tells about what others have to do with
        return f"not known ({type(error).__name__})"


def _looked_at(part: ZStack, first: int) -> dict[str, Any]:
    import numpy as np

    from napari_mfif.engine.planes import PlaneReader
    from napari_mfif.engine.sampling import survey_region
    from napari_mfif.engine.survey import survey_stack
    from napari_mfif.methods.base import Region
    from napari_mfif.settings.options import PREPARATION

    reader = PlaneReader(part)
    surveyed = survey_stack(reader, None, {one.name: one.default for one in PREPARATION})
    _, preparation = survey_region(reader, *surveyed, Region.whole(part.plane_shape))
    for _ in reader.planes(preparation, pixels=False):
        pass
    whole = slice(None)
    blank = sorted(preparation.missing.planes)
    shown = (z for z in range(part.n_planes) if z not in blank)
    lost = (int(np.count_nonzero(~reader.recorded(z, whole, whole))) for z in shown)
    return {
        "seen": [part.n_planes, *part.plane_shape],
        "first_plane": first,
        "blank_planes": [first + z for z in blank],
        "missing_pixels": sum(lost),
        "hot_pixels": reader.repairs.count(),
    }


def _part(stack: ZStack) -> tuple[ZStack, int]:
    """Return what is looked at, and the number of its first plane."""
    if stack.n_times > 1:
        stack = replace(stack, pixels=stack.dask()[:1], source=None)
    if stack.nbytes <= WHOLE:
        return stack, 0
    count = min(PLANES, stack.n_planes)
    first = (stack.n_planes - count) // 2
    kept = {"Z": slice(first, first + count)}
    for axis in "YX":
        start = max(0, (stack.size(axis) - SIDE) // 2)
        kept[axis] = slice(start, start + SIDE)
    pixels = stack.dask()[tuple(kept.get(axis, slice(None)) for axis in stack.axes)]
    return replace(stack, pixels=pixels, z_positions=None, source=None), first


def in_words(found: Mapping[str, Any] | str) -> list[str]:
    """Return the facts as lines for people."""
    if isinstance(found, str):
        return [f"pixels   {found}"]
    planes, rows, columns = found["seen"]
    blank = ", ".join(map(str, found["blank_planes"]))
    missing = [f"planes {blank} show nothing"] if blank else []
    if found["missing_pixels"]:
        share = found["missing_pixels"] / (planes * rows * columns)
        missing.append(f"{found['missing_pixels']} pixels are not there ({share:.2%})")
    where = f"of {planes} planes of {columns} x {rows}, from plane {found['first_plane']}"
    return [
        f"missing  {', '.join(missing) or 'nothing'}",
        f"hot      {found['hot_pixels']} pixels {where}",
    ]
