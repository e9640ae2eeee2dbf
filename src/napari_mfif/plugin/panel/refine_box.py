"""The controls of the *Refine* panel."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_mfif.fusion.api import Fusion
from napari_mfif.methods import registry
from napari_mfif.plugin.panel.forms import Form
from napari_mfif.plugin.panel.segments import Segments
from napari_mfif.plugin.panel.style import Fold, heading, hint, say
from napari_mfif.settings.consistency import CONSISTENCY
from napari_mfif.settings.options import MIN_CONFIDENCE, PREFER, UNSURE
from napari_mfif.settings.parameters import Settings

__all__ = ["RefineBox"]

PREFERRED = {
    "sharper": ("Sharper", "The one that is sharper, as the method decided."),
    "nearer": ("Nearer", "The earlier plane."),
    "farther": ("Farther", "The later plane."),
}
PLACES = {
    "mark": ("Mark", "Heights that are not known are transparent, and NaN in files."),
    "fill": ("Fill", "They are filled smoothly from what is known; their confidence stays low."),
    "leave": ("Leave", "They are left as found, though they are guesses."),
}
NO_RIVALS = "{} does not keep the depths that compete: fuse with Noise-aware pyramid for that."
NOT_FILLED = "What is made where one looks cannot be filled, since that looks at all of it."


class RefineBox(QWidget):
    """Clean-up, what is preferred, and what becomes of places that are unsure."""

    #: Somebody changed a value.
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        shown = [p for p in CONSISTENCY if p.name != PREFER.name]
        self.basic = Form(p for p in shown if not p.advanced)
        self.advanced = Form(p for p in shown if p.advanced)
        self.known = Form([MIN_CONFIDENCE])
        self.more = Fold("Advanced", "What seldom has to be changed.")
        self.prefer, self.unsure = Segments(PREFERRED), Segments(PLACES)
        self._rivals, self._about, self.share = hint(), hint(), hint()
        self._cleaning, self._preferring = QWidget(), QWidget()
        self._lay_out()
        for form in (self.basic, self.advanced, self.known):
            form.changed.connect(lambda: self.changed.emit())
        for choice in (self.prefer, self.unsure):
            choice.chosen.connect(lambda: self.changed.emit())

    def _lay_out(self) -> None:
        for part, widgets in (
            (self._cleaning, (heading("Clean up"), self.basic.native, self.more)),
            (self._preferring, (heading("When two depths compete"), self.prefer, self._rivals)),
            (self, (self._cleaning, self._preferring)),
        ):
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(6)
            for widget in widgets:
                column.addWidget(widget)
        self.more.column.addWidget(self.advanced.native)
        for widget in (
            heading("Unsure places"), self.unsure, self._about, self.known.native, self.share
        ):  # fmt: skip
            column.addWidget(widget)

    def offer(self, fusion: Fusion, *, cleaning: bool) -> None:
        """Offer what can be done with a fusion, and say why where something cannot."""
        self._cleaning.setVisible(cleaning)
        self._preferring.setVisible(cleaning)
        knows = cleaning and registry.get(fusion.recipe.method).knows_rivals
        self.prefer.setEnabled(knows)
        method = registry.get(fusion.recipe.method).title if cleaning else ""
        say(self._rivals, NO_RIVALS.format(method) if cleaning and not knows else "")
        self.unsure.buttons["fill"].setEnabled(not fusion.is_lazy)
        say(self._about, NOT_FILLED if fusion.is_lazy else "")

    def show_values(self, values: Settings) -> None:
        """Show these values; nothing is told of them."""
        for form in (self.basic, self.advanced, self.known):
            with form.changed.blocked():
                form.set_values(values)
        self.prefer.show_choice(values.get(PREFER.name, PREFER.default))
        self.unsure.show_choice(values[UNSURE.name])

    def values(self) -> Settings:
        """Return a value for each control that is offered."""
        found = {**self.known.values(), UNSURE.name: self.unsure.choice}
        if self._cleaning.isVisibleTo(self):
            found |= {**self.basic.values(), **self.advanced.values()}
        if self.prefer.isEnabledTo(self):
            found[PREFER.name] = self.prefer.choice
        return found
