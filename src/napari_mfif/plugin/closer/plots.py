"""Plots in the colours of the window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph
from napari.utils.theme import get_theme
from numpy.typing import NDArray
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QSizePolicy

from napari_mfif.arrays.stack import ZStack
from napari_mfif.fusion.focus_curve import FocusCurve
from napari_mfif.plugin.panel.style import ACCENT, QUIET
from napari_mfif.surface.profile import Profile
from napari_mfif.wording import sign_of

__all__ = ["CurvePlot", "ProfilePlot"]

#: Colours that are told apart on both themes, by the colour-blind too.
TAKEN, RIVAL = {"dark": "#ffb000", "light": "#b56a00"}, {"dark": "#dc7ad0", "light": "#9c2a8c"}


#: Where words stand along a line: below the curve, or above it.
LOW, HIGH = 0.12, 0.9


class Plot(pyqtgraph.GraphicsLayoutWidget):
    """A plot that only shows: the wheel scrolls the panel, nothing is dragged.

    Parameters
    ----------
    name : str
        What it shows, for screen readers.
    height : int
        In pixels.
    """

    def __init__(self, name: str, height: int) -> None:
        super().__init__()
        self.kind = "dark"
        self.setAccessibleName(name)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.ci.layout.setContentsMargins(0, 2, 6, 2)
        self.ci.layout.setSpacing(2)

    def axes(self, row: int, left: str, bottom: str) -> Any:
        """Add a pair of axes that nobody can move."""
        made = self.addPlot(row=row, col=0)
        made.setMenuEnabled(False)
        made.setMouseEnabled(False, False)
        made.hideButtons()
        made.setLabel("left", left)
        made.setLabel("bottom", bottom)
        made.getAxis("left").setWidth(46)
        for side in ("left", "bottom"):
            made.getAxis(side).enableAutoSIPrefix(False)
        return made

    def dress(self, theme: str) -> None:
        """Take over the colours of a theme."""
        colours = get_theme(theme)
        self.kind = colours.type if colours.type in ACCENT else "dark"
        self.setBackground(colours.background.as_hex())
        for item in self.ci.items:
            for side in ("left", "bottom"):
                axis = item.getAxis(side)
                axis.setPen(QUIET[self.kind])
                axis.setTextPen(QUIET[self.kind])

    def wheelEvent(self, event: Any) -> None:
        """Leave the wheel to the panel."""
        event.ignore()


class CurvePlot(Plot):
    """The focus curve of a pixel above the share of the image that each plane gives."""

    #: A plane of the stack that was fused was clicked.
    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__("Focus curve of the pixel, and share of each plane", 210)
        self._numbers = np.arange(1)
        self.curve_axes = self.axes(0, "sharpness", "")
        self.share_axes = self.axes(1, "share", "plane")
        self.ci.layout.setRowStretchFactor(0, 3)
        self.ci.layout.setRowStretchFactor(1, 2)
        self.curve_axes.getAxis("left").setStyle(showValues=False)
        self.curve_axes.getAxis("bottom").setStyle(showValues=False)
        self.share_axes.getAxis("left").setTicks([[(0, "0")]])
        self.share_axes.setXLink(self.curve_axes)
        self.curve = self.curve_axes.plot([], [], symbol="o", symbolSize=4)
        self.taken = self._mark("taken", LOW)
        self.rival = self._mark("runner-up", HIGH)
        self.sliders = [self._mark("", 0.5, axes) for axes in (self.curve_axes, self.share_axes)]
        self.shares = pyqtgraph.BarGraphItem(x=[0], height=[0], width=0.8)
        self.share_axes.addItem(self.shares)
        self.scene().sigMouseClicked.connect(self._clicked)
        self.clear_curve()

    def _mark(self, text: str, place: float, axes: Any = None) -> Any:
        options = {"position": place, "movable": False, "anchors": [(0, 0.5), (1, 0.5)]}
        line = pyqtgraph.InfiniteLine(
            angle=90, label=text or None, labelOpts=options if text else None
        )
        (axes or self.curve_axes).addItem(line)
        return line

    def dress(self, theme: str) -> None:
        """Take over the colours of a theme."""
        super().dress(theme)
        accent, quiet = ACCENT[self.kind], QUIET[self.kind]
        self.curve.setPen(accent, width=2)
        self.curve.setSymbolBrush(accent)
        self.curve.setSymbolPen(None)
        self.shares.setOpts(brush=accent, pen=None)
        dashes = Qt.PenStyle.DashLine
        for line, colour in ((self.taken, TAKEN[self.kind]), (self.rival, RIVAL[self.kind])):
            line.setPen(colour, width=2, style=dashes if line is self.rival else None)
            line.label.setColor(colour)
        for line in self.sliders:
            line.setPen(quiet, width=1, style=Qt.PenStyle.DotLine)

    def count(self, stack: ZStack) -> None:
        """Count planes as the z slider does, also where some were left out."""
        self._numbers = stack.numbered(np.arange(stack.n_planes))

    def show_shares(self, shares: NDArray[np.float64]) -> None:
        """Show how much of the image each plane gives."""
        if len(shares) != len(self._numbers):  # of a fusion that is no longer looked at
            return
        first, last = self._numbers[[0, -1]]
        self.curve_axes.setXRange(first - 0.5, last + 0.5, padding=0.02)
        self.shares.setOpts(x=self._numbers, height=100 * shares)
        most = 100 * float(shares.max())
        self.share_axes.setYRange(0, most, padding=0.05)
        top = f"{most:.0f} %" if most >= 1 else f"{most:.1f} %"
        self.share_axes.getAxis("left").setTicks([[(0, "0"), (most, top)]])

    def show_curve(self, curve: FocusCurve) -> None:
        """Show the scores of a pixel."""
        scores = curve.scores
        self.curve.setData(self._numbers, scores)
        low, high = float(scores.min()), float(scores.max())
        self.curve_axes.setYRange(low, high if high > low else low + 1, padding=0.08)
        self.taken.show()
        self.rival.setVisible(curve.runner_up is not None)
        for line, plane in ((self.taken, curve.taken), (self.rival, curve.runner_up)):
            if plane is not None:
                line.setValue(int(self._numbers[plane]))
                below = scores[plane] > (low + high) / 2  # beside the curve, not on it
                line.label.setPosition(LOW if below else HIGH)

    def clear_curve(self) -> None:
        """Show no curve."""
        self.curve.setData([], [])
        self.taken.hide()
        self.rival.hide()

    def show_plane(self, plane: float) -> None:
        """Mark the plane that the slider shows."""
        for line in self.sliders:
            line.setValue(plane)

    def _clicked(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = self.curve_axes.getViewBox().mapSceneToView(event.scenePos()).x()
        first, last = self._numbers[[0, -1]]
        if first - 0.5 <= x <= last + 0.5:
            self.picked.emit(int(np.abs(self._numbers - x).argmin()))


class ProfilePlot(Plot):
    """The height along a line, with its band of doubt."""

    def __init__(self) -> None:
        super().__init__("Height along the line", 170)
        self.profile_axes = self.axes(0, "height", "distance")
        self._low, self._high = (self.profile_axes.plot([], []) for _ in range(2))
        self.band = pyqtgraph.FillBetweenItem(self._low, self._high)
        self.profile_axes.addItem(self.band)
        self.height_line = self.profile_axes.plot([], [], connect="finite")

    def dress(self, theme: str) -> None:
        """Take over the colours of a theme."""
        super().dress(theme)
        shade = QColor(ACCENT[self.kind])
        shade.setAlpha(90)
        self.band.setBrush(shade)
        self.height_line.setPen(ACCENT[self.kind], width=2)
        for line in (self._low, self._high):
            line.setPen(None)

    def show_profile(self, found: Profile) -> None:
        """Show heights along a line."""
        known = np.isfinite(found.height)
        # a band cannot have gaps: it has no width where nothing is known
        middle = (
            np.interp(found.distance, found.distance[known], found.height[known])
            if (known.any())
            else np.zeros_like(found.distance)
        )
        self._low.setData(found.distance, np.where(known, found.low, middle))
        self._high.setData(found.distance, np.where(known, found.high, middle))
        self.height_line.setData(found.distance, found.height, connect="finite")
        self.profile_axes.setLabel("left", f"height ({sign_of(found.unit)})")
        self.profile_axes.setLabel("bottom", f"distance ({sign_of(found.lateral_unit)})")

    def clear_profile(self) -> None:
        """Show nothing."""
        for line in (self._low, self._high, self.height_line):
            line.setData([], [])
