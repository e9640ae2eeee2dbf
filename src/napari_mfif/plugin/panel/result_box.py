"""The result that is at hand: what made it, how sure it is, and what to do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QApplication, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from napari_mfif.fusion.doubts import APART
from napari_mfif.plugin.offers import Offer, OfferButton
from napari_mfif.plugin.panel.as_code import RECIPE, UNSAVED, as_command, as_python, why_not
from napari_mfif.plugin.panel.saving import choose_target
from napari_mfif.plugin.panel.style import button, hint, say, trouble

if TYPE_CHECKING:
    from napari_mfif.plugin.layers.metadata import Made

__all__ = ["ResultBox"]

SAVING = (
    ("image", "All-in-focus image\N{HORIZONTAL ELLIPSIS}"),
    ("height", "Image and height\N{HORIZONTAL ELLIPSIS}"),
    ("all", "Image and all maps\N{HORIZONTAL ELLIPSIS}"),
    ("recipe", "Recipe\N{HORIZONTAL ELLIPSIS}"),
)

COPYING = (
    ("python", "Copy as Python", "Copy Python code that repeats this fusion."),
    ("command", "Copy as command", "Copy the command line that repeats this fusion."),
)


class ResultBox(QWidget):
    """Saves and copies the fusion that layers hold."""

    #: A picture of the surface in 3D is to be saved.
    wants_picture = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.made: Made | None = None
        self.sentence, self.undecided = hint(), hint()
        self.maker, self.doubt, self.offer = hint(), trouble(), OfferButton()
        self.note, self.problem = hint(), trouble()
        self.sentence.setProperty("look", "result")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for widget in (
            self.sentence,
            self.undecided,
            self.doubt,
            self.offer,
            self.maker,
            self._make_row(),
        ):
            column.addWidget(widget)
        for widget in (self.problem, self.note):
            column.addWidget(widget)
        self.show_made(None)

    def _make_row(self) -> QWidget:
        self.row = QWidget()
        row = QHBoxLayout(self.row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        saving = QMenu(self.row)
        for what, words in SAVING:
            saving.addAction(words).triggered.connect(lambda _=False, w=what: self.save(w))
        self.picture = saving.addAction("Picture in 3D\N{HORIZONTAL ELLIPSIS}")
        self.picture.triggered.connect(self.wants_picture)
        self.saving = button(
            "Save\N{HORIZONTAL ELLIPSIS}", "Write the image, its maps or the recipe to files."
        )
        self.saving.setMenu(saving)
        row.addWidget(self.saving)
        self.copying = {}
        for what, text, tip in COPYING:
            self.copying[what] = button(text, tip)
            self.copying[what].clicked.connect(lambda _=False, w=what: self.copy(w))
            row.addWidget(self.copying[what])
        row.addStretch()
        return self.row

    def show_made(self, made: Made | None, *, as_set: bool = True) -> None:
        """Offer a fusion; `as_set` tells whether the panel is set as it was made.

        What it took and how sure it is belongs to what made it: it is said no more when the panel
        is set otherwise.
        """
        if made is not self.made:
            say(self.note, "")
            say(self.problem, "")
        self.made = made
        self.row.setVisible(made is not None)
        say(self.sentence, made.said if made is not None and as_set else "")
        told = made.telling.told if made is not None else None
        say(self.undecided, told.undecided if told is not None and as_set else "")
        doubt = told.doubt if told is not None else None
        say(self.doubt, f"{doubt.sentence} {doubt.remedy}" if doubt is not None else "")
        by = ""
        if made is not None:
            by = ", ".join(filter(None, (f"{made.look.name} by {made.made_by}", made.changes)))
        say(self.maker, by if as_set else f"Shown: {by}")

    def remedy(self, align: Callable[[], object] | None) -> None:
        """Offer to align the planes, by what does it, where that is the remedy for the doubt."""
        told = self.made.telling.told if self.made is not None else None
        apart = told is not None and told.doubt is not None and told.doubt.kind == APART
        self.offer.show_offer(Offer("Align them", align) if align is not None and apart else None)

    def copy(self, what: str) -> None:
        """Put ``"python"`` or ``"command"`` for the fusion into the clipboard, or say why not."""
        made = self.made
        if made is None:
            return
        if reason := why_not(made):
            say(self.problem, reason)
            return
        text = as_command(made) if what == "command" else as_python(made)
        QApplication.clipboard().setText(text)
        note = "Copied."
        if what == "command" and UNSAVED in text:
            note = f"Copied. Save the stack and put its path in the place of {UNSAVED}."
        elif what == "command" and RECIPE in text:
            note = f"Copied. Save the recipe, which holds what was painted, as {RECIPE}."
        elif made.origin is not None and made.origin.opening is None:
            note = "Copied. It takes the layer by its name: run it in napari's console."
        say(self.note, note)

    def save(self, what: str) -> None:
        """Ask where, and write what `choose_target` knows by this name."""
        if self.made is not None:
            choose_target(self, self.made.fusion, what, self.show_note, self.show_problem)

    def show_note(self, sentence: str) -> None:
        """Say what was just done."""
        say(self.problem, "")
        say(self.note, sentence)

    def show_problem(self, sentence: str) -> None:
        """Say what could not be done."""
        say(self.problem, sentence)
