"""Files that are written plane by plane, and planes row by row: OME-TIFF and OME-Zarr.

Nothing is held but a few rows and the coarser copies of one plane, so what is written may be made
on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil, prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.lazy_array import Pixels
from napari_mfif.io.sizes import METRES, Sizes
from napari_mfif.io.zarr_store import finish_writes

__all__ = ["PLAIN_SIDE", "TILE", "Sink", "n_levels", "tiff_sink", "zarr_sink"]

#: Longest side in pixels that is written without tiles and pyramid.
PLAIN_SIDE = 2048

#: Edge of a tile; the smallest level of a pyramid is no larger than twice this.
TILE = 512

#: Bytes from which offsets of 32 bits do not do.
BIG = 2**32 - 2**25

#: What OME-Zarr calls units of length, and its kinds of axes.
LONG_NAMES = {"um": "micrometer", "nm": "nanometer", "mm": "millimeter", "m": "meter"}
KINDS = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}


class Sink(Protocol):
    """Something that takes planes in the order of the axes before Y, the last one fastest."""

    def put(self, plane: Pixels) -> None:
        """Write the next plane, (Y, X) or (Y, X, S); a lazy one is asked for a few rows."""


def n_levels(rows: int, columns: int) -> int:
    """Return the number of reduced copies a plane gets."""
    longest, levels = max(rows, columns), 0
    if longest <= PLAIN_SIDE:
        return 0
    while longest > 2 * TILE:
        longest, levels = (longest + 1) // 2, levels + 1
    return levels


def _stripes(plane: Pixels) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield rows of a plane, as many as two tiles have; a plane in memory is not copied."""
    for top in range(0, plane.shape[0], 2 * TILE):
        rows = slice(top, min(top + 2 * TILE, plane.shape[0]))
        yield rows, np.asarray(plane[rows])


def _half(rows: NDArray[Any], labels: bool) -> NDArray[Any]:
    """Return every second pixel, or means of two by two where the type allows; NaN are left out."""
    if labels or rows.dtype.name in ("int8", "int32", "uint32", "int64", "uint64"):
        return np.ascontiguousarray(rows[::2, ::2])
    import cv2

    height, width = rows.shape[:2]
    odd = height % 2, width % 2
    even = cv2.copyMakeBorder(rows, 0, odd[0], 0, odd[1], cv2.BORDER_REPLICATE)
    size = ((width + 1) // 2, (height + 1) // 2)
    if even.dtype.kind == "f" and (unknown := np.isnan(even)).any():
        sums, shares = (
            cv2.resize(one.astype(even.dtype), size, interpolation=cv2.INTER_AREA)
            for one in (np.where(unknown, 0, even), ~unknown)
        )
        with np.errstate(invalid="ignore"):
            return np.asarray(sums / shares)
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA))


