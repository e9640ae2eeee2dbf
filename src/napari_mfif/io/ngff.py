"""What OME-Zarr says of an image, versions 0.1 to 0.5, whatever shape its metadata are in.

Specification: https://ngff.openmicroscopy.org/specifications/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from napari_mfif.io.axes import letter_of
from napari_mfif.io.sizes import NO_SIZES, Sizes, plain_unit, sizes_of

__all__ = [
    "axis_letters", "channel_names", "datasets", "entry", "image_sizes", "items", "placed",
    "position_axis",
]  # fmt: skip

#: The axes of versions that do not name them.
UNNAMED = "TCZYX"
#: What an axis is called along which images lie that have nothing to do with each other.
POSITIONS = ("p", "pos", "position", "positions", "field", "fov", "scene", "series", "site", "well")


def entry(holder: Any, name: str) -> Mapping[str, Any]:
    """Return a mapping in a mapping; an empty one where there is none."""
    found = holder.get(name) if isinstance(holder, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def items(holder: Any, name: str) -> Sequence[Any]:
    """Return a list in a mapping; an empty one where there is none."""
    found = holder.get(name) if isinstance(holder, Mapping) else None
    return found if isinstance(found, (list, tuple)) else ()


def datasets(image: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the levels that an entry of ``multiscales`` names."""
    return [
        one
        for one in items(image, "datasets")
        if isinstance(one, Mapping) and isinstance(one.get("path"), str)
    ]


def axis_letters(image: Mapping[str, Any], n_axes: int) -> str | None:
    """Return a letter per axis, ``?`` for an unknown one; None where nothing is said."""
    axes = items(image, "axes")
    if not axes:
        # versions 0.1 and 0.2 have these five axes, always
        return UNNAMED if n_axes == len(UNNAMED) and "datasets" in image else None
    if len(axes) != n_axes:
        return None
    names = [one.get("name") if isinstance(one, Mapping) else one for one in axes]
    letters = [letter_of(name) if isinstance(name, str) else None for name in names]
    if not any(letters):
        letters = _by_kind([one.get("type") if isinstance(one, Mapping) else None for one in axes])
    found = "".join(letter or "?" for letter in letters)
    known = found.replace("?", "")
    return found if len(set(known)) == len(known) else None


def position_axis(image: Mapping[str, Any], shape: Sequence[int]) -> int | None:
    """Return the axis of positions of an image, where it has planes and more than one position."""
    letters = axis_letters(image, len(shape))
    if letters is None or not {"Z", "?"} <= set(letters):
        return None
    names = [one.get("name") if isinstance(one, Mapping) else one for one in items(image, "axes")]
    found = [
        axis
        for axis, (name, length) in enumerate(zip(names, shape, strict=True))
        if letters[axis] == "?" and length > 1 and str(name).strip().lower() in POSITIONS
    ]
    return found[0] if len(found) == 1 else None


def _by_kind(kinds: Sequence[Any]) -> list[str | None]:
    space = iter("ZYX"[-kinds.count("space") :] if 2 <= kinds.count("space") <= 3 else "")
    letters = {"time": "T", "channel": "C"}
    return [next(space, None) if kind == "space" else letters.get(str(kind)) for kind in kinds]


def _changes(holder: Any) -> Iterator[tuple[str, list[float]]]:
    for change in items(holder, "coordinateTransformations"):
        kind = change.get("type") if isinstance(change, Mapping) else None
        if kind not in ("scale", "translation"):
            continue
        values = [_number(value) for value in items(change, kind)]
        known = [value for value in values if value is not None]
        if known and len(known) == len(values):
            yield kind, known


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def placed(dataset: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Return the scale and the translation of a level; nothing where it has none."""
    found = dict(_changes(dataset))
    scale = found.get("scale", [])
    return scale, found.get("translation", [0.0] * len(scale))


def image_sizes(image: Mapping[str, Any], letters: str) -> tuple[Sizes, list[str]]:
    """Return the physical sizes of the finest level, and what there is to say about them."""
    axes, levels = items(image, "axes"), datasets(image)
    if len(axes) != len(letters) or not levels:
        return NO_SIZES, []
    factors, notes = [1.0] * len(letters), []
    for holder in (levels[0], image):
        for kind, values in _changes(holder):
            if kind != "scale":
                continue
            if len(values) != len(letters):
                notes.append(
                    f"The scale in its metadata has {len(values)} numbers for {len(letters)} "
                    "axes, and is not used."
                )
                continue
            factors = [a * b for a, b in zip(factors, values, strict=True)]
    units = [plain_unit(one.get("unit")) if isinstance(one, Mapping) else None for one in axes]
    known = {
        letter: (factor, unit) for letter, factor, unit in zip(letters, factors, units, strict=True)
    }
    lengths = [known.get(letter, (None, None)) for letter in "ZYX"]
    if not any(unit for _, unit in lengths):
        if all(value in (1.0, None) for value, _ in lengths):
            return NO_SIZES, notes
        notes.append("The sizes in its metadata have no unit.")
    return sizes_of(*lengths), notes


def channel_names(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the labels of the channels; none where no channel has one."""
    channels = items(entry(facts, "omero"), "channels")
    labels = [one.get("label") if isinstance(one, Mapping) else None for one in channels]
    return tuple(str(label or "") for label in labels) if any(labels) else ()
