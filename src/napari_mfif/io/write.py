"""Writing images and maps: OME-TIFF and OME-Zarr with sizes and recipe, PNG and JPEG."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from napari_mfif.arrays.axes import AXES
from napari_mfif.arrays.lazy_array import Pixels
from napari_mfif.arrays.views import AsType
from napari_mfif.errors import AxesError, ParameterError, WriteError
from napari_mfif.io.atomic import replacing, replacing_folder
from napari_mfif.io.endings import picture_writer, stored_type
from napari_mfif.io.ome_writing import write_ome_xml
from napari_mfif.io.sinks import Sink, tiff_sink, zarr_sink
from napari_mfif.io.sizes import NO_SIZES, Sizes

__all__ = ["opened", "write_image"]


def write_image(
    path: str | os.PathLike[str],
    array: Pixels,
    *,
    axes: str,
    z_step: float | None = None,
    pixel_size: tuple[float, float] | None = None,
    unit: str | None = None,
    channel_names: Sequence[str] = (),
    recipe: str | None = None,
    name: str | None = None,
    note: str = "",
    labels: bool = False,
    compression: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write an image, a map or a stack of them.

    An OME-TIFF gets strips up to 2048 pixels a side; above, tiles and a pyramid of half sizes.
    OME-Zarr gets the same pyramid; colours are channels there. Both are written plane by plane and
    row by row: a lazy array is never held whole.

    Parameters
    ----------
    path : path
        The ending tells the kind: ``.ome.tif``, ``.tif`` (an OME-TIFF as well), ``.ome.zarr``,
        ``.png``, ``.jpg``.
    array : array-like
        Integers or floating point; true and false become 1 and 0. OME-TIFF has no integers of 64
        bits: they become doubles, which hold them exactly up to 2**53.
    axes : str
        A letter per axis, in the order ``TCZYXS``; maps are ``"YX"``.
    z_step : float, optional
        Distance of two planes in `unit`.
    pixel_size : (float, float), optional
        Height and width of a pixel in `unit`.
    unit : str, optional
        Unit of length.
    channel_names : sequence of str, optional
        One name per channel.
    recipe : str, optional
        Text (JSON) that is kept in the file; `read_recipe` gives it back.
    name : str, optional
        Name of the image; otherwise the file's.
    note : str, optional
        A sentence for whoever opens the file: what the values are.
    labels : bool
        Values are numbers of planes or objects: the pyramid takes every second pixel instead of
        means.
    compression : {None, "zlib"}
        Lossless compression of the TIFF.
    overwrite : bool
        Replace an existing file.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WriteError
        The file cannot be written, or its kind cannot hold such pixels.
    AxesError
        The axes do not fit the array.
    """
    target = Path(path)
    write = picture_writer(target)
    pixels = array if hasattr(array, "dtype") else np.asarray(array)
    stored = stored_type(target, np.dtype(pixels.dtype))
    _check_axes(axes, pixels.shape)
    if write is not None:
        with replacing(target, overwrite=overwrite) as temporary:
            temporary.write_bytes(write(target, np.asarray(AsType(pixels, stored)), axes))
        return target
    with opened(
        target,
        pixels.shape,
        stored,
        axes=axes,
        sizes=Sizes(z_step, pixel_size, unit),
        channel_names=channel_names,
        recipe=recipe,
        name=name,
        note=note,
        labels=labels,
        compression=compression,
        overwrite=overwrite,
    ) as sink:
        for place in np.ndindex(*pixels.shape[: axes.index("Y")]):
            sink.put(pixels[place] if place else pixels)
    return target


@contextmanager
def opened(
    path: str | os.PathLike[str],
    shape: Sequence[int],
    dtype: np.dtype[Any],
    *,
    axes: str,
    sizes: Sizes = NO_SIZES,
    channel_names: Sequence[str] = (),
    recipe: str | None = None,
    name: str | None = None,
    note: str = "",
    labels: bool = False,
    compression: str | None = None,
    overwrite: bool = False,
) -> Iterator[Sink]:
    """Open an OME-TIFF or OME-Zarr to put planes into, one after the other.

    It stands under its name when all has gone well, and not at all otherwise.

    Parameters
    ----------
    path, axes, channel_names, recipe, name, note, labels, compression
        As for `write_image`.
    shape : sequence of int
        Length of each axis.
    dtype : numpy.dtype
        Type of the pixels.
    sizes : Sizes, optional
        Of planes and pixels.
    overwrite : bool
        Replace what stands there.

    Yields
    ------
    Sink
        Its `put` takes the planes, in the order of the axes before Y, the last one fastest.
    """
    target = Path(path)
    _check_axes(axes, shape)
    if picture_writer(target) is not None:
        raise WriteError(f"{target.name} is written in one piece. Use .ome.tif or .ome.zarr.")
    if compression not in (None, "zlib"):
        raise ParameterError(f"There is no compression {compression!r}. There is: None, 'zlib'.")
    dtype = stored_type(target, dtype)
    facts: dict[str, Any] = {"sizes": sizes, "labels": labels}
    if target.suffix.lower() == ".zarr":
        with replacing_folder(target, overwrite=overwrite) as temporary:
            facts |= {"channel_names": channel_names, "recipe": recipe, "note": note}
            with zarr_sink(
                temporary, shape, dtype, axes, name=name or _stem(target), **facts
            ) as sink:
                yield _Converting(sink, dtype)
        return
    description = write_ome_xml(
        name or _stem(target),
        axes,
        tuple(shape),
        dtype,
        sizes=sizes,
        channel_names=channel_names,
        recipe=recipe,
        note=note,
    )
    facts |= {"description": description, "compression": compression}
    with (
        replacing(target, overwrite=overwrite) as temporary,
        tiff_sink(temporary, shape, dtype, axes, **facts) as sink,
    ):
        yield _Converting(sink, dtype)


def _stem(path: Path) -> str:
    return path.name.split(".")[0] or path.name


class _Converting:
    """A sink that takes planes of one type and keeps them in another."""

    def __init__(self, sink: Sink, dtype: np.dtype[Any]) -> None:
        self._sink, self._dtype = sink, dtype

    def put(self, plane: Pixels) -> None:
        """Write the next plane."""
        same = np.dtype(plane.dtype) == self._dtype
        self._sink.put(plane if same else AsType(plane, self._dtype))


def _check_axes(axes: str, shape: Sequence[int]) -> None:
    ordered = "".join(letter for letter in AXES if letter in axes)
    if axes != ordered or not {"Y", "X"} <= set(axes) or len(axes) != len(shape):
        raise AxesError(
            f'`axes="{axes}"` does not fit an array of shape {tuple(shape)}: it needs a letter out '
            f"of {AXES} for each axis, in this order, with Y and X."
        )
