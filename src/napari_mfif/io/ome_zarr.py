"""Z-stacks in Zarr: plain arrays, and OME-Zarr (0.1 to 0.5) with axes, sizes and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from napari_mfif.arrays.axes import guess_axes, squeezed
from napari_mfif.arrays.lazy_array import LazyArray
from napari_mfif.arrays.stack import ZStack
from napari_mfif.arrays.views import AxisSelection, Reordered, multiscale
from napari_mfif.errors import ReadError
from napari_mfif.io import ngff
from napari_mfif.io.axes import FileAxes, name_axes
from napari_mfif.io.zarr_images import ZarrImage, facts_of, images_in
from napari_mfif.io.zarr_store import ZarrPixels, is_zarr, open_node, without_endings

__all__ = ["axes_of", "is_zarr", "open_zarr", "positions_in"]


def open_zarr(
    source: Path | str,
    *,
    axes: str | None = None,
    series: int | str | None = None,
    name: str | None = None,
) -> ZStack:
    """Open a Zarr array, an OME-Zarr image with its levels, or one of the images of a Zarr.

    Parameters
    ----------
    source : Path or str
        The folder, a ZIP archive of one, or an address.
    axes : str, optional
        A letter for each axis longer than 1; it goes before what the Zarr says.
    series : int or str, optional
        Which image, by number or name, where the Zarr holds several, or which position along an
        axis of its image; otherwise the first.
    name : str, optional
        Name of the z-stack; otherwise the folder's.

    Raises
    ------
    ReadError
        It holds no image, is damaged, or has one plane.
    AxesError
        Its axes leave a choice.
    """
    node = open_node(source)
    try:
        node, place, notes = _chosen(source, node, series)
        where = f"{place} in {source}" if place else str(source)
        levels, image, facts = _levels(where, node)
        pixels: list[LazyArray] = [
            ZarrPixels(one, f"The array {one.path or '/'} of {source}") for one in levels
        ]
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(
            f"{source} is damaged: this Zarr cannot be opened ({error}). Copy it again."
        ) from error
    pixels, at, chosen = _one_position(source, pixels, image, axes, None if place else (series,))
    letters, named, said = _named(where, levels[0], image, axes, at)
    sizes, about = ngff.image_sizes(image, letters)
    letters = _without(letters, at)
    kept = [
        axis
        for axis, (letter, length) in enumerate(zip(letters, pixels[0].shape, strict=True))
        if length > 1 or letter in "YX"
    ]
    full, *coarser = (
        one if len(kept) == one.ndim else Reordered(one, kept)
        for one in pixels
        if one.ndim == pixels[0].ndim
    )
    return ZStack.from_array(
        multiscale(full, named, coarser),
        named,
        name=name or _name(source, place),
        z_step=sizes.z_step,
        pixel_size=sizes.pixel_size,
        unit=sizes.unit,
        channel_names=ngff.channel_names(facts),
        notes=(*notes, *chosen, *said, *about),
        source=_whole(source, place),
    )


def _name(source: Path | str, place: str) -> str:
    name = source.name if isinstance(source, Path) else source.rstrip("/").rpartition("/")[2]
    name = without_endings(name)
    return f"{name} {place.replace('/', '_')}" if place else name


def _whole(source: Path | str, place: str) -> str | None:
    """Return what opens this image again; None for one of several in an archive."""
    if not place:
        return str(source)
    if isinstance(source, Path):
        return None if source.is_file() else str(source / place)
    return f"{source.rstrip('/')}/{place}"


def _chosen(source: Path | str, node: Any, series: int | str | None) -> tuple[Any, str, list[str]]:
    """Return the image that is meant, its place, and what there is to say."""
    if hasattr(node, "shape"):
        return node, "", []
    images = images_in(node)
    if not images:
        return node, "", []
    number = _number(source, images, series)
    place, _ = images[number]
    try:
        image = node[place]
    except Exception as error:
        raise ReadError(
            f"{source} is incomplete: its image {place} is missing or damaged ({error!r}). "
            "Copy it again."
        ) from error
    if len(images) == 1 or series is not None:
        return image, place, []
    named = ", ".join(f"{i} {label}" for i, (_, label) in enumerate(images[:6]))
    more = ", ..." if len(images) > 6 else ""
    note = (
        f"It holds {len(images)} images ({named}{more}), of which this is number {number}. "
        "Take another by `series=`."
    )
    return image, place, [note]


def _refuse_series(source: Path | str, series: int | str | None) -> None:
    if series not in (None, 0):
        raise ReadError(f"{source} holds one image: there is no `series={series}`.")


def _number(
    source: Path | str,
    images: Sequence[ZarrImage],
    series: int | str | None,
    kind: str = "image",
) -> int:
    if series is None:
        return 0
    for number, names in enumerate(images):
        if series == number or series in names:
            return number
    raise ReadError(
        f"{source} has no {kind} {series!r}: it holds {len(images)}, numbered from 0, named "
        f"{', '.join(label for _, label in images[:6])}{', ...' if len(images) > 6 else ''}."
    )


def _levels(where: str, node: Any) -> tuple[list[Any], Mapping[str, Any], Mapping[str, Any]]:
    """Return the arrays to read, finest first, and what OME-Zarr says about them."""
    if hasattr(node, "shape"):
        return [node], {}, {}
    facts = facts_of(node)
    images = [one for one in ngff.items(facts, "multiscales") if isinstance(one, Mapping)]
    if images and (found := ngff.datasets(images[0])):
        return _aligned(where, node, found), images[0], facts
    arrays = dict(node.arrays())
    if len(arrays) == 1:
        return [next(iter(arrays.values()))], {}, facts
    if images and arrays:  # levels that are not listed
        ordered = sorted(arrays.values(), key=lambda one: -prod(one.shape))
        return ordered[:1], images[0], facts
    groups = sorted(key for key, _ in node.groups())
    there = ", ".join([*sorted(arrays), *groups][:8]) or "nothing"
    raise ReadError(
        f"{where} is a Zarr group without an OME-Zarr image in it: it holds {there}. "
        "Open one of its arrays."
    )


def _aligned(where: str, node: Any, datasets: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the finest level, and those that lie where it lies; what is missing is left out."""
    levels: list[tuple[Any, Mapping[str, Any]]] = []
    for one in datasets:
        try:
            level = node[one["path"]]
        except Exception:
            continue
        if hasattr(level, "shape"):
            levels.append((level, one))
    if not levels or levels[0][1] is not datasets[0]:
        coarser = f" Or open its array {levels[0][1]['path']}, which is coarser." if levels else ""
        raise ReadError(
            f"{where} is incomplete: its finest level, the array {datasets[0]['path']}, is missing "
            f"or damaged. Copy it again.{coarser}"
        )
    levels.sort(key=lambda pair: -prod(pair[0].shape))
    scale, place = ngff.placed(levels[0][1])
    return [levels[0][0]] + [
        level
        for level, one in levels[1:]
        if _same_corner(scale, place, *ngff.placed(one))
        and len(level.shape) == len(levels[0][0].shape)
    ]


