"""A z-stack whose planes are brought to one another while they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import (
    Transforms,
    common_area,
    source_area,
    warp,
)
from napari_mfif.arrays.axes import AXES
from napari_mfif.arrays.lazy_array import BasicIndex, LazyArray, as_slice
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.planes import PlaneReader, Preparation
from napari_mfif.engine.sampling import survey_region
from napari_mfif.engine.survey import survey_stack
from napari_mfif.errors import ParameterError
from napari_mfif.kernels.hot_pixels import REACH
from napari_mfif.methods.base import FloatMap, Region
from napari_mfif.settings.parameters import Settings

__all__ = [
    "WORTH_ALIGNING",
    "AlignedPixels",
    "aligned",
    "covered_area",
    "covered_confidence",
    "drift_of",
    "iter_aligned",
    "origin_of",
    "transforms_of",
]

#: From so many pixels on aligning is worth it.
WORTH_ALIGNING = 1.0

#: Rows and columns in the middle of a plane that are looked at for drift.
WINDOW = 4096

#: Rows and columns that must be left when a stack is cropped.
LEAST_SIDE = 8


class AlignedPixels(LazyArray):
    """Pixels of a z-stack, repaired and moved to the place of the reference plane when read.

    Type and axes are those of the stack; where a plane does not reach, it is mirrored. Hot pixels
    are repaired first, since moving would spread them.

    Parameters
    ----------
    stack : ZStack
        What is read.
    transforms : sequence of Transforms
        Where the planes of each timepoint lie.
    preparations : sequence of Preparation
        How the planes of each timepoint are repaired.
    area : (slice, slice), optional
        Only these rows and columns.
    """

    def __init__(
        self,
        stack: ZStack,
        transforms: Sequence[Transforms],
        preparations: Sequence[Preparation],
        area: tuple[slice, slice] | None = None,
    ) -> None:
        self.stack = self.unaligned = stack
        self.transforms = tuple(transforms)
        rows, columns = stack.plane_shape
        self.area = area or (slice(0, rows), slice(0, columns))
        lengths = [span.stop - span.start for span in self.area]
        cropped = dict(zip("YX", lengths, strict=True))
        self.shape = tuple(cropped.get(a, n) for a, n in zip(stack.axes, stack.shape, strict=True))
        self.dtype = stack.dtype
        self._repairs = [replace(one, drift=None) for one in preparations]
        self._reader = (0, PlaneReader(stack, 0))
        self._last: tuple[tuple[int, ...], NDArray[Any]] | None = None

    def _read(self, index: BasicIndex) -> Any:
        place: dict[str, int | range] = dict(zip(self.stack.axes, index, strict=True))
        t, c, z, y, x, s = (_as_range(place.get(letter, 0)) for letter in AXES)
        block = np.zeros(tuple(map(len, (t, c, z, y, x, s))), self.dtype)
        if block.size:
            rows, columns = (slice(min(span), max(span) + 1) for span in (y, x))
            some = as_slice(y, rows.start), as_slice(x, columns.start)
            for i, j in np.ndindex(len(t), len(z)):
                bands = self._moved(t[i], z[j], rows, columns)[some]
                bands = bands.reshape(len(y), len(x), self.stack.n_channels, self.stack.n_samples)
                block[i, :, j] = np.moveaxis(bands[:, :, as_slice(c), as_slice(s)], 2, 0)
        return block[tuple(slice(None) if isinstance(place.get(a), range) else 0 for a in AXES)]

    def _moved(self, t: int, z: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Return this part of one plane with all its bands; the last one is kept."""
        key, kept = (t, z, rows.start, rows.stop, columns.start, columns.stop), self._last
        if kept is not None and kept[0] == key:
            return kept[1]
        time, reader = self._reader
        if time != t:
            reader = PlaneReader(self.stack, t)
            self._reader = (t, reader)
        matrix, shape = self.transforms[t].matrices[z], self.stack.plane_shape
        wanted = [
            slice(part.start + whole.start, part.stop + whole.start)
            for part, whole in zip((rows, columns), self.area, strict=True)
        ]
        seen = source_area(matrix, wanted[0], wanted[1], shape)
        down, across = (_widened(one, n) for one, n in zip(seen, shape, strict=True))
        planes = reader.planes(self._repairs[t], rows=down, columns=across, first=z, count=1)
        first = down.start, across.start
        moved = warp(next(planes).pixels, matrix, first=first, rows=wanted[0], columns=wanted[1])
        self._last = (key, moved)
        return moved


def _widened(span: slice, length: int) -> slice:
    """Return a span with what its repair looks at."""
    return slice(max(0, span.start - REACH), min(length, span.stop + REACH))


def _as_range(item: int | range) -> range:
    return item if isinstance(item, range) else range(item, item + 1)


def transforms_of(stack: ZStack) -> tuple[Transforms, ...]:
    """Return where the planes of each timepoint lie; nothing for a stack that is not aligned."""
    return stack.pixels.transforms if isinstance(stack.pixels, AlignedPixels) else ()


