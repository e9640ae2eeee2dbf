"""The maps that papers print beside a fused image: focus maps and difference maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.errors import ParameterError
from napari_mfif.methods import registry
from napari_mfif.methods.base import Region

if TYPE_CHECKING:
    import dask.array

    from napari_mfif.fusion.result import Fusion

__all__ = ["difference", "differences", "focus_map", "refuse_focus_map"]


def focus_map(self: Fusion) -> Any:
    """How much of the second of two planes a network takes, (Y, X) or (T, Y, X), 0 to 1.

    Before verification: the decision is what that leaves of it. Of a lazy result a dask array.
    """
    if self._fold is None:
        raise ParameterError("This fusion was made from a given decision: it has no focus map.")
    refuse_focus_map(self.stack, self.recipe.method)
    times = range(self.stack.n_times)
    if self._folded:
        maps: list[Any] = [one.answer.weight for one in self._folded]
        made: Any = np.stack(maps) if "T" in self.stack.axes else maps[0]
        return made
    import dask
    import dask.array as da

    parts = [
        da.from_delayed(dask.delayed(_weight)(self._fold, t), self.stack.plane_shape, np.float32)
        for t in times
    ]
    return da.stack(parts) if "T" in self.stack.axes else parts[0]


def refuse_focus_map(stack: ZStack, method: str) -> None:
    """Refuse to make a focus map where there is none.

    Raises
    ------
    ParameterError
        There are not two planes, or the method takes one or the other and nothing between.
    """
    if not registry.get(method).neural:
        raise ParameterError(
            f"{method} has no focus map: it takes one plane or the other, as the decision tells. "
            'The networks have one, `method="cnn"` among them.'
        )
    if stack.n_planes != 2:
        raise ParameterError(
            f"A focus map compares two planes, and {stack.name} has {stack.n_planes}: the scores "
            "tell how sharp each one is."
        )


def difference(self: Fusion, z: int) -> dask.array.Array:
    """Return how far the image is from a plane, |plane - image|, as the image, lazily.

    It is dark where the plane was taken. Papers print it scaled to its own range, or in false
    colours.

    Parameters
    ----------
    z : int
        The plane, from 0.
    """
    if not 0 <= z < self.stack.n_planes:
        raise ParameterError(
            f"There is no plane {z}: {self.stack.name} has planes 0 to {self.stack.n_planes - 1}."
        )
    index = [z if letter == "Z" else slice(None) for letter in self.stack.axes]
    made: dask.array.Array = differences(self)[tuple(index)]
    return made


def differences(self: Fusion) -> dask.array.Array:
    """`difference` of all planes, in the axes of the stack."""
    import dask.array as da

    image = da.expand_dims(da.asarray(self.image), self.stack.axes.index("Z"))
    dtype = np.result_type(self.stack.dtype, np.float32)
    apart: dask.array.Array = abs(self.stack.dask().astype(dtype) - image.astype(dtype))
    return apart


def _weight(fold: LazyFold, t: int) -> Any:
    """Return the focus map of a timepoint, whose planes are folded as a whole."""
    return fold.fold_region(t, Region.whole(fold.stack.plane_shape)).answer.weight
