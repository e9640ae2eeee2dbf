"""The range of values of a stack, and stacks that have none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.sampling import SIDE, Windows, sampled_planes
from napari_mfif.errors import ReadError
from napari_mfif.kernels.order import quantiles

__all__ = [
    "constant",
    "identical",
    "refuse_constant",
    "refuse_extreme",
    "robust_range",
    "whole_ranges",
]

#: Values up to this size, and differences down to its inverse, can be computed with.
LARGEST = 1e18
#: Shares of the pixels below what is mapped to 0 and 1, so that a glint does not set the scale.
RANGE = (0.005, 0.995)


def robust_range(planes: list[NDArray[Any]]) -> tuple[float, float]:
    """Find the range of most pixels over the planes; the whole range where most are equal."""
    low, high = np.inf, -np.inf
    for plane in planes:
        few = plane[:: max(1, plane.shape[0] // 256), :: max(1, plane.shape[1] // 256)]
        bottom, top = quantiles(few.ravel(), RANGE)
        low, high = min(low, float(bottom)), max(high, float(top))
    if high <= low:
        low = min(float(plane.min()) for plane in planes)
        high = max(float(plane.max()) for plane in planes)
    return low, high


def refuse_extreme(reader: PlaneReader, ranges: list[tuple[float, float]]) -> None:
    """Refuse values whose squares 32-bit floating point cannot hold."""
    largest = max(abs(limit) for pair in ranges for limit in pair)
    span = max(high - low for low, high in ranges)
    if largest > LARGEST or 0 < span < 1 / LARGEST:
        raise ReadError(
            f"The values of {reader.stack.name} lie within {span:g} of each other, up to "
            f"{largest:g}: beyond what can be computed with. Bring them into a usual range first, "
            f"for example 0 to 1."
        )


def constant(reader: PlaneReader | Windows) -> bool:
    """Tell whether all that is looked at has one value."""
    value = reader.bands(0).flat[0]
    return not any(np.any(reader.bands(z) != value) for z in range(reader.stack.n_planes))


def identical(reader: PlaneReader, samples: list[NDArray[Any]]) -> bool:
    """Tell whether all planes are equal; hardly anything is read where they are not."""
    first = samples[0]
    rows = slice(None, None, max(1, len(first) - 1))
    if not all(np.array_equal(first[rows], one[rows]) for one in samples[1:]):
        return False
    if not all(np.array_equal(first, one) for one in samples[1:]):
        return False
    height = reader.stack.plane_shape[0]
    for top in range(0, height, SIDE):
        part = slice(top, min(top + SIDE, height))
        own = reader.bands(0, part)
        others = range(1, reader.stack.n_planes)
        if not all(np.array_equal(own, reader.bands(z, part)) for z in others):
            return False
    return True


def whole_ranges(reader: PlaneReader) -> list[tuple[float, float]]:
    """Find the range of each band in all rows of some planes, a few rows at a time."""
    height = reader.stack.plane_shape[0]
    ranges = [(np.inf, -np.inf)] * reader.n_bands
    for z in sampled_planes(reader.stack.n_planes):
        for top in range(0, height, SIDE):
            bands = reader.bands(z, slice(top, min(top + SIDE, height)))
            ranges = [
                (min(low, float(bands[..., k].min())), max(high, float(bands[..., k].max())))
                for k, (low, high) in enumerate(ranges)
            ]
    return ranges


def refuse_constant(reader: PlaneReader) -> None:
    """Refuse a stack whose pixels all have one value."""
    value = reader.bands(0).flat[0]
    for z in range(reader.stack.n_planes):
        if np.any(reader.bands(z) != value):
            return
    if reader.incomplete and not reader.coverage(slice(None), slice(None)).any():
        channels = ", in one channel at least," if reader.n_bands > 1 else ""
        raise ReadError(
            f"{reader.stack.name} has no pixels: all{channels} are NaN, infinite or hidden. Look "
            "whether the right file was opened; leave out a channel that holds nothing."
        )
    raise ReadError(
        f"All pixels of {reader.stack.name} are {value}: there is nothing to focus on. "
        f"Look whether the right file, series and channel were opened."
    )
