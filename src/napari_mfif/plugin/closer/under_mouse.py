"""What was found under the mouse: plane, height, confidence, and the focus curve along z."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.focus_curve import FocusCurve, FocusCurves, plane_shares
from napari_mfif.fusion.undecided import reason_at
from napari_mfif.methods import registry
from napari_mfif.plugin.closer.place import (
    Pixel,
    pixel_at,
    plane_shown,
    show_plane,
    slider_in_words,
)
from napari_mfif.plugin.closer.plots import CurvePlot
from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.status import in_words, values_at
from napari_mfif.plugin.painting.areas import painted_by
from napari_mfif.plugin.panel.style import heading, hint
from napari_mfif.plugin.results import Results
from napari_mfif.plugin.timers import single_shot
from napari_mfif.wording import in_window

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["UnderMouse"]

#: Milliseconds from a move of the mouse to a picture: with the next move more than 30 a second.
EYE = 16
#: Pixels that a mouse may move in a click.
STILL = 4


class UnderMouse(QWidget):
    """Follows the mouse over a fusion.

    Parameters
    ----------
    viewer : ViewerModel
        Where the mouse is.
    results : Results
        Knows the layers of the fusion.
    """

    def __init__(self, viewer: ViewerModel, results: Results) -> None:
        super().__init__()
        self.viewer, self.results = viewer, results
        self.made: Made | None = None
        self.pixel: Pixel | None = None
        self._curves: FocusCurves | None = None
        self._measuring: tuple[Any, int] | None = None
        self.words, self.rivals = hint("Move the mouse over the image."), hint()
        self.why, self.slider = hint(), hint()
        self.plot = CurvePlot()
        self.click = QCheckBox("A click goes to the plane taken there")
        self.click.setChecked(True)
        self.click.setToolTip(
            "<qt>A click that does not drag moves the z slider to the plane that the pixel was "
            "taken from. Dragging moves the image as always.</qt>"
        )
        self._lay_out()
        self._eye = single_shot(self, self.show_pixel)
        self._work = Latest(self._measure, self._measured, self.rivals.setText, self)
        self._shares = Latest(plane_shares, self.plot.show_shares, parent=self)
        self.plot.picked.connect(self._picked)
        viewer.mouse_move_callbacks.append(self._moved)
        viewer.mouse_drag_callbacks.append(self._pressed)
        viewer.dims.events.point.connect(self._slid)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.words.setProperty("look", "result")
        for label in (self.words, self.rivals):
            label.setMinimumHeight(2 * label.fontMetrics().height())
        self.why.setMinimumHeight(self.why.fontMetrics().height())
        shown = (self.words, self.rivals, self.plot, self.why, self.slider, self.click)
        for widget in (heading("Under the mouse"), *shown):
            column.addWidget(widget)

    def end(self) -> None:
        """Let go of the mouse."""
        self._work.stop()
        self._shares.stop()
        self._eye.stop()
        self.viewer.mouse_move_callbacks.remove(self._moved)
        self.viewer.mouse_drag_callbacks.remove(self._pressed)
        self.viewer.dims.events.point.disconnect(self._slid)

    def follow(self, made: Made | None, time: int = 0) -> None:
        """Look at a fusion, at a timepoint of it, from now on."""
        if made is not None:
            self.plot.count(made.fusion.stack)
        if made is not None and isinstance(made.fusion.decision, np.ndarray):
            self._shares.ask(made.fusion, time)
        if made is self.made:
            return
        self.made = made
        if made is None:
            self._curves, self.pixel = None, None
            self.plot.clear_curve()
            self.words.setText("")
            self.rivals.setText("")
            self.why.setText("")
            return
        try:
            before = self._curves
            self._curves = before.follow(made.fusion) if before else FocusCurves(made.fusion)
        except ParameterError as error:
            self._curves = None
            self.rivals.setText(str(error))
        self.plot.clear_curve()
        self._slid()
        self._eye.start(0)

    def _moved(self, viewer: Any, event: Any) -> None:
        """Note where the mouse is; what was found there is shown when the eye can see it."""
        if self.made is None or self.viewer.dims.ndisplay != 2:
            return
        self.pixel = pixel_at(self.results, self.made, event.position)
        if not self._eye.isActive():
            self._eye.start(EYE)

    def show_pixel(self) -> None:
        """Show what was found at the pixel."""
        if self.made is None:
            return
        if self.pixel is None:
            self.words.setText("Move the mouse over the image.")
            self.rivals.setText("")
            self.why.setText("")
            self.plot.clear_curve()
            return
        t, y, x = self.pixel
        found = values_at(self.made.fusion, t, y, x)
        place = f"row {y}, column {x}"
        words = f"{in_words(self.made.fusion, found)}; {place}" if found else place
        self.words.setText(in_window(words))
        reason = reason_at(self.made.fusion, *self.pixel)
        self.why.setText(f"Not sure: {reason}." if reason else "")
        curve = self._curves.known(y, x, t) if self._curves else None
        if curve is not None:
            self._show(curve)
        elif self._curves is not None:
            self._ask(self.pixel)

    def _show(self, curve: FocusCurve) -> None:
        assert self.made is not None
        number = self.made.fusion.stack.plane_number
        self.plot.show_curve(curve)
        if self.pixel and (painted := painted_by(self.made.fusion, *self.pixel)):
            highest = number(int(np.argmax(curve.scores)))
            self.rivals.setText(f"{painted}; the curve is highest at plane {highest}.")
            return
        runner, scores = curve.runner_up, curve.scores - curve.scores.min()
        second = "no other peak"
        if runner is not None:
            taken, other = float(scores[curve.taken]), float(scores[runner])
            second = f"runner-up: plane {number(runner)}"
            second += (
                f", {100 * other / taken:.0f} % as high"
                if other <= taken
                else ", which scores higher: the plane taken is no peak of the curve"
            )
        undecided = " Noise does not decide between the two." if self._competes() else ""
        self.rivals.setText(f"Taken: plane {number(curve.taken)}; {second}.{undecided}")

    def _competes(self) -> bool:
        """Tell whether two depths compete at the pixel, as the method itself saw it."""
        fusion = self.made.fusion if self.made is not None else None
        if fusion is None or fusion.is_lazy or self.pixel is None:
            return False
        place = self.pixel if "T" in fusion.stack.axes else self.pixel[1:]
        return bool(fusion.runner_up[place] != fusion.decision[place])

    def _ask(self, pixel: Pixel) -> None:
        """Measure around a pixel, unless that is being done."""
        assert self._curves is not None
        t, y, x = pixel
        tile = (self._curves, self._curves.tile(y, x, t))
        if self._measuring is None or self._measuring[0] != tile or not self._work.busy:
            self.plot.clear_curve()
            self._measuring = (tile, 0)
            self._work.ask(self._curves, pixel, tile)
        of = self.made.fusion.stack.n_planes if self.made else 0
        self.rivals.setText(f"Measuring, plane {self._measuring[1]} of {of}\N{HORIZONTAL ELLIPSIS}")
        if not self._eye.isActive():  # look again how far it is
            self._eye.start(5 * EYE)

    def _measure(self, curves: FocusCurves, pixel: Pixel, tile: Any) -> bool:
        """Measure in a thread; tell whether it came to an end."""

        def go_on(plane: int) -> bool:
            if self._measuring is None or self._measuring[0] != tile:
                return False
            self._measuring = (tile, plane)
            return True

        t, y, x = pixel
        return curves.measure(y, x, t, go_on) is not None

    def _measured(self, whole: bool) -> None:
        self._measuring = None
        self.show_pixel()
        if whole and not self._work.busy:
            self._look_ahead()

    def _look_ahead(self) -> None:
        """Measure what lies beside, where that is quick."""
        if self._curves is None or self.pixel is None or self.made is None:
            return
        if registry.get(self.made.fusion.recipe.method).neural:
            return
        t, y, x = self.pixel
        for near in self._curves.around(y, x):
            if self._curves.known(*near, t) is None:
                tile = (self._curves, self._curves.tile(*near, t))
                self._measuring = (tile, 0)
                self._work.ask(self._curves, (t, *near), tile)
                return

    def _pressed(self, viewer: Any, event: Any) -> Iterator[None]:
        """Go to the plane taken where the mouse is clicked, not dragged."""
        active = self.viewer.layers.selection.active
        free = active is None or str(getattr(active, "mode", "pan_zoom")) == "pan_zoom"
        begin = np.array(event.pos, float)
        if event.button != 1 or tuple(event.modifiers) or not free or not self.click.isChecked():
            return
        yield
        while event.type == "mouse_move":
            yield
        if np.abs(np.array(event.pos, float) - begin).max() <= STILL:
            self._go_to_plane_at(event.position)

    def _go_to_plane_at(self, position: Any) -> None:
        if self.made is None or self.viewer.dims.ndisplay != 2:
            return
        pixel = pixel_at(self.results, self.made, position)
        if pixel is None:
            return
        t, y, x = pixel
        place = (t, y, x) if "T" in self.made.fusion.stack.axes else (y, x)
        decision = self.made.fusion.decision
        if isinstance(decision, np.ndarray):
            self._picked(int(decision[place]))

    def _picked(self, plane: int) -> None:
        if self.made is not None:
            show_plane(self.viewer, self.made, plane)

    def _slid(self, event: Any = None) -> None:
        plane = plane_shown(self.viewer, self.made) if self.made else None
        if plane is not None and self.made is not None:
            self.plot.show_plane(plane)
            self.slider.setText(slider_in_words(self.made.fusion, round(plane)))
