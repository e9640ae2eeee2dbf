"""Writer: layers as OME-TIFF with their sizes, units, and the recipe that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from napari_mfif.fusion.heights import height_note
from napari_mfif.io.sizes import plain_unit
from napari_mfif.plugin.layers.metadata import KEY, Result

__all__ = ["write_image_layer", "write_labels_layer"]


def write_image_layer(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write one image layer.

    Parameters
    ----------
    path : str
        Where to, ending in ``.ome.tif``; an existing file was agreed to be replaced.
    data : array
        The layer's data, lazy or not; written plane by plane.
    attributes : mapping
        What napari knows of the layer.

    Returns
    -------
    list of str
        The file.

    Raises
    ------
    MfifError
        In a sentence, when it cannot be written.
    """
    return _write(path, data, attributes, labels=False)


def write_labels_layer(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write one labels layer; see `write_image_layer`."""
    return _write(path, data, attributes, labels=True)


def _write(path: str, data: Any, attributes: Mapping[str, Any], *, labels: bool) -> list[str]:
    from napari_mfif.io import write_image

    data = data[0] if isinstance(data, Sequence) else data  # levels of one layer
    data = getattr(data, "exact", data)  # of a large layer what it is read from
    colour = bool(attributes.get("rgb"))
    ndim = np.ndim(data) - colour
    axes = "TCZYX"[-ndim:] if ndim != 4 else "TZYX"
    scale = dict(zip(axes, attributes.get("scale", (1.0,) * ndim), strict=True))
    units = attributes.get("units") or ("pixel",)
    unit = plain_unit(str(units[-1]))
    note = attributes.get("metadata", {}).get(KEY)
    written = write_image(
        path,
        data,
        axes=axes + ("S" if colour else ""),
        pixel_size=(float(scale["Y"]), float(scale["X"])) if unit else None,
        z_step=float(scale["Z"]) if unit and "Z" in scale else None,
        unit=unit,
        recipe=note.recipe if isinstance(note, Result) else None,
        note=_said(note),
        labels=labels,
        overwrite=True,
    )
    return [str(written)]


def _said(note: Any) -> str:
    """Say what a map of heights holds, and how planes are labelled; other layers need no words."""
    if not isinstance(note, Result) or note.made is None:
        return ""
    if note.role == "plane taken":
        return "Plane k, counted from 0 as by the z slider, is label k + 1."
    if note.role != "height":
        return ""
    return height_note(note.made.fusion.recipe, note.made.fusion.unit)
