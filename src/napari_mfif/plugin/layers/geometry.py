"""Where results lie: on the layer they come from, whatever its axes, scale and units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Image

__all__ = ["Placed", "Placement", "place_on"]


@dataclass(frozen=True)
class Placed:
    """An array in the axes of the viewer, and the options of the layer that shows it."""

    data: Any
    options: dict[str, Any]


@dataclass(frozen=True)
class Placement:
    """The geometry of a source layer, kept while it may already be gone.

    Parameters
    ----------
    letters : str
        Its axes, a letter each, without colour.
    lengths, scale, translate : tuple of float
        Per axis.
    units, labels : tuple
        Per axis.
    """

    letters: str
    lengths: tuple[int, ...]
    scale: tuple[float, ...]
    translate: tuple[float, ...]
    units: tuple[Any, ...]
    labels: tuple[str, ...]

    def fit(
        self,
        array: Any,
        axes: str,
        *,
        colour: bool = False,
        origin: tuple[int, int] | None = None,
    ) -> Placed:
        """Bring an array onto the source.

        napari aligns layers by their last axes. So an axis of the source that the array does not
        have, but which lies behind one that it has, becomes one thick voxel along that axis.

        Parameters
        ----------
        array : array-like
            The data.
        axes : str
            Its axes, a letter each, without colour.
        colour : bool, optional
            Whether one more axis of colour samples follows.
        origin : (int, int), optional
            Row and column of the source where the array begins, if it was cropped. Otherwise it
            covers the whole source.
        """
        begins = dict(zip("YX", origin, strict=True)) if origin else {}
        first = min(self.letters.index(letter) for letter in axes)
        target = self.letters[first:]
        order = [axes.index(letter) for letter in target if letter in axes]
        array = array.transpose((*order, len(axes)) if colour else order)
        array = array[tuple(slice(None) if letter in axes else None for letter in target)]
        scale, translate = [], []
        for i, letter in enumerate(target, start=first):
            thick = 1.0 if letter in axes else float(self.lengths[i])
            if letter in "YX" and not begins:  # maps may be smaller than the planes
                thick = self.lengths[i] / array.shape[i - first]
            place = begins.get(letter, (thick - 1) / 2)
            scale.append(self.scale[i] * thick)
            translate.append(self.translate[i] + self.scale[i] * place)
        options = {
            "scale": scale,
            "translate": translate,
            "units": self.units[first:],
            "axis_labels": self.labels[first:],
        }
        return Placed(array, options)


def place_on(layer: Image, letters: str) -> Placement:
    """Note the geometry of a layer whose axes, without colour, are these letters."""
    shape = (layer.data[0] if layer.multiscale else layer.data).shape[: layer.ndim]
    return Placement(
        letters,
        tuple(int(n) for n in shape),
        tuple(map(float, layer.scale)),
        tuple(map(float, np.broadcast_to(layer.translate, layer.ndim))),
        tuple(layer.units),
        tuple(layer.axis_labels),
    )
