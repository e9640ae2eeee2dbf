"""The layer of a difference, which says so when what was subtracted has been made anew since."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject

from napari_mfif.plugin.comparing.difference import Difference
from napari_mfif.plugin.comparing.sides import Side, all_sides
from napari_mfif.plugin.layers.metadata import KEPT, KEY, LIES_ON, Result, result
from napari_mfif.plugin.per_viewer import OnePerViewer
from napari_mfif.plugin.results import results_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["EARLIER", "ROLE", "ROUND", "differences_of"]

#: What a layer of a difference shows, in its note.
ROLE = "difference"
#: What its name ends with when what was subtracted has been made anew since.
EARLIER = " (earlier result)"
#: Under this key its metadata hold the states of what was subtracted.
STATES = "napari_mfif_subtracted"
#: Under this key they hold what marks it, which so lives as long as the layer.
MARKED_BY = "napari_mfif_differences"
#: Ends of a symmetric colour bar at which, or near which, there is a number.
ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 10)
#: Blue where the first is lower, red where it is higher, grey between.
COLOURS = "coolwarm"


class Differences(QObject):
    """Shows differences in a viewer, and marks those whose results are no longer the same.

    Get the one of a viewer by `differences_of`.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.viewer = viewer
        self._results = results_of(viewer)
        self._results.changed.connect(self._mark)

    def show(
        self, made: Difference, over: Any, sides: Sequence[Side], title: str, name: str
    ) -> Any:
        """Add the layer of a difference above all others, or update it.

        Parameters
        ----------
        made : Difference
            With values.
        over : Layer
            The layer of the first side, on which it lies.
        sides : sequence of Side
            What was subtracted: a later difference of the same updates the layer.
        title : str
            What of them.
        name : str
            Of a new layer.
        """
        assert made.values is not None  # else there is nothing to show
        scale = np.asarray(over.scale[-2:], float)
        translate = np.asarray(over.translate[-2:], float) + scale * made.begin
        key = "|".join([*(side.key for side in sides), title])
        layer = next((one for note, one in self._layers() if note.source == key), None)
        if layer is None:
            layer = Image(
                made.values, name=name, scale=scale, translate=translate, units=over.units[-2:],
                axis_labels=over.axis_labels[-2:], colormap=COLOURS,
                metadata={KEY: Result(ROLE, key, ""), MARKED_BY: self} | _lies_on(over),
                rgb=False,
            )  # fmt: skip
            layer.colorbar.visible = True
            layer.colorbar.size = (16, 120)
            layer.name_overlay.visible = True
            layer.name_overlay.position = "bottom_left"
            self.viewer.add_layer(layer)
        else:
            layer.data = made.values
            layer.scale, layer.translate, layer.visible = scale, translate, True
            layer.units = over.units[-2:]
        layer.metadata = {**layer.metadata, STATES: [side.state() for side in sides]}
        if over.ndim == 2:
            layer.affine = over.affine
        limit = _readable(made.limit)
        layer.contrast_limits_range = layer.contrast_limits = (-limit, limit)
        self.viewer.layers.selection.active = layer
        self._mark()
        return layer

    def __deepcopy__(self, memo: Any) -> Differences:
        """Stay the same when the layer is duplicated."""
        return self

    def _layers(self) -> list[tuple[Result, Any]]:
        notes = ((result(layer), layer) for layer in self.viewer.layers)
        return [(note, layer) for note, layer in notes if note is not None and note.role == ROLE]

    def _mark(self) -> None:
        """Let names tell which differences are of earlier results."""
        now = [side.state() for side in all_sides(self._results)]
        for _, layer in self._layers():
            plain = layer.name.removesuffix(EARLIER)
            holds = all(state in now for state in layer.metadata.get(STATES, ()))
            name = plain if holds else plain + EARLIER
            if layer.name != name:
                layer.name = name


def _readable(limit: float) -> float:
    """Return the next round number: between others a colour bar may name nothing but its 0."""
    power = 10.0 ** math.floor(math.log10(limit))
    return next(step * power for step in ROUND if step * power >= limit * (1 - 1e-6))


def _lies_on(over: Any) -> dict[str, str]:
    """Return metadata that tell on which stack a layer lies, if it is that of a fusion."""
    note = result(over)
    return {} if note is None else {LIES_ON: note.source.partition(KEPT)[0]}


#: What shows differences in a viewer.
differences_of = OnePerViewer(Differences)
