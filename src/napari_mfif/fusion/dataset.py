"""A fusion as a dataset of xarray, with coordinates in units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.heights import height_note, map_of

if TYPE_CHECKING:
    from xarray import Dataset

    from napari_mfif.fusion.result import Fusion

__all__ = ["to_xarray"]

#: The names that axes have in a dataset.
DIMENSIONS = {"T": "time", "C": "channel", "Y": "y", "X": "x", "S": "sample"}


def to_xarray(self: Fusion) -> Dataset:
    """Return ``image``, ``height``, ``depth``, ``decision`` and ``confidence`` as a dataset.

    Coordinates ``y`` and ``x`` are the centres of the pixels in the stack's unit, from the first
    pixel of the planes as they were given; channels have their names. The recipe is an attribute.
    Arrays of a lazy result stay lazy.

    Raises
    ------
    ParameterError
        Xarray is not installed.
    """
    try:
        import xarray
    except ImportError as error:
        raise ParameterError(
            "A dataset needs xarray: pip install 'napari-mfif[xarray]'."
        ) from error
    stack = self.stack
    axes = stack.axes.replace("Z", "")
    over = [DIMENSIONS[letter] for letter in axes if letter in "TYX"]
    height = height_note(self.recipe, self.unit)
    depth, decision = (map_of(self, name) for name in ("depth", "decision"))
    maps = {
        "height": (over, self.height_where(), {"units": self.unit, "long_name": height}),
        "depth": (
            over,
            depth,
            {"units": "planes", "long_name": "plane, with fractions"},
        ),
        "decision": (
            over,
            decision,
            {"units": "planes", "long_name": "plane taken"},
        ),
        "confidence": (over, self.confidence, {"units": "1", "long_name": "probability"}),
    }
    image = ([DIMENSIONS[letter] for letter in axes], self.image, {"long_name": "in focus"})
    told = {"recipe": self.recipe.to_json(), "stack": stack.describe(), "name": stack.name}
    return xarray.Dataset({"image": image, **maps}, _coordinates(self), told)


def _coordinates(fusion: Fusion) -> dict[str, Any]:
    stack = fusion.stack
    coordinates: dict[str, Any] = {}
    unit = (stack.unit or "units") if stack.pixel_size else "pixels"
    for name, first, count, size in zip(
        "yx", fusion.origin, stack.plane_shape, stack.pixel_size or (1.0, 1.0), strict=True
    ):
        coordinates[name] = (name, (first + np.arange(count)) * size, {"units": unit})
    if "C" in stack.axes and stack.channel_names:
        coordinates["channel"] = list(stack.channel_names)
    return coordinates
