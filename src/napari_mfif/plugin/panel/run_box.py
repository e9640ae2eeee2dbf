"""The foot of the *Fuse* panel: the estimate and the run."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from napari_mfif.plugin.offers import Offer, OfferButton
from napari_mfif.plugin.panel.style import ProgressLine, button, hint, say, trouble

__all__ = ["RunBox"]


class RunBox(QWidget):
    """Starts and cancels; shows estimate, progress and errors."""

    start = Signal()
    cancel = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.estimate, self.progress_text = hint(), hint()
        self.note, self.problem, self.offer = hint(), trouble(), OfferButton()
        self._focus_before: QWidget | None = None
        self.fuse = button(
            "Fuse", "Make the sharp image and its maps. Shortcut: Ctrl+Return.", self.start,
            look="primary",
        )  # fmt: skip
        self.fuse.setShortcut("Ctrl+Return")
        self.stop = button(
            "Cancel", "Stop, and leave everything as it was. Shortcut: Ctrl+Period.", self.cancel
        )
        self.stop.setShortcut("Ctrl+.")
        self.in_view = QCheckBox("Fuse only what is in view")
        self.in_view.setToolTip(
            "<qt>Show results at once and make them where you look: for planes too large to wait "
            "for. Saving makes all of it.</qt>"
        )
        self.in_view.hide()
        self.bar = ProgressLine()
        self._lay_out()
        self.show_idle()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(7)
        for widget in (self.problem, self.offer, self.note, self.bar):
            column.addWidget(widget)
        column.addWidget(self.in_view)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.estimate, 1)
        row.addWidget(self.progress_text, 1)
        row.addWidget(self.fuse)
        row.addWidget(self.stop)
        column.addLayout(row)

    def offer_in_view(self, *, large: bool, huge: bool) -> None:
        """Offer to fuse only what is in view where planes are large; huge ones begin with it."""
        self.in_view.setVisible(large)
        self.in_view.setChecked(huge)

    def fuses_in_view(self) -> bool:
        """Tell whether only what is in view is fused."""
        return not self.in_view.isHidden() and self.in_view.isChecked()

    def show_idle(self, *, possible: bool = False) -> None:
        """Show that nothing runs; `possible` tells whether it could."""
        self._running(False)
        self.fuse.setEnabled(possible)

    def show_running(self, fraction: float, text: str) -> None:
        """Show how far a run is."""
        if self.fuse.isVisibleTo(self):
            self._running(True)
            self.show_problem("")
            self.show_note("")
        self.bar.show_fraction(fraction)
        self.progress_text.setText(text)

    def show_problem(self, sentence: str, offer: Offer | None = None) -> None:
        """Show why a run, or opening a stack, failed, and what can be had instead."""
        say(self.problem, sentence)
        self.offer.show_offer(offer)

    def show_note(self, sentence: str) -> None:
        """Show what was just done."""
        say(self.note, sentence)

    def show_estimate(self, text: str) -> None:
        """Show what a run will take."""
        self.estimate.setText(text)

    def _running(self, running: bool) -> None:
        """Change the buttons; who started by the mouse can cancel by the keyboard, and go on."""
        focused = QApplication.focusWidget()
        if running:
            self._focus_before = focused
        for widget in (self.bar, self.stop, self.progress_text):
            widget.setVisible(running)
        for widget in (self.fuse, self.estimate):
            widget.setVisible(not running)
        if running and focused is self.fuse:
            self.stop.setFocus()
        elif not running and self._focus_before is not None:
            if focused in (self.stop, None) or QApplication.focusWidget() is None:
                self._focus_before.setFocus()
            self._focus_before = None
