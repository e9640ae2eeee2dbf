"""The controls of the *Paint* panel: what is painted, with what, and what one looks at."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_mfif.fusion.api import Fusion
from napari_mfif.plugin.closer.place import slider_in_words
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.showing import HEIGHT, IMAGE, PLANES, SOURCE
from napari_mfif.plugin.painting.tools import ERASING, FILLING, LASSO, PAINTING
from napari_mfif.plugin.panel.forms import Form
from napari_mfif.plugin.panel.segments import Segments
from napari_mfif.plugin.panel.style import ProgressLine, button, heading, hint, say, trouble
from napari_mfif.settings.parameters import Parameter
from napari_mfif.settings.strokes import BEST, SOFT

__all__ = ["OTHER", "PLANE", "PaintBox", "StrokeRow", "others_of"]

#: What strokes take from, beside the best plane.
PLANE, OTHER = "plane", "other"
SOURCES = {
    PLANE: ("A plane", "The plane that the z slider shows: look for the sharp one, paint it in."),
    BEST: (
        "Best plane",
        "The plane that is sharpest under the stroke or in the lasso, by the method's own scores.",
    ),
    OTHER: ("Other result", "Another result of the same planes, for example of another method."),
}
TOOLS = {
    PAINTING: ("Brush", "Paint along a line. Key: P or 2. [ and ] change its size."),
    LASSO: (
        "Lasso",
        "Fill an area: click its corners, double-click the last one. Key: 3. Escape forgets it.",
    ),
    FILLING: ("Fill", "Fill what one plane gives around the place that you click. Key: F or 4."),
    ERASING: ("Eraser", "Give back what the method said. Key: E or 1."),
}
LOOKS = {
    IMAGE: ("Image", "The all-in-focus image as it is now. Key: S."),
    HEIGHT: ("Height", "How high each pixel lies; it follows the strokes. Key: S."),
    PLANES: ("Plane", "Which plane each pixel is taken from, over the image. Key: S."),
    SOURCE: ("Source", "The plane that the z slider shows, in place of the result. Key: S."),
}

MOVED = "Planes are shown aligned, as strokes take them; recorded they lie up to {:.1f} px apart."

PLANE_NUMBER = Parameter(
    "plane", int, 0, "Counted from 0, as the z slider counts.", minimum=0, title="Plane"
)
BRUSH_NUMBERS = (
    Parameter(
        "brush", float, 20.0,
        "Diameter of the brush; where pixels are not square, along their shorter side.",
        title="Brush", unit="px", minimum=1.0, maximum=1000.0,
    ),
    Parameter(
        "soft", float, SOFT, "Width of the edge over which old and new are blended.",
        title="Soft edge", unit="px", minimum=0.0, maximum=50.0,
    ),
)  # fmt: skip


class PaintBox(QWidget):
    """Shows what the panel knows, and tells what somebody wants."""

    source_chosen = Signal(str)
    tool_chosen = Signal(str)
    look_chosen = Signal(str)
    other_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.sources, self.tools = Segments(SOURCES), Segments(TOOLS)
        self.looks = Segments(LOOKS)
        self._plane_form, self._brush_form = Form([PLANE_NUMBER]), Form(BRUSH_NUMBERS)
        for form in (self._plane_form, self._brush_form):
            for name, control in form.controls.items():
                control.tooltip = f"<qt>{form.parameters[name].help}</qt>"
        (self.plane,) = self._plane_form.controls.values()
        self.brush, self.soft = self._brush_form.controls.values()
        self.other = QComboBox()
        self.other.setAccessibleName("Other result")
        self.about, self.moved, self.problem = hint(), hint(), trouble()
        self._slider = self._last = ""
        self._chosen = QStackedWidget()  # of one height, so that what lies beneath stays in place
        self._lay_out()
        self.sources.chosen.connect(self.source_chosen)
        self.tools.chosen.connect(self.tool_chosen)
        self.looks.chosen.connect(self.look_chosen)
        self.other.currentIndexChanged.connect(lambda _: self.other_chosen.emit())
        self.show_source(PLANE)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(7)
        for page in (self._plane_form.native, self.other, QWidget()):
            self._chosen.addWidget(page)
        for title, row in (
            ("Paint in", self.sources),
            ("", self._chosen),
            ("", self.about),
            ("With", self.tools),
            ("", self._brush_form.native),
            ("Look at", self.looks),
            ("", self.moved),
        ):
            if title:
                column.addWidget(heading(title))
            column.addWidget(row)
        column.addWidget(self.problem)

    def show_source(self, name: str) -> None:
        """Show what strokes take from."""
        self.sources.show_choice(name)
        no_other = name == OTHER and not self.other.count()
        self._chosen.setCurrentIndex(2 if name == BEST or no_other else (PLANE, OTHER).index(name))
        said = {
            PLANE: f"{self._slider} Move it to the sharp one. T takes that under the mouse.",
            BEST: f"{self._last}Paint or lasso around one thing: its sharpest plane is taken.",
            OTHER: "Its pixels, blended or not, its heights and its confidence.",
        }
        if no_other:
            said[OTHER] = "Keep a result in Compare, fuse again, then paint the one into the other."
        say(self.about, said[name])

    def show_shift(self, pixels: float) -> None:
        """Say that the planes that one looks at were moved, by up to so many pixels."""
        say(self.moved, MOVED.format(pixels) if pixels else "")

    def show_last(self, plane: int | None) -> None:
        """Say which plane the last stroke took, counted as the slider does; None where none did."""
        self._last = "" if plane is None else f"The last stroke took plane {plane}. "
        self.show_source(self.sources.choice)

    def show_others(self, others: list[tuple[str, Made]]) -> None:
        """List other results."""
        names = [self.other.itemText(n) for n in range(self.other.count())]
        if names == [name for name, _ in others]:
            for number, (_, made) in enumerate(others):
                self.other.setItemData(number, made)
            return
        self.other.blockSignals(True)
        self.other.clear()
        for name, made in others:
            self.other.addItem(name, made)
        self.other.blockSignals(False)
        self.show_source(self.sources.choice)

    def show_plane(self, plane: int, fusion: Fusion) -> None:
        """Show a plane by its number in the whole stack."""
        stack = fusion.stack
        self._slider = slider_in_words(fusion, stack.plane_number(plane))
        self.show_source(self.sources.choice)
        first, last = stack.plane_number(0), stack.plane_number(stack.n_planes - 1)
        with self.plane.changed.blocked():
            self.plane.min, self.plane.max = min(first, self.plane.value), last
            self.plane.value = stack.plane_number(plane)
            self.plane.min = first


class StrokeRow(QWidget):
    """How many strokes there are, and how to take them away."""

    undo = Signal()
    redo = Signal()
    clear = Signal()
    cancel = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.count = QLabel()
        self.keep = QCheckBox("Keep strokes on the next run")
        self.keep.setToolTip(
            "<qt>When the same stack is fused again, with other settings or by another method, "
            "the strokes are put into the new result.</qt>"
        )
        self.keep.setChecked(True)
        self.shown = QCheckBox("Show strokes")
        self.shown.setToolTip(
            "<qt>Thin lines around what was painted; pictures of the canvas are without them. The "
            "key D takes away the stroke under the mouse.</qt>"
        )
        self.shown.setChecked(True)
        self.buttons = {
            "undo": button("Undo", "Take the last stroke away. Ctrl+Z on the canvas.", self.undo),
            "redo": button("Redo", "Bring it back. Ctrl+Shift+Z on the canvas.", self.redo),
            "clear": button("Clear", "Take all strokes away; undo brings them back.", self.clear),
        }
        self.stop = button(
            "Cancel", "Leave this stroke undone. Shortcut: Ctrl+Period.", self.cancel
        )
        self.stop.setShortcut("Ctrl+.")
        self.bar = ProgressLine()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.count, 1)
        for one in (*self.buttons.values(), self.stop):
            row.addWidget(one)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.shown)
        column.addWidget(self.keep)
        self.show_strokes(0, can_undo=False, can_redo=False)

    def show_strokes(self, count: int, **possible: Any) -> None:
        """Show how many there are, and what can be done."""
        self.count.setText("1 stroke" if count == 1 else f"{count or 'No'} strokes")
        self.buttons["undo"].setEnabled(possible["can_undo"])
        self.buttons["redo"].setEnabled(possible["can_redo"])
        self.buttons["clear"].setEnabled(count > 0)
        self._looking(False)

    def show_at_work(self, share: float | None) -> None:
        """Show that the last stroke takes its time; while the best plane is looked for, how far."""
        if share is None:
            self.count.setText("At work\N{HORIZONTAL ELLIPSIS}")
        else:
            self.count.setText(f"Looking for the best plane, {100 * share:.0f} %")
            self.bar.show_fraction(share)
        self._looking(share is not None)

    def _looking(self, looking: bool) -> None:
        for widget in (self.bar, self.stop):
            widget.setVisible(looking)
        for one in self.buttons.values():
            one.setVisible(not looking)


def others_of(made: Made, shown: list[Made]) -> list[tuple[str, Made]]:
    """Return other results of the same planes, with their names."""

    def kind(one: Made) -> tuple[Any, ...]:
        stack = one.fusion.stack
        return stack.axes, stack.shape, stack.dtype, one.fusion.is_lazy

    return [
        (f"{one.look.name}, {one.fusion.recipe.method}", one)
        for one in shown
        if one.source != made.source and one.stack_id == made.stack_id and kind(one) == kind(made)
    ]
