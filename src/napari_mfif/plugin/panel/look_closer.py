"""The *Look closer* panel: why each pixel is what it is, and what the heights measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFrame

from napari_mfif.plugin.closer.drawn import MEASURED
from napari_mfif.plugin.closer.line_box import LineBox
from napari_mfif.plugin.closer.place import time_shown
from napari_mfif.plugin.closer.regions_box import RegionsBox
from napari_mfif.plugin.closer.surface_box import SurfaceBox
from napari_mfif.plugin.closer.under_mouse import UnderMouse
from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.solid import check_whole
from napari_mfif.plugin.panel.base import Panel
from napari_mfif.plugin.panel.style import hint, say
from napari_mfif.plugin.panel.view_row import ViewRow
from napari_mfif.plugin.results import results_of
from napari_mfif.surface.heights import HeightMap, height_map

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["LookCloserPanel"]

NOTHING = "There is no fusion yet. Fuse a z-stack in the Fuse panel; then look at it here."


class LookCloserPanel(Panel):
    """Shows what a fusion knows: under the mouse, along a line, in regions, in 3D.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.results = results_of(napari_viewer)
        self.made: Made | None = None
        self.name = hint()
        self.mouse = UnderMouse(napari_viewer, self.results)
        self.line, self.regions = LineBox(napari_viewer), RegionsBox(napari_viewer)
        self.surface = SurfaceBox(napari_viewer)
        self._parts = (self.mouse, self.line, self.regions, self.surface)
        self._time = 0
        self._heights = Latest(_heights, self._follow_heights, self._untold, self)
        self.column.addWidget(self.name)
        for number, part in enumerate(self._parts):
            if number:
                rule = QFrame()
                rule.setObjectName("rule")
                rule.setFixedHeight(1)
                self.column.addWidget(rule)
            self.column.addWidget(part)
        self.column.addStretch()
        self.footer.addWidget(ViewRow(self.results))
        self.results.changed.connect(self.refresh)
        self.listen(napari_viewer.dims.events.point, self.refresh)
        self._dress()
        self.refresh()

    def _dress(self, event: object = None) -> None:
        super()._dress()
        if hasattr(self, "line"):  # the frame dresses before it is filled
            self.mouse.plot.dress(self.viewer.theme)
            self.line.plot.dress(self.viewer.theme)

    def end(self) -> None:
        """Let go of the viewer; called once, when the panel is closed for good."""
        self.results.changed.disconnect(self.refresh)
        self._heights.stop()
        for part in self._parts:
            part.end()
        super().end()

    def refresh(self, event: object = None) -> None:
        """Turn to the fusion at hand, and to the timepoint that is seen."""
        made = self._current()
        if made is None or self.made is None:
            for part in self._parts:
                part.setVisible(made is not None)
        say(self.name, f"Fusion: {made.look.name}" if made else NOTHING)
        time = time_shown(self.viewer, made) if made else 0
        if made is self.made and time == self._time:
            return
        self.made, self._time = made, time
        self.mouse.follow(made, time)
        self.surface.follow(made)
        self._follow_heights(None)
        self._heights.stop()
        if made is not None:
            self._heights.ask(made, time)

    def _current(self) -> Made | None:
        """Return the fusion at hand: on whose layers one draws, too."""
        active = self.viewer.layers.selection.active
        mark = active.metadata.get(MEASURED) if active is not None else None
        if mark is None:
            return self.results.current()
        return next((made for made in self.results.all() if made.source == mark[1]), None)

    def _untold(self, sentence: str) -> None:
        say(self.line.problem, sentence)

    def _follow_heights(self, heights: HeightMap | None) -> None:
        self.line.follow(self.made, heights)
        self.regions.follow(self.made, heights)


def _heights(made: Made, time: int) -> HeightMap:
    check_whole(made.fusion)
    return height_map(made.fusion, time)
