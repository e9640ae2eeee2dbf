"""The plane that napari's z slider shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.results import Results

__all__ = ["PlaneSlider"]


class PlaneSlider:
    """Reads and moves the z slider of a stack.

    Planes are counted as they were fused; where some were left out, the slider counts those too.

    Parameters
    ----------
    results : Results
        Knows the layer of the stack.
    moved : callable
        Called with the plane when somebody moves the slider.
    """

    def __init__(self, results: Results, moved: Callable[[int], object]) -> None:
        self._results, self._moved = results, moved
        self._made: Made | None = None
        results.viewer.dims.events.point.connect(self._tell)

    def close(self) -> None:
        """Let go of the viewer."""
        self._results.viewer.dims.events.point.disconnect(self._tell)

    def watch(self, made: Made | None) -> None:
        """Look at the stack of this fusion."""
        self._made = made

    def plane(self) -> int | None:
        """Return the plane that is shown; None where the stack is gone."""
        place = self._place()
        if place is None or self._made is None:
            return None
        layer, axis = place
        point = self._results.viewer.dims.point[-layer.ndim :]
        return self.nearest(round(float(layer.world_to_data(point)[axis])))

    def nearest(self, number: int) -> int:
        """Return the plane that was fused and is nearest to one on the slider."""
        assert self._made is not None
        stack = self._made.fusion.stack
        return min(range(stack.n_planes), key=lambda z: abs(stack.plane_number(z) - number))

    def go_to(self, plane: int) -> None:
        """Show a plane."""
        place = self._place()
        if place is None or self._made is None:
            return
        layer, axis = place
        dims = self._results.viewer.dims
        data = list(layer.world_to_data(dims.point[-layer.ndim :]))
        data[axis] = self._made.fusion.stack.plane_number(plane)
        offset = dims.ndim - layer.ndim
        dims.set_point(axis + offset, float(layer.data_to_world(data)[axis]))

    def _place(self) -> tuple[Any, int] | None:
        if self._made is None:
            return None
        layer = self._results.source_layer(self._made)
        axis = self._made.look.placement.letters.find("Z")
        return None if layer is None or axis < 0 else (layer, axis)

    def _tell(self, event: Any = None) -> None:
        plane = self.plane()
        if plane is not None:
            self._moved(plane)
