"""Pixels that the camera made up: how many were replaced, where, and a run without that."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Points
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from superqt.utils import create_worker

from napari_mfif.fusion.layers import layer_name
from napari_mfif.fusion.repairs import count_repaired
from napari_mfif.plugin.layers.metadata import KEY, Made, Result
from napari_mfif.plugin.panel.style import button, heading, hint, say
from napari_mfif.plugin.results import Results

__all__ = ["ROLE", "RepairsRow"]

#: What the layer shows, as layers of a fusion note it.
ROLE = "repaired"

#: Width of the ring round a replaced pixel, in its pixels and on the screen at least; its colour,
#: which no map has.
RING, COLOUR = 9, "#ff3fb4"


class RepairsRow(QWidget):
    """Says how many pixels were replaced, and shows them as rings in a layer.

    Parameters
    ----------
    results : Results
        Knows the fusions.
    """

    #: Somebody wants the fusion without replaced pixels.
    without = Signal()

    def __init__(self, results: Results) -> None:
        super().__init__()
        self._results = results
        self._made: Made | None = None
        self._worker: Any = None
        self.count = hint()
        self.shown = button("Show where", "A ring round each of them, in a layer of its own.")
        self.shown.setCheckable(True)
        self.shown.clicked.connect(self._clicked)
        self.run = button(
            "Fuse without", "Set the Fuse panel so that no pixel is replaced.", self.without
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(heading("Hot pixels"))
        column.addWidget(self.count)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.shown)
        row.addWidget(self.run)
        row.addStretch()
        column.addLayout(row)

    def show_made(self, made: Made | None) -> None:
        """Say how many pixels of a fusion were replaced; without any there is nothing to see."""
        self._made = made
        count = 0 if made is None else count_repaired(made.fusion)
        self.setVisible(bool(count))
        if count:
            pixels = "1 pixel of a plane was" if count == 1 else f"{count} pixels of planes were"
            what = "it" if count == 1 else "them"
            say(self.count, f"{pixels} replaced, since only the camera made {what} so.")
        there = made is not None and self._results.layer(made, ROLE) is not None
        self.shown.setChecked(there or self._worker is not None)

    def end(self) -> None:
        """Forget what is being looked up."""
        if self._worker is not None:
            self._worker.returned.disconnect(self._show)
            self._worker = None

    def _clicked(self, on: bool) -> None:
        layer = None if self._made is None else self._results.layer(self._made, ROLE)
        if layer is not None:
            self._results.viewer.layers.remove(layer)
        self.end()
        if on and self._made is not None:
            self._worker = create_worker(places_of, self._made, _start_thread=False)
            self._worker.returned.connect(self._show)
            self._worker.start()

    def _show(self, found: tuple[Made, Any, dict[str, Any]]) -> None:
        self._worker = None
        made, places, options = found
        viewer = self._results.viewer
        active = viewer.layers.selection.active
        layer = Points(places, name=layer_name("replaced pixels", made.look.name), **options)
        layer.editable = False
        viewer.layers.append(layer)
        viewer.layers.selection.active = active


def places_of(made: Made) -> tuple[Made, Any, dict[str, Any]]:
    """Return where pixels of a fusion were replaced, and how the layer looks."""
    fusion = made.fusion
    time = "T" if "T" in fusion.stack.axes else ""
    origin = fusion.origin if fusion.recipe.crop else None
    placed = made.look.placement.fit(fusion.repaired, time + "YX", origin=origin)
    places = np.argwhere(placed.data)
    note = Result(ROLE, made.source, fusion.recipe.to_json(), made)
    looks = {
        "symbol": "ring",
        "size": RING,
        "canvas_size_limits": (RING, 100),
        "face_color": COLOUR,
        "border_color": COLOUR,
        "features": {"planes": placed.data[tuple(places.T)]},
        "metadata": {KEY: note},
    }
    return made, places, {**placed.options, **looks}
