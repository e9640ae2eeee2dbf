"""A z-stack: pixels that are read when they are needed, and what is known of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.arrays.axes import AXES, check_axes, guess_axes, squeezed
from napari_mfif.arrays.conversion import as_pixels
from napari_mfif.arrays.html import stack_html
from napari_mfif.arrays.lazy_array import Pixels, as_dask
from napari_mfif.arrays.parts import channel_of, interpolated, numbered, part_of
from napari_mfif.arrays.views import Reordered, WithoutAlpha
from napari_mfif.errors import AxesError, ParameterError, ReadError

if TYPE_CHECKING:
    import dask.array

__all__ = ["Pixels", "ZStack"]


@dataclass(frozen=True)
class ZStack:
    """A z-stack, possibly with several channels, timepoints and colour samples.

    Parameters
    ----------
    pixels : array-like
        Anything with ``shape``, ``dtype`` and lazy indexing, in the order of `axes`.
    axes : str
        Letters out of ``TCZYXS`` in this order; ``Z``, ``Y`` and ``X`` are always there.
    name : str, optional
        For layers and files made from it.
    z_step : float, optional
        Distance of two planes in `unit`.
    pixel_size : (float, float), optional
        Height and width of a pixel in `unit`.
    unit : str, optional
        Unit of length, for example ``"um"``.
    channel_names : tuple of str, optional
        One name per channel.
    notes : tuple of str, optional
        What reading decided, in sentences for the user.
    source : str, optional
        The file or folder it came from.
    z_positions : tuple of float, optional
        Distance of every plane from the first in `unit`, where their steps differ.
    plane_numbers : tuple of int, optional
        Number of every plane in the z-stack of which this is a part, see `part`.
    """

    pixels: Pixels
    axes: str
    name: str = "stack"
    z_step: float | None = None
    pixel_size: tuple[float, float] | None = None
    unit: str | None = None
    channel_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str | None = None
    z_positions: tuple[float, ...] | None = None
    plane_numbers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        ordered = "".join(letter for letter in AXES if letter in self.axes)
        if self.axes != ordered or not {"Z", "Y", "X"} <= set(self.axes):
            raise AxesError(
                f'`axes="{self.axes}"` must be in the order {AXES} and have Z, Y and X.'
            )
        if len(self.axes) != len(self.pixels.shape):
            raise AxesError(
                f'`axes="{self.axes}"` names {len(self.axes)} axes, but the array has '
                f"{len(self.pixels.shape)}: {tuple(self.pixels.shape)}."
            )
        if 0 in self.pixels.shape:
            raise ReadError(f"{self.name} is empty: its shape is {tuple(self.pixels.shape)}.")

    @classmethod
    def from_array(cls, array: Any, axes: str | None = None, **known: Any) -> ZStack:
        """Make a z-stack of a numpy, dask or zarr array.

        Parameters
        ----------
        array : array-like
            The pixels. An alpha sample (the fourth of ``S``) is dropped.
        axes : str, optional
            A letter per axis in the array's own order; guessed when it can only be one.
        **known
            Further fields of `ZStack`.

        Raises
        ------
        AxesError
            The axes are missing, doubled, unknown or do not fit the shape.
        """
        pixels = as_pixels(array)
        if np.dtype(pixels.dtype).kind not in "buif":
            raise ReadError(
                f"Pixels of type {pixels.dtype} cannot be fused: integers, floating point and "
                f"booleans can. Convert them first; of complex ones take the magnitude."
            )
        kept = squeezed(pixels.shape)
        named = guess_axes(pixels.shape, pixels.dtype) if axes is None else axes.upper()
        if len(kept) < len(pixels.shape) and (axes is None or len(named) == len(kept)):
            pixels = _taken(pixels, kept)
        axes = named
        check_axes(axes, pixels.shape)
        order = [axes.index(letter) for letter in AXES if letter in axes]
        if order != sorted(order):
            pixels = _reordered(pixels, order)
        stack = cls(pixels, "".join(axes[i] for i in order), **known)
        if len(stack.channel_names) != stack.n_channels:
            stack = replace(stack, channel_names=())
        if stack.z_positions and len(stack.z_positions) != stack.n_planes:
            stack = replace(stack, z_positions=None)
        return stack.without_alpha() if stack.n_samples in (2, 4) else stack

    def without_alpha(self) -> ZStack:
        """Return the same z-stack without its last colour sample."""
        colour = self.n_samples - 1
        axes = self.axes if colour > 1 else self.axes.replace("S", "")
        pixels: Pixels
        if isinstance(self.pixels, np.ndarray):
            pixels = self.pixels[..., slice(colour) if colour > 1 else 0]
            if not np.all(alpha := self.pixels[..., colour]):
                mask = alpha == 0
                pixels = np.ma.MaskedArray(
                    pixels, np.repeat(mask[..., None], colour, -1) if colour > 1 else mask
                )
        elif hasattr(self.pixels, "transpose"):
            pixels = self.pixels[..., slice(colour) if colour > 1 else 0]
        else:
            pixels = WithoutAlpha(self.pixels, colour)
        return replace(self, pixels=pixels, axes=axes, notes=(*self.notes, "Alpha was dropped."))

    def with_notes(self, *notes: str) -> ZStack:
        """Return the same z-stack with more notes."""
        return replace(self, notes=(*self.notes, *notes)) if notes else self

    def size(self, axis: str) -> int:
        """Return the length along one axis, 1 where there is no such axis."""
        return self.pixels.shape[self.axes.index(axis)] if axis in self.axes else 1

    @property
    def n_times(self) -> int:
        """Number of timepoints."""
        return self.size("T")

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.size("C")

    @property
    def n_planes(self) -> int:
        """Number of planes."""
        return self.size("Z")

    @property
    def n_samples(self) -> int:
        """Number of colour samples per pixel."""
        return self.size("S")

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Rows and columns of a plane."""
        return self.size("Y"), self.size("X")

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths in the order of `axes`."""
        return tuple(self.pixels.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return np.dtype(self.pixels.dtype)

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels."""
        return int(prod(self.shape)) * self.dtype.itemsize

    def plane(
        self,
        z: int,
        *,
        t: int = 0,
        c: int = 0,
        rows: slice = slice(None),
        columns: slice = slice(None),
    ) -> np.ndarray:
        """Read one plane, or a rectangle of it.

        Parameters
        ----------
        z, t, c : int
            Plane, timepoint and channel, from 0.
        rows, columns : slice, optional
            Only these rows and columns.

        Returns
        -------
        numpy.ndarray
            ``(Y, X)``, or ``(Y, X, S)`` for colour, in the stack's own type.
        """
        place = {"T": t, "C": c, "Z": z}
        index = tuple(place[letter] for letter in self.axes if letter in place)
        return np.asarray(self.pixels[(*index, rows, columns)])

    def masked(
        self, z: int, *, t: int = 0, c: int = 0, rows: slice, columns: slice
    ) -> np.ndarray | None:
        """Tell, as for `plane`, where a pixel is hidden by a mask or by alpha; None without one."""
        hidden = getattr(self.pixels, "transparent", None)
        loaded = "numpy.ma" in sys.modules  # it takes 24 ms
        if hidden is None and not (loaded and isinstance(self.pixels, np.ma.MaskedArray)):
            return None
        place = {"T": t, "C": c, "Z": z}
        index: Any = (*(place[letter] for letter in self.axes if letter in place), rows, columns)
        if hidden is not None:
            found: np.ndarray | None = hidden(index)
            return found
        mask = np.ma.getmaskarray(np.ma.asarray(self.pixels[index]))
        return np.asarray(mask.any(axis=-1) if mask.ndim == 3 else mask)

    def channel_index(self, channel: int | str) -> int:
        """Return the number of a channel given by number or name.

        Raises
        ------
        ParameterError
            There is no such channel.
        """
        if isinstance(channel, str) and channel in self.channel_names:
            return self.channel_names.index(channel)
        if str(channel).isdigit() and int(channel) < self.n_channels:
            return int(channel)
        names = f", named {', '.join(self.channel_names)}" if self.channel_names else ""
        raise ParameterError(
            f"There is no channel {channel!r} in {self.name}: "
            f"it has {self.n_channels}, numbered from 0{names}."
        )

    def only_channel(self, channel: int) -> ZStack:
        """Return one channel as a z-stack of its own."""
        return channel_of(self, channel)

    def part(
        self,
        planes: Sequence[int] | None = None,
        rows: slice = slice(None),
        columns: slice = slice(None),
    ) -> ZStack:
        """Return some planes, or a rectangle of them; nothing is read.

        Heights and `plane_number` stay those of the whole z-stack.
        """
        return part_of(self, planes=planes, rows=rows, columns=columns)

    def plane_number(self, z: int) -> int:
        """Return the number of a plane in the whole z-stack, of which this may be a part."""
        return self.plane_numbers[z] if self.plane_numbers else z

    def numbered(self, planes: Any) -> Any:
        """Return planes, alone or in a map, by their numbers in the whole, of which this is a part.

        A `Fusion` counts planes as its `stack`; layers, files and figures as the whole z-stack.
        """
        return numbered(self, planes)

    @property
    def height_unit(self) -> str:
        """The unit of `heights`; ``"planes"`` where no step is known."""
        return (self.unit or "units") if self.z_step else "planes"

    def heights(self, depth: Any) -> Any:
        """Turn depths, in planes, into heights in `unit`; planes where no step is known."""
        if self.z_positions is None:
            return depth * np.float32(self.z_step or 1)
        return interpolated(depth, self.z_positions)

    def dask(self) -> dask.array.Array:
        """Return the pixels as a dask array, one chunk per plane, that reads on demand."""
        return as_dask(self.pixels, self.axes)

    def describe(self) -> str:
        """Say in one line what it is, for example ``24 planes, 1024 x 1024, uint16``."""
        planes = f"{self.n_planes} plane{'s' if self.n_planes != 1 else ''}"
        parts = [planes, f"{self.size('X')} x {self.size('Y')}", str(self.dtype)]
        if self.n_samples > 1:
            parts.insert(2, "colour")
        for count, word in ((self.n_channels, "channels"), (self.n_times, "timepoints")):
            if count > 1:
                parts.append(f"{count} {word}")
        if self.z_step:
            parts.append(f"{self.z_step:g} {self.unit or 'units'} steps")
        return ", ".join(parts)

    _repr_html_ = stack_html


def _reordered(pixels: Any, order: Sequence[int]) -> Any:
    """Numpy and dask arrays do it themselves; anything else is read through a view."""
    return pixels.transpose(order) if hasattr(pixels, "transpose") else Reordered(pixels, order)


def _taken(pixels: Any, kept: Sequence[int]) -> Any:
    """Leave out axes of length 1."""
    if hasattr(pixels, "transpose"):
        return pixels[tuple(slice(None) if i in kept else 0 for i in range(len(pixels.shape)))]
    return Reordered(pixels, kept)