def _same_corner(
    scale: list[float], place: list[float], coarse: list[float], at: list[float]
) -> bool:
    """Tell whether both begin in one corner, be it by means of squares or by their first pixels."""
    return all(
        -0.5 * fine <= there - here <= max(wide - fine, 0) + 0.5 * fine
        for here, there, fine, wide in zip(place, at, scale, coarse, strict=False)
    )


def _one_position(
    source: Path | str,
    pixels: list[LazyArray],
    image: Mapping[str, Any],
    axes: str | None,
    asked: tuple[int | str | None] | None,
) -> tuple[list[LazyArray], int | None, list[str]]:
    """Return the pixels at a position where an axis counts positions, that axis, and notes.

    What is asked for is None where it chose the image already.
    """
    shape = pixels[0].shape
    at = ngff.position_axis(image, shape)
    if at is None or asked is None or (axes and len(axes) >= len(squeezed(shape))):
        if asked is not None:
            _refuse_series(source, asked[0])
        return pixels, None, []
    names = [(str(number), str(number)) for number in range(shape[at])]
    number = _number(source, names, asked[0], "position")
    found: list[LazyArray] = [
        AxisSelection(one, at, number) for one in pixels if one.ndim == pixels[0].ndim
    ]
    note = (
        f"It holds {shape[at]} positions, numbered from 0, of which this is number {number}. "
        "Take another by `series=`."
    )
    return found, at, [note] if asked[0] is None else []


def _without(letters: str, axis: int | None) -> str:
    return "".join(letter for place, letter in enumerate(letters) if place != axis)


def _named(
    where: str, array: Any, image: Mapping[str, Any], axes: str | None, at: int | None
) -> tuple[str, str, list[str]]:
    """Return a letter per axis, letters of those longer than 1, and what was decided.

    The axis of positions, where there is one, is not among the latter.
    """
    shape = tuple(array.shape)
    letters = ngff.axis_letters(image, len(shape)) or _dimension_names(array)
    if letters is None and axes is None:
        guessed = dict(zip(squeezed(shape), guess_axes(shape, array.dtype), strict=True))
        letters = "".join(guessed.get(axis, "?") for axis in range(len(shape)))
    letters = (letters or "?" * (len(shape) - 2) + "YX").replace("?", "Q")
    lengths = tuple(length for axis, length in enumerate(shape) if axis != at)
    named, notes = name_axes(FileAxes(_without(letters, at), lengths), axes, where=where)
    return letters, named, notes


def positions_in(group: Any) -> int:
    """Return how many positions the image of a Zarr counts along an axis; 0 without one."""
    try:
        levels, image, _ = _levels("", group)
        at = ngff.position_axis(image, levels[0].shape)
        return 0 if at is None else int(levels[0].shape[at])
    except Exception:  # opening it says why
        return 0


def axes_of(group: Any, place: str) -> FileAxes | None:
    """Return the axes of the finest level of an image in a Zarr; None where they are not known.

    Without a place the Zarr is the image.
    """
    try:
        levels, image, _ = _levels(place, group[place] if place else group)
        shape = tuple(levels[0].shape)
        at = None if place else ngff.position_axis(image, shape)
        letters = ngff.axis_letters(image, len(shape)) or _dimension_names(levels[0]) or "?"
        lengths = tuple(length for axis, length in enumerate(shape) if axis != at)
        return FileAxes(_without(letters, at).replace("?", "Q"), lengths)
    except Exception:  # opening it says why
        return None


def _dimension_names(array: Any) -> str | None:
    """Return the axes that the array itself names."""
    names = ngff.items(dict(array.attrs), "_ARRAY_DIMENSIONS")
    names = names or getattr(array.metadata, "dimension_names", None) or ()
    return ngff.axis_letters({"axes": list(names)}, len(array.shape)) if names else None
