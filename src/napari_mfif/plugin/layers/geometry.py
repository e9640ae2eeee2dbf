"""Where results lie: on the layer they come from, whatever its axes, scale and units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

__all__ = ["Placed", "Placement", "place_on"]

#: What is less than this in a matrix is nothing but rounding.
TINY = 1e-9


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
    affine : tuple of tuple of float, optional
        What is done with its axes and one more after scale and translation: rotation, shear, and
        an affine transform; None where there is none.
    """

    letters: str
    lengths: tuple[int, ...]
    scale: tuple[float, ...]
    translate: tuple[float, ...]
    units: tuple[Any, ...]
    labels: tuple[str, ...]
    affine: tuple[tuple[float, ...], ...] | None = None

    def part(self, rows: slice, columns: slice) -> Placement:
        """Return the geometry of a rectangle of the source."""
        lengths, translate = list(self.lengths), list(self.translate)
        for letter, span in (("Y", rows), ("X", columns)):
            axis = self.letters.index(letter)
            taken = range(lengths[axis])[span]
            lengths[axis] = len(taken)
            translate[axis] += self.scale[axis] * taken.start
        return replace(self, lengths=tuple(lengths), translate=tuple(translate))

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
        first = self._joined(min(self.letters.index(letter) for letter in axes))
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
            "affine": np.eye(len(target) + 1),
        }
        if self.affine is not None:
            options["affine"] = np.asarray(self.affine)[first:, first:]
        return Placed(array, options)

    def _joined(self, first: int) -> int:
        """Return the first axis that is needed: a rotation may join axes with those before."""
        if self.affine is None:
            return first
        matrix = np.asarray(self.affine)[:-1, :-1]
        while first > 0 and (
            np.abs(matrix[first:, :first]).max() > TINY
            or np.abs(matrix[:first, first:]).max() > TINY
        ):
            first -= 1
        return first


def place_on(layer: Image, letters: str) -> Placement:
    """Note the geometry of a layer whose axes, without colour, are these letters."""
    shape = (layer.data[0] if layer.multiscale else layer.data).shape[: layer.ndim]
    scale = np.asarray(layer.scale, float)
    translate = np.broadcast_to(layer.translate, layer.ndim).astype(float)
    return Placement(
        letters,
        tuple(int(n) for n in shape),
        tuple(map(float, scale)),
        tuple(map(float, translate)),
        tuple(layer.units),
        tuple(layer.axis_labels),
        _beyond(layer, scale, translate),
    )


def _beyond(
    layer: Image, scale: NDArray[Any], translate: NDArray[Any]
) -> tuple[tuple[float, ...], ...] | None:
    """Return what a layer does besides scaling and moving, as a matrix."""
    origin = np.asarray(layer.data_to_world(np.zeros(layer.ndim)))
    ends = np.asarray([layer.data_to_world(unit) for unit in np.eye(layer.ndim)])
    matrix = np.eye(layer.ndim + 1)
    matrix[:-1, :-1] = (ends - origin).T / scale
    matrix[:-1, -1] = origin - matrix[:-1, :-1] @ translate
    if np.abs(matrix - np.eye(layer.ndim + 1)).max() < TINY:
        return None
    return tuple(tuple(map(float, row)) for row in matrix)