def covered_area(stack: ZStack) -> tuple[slice, slice]:
    """Return the rows and columns of an aligned stack that all of its planes cover."""
    rows, columns = stack.plane_shape
    if not isinstance(stack.pixels, AlignedPixels):
        return slice(0, rows), slice(0, columns)
    whole = common_area(stack.pixels.transforms, stack.pixels.stack.plane_shape)
    spans = zip(whole, stack.pixels.area, strict=True)
    down, across = (
        slice(max(a.start, b.start) - b.start, max(b.start, min(a.stop, b.stop)) - b.start)
        for a, b in spans
    )
    return down, across


def covered_confidence(
    confidence: FloatMap, stack: ZStack, region: Region | None = None
) -> FloatMap:
    """Set the confidence, (..., Y, X), of a region to 0 outside of what all planes cover."""
    if not transforms_of(stack):
        return confidence
    inside = np.zeros(stack.plane_shape, np.bool_)
    inside[covered_area(stack)] = True
    seen = inside if region is None else inside[region.slices]
    return np.where(seen, confidence, np.float32(0))


def origin_of(stack: ZStack) -> tuple[int, int]:
    """Return the row and column of the original planes at which an aligned stack begins."""
    if not isinstance(stack.pixels, AlignedPixels):
        return 0, 0
    rows, columns = stack.pixels.area
    return rows.start, columns.start


def aligned(
    stack: ZStack,
    transforms: Sequence[Transforms],
    preparations: Sequence[Preparation],
    *,
    crop: bool = False,
) -> ZStack:
    """Return the stack with its planes brought to one another, lazily.

    Parameters
    ----------
    stack, transforms, preparations
        As for `AlignedPixels`.
    crop : bool, optional
        Keep only what all planes cover.

    Raises
    ------
    ParameterError
        There is not a transform for each plane of each timepoint, or nothing is left.
    """
    wanted = [stack.n_planes] * stack.n_times
    given = [len(one) for one in transforms]
    if given != wanted:
        raise ParameterError(
            f"The transforms are for {given} planes; {stack.name} has {wanted}, "
            f"one number per timepoint."
        )
    area = common_area(transforms, stack.plane_shape) if crop else None
    if area is not None and any(span.stop - span.start < LEAST_SIDE for span in area):
        raise ParameterError(
            f"The planes of {stack.name} have too little in common for cropping to what all of "
            f"them cover: align without crop, or leave out the planes that moved far."
        )
    return replace(stack, pixels=AlignedPixels(stack, transforms, preparations, area))


def drift_of(stack: ZStack, channel: int | None = None) -> float:
    """Tell how far the planes of the first timepoint move, by a quick look at some of them.

    Parameters
    ----------
    stack : ZStack
        A few of its planes are read, of large ones the middle.
    channel : int, optional
        The guide channel; the mean of all when not given.

    Returns
    -------
    float
        Pixels, as from `detect_drift`; from `WORTH_ALIGNING` on aligning is worth it.
    """
    from napari_mfif.alignment.registration import detect_drift

    channels = range(stack.n_channels) if channel is None else (channel,)

    rows, columns = (slice(max(0, (n - WINDOW) // 2), (n + WINDOW) // 2) for n in stack.plane_shape)

    def grey(z: int) -> FloatMap:
        planes = [
            np.asarray(stack.plane(z, c=c, rows=rows, columns=columns), np.float32)
            for c in channels
        ]
        colour = [plane.mean(axis=2) if plane.ndim == 3 else plane for plane in planes]
        return np.nan_to_num(np.asarray(sum(colour[1:], colour[0]), np.float32))

    return detect_drift(grey, stack.n_planes)


def iter_aligned(
    stack: ZStack,
    given: str | Sequence[Transforms],
    channel: int | None,
    settings: Settings,
    *,
    crop: bool = False,
) -> Iterator[ZStack | None]:
    """Find where the planes lie; yield None after each, twice, and then the aligned stack.

    Parameters
    ----------
    stack : ZStack
        The planes.
    given : str or sequence of Transforms
        A model, or where the planes lie, if it is known.
    channel : int or None
        The guide channel.
    settings : dict
        Holds ``repair_hot_pixels`` and ``equalise_brightness``.
    crop : bool, optional
        Keep only what all planes cover.
    """
    from napari_mfif.alignment.registration import iter_transforms, tell_doubts

    transforms: list[Transforms] = []
    preparations: list[Preparation] = []
    for t in range(stack.n_times):
        reader = PlaneReader(stack, t)
        looked = survey_stack(reader, channel, settings)
        _, preparation = survey_region(reader, *looked, Region.whole(stack.plane_shape))
        preparations.append(preparation)
        if not isinstance(given, str):
            continue
        middle = stack.n_planes // 2
        guide = _GuideImages(reader, preparation)
        for found in iter_transforms(guide, stack.n_planes, model=given, reference=middle):
            if found is not None:
                transforms.append(found)
                tell_doubts(found, stack.name)
            else:
                yield None
    places = transforms if isinstance(given, str) else given
    yield aligned(stack, places, preparations, crop=crop)


class _GuideImages:
    """The guide images of the planes."""

    def __init__(self, reader: PlaneReader, preparation: Preparation) -> None:
        self._reader, self._preparation = reader, preparation

    def __call__(self, z: int) -> FloatMap:
        planes = self._reader.planes(self._preparation, first=z, count=1, pixels=False)
        return next(planes).guide
