"""A z-stack whose planes are brought to one another while they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import Transforms, iter_transforms, source_rows, warp
from napari_mfif.engine.planes import PlaneReader, Preparation
from napari_mfif.engine.survey import survey_stack
from napari_mfif.engine.windows import look_closely
from napari_mfif.errors import ParameterError
from napari_mfif.methods.base import FloatMap, Region
from napari_mfif.parameters import Settings
from napari_mfif.pixels import as_slice, basic_index
from napari_mfif.stack import AXES, ZStack

__all__ = ["AlignedPixels", "aligned", "iter_aligned", "transforms_of"]


class AlignedPixels:
    """Pixels of a z-stack, repaired and moved to the place of the reference plane when read.

    Shape and type are those of the stack; where a plane does not reach, it is mirrored. Hot
    pixels are repaired first, since moving would spread them.

    Parameters
    ----------
    stack : ZStack
        What is read.
    transforms : sequence of Transforms
        Where the planes of each timepoint lie.
    preparations : sequence of Preparation
        How the planes of each timepoint are repaired.
    """

    def __init__(
        self,
        stack: ZStack,
        transforms: Sequence[Transforms],
        preparations: Sequence[Preparation],
    ) -> None:
        self.stack, self.transforms = stack, tuple(transforms)
        self.shape, self.dtype = stack.shape, stack.dtype
        self.ndim = len(self.shape)
        self._repairs = [replace(one, drift=None) for one in preparations]
        self._reader = (0, PlaneReader(stack, 0))
        self._last: tuple[tuple[int, int, int, int], NDArray[Any]] | None = None

    def __getitem__(self, index: Any, /) -> Any:
        """Read a part: numbers and slices read what they need, anything else reads it all."""
        asked = basic_index(index, self.shape)
        if asked is None:
            return np.asarray(self)[index]
        place: dict[str, int | range] = dict(zip(self.stack.axes, asked, strict=True))
        t, c, z, y, x, s = (_as_range(place.get(letter, 0)) for letter in AXES)
        block = np.zeros(tuple(map(len, (t, c, z, y, x, s))), self.dtype)
        if block.size:
            for i, j in np.ndindex(len(t), len(z)):
                rows = slice(min(y), max(y) + 1)
                bands = self._moved(t[i], z[j], rows)[as_slice(y, rows.start), as_slice(x)]
                bands = bands.reshape(len(y), len(x), self.stack.n_channels, self.stack.n_samples)
                block[i, :, j] = np.moveaxis(bands[:, :, as_slice(c), as_slice(s)], 2, 0)
        return block[tuple(slice(None) if isinstance(place.get(a), range) else 0 for a in AXES)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.asarray(self[...])
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def _moved(self, t: int, z: int, rows: slice) -> NDArray[Any]:
        """Return these rows of one plane with all its bands; the last ones are kept."""
        key, kept = (t, z, rows.start, rows.stop), self._last
        if kept is not None and kept[0] == key:
            return kept[1]
        time, reader = self._reader
        if time != t:
            reader = PlaneReader(self.stack, t)
            self._reader = (t, reader)
        matrix = self.transforms[t].matrices[z]
        source = source_rows(matrix, rows, self.stack.plane_shape)
        planes = reader.planes(self._repairs[t], rows=source, first=z, count=1)
        moved = warp(next(planes).pixels, matrix, first_row=source.start, rows=rows)
        self._last = (key, moved)
        return moved


def _as_range(item: int | range) -> range:
    return item if isinstance(item, range) else range(item, item + 1)


def transforms_of(stack: ZStack) -> tuple[Transforms, ...]:
    """Return where the planes of each timepoint lie; nothing for a stack that is not aligned."""
    return stack.pixels.transforms if isinstance(stack.pixels, AlignedPixels) else ()


def aligned(
    stack: ZStack, transforms: Sequence[Transforms], preparations: Sequence[Preparation]
) -> ZStack:
    """Return the stack with its planes brought to one another, lazily.

    Raises
    ------
    ParameterError
        There is not a transform for each plane of each timepoint.
    """
    wanted = [stack.n_planes] * stack.n_times
    given = [len(one) for one in transforms]
    if given != wanted:
        raise ParameterError(
            f"The transforms are for {given} planes; {stack.name} has {wanted}, "
            f"one number per timepoint."
        )
    return replace(stack, pixels=AlignedPixels(stack, transforms, preparations))


def iter_aligned(
    stack: ZStack, given: str | Sequence[Transforms], channel: int | None, settings: Settings
) -> Iterator[ZStack | None]:
    """Find where the planes lie; yield None after each, twice, and then the aligned stack.

    Parameters
    ----------
    stack : ZStack
        The planes.
    given : str or sequence of Transforms
        A model, or where the planes lie, if it is known.
    channel : int or None
        The channel that decides.
    settings : dict
        Holds ``repair_hot_pixels`` and ``equalise_brightness``.
    """
    transforms: list[Transforms] = []
    preparations: list[Preparation] = []
    for t in range(stack.n_times):
        reader = PlaneReader(stack, t)
        looked = survey_stack(reader, channel, settings)
        _, preparation = look_closely(reader, *looked, Region.whole(stack.plane_shape))
        preparations.append(preparation)
        if not isinstance(given, str):
            continue
        middle = stack.n_planes // 2
        decide = _Decide(reader, preparation)
        for found in iter_transforms(decide, stack.n_planes, model=given, reference=middle):
            if found is not None:
                transforms.append(found)
            else:
                yield None
    yield aligned(stack, transforms if isinstance(given, str) else given, preparations)


class _Decide:
    """The image that decides, of any plane."""

    def __init__(self, reader: PlaneReader, preparation: Preparation) -> None:
        self._reader, self._preparation = reader, preparation

    def __call__(self, z: int) -> FloatMap:
        planes = self._reader.planes(self._preparation, first=z, count=1, pixels=False)
        return next(planes).decide
