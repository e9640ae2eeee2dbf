"""The plane on the z slider as alignment moved it, shown over the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from qtpy.QtCore import QObject

from napari_mfif.fusion.layers import layer_name
from napari_mfif.fusion.planes_at_hand import PlanesAtHand
from napari_mfif.methods.base import Region
from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.layers.geometry import Placed
from napari_mfif.plugin.layers.locking import lock
from napari_mfif.plugin.layers.metadata import KEY, Made, Result
from napari_mfif.plugin.layers.multiscale import levels_of
from napari_mfif.plugin.layers.showing import images_of
from napari_mfif.plugin.results import Results

__all__ = ["MovedPlane"]

#: What its layers show, followed by the number of the channel.
ROLE = "aligned plane"


class MovedPlane(QObject):
    """Layers of one aligned plane, one per channel, over the result and with its contrast.

    They show the very pixels that a stroke puts in. Planes are read and moved in a thread; of those
    that are wished for in the meantime the last one counts.

    Parameters
    ----------
    results : Results
        Knows the layers of the result.
    made : Made
        The result.
    planes : PlanesAtHand
        What strokes take from.
    shown : callable
        Called when the plane that is wished for is there.
    failed : callable
        Called with why it cannot be shown.
    """

    def __init__(
        self,
        results: Results,
        made: Made,
        planes: PlanesAtHand,
        shown: Callable[[], object],
        failed: Callable[[str], object],
    ) -> None:
        super().__init__()
        self._viewer, self._made, self._planes = results.viewer, made, planes
        self._shown = shown
        self._layers: list[Any] = []
        self._work = Latest(self._read, self._draw, failed, self, between=True)

    @property
    def _colour(self) -> bool:
        return self._made.fusion.stack.n_samples > 1

    def add_layers(self) -> None:
        """Add the layers, which show nothing yet."""
        stack, layers = self._made.fusion.stack, self._viewer.layers
        bands = stack.n_channels * stack.n_samples
        nothing = np.broadcast_to(stack.dtype.type(0), (*stack.plane_shape, bands))
        images = images_of(self._viewer, self._made.source)
        above = max((layers.index(one) + 1 for one in images), default=0)
        for channel, placed in enumerate(self._placed(nothing)):
            layer = self._made_layer(channel, placed)
            layers.insert(above + channel, layer)
            self._layers.append(layer)

    def _made_layer(self, channel: int, placed: Placed) -> Any:
        made = self._made
        data = levels_of(placed.data, colour=self._colour)
        name = made.look.channels[channel] if made.look.channels else ""
        layer = Image(
            data,
            name=layer_name("aligned plane", f"{made.look.name} {name}".rstrip()),
            rgb=self._colour,
            multiscale=isinstance(data, list),
            visible=False,
            blending="additive" if channel else "translucent_no_depth",
            metadata={
                KEY: Result(f"{ROLE}{channel}", made.source, made.fusion.recipe.to_json(), made)
            },
            **placed.options,
        )
        if not self._colour:
            layer.colormap = made.look.colormaps[channel]
            layer.contrast_limits = made.look.limits[channel]
        lock(layer)
        return layer

    def show(self, time: int, plane: int) -> None:
        """Show a plane as soon as it is there."""
        self._work.ask(time, plane)

    def hide(self) -> None:
        """Show nothing."""
        self._work.stop()
        for layer in self._there():
            layer.visible = False

    def close(self) -> None:
        """Take the layers away."""
        self._work.stop()
        for layer in self._there():
            self._viewer.layers.remove(layer)
        self._layers.clear()

    def _there(self) -> list[Any]:
        return [layer for layer in self._layers if layer in self._viewer.layers]

    def _read(self, time: int, plane: int) -> list[Any]:
        """Read and move a plane; return what each layer shows."""
        whole = Region.whole(self._made.fusion.stack.plane_shape)
        part, _ = self._planes.part(time, plane, whole)
        return [levels_of(one.data, colour=self._colour) for one in self._placed(part.pixels)]

    def _placed(self, pixels: NDArray[Any]) -> list[Placed]:
        """Bring a plane, (Y, X, K), into the axes of the viewer, channel by channel."""
        fusion, placement = self._made.fusion, self._made.look.placement
        origin = fusion.origin if fusion.recipe.crop else None
        count = fusion.stack.n_samples
        channels = (
            pixels[..., c * count : (c + 1) * count] for c in range(fusion.stack.n_channels)
        )
        return [
            placement.fit(
                one if self._colour else one[..., 0], "YX", colour=self._colour, origin=origin
            )
            for one in channels
        ]

    def _draw(self, shown: list[Any]) -> None:
        images = images_of(self._viewer, self._made.source)
        for channel, (layer, data) in enumerate(zip(self._layers, shown, strict=False)):
            if layer not in self._viewer.layers:
                continue
            layer.data = data
            if channel < len(images) and not self._colour:
                for name in ("colormap", "contrast_limits", "gamma"):
                    setattr(layer, name, getattr(images[channel], name))
            layer.visible = True
        self._shown()
