"""The height along a line that is drawn on the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout

from napari_mfif.errors import MfifError
from napari_mfif.plugin.closer.drawn import DrawnBox
from napari_mfif.plugin.closer.files import write_quietly
from napari_mfif.plugin.closer.plots import ProfilePlot
from napari_mfif.plugin.dialogs import ask_where
from napari_mfif.plugin.panel.style import button, heading, hint, say, trouble
from napari_mfif.surface.profile import Profile, profile_of
from napari_mfif.wording import sign_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["LineBox"]

LOOK = {"edge_color": "#ffb000", "edge_width": 2, "face_color": "transparent", "opacity": 0.9}


class LineBox(DrawnBox):
    """Lets one draw a line, and plots the height along it while it is drawn.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is drawn.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__(viewer, "line", LOOK)
        self.profile: Profile | None = None
        self.plot = ProfilePlot()
        self.words, self.note, self.problem = hint(), hint(), trouble()
        self.draw = button(
            "Draw a line", "Drag a line over the image, or move the one that is there.", self._draw
        )
        self.export = button(
            "Export CSV\N{HORIZONTAL ELLIPSIS}",
            "Write distance, height, its band and the confidence along the line.",
            self._export,
        )
        self._lay_out()
        say(self.note, "")
        self.drawn.changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.addWidget(self.draw)
        row.addWidget(self.export)
        row.addStretch()
        column.addWidget(heading("Height along a line"))
        column.addLayout(row)
        for widget in (self.plot, self.words, self.note, self.problem):
            column.addWidget(widget)

    def _draw(self) -> None:
        line = self.drawn.shapes()
        self.drawn.draw("select" if line else "add_line")

    def refresh(self) -> None:
        """Plot the height along the line: the last one that was drawn."""
        self.draw.setEnabled(self.made is not None)
        lines = [points for kind, points in self.drawn.shapes() if kind in ("line", "path")]
        if self.heights is not None:
            say(self.problem, "")
        self.profile = None
        if lines and self.heights is not None:
            try:
                self.profile = profile_of(self.heights, lines[-1])
            except MfifError as error:
                say(self.problem, str(error))
        self.plot.setVisible(bool(lines))
        self.export.setVisible(self.profile is not None)
        if self.profile is None:
            self.plot.clear_profile()
            say(self.words, "")
            return
        self.plot.show_profile(self.profile)
        say(self.words, in_words(self.profile))

    def _export(self) -> None:
        found, made = self.profile, self.made
        if found is None or made is None:
            return
        ask_where(
            self,
            made.fusion,
            f"{made.look.name} line.csv",
            "Table (*.csv)",
            lambda path: write_quietly(
                lambda: found.save(path, overwrite=True), self.note, self.problem
            ),
        )


def in_words(found: Profile) -> str:
    """Say how long a line is, and what lies along it."""
    known = found.height[np.isfinite(found.height)]
    length = f"{found.distance[-1]:.4g} {sign_of(found.lateral_unit)} long"
    if not known.size:
        return f"{length}; no height along it is known."
    unknown = 1 - known.size / found.height.size
    left = f"; {100 * unknown:.0f} % of it not known" if unknown else ""
    return (
        f"{length}; heights {known.min():.4g} to {known.max():.4g} {sign_of(found.unit)}{left}. "
        "Shaded: where the height lies with 95 %, by its confidence."
    )
