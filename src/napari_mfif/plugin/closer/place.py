"""Where the pixels and planes of a fusion lie in the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.fusion.api import Fusion
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.results import Results

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = [
    "Pixel",
    "flat_options",
    "pixel_at",
    "plane_shown",
    "rows_and_columns",
    "show_plane",
    "slider_in_words",
    "time_shown",
]

#: Timepoint, row and column.
Pixel = tuple[int, int, int]

#: What shows a fusion's pixels, the first that is still there.
ROLES = ("height", "image0", "confidence", "plane taken")


def pixel_at(results: Results, made: Made, position: Sequence[float]) -> Pixel | None:
    """Return the pixel of a fusion that lies at a place of the viewer, if one does."""
    layers = (results.layer(made, role) for role in ROLES)
    layer = next((one for one in layers if one is not None), None)
    if layer is None:
        return None
    letters = made.look.placement.letters[-layer.ndim :]
    found = dict(zip(letters, np.round(layer.world_to_data(position)).astype(int), strict=True))
    t, y, x = found.get("T", 0), found["Y"], found["X"]
    rows, columns = made.fusion.stack.plane_shape
    inside = 0 <= t < made.fusion.stack.n_times and 0 <= y < rows and 0 <= x < columns
    return (int(t), int(y), int(x)) if inside else None


def time_shown(viewer: ViewerModel, made: Made) -> int:
    """Return the timepoint that the slider shows."""
    letters = made.look.placement.letters
    axis = letters.index("T") - len(letters) if "T" in letters else 0
    if "T" not in made.fusion.stack.axes or -axis > viewer.dims.ndim:
        return 0
    step, first = _steps(made, axis)
    time = round(float((viewer.dims.point[axis] - first) / step))
    return min(max(time, 0), made.fusion.stack.n_times - 1)


def plane_shown(viewer: ViewerModel, made: Made) -> float | None:
    """Return the plane that the z slider shows, counted as it does, if there is one."""
    axis = _z(made)
    if -axis > viewer.dims.ndim:
        return None
    step, first = _steps(made, axis)
    return float((viewer.dims.point[axis] - first) / step)


def slider_in_words(fusion: Fusion, plane: int) -> str:
    """Say which plane the z slider shows, which counts lengths as soon as sizes are known."""
    stack = fusion.stack
    first, last = stack.plane_number(0), stack.plane_number(stack.n_planes - 1)
    return f"On the z slider: plane {plane} of {first}-{last}."


def show_plane(viewer: ViewerModel, made: Made, plane: int) -> None:
    """Move the z slider to a plane of the stack that was fused."""
    axis = _z(made)
    if -axis <= viewer.dims.ndim:
        step, first = _steps(made, axis)
        number = made.fusion.stack.plane_number(plane)
        viewer.dims.set_point(viewer.dims.ndim + axis, first + step * number)


def _steps(made: Made, axis: int) -> tuple[float, float]:
    """Return the distance of planes or timepoints along a slider, and where the first one lies."""
    place = made.look.placement
    step, first = place.scale[axis] or 1.0, place.translate[axis]
    if place.affine is not None:
        along = place.affine[axis - 1]
        return step * (along[axis - 1] or 1.0), first * along[axis - 1] + along[-1]
    return step, first


def _z(made: Made) -> int:
    """Return the axis of the planes, counted from the last one."""
    letters = made.look.placement.letters
    return letters.index("Z") - len(letters)


def flat_options(made: Made) -> tuple[dict[str, Any], str]:
    """Return how a layer lies on the image, and the letters of its axes."""
    fusion, placement = made.fusion, made.look.placement
    origin = fusion.origin if fusion.recipe.crop else None
    flat = np.broadcast_to(np.float32(0), fusion.stack.plane_shape)
    options = placement.fit(flat, "YX", origin=origin).options
    return options, placement.letters[-len(options["scale"]) :]


def rows_and_columns(points: Any, letters: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return row and column of points in a layer whose axes are these."""
    return np.asarray(points, float)[:, [letters.index("Y"), letters.index("X")]]
