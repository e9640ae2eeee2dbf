"""A row of buttons of which one is down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from napari_mfif.plugin.panel.style import button

__all__ = ["Segments"]


class Segments(QWidget):
    """Chooses one of a few.

    Parameters
    ----------
    choices : mapping
        By name: the word on the button, and what it does.
    """

    #: The name of what somebody chose.
    chosen = Signal(str)

    def __init__(self, choices: Mapping[str, tuple[str, str]]) -> None:
        super().__init__()
        self.buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        for number, (name, (word, tip)) in enumerate(choices.items()):
            made = button(word, tip, look="segment")
            made.setCheckable(True)
            if number == 0:
                made.setProperty("place", "first")
            elif number == len(choices) - 1:
                made.setProperty("place", "last")
            self._group.addButton(made)
            self.buttons[name] = made
            row.addWidget(made, len(word) + 3)
        self._group.buttonClicked.connect(self._clicked)
        self.show_choice(next(iter(choices)))

    @property
    def choice(self) -> str:
        """The name of what is chosen."""
        return next((name for name, one in self.buttons.items() if one.isChecked()), "")

    def show_choice(self, name: str) -> None:
        """Show what is chosen, nothing where it is none of these; it is not told of."""
        self._group.setExclusive(False)
        for other, one in self.buttons.items():
            one.setChecked(other == name)
        self._group.setExclusive(True)

    def _clicked(self, pressed: Any) -> None:
        self.chosen.emit(self.choice)