class _Coarser:
    """Makes the next coarser copy of a plane while its rows go by."""

    def __init__(self, shape: Sequence[int], dtype: Any, labels: bool) -> None:
        self.plane = np.empty((ceil(shape[0] / 2), ceil(shape[1] / 2), *shape[2:]), dtype)
        self._labels = labels

    def see(self, rows: slice, block: NDArray[Any]) -> None:
        """Take some rows; they start at an even one."""
        half = slice(rows.start // 2, ceil(rows.stop / 2))
        self.plane[half] = _half(block, self._labels).reshape(self.plane[half].shape)


class _TiffSink:
    def __init__(
        self, file: Any, levels: int, labels: bool, description: str, options: dict[str, Any]
    ) -> None:
        self._file, self._levels, self._labels = file, levels, labels
        self._description, self._options = description, options

    def put(self, plane: Pixels) -> None:
        """Write the next plane and its reduced copies."""
        options = {**self._options, "description": self._description}
        self._description = ""
        if not self._levels:
            self._file.write(np.ascontiguousarray(plane), subifds=0, **options)
            return
        coarser = self._write_tiled(plane, options | {"subifds": self._levels})
        for level in range(self._levels):
            last = level == self._levels - 1
            coarser = self._write_tiled(coarser, {**self._options, "subfiletype": 1}, last=last)

    def _write_tiled(
        self, plane: Pixels, options: dict[str, Any], *, last: bool = False
    ) -> NDArray[Any]:
        coarser = None if last else _Coarser(plane.shape, plane.dtype, self._labels)
        self._file.write(
            _tiles(plane, coarser),
            shape=plane.shape,
            dtype=plane.dtype,
            tile=(TILE, TILE),
            **options,
        )
        return np.empty(0) if coarser is None else coarser.plane


def _tiles(plane: Pixels, coarser: _Coarser | None) -> Iterator[NDArray[Any]]:
    """Yield the tiles of a plane, those at its border filled up with zeros."""
    for rows, block in _stripes(plane):
        if coarser is not None:
            coarser.see(rows, block)
        for top in range(0, len(block), TILE):
            for left in range(0, block.shape[1], TILE):
                part = block[top : top + TILE, left : left + TILE]
                if part.shape[:2] != (TILE, TILE):
                    missing = [(0, TILE - length) for length in part.shape[:2]]
                    part = np.pad(part, [*missing, *[(0, 0)] * (part.ndim - 2)])
                yield np.ascontiguousarray(part)


@contextmanager
def tiff_sink(
    path: Path,
    shape: Sequence[int],
    dtype: np.dtype[Any],
    axes: str,
    *,
    description: str,
    sizes: Sizes,
    labels: bool = False,
    compression: str | None = None,
) -> Iterator[Sink]:
    """Open an OME-TIFF: strips where it is small, tiles and a pyramid where it is large."""
    import tifffile

    levels = n_levels(shape[axes.index("Y")], shape[axes.index("X")])
    nbytes = prod(shape) * dtype.itemsize
    options = _tiff_options(axes, shape, sizes, compression)
    with tifffile.TiffWriter(path, bigtiff=nbytes * 4 // 3 > BIG, ome=False) as file:
        yield _TiffSink(file, levels, labels, description, options)


def _tiff_options(
    axes: str, shape: Sequence[int], sizes: Sizes, compression: str | None
) -> dict[str, Any]:
    colour = axes.endswith("S") and shape[-1] in (3, 4)
    options: dict[str, Any] = {
        "metadata": None,
        "photometric": "rgb" if colour else "minisblack",
        "planarconfig": "contig" if axes.endswith("S") else None,
        "compression": compression,
        "predictor": True if compression else None,
        "software": "napari-mfif",
    }
    if sizes.pixel_size and sizes.unit in METRES:
        centimetres = METRES[sizes.unit] / METRES["cm"]
        height, width = (length * centimetres for length in sizes.pixel_size)
        options |= {"resolution": (1 / width, 1 / height), "resolutionunit": "CENTIMETER"}
    return options


class _ZarrSink:
    def __init__(self, levels: Sequence[Any], leading: Sequence[int], labels: bool) -> None:
        self._levels, self._labels = levels, labels
        self._places = np.ndindex(*leading)

    def put(self, plane: Pixels) -> None:
        """Write the next plane at every resolution."""
        place = next(self._places)
        for number, level in enumerate(self._levels):
            last = number == len(self._levels) - 1
            coarser = None if last else _Coarser(plane.shape, plane.dtype, self._labels)
            for rows, block in _stripes(plane):
                if coarser is not None:
                    coarser.see(rows, block)
                self._write(level, place, rows, block)
            plane = plane if coarser is None else coarser.plane

    @staticmethod
    def _write(level: Any, place: tuple[int, ...], rows: slice, block: NDArray[Any]) -> None:
        if block.ndim == 2:
            level[(*place, rows)] = block
            return
        # Colours are channels there: behind those of the stack, where it has several.
        first = place[-1] * block.shape[2] if len(place) > level.ndim - 3 else 0
        place = place[: level.ndim - 3]
        for sample in range(block.shape[2]):
            level[(*place, first + sample, rows)] = block[..., sample]


@contextmanager
def zarr_sink(
    path: Path,
    shape: Sequence[int],
    dtype: np.dtype[Any],
    axes: str,
    *,
    name: str,
    sizes: Sizes,
    channel_names: Sequence[str] = (),
    recipe: str | None = None,
    note: str = "",
    labels: bool = False,
) -> Iterator[Sink]:
    """Make an OME-Zarr (0.4), with a pyramid where it is large; colours become channels."""
    import zarr

    letters, lengths = axes, list(shape)
    leading = lengths[: axes.index("Y")]
    if axes.endswith("S"):
        letters, samples = axes[:-1], lengths.pop()
        if "C" in letters:
            lengths[letters.index("C")] *= samples
            if "Z" in letters:
                raise ValueError("a stack of colour channels has no place in OME-Zarr")
        else:
            letters = letters.replace("Z", "CZ") if "Z" in letters else letters.replace("Y", "CY")
            lengths.insert(letters.index("C"), samples)
    count = 1 + n_levels(*lengths[-2:])
    group = zarr.open_group(path, mode="w", zarr_format=2)
    levels = []
    for number in range(count):
        size = [*lengths[:-2], *(ceil(length / 2**number) for length in lengths[-2:])]
        chunks = [*[1] * (len(size) - 2), *(min(length, TILE) for length in size[-2:])]
        levels.append(
            group.create_array(
                str(number),
                shape=tuple(size),
                chunks=tuple(chunks),
                dtype=dtype,
                chunk_key_encoding={"name": "v2", "separator": "/"},
                fill_value=0,
            )
        )
    try:
        yield _ZarrSink(levels, leading, labels)
    except BaseException:
        finish_writes()
        raise
    # Written last: without it nothing takes the folder for an image.
    group.attrs.update(_ome(letters, count, name, sizes, channel_names))
    if recipe is not None:
        group.attrs["napari_mfif"] = recipe
    if note:
        group.attrs["description"] = note


def _ome(
    letters: str, count: int, name: str, sizes: Sizes, channel_names: Sequence[str]
) -> dict[str, Any]:
    height, width = sizes.pixel_size or (1.0, 1.0)
    steps = {"Z": sizes.z_step or 1.0, "Y": height, "X": width}
    known = {"Z": sizes.z_step, "Y": sizes.pixel_size, "X": sizes.pixel_size}
    axes: list[dict[str, str]] = []
    for letter in letters:
        axis = {"name": letter.lower(), "type": KINDS[letter]}
        if sizes.unit in LONG_NAMES and known.get(letter):
            axis["unit"] = LONG_NAMES[sizes.unit]
        axes.append(axis)
    datasets = [
        {
            "path": str(number),
            "coordinateTransformations": [
                {
                    "type": "scale",
                    "scale": [
                        steps.get(letter, 1.0) * (2**number if letter in "YX" else 1)
                        for letter in letters
                    ],
                }
            ],
        }
        for number in range(count)
    ]
    found: dict[str, Any] = {
        "multiscales": [{"version": "0.4", "name": name, "axes": axes, "datasets": datasets}]
    }
    if channel_names and "C" in letters:
        channels = [{"label": label, "active": True} for label in channel_names]
        found["omero"] = {"version": "0.4", "channels": channels}
    return found
