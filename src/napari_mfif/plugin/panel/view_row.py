"""A row of buttons, *source | image | height | ...*: what one sees of a fusion."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.showing import IMAGE, SOURCE, shown, source_of
from napari_mfif.plugin.panel.style import button, hint, say
from napari_mfif.plugin.results import Results

__all__ = ["ViewRow"]

#: Word on the button, what it shows, and what that is.
VIEWS = (
    ("Source", SOURCE, "The z-stack itself: the plane that the z slider shows."),
    ("Image", IMAGE, "The all-in-focus image."),
    ("Height", "height", "How high each pixel lies; transparent where that is not known."),
    ("Plane", "plane taken", "The plane taken at each pixel."),
    ("Confidence", "confidence", "How probably the height is right within one plane."),
)
#: Of an aligned result the z-stack itself lies elsewhere, but for one plane.
RECORDED = (
    "Planes are shown as recorded, up to {:.1f} px apart; the result was aligned. Paint shows "
    "them aligned."
)
#: What is beyond maps: the module whose ``view_3d(viewer)`` draws the surface.
IN_3D, SURFACE = "3D", "napari_mfif.plugin.panel.surface"


class ViewRow(QWidget):
    """Shows one map of the fusion at hand by one click; hidden while there is no fusion.

    Parameters
    ----------
    results : Results
        Knows the fusions and their layers.
    which : callable, optional
        Returns the fusion that is shown; the one at hand when not given.
    """

    def __init__(self, results: Results, which: Callable[[], Made | None] | None = None) -> None:
        super().__init__()
        self.results = results
        self._which = which or results.current
        self._group = QButtonGroup(self)
        self.about = hint()
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.about)
        row.setSpacing(1)
        self.buttons: dict[str, QPushButton] = {}
        for word, role, tip in VIEWS:
            row.addWidget(self._segment(word, role, tip), len(word) + 3)
        if find_spec(SURFACE):
            tip = "The height as a surface, with the image on it; once more leads back."
            row.addWidget(self._segment("3D", IN_3D, tip), len("3D") + 3)
        row.itemAt(0).widget().setProperty("place", "first")
        row.itemAt(row.count() - 1).widget().setProperty("place", "last")
        self._group.buttonClicked.connect(self._clicked)
        results.changed.connect(self.refresh)
        self.hide()
        results.tell()

    def _segment(self, word: str, role: str, tip: str) -> QPushButton:
        made = button(word, tip, look="segment")
        made.setAccessibleName(f"Show {word.lower()}")
        made.setCheckable(True)
        self._group.addButton(made)
        self.buttons[role] = made
        return made

    def refresh(self) -> None:
        """Mark what is seen."""
        made = self._which()
        self.setVisible(made is not None)
        viewer = self.results.viewer
        seen = shown(viewer, made.source) if made else ""
        if viewer.dims.ndisplay == 3 and IN_3D in self.buttons:
            seen = IN_3D
        moved = made is not None and seen == SOURCE and made.shift
        say(self.about, RECORDED.format(moved) if moved else "")
        self._group.setExclusive(False)
        for role, one in self.buttons.items():
            one.setChecked(role == seen)
        self._group.setExclusive(True)
        there = made is None or source_of(viewer, made.source) is not None
        self.buttons[SOURCE].setEnabled(there)

    def _clicked(self, pressed: Any) -> None:
        made, viewer = self._which(), self.results.viewer
        if made is None:
            return
        role = next(role for role, one in self.buttons.items() if one is pressed)
        if role == IN_3D:
            surface = import_module(SURFACE).view_3d(viewer)
            if surface.is_on and surface.made.source == made.source:
                surface.leave()
            else:
                surface.show(made)
            self.results.tell()
        else:
            self.results.look_at(made, role)
