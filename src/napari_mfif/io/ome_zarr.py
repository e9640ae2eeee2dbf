"""Z-stacks in Zarr: plain arrays, and OME-Zarr (0.4 and 0.5) with axes and sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_mfif.arrays.stack import ZStack, guess_axes
from napari_mfif.arrays.views import Pixels, Reordered, multiscale
from napari_mfif.errors import ReadError
from napari_mfif.io.axes import FileAxes, name_axes
from napari_mfif.io.sizes import NO_SIZES, Sizes, plain_unit, sizes_of

__all__ = ["is_zarr", "open_zarr"]

UNITS = {"micrometer": "um", "nanometer": "nm", "millimeter": "mm", "meter": "m"}


def is_zarr(folder: Path) -> bool:
    """Tell whether a folder is a Zarr array or group."""
    return any((folder / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))


def open_zarr(
    path: Path, *, axes: str | None = None, series: int | None = None, name: str | None = None
) -> ZStack:
    """Open a Zarr array, an OME-Zarr image with its levels, or a group of one array.

    Parameters
    ----------
    path : Path
        The folder.
    axes : str, optional
        A letter for each axis longer than 1; it goes before what the Zarr says.
    series : int, optional
        Which image, where the Zarr holds several under numbers.
    name : str, optional
        Name of the z-stack; otherwise the folder's.

    Raises
    ------
    ReadError
        It holds no image, is damaged, or has one plane.
    AxesError
        Its axes leave a choice.
    """
    import zarr

    try:
        node = zarr.open(str(path), mode="r")
        array, image, coarser = _image(path, node, series)
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(
            f"{path} is damaged: this Zarr cannot be opened ({error}). Copy it again."
        ) from error
    letters = _letters(array, image) or axes or guess_axes(array.shape, array.dtype)
    if len(letters) != len(array.shape):
        letters = "Q" * (len(array.shape) - 2) + "YX"
    found = FileAxes(letters.upper(), tuple(array.shape))
    named, notes = name_axes(found, axes, where=str(path))
    kept = [
        axis
        for axis, (letter, length) in enumerate(zip(found.letters, found.lengths, strict=True))
        if length > 1 or letter in "YX"
    ]
    sizes, channels = _facts(image)
    full, *levels = (
        one if len(kept) == len(one.shape) else Reordered(one, kept)
        for one in (array, *(one for one in coarser if len(one.shape) == len(array.shape)))
    )
    return ZStack.from_array(
        multiscale(full, named, levels),
        named,
        name=name or path.name.removesuffix(".zarr").removesuffix(".ome"),
        z_step=sizes.z_step,
        pixel_size=sizes.pixel_size,
        unit=sizes.unit,
        channel_names=channels,
        notes=tuple(notes),
        source=str(path),
    )


def _image(
    path: Path, node: Any, series: int | None
) -> tuple[Any, Mapping[str, Any], list[Pixels]]:
    """Return the array to read, what OME-Zarr says about it, and its coarser copies."""
    if hasattr(node, "shape"):
        return node, {}, []
    facts = dict(node.attrs)
    facts = facts.get("ome", facts)
    if facts.get("multiscales"):
        datasets = facts["multiscales"][0]["datasets"]
        return node[datasets[0]["path"]], facts, _coarser(node, datasets)
    arrays = dict(node.arrays())
    if len(arrays) == 1:
        return next(iter(arrays.values())), {}, []
    wanted = str(series or 0)
    groups = sorted(key for key, _ in node.groups())
    if not arrays and wanted in groups:
        return _image(path, node[wanted], None)
    there = ", ".join([*sorted(arrays), *groups][:8]) or "nothing"
    raise ReadError(
        f"{path} is a Zarr group without an OME-Zarr image in it: it holds {there}. "
        "Open one of its arrays."
    )


def _coarser(node: Any, datasets: Sequence[Mapping[str, Any]]) -> list[Pixels]:
    """Return the copies that lie where the finest level lies; a level that is not there is none."""
    scale, place = _placed(datasets[0])
    found: list[Pixels] = []
    for one in datasets[1:]:
        coarse, at = _placed(one)
        try:
            level = node[one["path"]]
        except Exception:
            continue
        # the corner of both is the same, whether squares were averaged or their first pixel taken
        inside = all(
            -0.5 * fine <= there - here <= max(wide - fine, 0) + 0.5 * fine
            for here, there, fine, wide in zip(place, at, scale, coarse, strict=False)
        )
        if inside and hasattr(level, "shape"):
            found.append(level)
    return found


def _placed(dataset: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Return the scale and the translation of a level; nothing where it has none."""
    changes = {one.get("type"): one for one in dataset.get("coordinateTransformations", ())}
    scale, place = (changes.get(kind, {}).get(kind) for kind in ("scale", "translation"))
    scale = list(map(float, scale)) if isinstance(scale, list | tuple) else []
    return scale, list(map(float, place)) if isinstance(place, list | tuple) else [0.0] * len(scale)


def _letters(array: Any, image: Mapping[str, Any]) -> str | None:
    """Return the axes that the Zarr names."""
    names: Sequence[Any] = [
        axis["name"] if isinstance(axis, Mapping) else axis
        for axis in (image.get("multiscales") or [{}])[0].get("axes", ())
    ]
    if not names:
        names = array.attrs.get("_ARRAY_DIMENSIONS") or ()
    if not names:
        names = getattr(array.metadata, "dimension_names", None) or ()
    letters = "".join(str(name)[:1].upper() if name else "Q" for name in names)
    return letters or None


def _facts(image: Mapping[str, Any]) -> tuple[Sizes, tuple[str, ...]]:
    """Return the physical sizes and the channels' names that OME-Zarr gives."""
    labels = [channel.get("label", "") for channel in image.get("omero", {}).get("channels", ())]
    names = tuple(map(str, labels)) if any(labels) else ()
    scales = (image.get("multiscales") or [{}])[0]
    axes = scales.get("axes", ())
    if not axes or not all(isinstance(axis, Mapping) for axis in axes):
        return NO_SIZES, names
    factors = [1.0] * len(axes)
    for holder in (scales["datasets"][0], scales):
        for change in holder.get("coordinateTransformations", ()):
            if change.get("type") == "scale" and isinstance(change.get("scale"), (list, tuple)):
                factors = [a * float(b) for a, b in zip(factors, change["scale"], strict=True)]
    lengths = {
        axis["name"]: (factor if axis.get("unit") else None, plain_unit(axis.get("unit")))
        for axis, factor in zip(axes, factors, strict=True)
    }
    none = (None, None)
    return sizes_of(*(lengths.get(letter, none) for letter in "zyx")), names
