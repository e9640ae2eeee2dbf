"""Writing images and maps: OME-TIFF with sizes and recipe, PNG and JPEG."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import AxesError, ParameterError, ReadError, WriteError
from napari_mfif.io.atomic import replacing
from napari_mfif.io.ome import TYPES, recipe_in, write_ome_xml
from napari_mfif.io.sizes import METRES, Sizes
from napari_mfif.pixels import Pixels
from napari_mfif.stack import AXES

__all__ = ["SUFFIXES", "check_ending", "read_recipe", "write_image"]

#: Endings of the files that can be written.
SUFFIXES = (".ome.tif", ".ome.tiff", ".tif", ".tiff", ".png", ".jpg", ".jpeg")

#: Longest side in pixels that is written without tiles and pyramid.
PLAIN_SIDE = 2048

#: Edge of a tile; the smallest level of a pyramid is no larger than twice this.
TILE = 512

#: Bytes from which offsets of 32 bits do not do.
BIG = 2**32 - 2**25


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
    labels: bool = False,
    compression: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write an image, a map or a stack of them.

    An OME-TIFF gets strips up to 2048 pixels a side; above, tiles and a pyramid of half sizes.
    It is written plane by plane: a lazy array is never held whole.

    Parameters
    ----------
    path : path
        The ending tells the kind: ``.ome.tif``, ``.tif`` (an OME-TIFF as well), ``.png``,
        ``.jpg``.
    array : array-like
        Integers up to 32 bits, or floating point; true and false become 1 and 0.
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
    write = _writer(target)
    pixels = _storable(array)
    _check_axes(axes, pixels.shape)
    if compression not in (None, "zlib"):
        raise ParameterError(f"There is no compression {compression!r}. There is: None, 'zlib'.")
    if write is not _write_tiff:
        with replacing(target, overwrite=overwrite) as temporary:
            temporary.write_bytes(write(target, np.asarray(pixels), axes))
        return target
    sizes = Sizes(z_step, pixel_size, unit)
    description = write_ome_xml(
        name or _stem(target),
        axes,
        pixels.shape,
        np.dtype(pixels.dtype),
        sizes=sizes,
        channel_names=channel_names,
        recipe=recipe,
    )
    with replacing(target, overwrite=overwrite) as temporary:
        _write_tiff(temporary, pixels, axes, description, sizes, labels, compression)
    return target


def read_recipe(path: str | os.PathLike[str]) -> str:
    """Read the recipe back that `write_image` put into an OME-TIFF.

    Raises
    ------
    ReadError
        The file cannot be read or holds no recipe.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            recipe = recipe_in(file.ome_metadata or "")
    except (OSError, ValueError) as error:
        raise ReadError(f"{path} could not be read: {error}.") from error
    if recipe is None:
        raise ReadError(f"{path} holds no recipe. Give a file that napari-mfif wrote.")
    return recipe


def _stem(path: Path) -> str:
    return path.name.split(".")[0] or path.name


def check_ending(path: str | os.PathLike[str], *, floats: bool = False) -> None:
    """Refuse a target whose ending stands for no format that can hold the pixels.

    Parameters
    ----------
    path : path
        The target.
    floats : bool, optional
        Whether floating-point values will be written.

    Raises
    ------
    WriteError
        The ending is unknown, or pictures of this kind hold no such values.
    """
    target = Path(path)
    if _writer(target) is not _write_tiff and floats:
        raise WriteError(
            f"{target.name} cannot hold floating-point values. Use .ome.tif, which keeps them."
        )


def _writer(path: Path) -> Callable[..., Any]:
    known: dict[str, Callable[..., Any]] = {
        ".tif": _write_tiff,
        ".tiff": _write_tiff,
        ".png": _png,
        ".jpg": _jpeg,
        ".jpeg": _jpeg,
    }
    if path.suffix.lower() in known:
        return known[path.suffix.lower()]
    raise WriteError(
        f"{path.name} cannot be written: its ending {path.suffix!r} is none of "
        f"{', '.join(SUFFIXES)}. Use .ome.tif, which keeps everything."
    )


