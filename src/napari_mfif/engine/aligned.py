"""A z-stack whose planes are brought to one another while they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from napari_mfif.alignment import (
    Transforms,
    common_area,
)
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.moved import AlignedPixels
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.preparation import Preparation
from napari_mfif.engine.sampling import survey_region
from napari_mfif.engine.survey import survey_stack
from napari_mfif.errors import ParameterError
from napari_mfif.methods.base import FloatMap, Region
from napari_mfif.settings.options import REFERENCE
from napari_mfif.settings.parameters import Settings

__all__ = [
    "WORTH_ALIGNING",
    "aligned",
    "covered_area",
    "covered_confidence",
    "drift_of",
    "drift_seen",
    "given_shape",
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

#: By reader and guide channel how far its planes move.
_DRIFTS: WeakKeyDictionary[PlaneReader, dict[int | None, float]] = WeakKeyDictionary()


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


def given_shape(stack: ZStack) -> tuple[int, int]:
    """Return rows and columns of the planes as given, before they were aligned and cropped."""
    whole = stack.pixels.stack if isinstance(stack.pixels, AlignedPixels) else stack
    return whole.plane_shape


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
    return drift_seen(PlaneReader(stack), channel)


def drift_seen(reader: PlaneReader, channel: int | None = None) -> float:
    """Tell the same of the timepoint that a reader reads; it is found out once for a reader."""
    from napari_mfif.alignment.registration import detect_drift

    stack = reader.stack
    samples = slice(None)
    if channel is not None:
        samples = slice(channel * stack.n_samples, (channel + 1) * stack.n_samples)
    rows, columns = (slice(max(0, (n - WINDOW) // 2), (n + WINDOW) // 2) for n in stack.plane_shape)

    def grey(z: int) -> FloatMap:
        bands = reader.bands(z, rows, columns)[..., samples]
        mean = bands.mean(axis=2, dtype=np.float32)
        return np.nan_to_num(np.asarray(mean, np.float32), posinf=0, neginf=0)

    known = _DRIFTS.setdefault(reader, {})
    if channel not in known:
        known[channel] = detect_drift(grey, stack.n_planes)
    return known[channel]


def iter_aligned(
    stack: ZStack,
    given: str | Sequence[Transforms],
    channel: int | None,
    settings: Settings,
    *,
    reference: int | str = REFERENCE.default,
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
    reference : int or str, optional
        The plane that the others are brought to, see `reference_plane`.
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
        guide = _GuideImages(reader, preparation)
        for found in iter_transforms(guide, stack.n_planes, model=given, reference=reference):
            if found is not None:
                transforms.append(found)
                tell_doubts(found, given, stack)
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
