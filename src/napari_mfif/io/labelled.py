"""Arrays whose axes have names, as those of xarray: it is not imported."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_mfif.arrays.axes import squeezed
from napari_mfif.arrays.stack import ZStack
from napari_mfif.io.axes import FileAxes, letter_of, name_axes

__all__ = ["is_labelled", "open_labelled"]

#: What an axis of colours is called.
COLOURS = ("s", "rgb", "rgba", "band")


def is_labelled(source: Any) -> bool:
    """Tell whether something is an array whose axes have names."""
    return all(hasattr(source, name) for name in ("dims", "coords", "data", "dtype"))


def open_labelled(source: Any, axes: str | None, name: str | None) -> ZStack:
    """Make a z-stack of an array whose axes have names.

    Raises
    ------
    AxesError
        Its names leave a choice, or it has no planes.
    """
    dims, shape = [str(dim) for dim in source.dims], tuple(source.shape)
    letters = "".join(letter_of(dim) or ("S" if dim.lower() in COLOURS else "?") for dim in dims)
    called = name or str(source.name or "stack")
    if any(letters[axis] == "?" for axis in squeezed(shape)):
        return ZStack.from_array(source.data, axes, name=called)
    named, notes = name_axes(FileAxes(letters.replace("?", "Q"), shape), axes, where=called)
    kept = [n > 1 or letter in "YX" for letter, n in zip(letters, shape, strict=True)]
    pixels = source.data[tuple(slice(None) if keep else 0 for keep in kept)]
    names = _labels(source, dims[letters.index("C")]) if "C" in letters else ()
    return ZStack.from_array(pixels, named, name=called, channel_names=names, notes=tuple(notes))


def _labels(source: Any, dim: str) -> tuple[str, ...]:
    """Return the labels along an axis, where they are texts."""
    found = np.asarray(source.coords[dim]) if dim in source.coords else np.zeros(0)
    return tuple(map(str, found)) if found.dtype.kind in "UO" else ()