def _storable(array: Pixels) -> Pixels:
    """Return pixels of a type that OME knows."""
    pixels = array if hasattr(array, "dtype") else np.asarray(array)
    dtype = np.dtype(pixels.dtype)
    if dtype.kind == "b":
        return np.asarray(pixels).astype(np.uint8)
    if dtype == np.float16:
        return np.asarray(pixels).astype(np.float32)
    if dtype.name not in TYPES:
        raise WriteError(
            f"Pixels of type {dtype} cannot be written. Convert them to one of {', '.join(TYPES)}."
        )
    return pixels


def _check_axes(axes: str, shape: Sequence[int]) -> None:
    ordered = "".join(letter for letter in AXES if letter in axes)
    if axes != ordered or not {"Y", "X"} <= set(axes) or len(axes) != len(shape):
        raise AxesError(
            f"axes={axes!r} does not fit an array of shape {tuple(shape)}: it needs a letter out "
            f"of {AXES} for each axis, in this order, with Y and X."
        )


def _write_tiff(
    path: Path,
    pixels: Pixels,
    axes: str,
    description: str,
    sizes: Sizes,
    labels: bool,
    compression: str | None,
) -> None:
    import tifffile

    inner = 3 if axes.endswith("S") else 2
    rows, columns = pixels.shape[axes.index("Y")], pixels.shape[axes.index("X")]
    levels = _levels(rows, columns)
    nbytes = prod(pixels.shape) * np.dtype(pixels.dtype).itemsize
    options = _tiff_options(axes, pixels, sizes, compression)
    if levels:
        options |= {"tile": (TILE, TILE)}
    with tifffile.TiffWriter(path, bigtiff=nbytes * 4 // 3 > BIG, ome=False) as file:
        for plane in _planes(pixels, len(axes) - inner):
            file.write(plane, description=description, subifds=levels, **options)
            description = ""
            for _ in range(levels):
                plane = _half(plane, labels)
                file.write(plane, subfiletype=1, **options)


def _tiff_options(
    axes: str, pixels: Pixels, sizes: Sizes, compression: str | None
) -> dict[str, Any]:
    colour = axes.endswith("S") and pixels.shape[-1] in (3, 4)
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


def _planes(pixels: Pixels, leading: int) -> Iterator[NDArray[Any]]:
    for place in np.ndindex(*pixels.shape[:leading]):
        yield np.ascontiguousarray(pixels[place] if place else np.asarray(pixels))


def _levels(rows: int, columns: int) -> int:
    """Return the number of reduced copies a plane gets."""
    longest, levels = max(rows, columns), 0
    if longest <= PLAIN_SIDE:
        return 0
    while longest > 2 * TILE:
        longest, levels = (longest + 1) // 2, levels + 1
    return levels


def _half(plane: NDArray[Any], labels: bool) -> NDArray[Any]:
    """Return every second pixel, or means of two by two where the type allows."""
    if labels or plane.dtype.name in ("int8", "int32", "uint32"):
        return np.ascontiguousarray(plane[::2, ::2])
    import cv2

    rows, columns = plane.shape[:2]
    odd = rows % 2, columns % 2
    even = cv2.copyMakeBorder(plane, 0, odd[0], 0, odd[1], cv2.BORDER_REPLICATE)
    size = ((columns + 1) // 2, (rows + 1) // 2)
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA))


def _png(path: Path, pixels: NDArray[Any], axes: str) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.png_encode(_picture(path, pixels, axes, ("uint8", "uint16"))))


def _jpeg(path: Path, pixels: NDArray[Any], axes: str) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpeg8_encode(_picture(path, pixels, axes, ("uint8",)), level=95))


def _picture(path: Path, pixels: NDArray[Any], axes: str, types: tuple[str, ...]) -> NDArray[Any]:
    """Refuse pixels that a picture file cannot hold."""
    if axes not in ("YX", "YXS"):
        raise WriteError(
            f"{path.name} cannot hold several planes, channels or timepoints (axes {axes}). "
            "Use .ome.tif."
        )
    if pixels.dtype.name not in types:
        raise WriteError(
            f"{path.name} cannot hold {pixels.dtype} pixels, only {' and '.join(types)}. "
            f"Use {'.png or ' if pixels.dtype == np.uint16 else ''}.ome.tif."
        )
    return np.ascontiguousarray(pixels)
