"""Sizes that hold for all z-stacks of a batch, where files do not say them or are wrong."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from napari_mfif.errors import MfifError
from napari_mfif.plugin.panel.lengths import spacing_of
from napari_mfif.plugin.panel.sizes_box import unit_box
from napari_mfif.plugin.panel.style import Fold, label_of, say, trouble

__all__ = ["BatchSizes"]

TITLE = "Sizes"
AS_FILES_SAY = "as the files say"


class BatchSizes(QWidget):
    """The folded line *Sizes*: z step and pixel size of every z-stack of a folder."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._given: dict[str, Any] | None = {}
        self.fold = Fold(TITLE, "Z step and pixel size of all these z-stacks.")
        self.z_step, self.pixel, self.unit = QLineEdit(), QLineEdit(), unit_box()
        self.problem = trouble()
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(2, 1)
        for row, (text, field, tip) in enumerate((
            ("Z step", self.z_step, "Distance of two planes, of every z-stack; empty: each as its "
             "file says."),
            ("Pixel size", self.pixel, "Height and width of a pixel: one number, or two as in "
             "0.1; 0.2; empty: as the files say."),
        )):  # fmt: skip
            grid.addWidget(label_of(field, text, tip), row, 0)
            field.setPlaceholderText(AS_FILES_SAY)
            field.editingFinished.connect(self._typed)
            grid.addWidget(field, row, 1, 1, 1 if field is self.z_step else 2)
        self.unit.activated.connect(self._typed)
        grid.addWidget(self.unit, 0, 2)
        self.fold.column.addLayout(grid)
        self.fold.column.addWidget(self.problem)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.fold)

    def given(self) -> dict[str, Any] | None:
        """Return what is given, as `open_stack` takes it; None where it is not possible."""
        return self._given

    def _typed(self) -> None:
        before = self._given
        z_step, pixel = self.z_step.text().strip(), self.pixel.text().strip()
        unit, why = str(self.unit.currentData()), ""
        self._given = {}
        try:
            if z_step or pixel:
                numbers = spacing_of(z_step, pixel)  # written as on the command line, whose
                spacing = ",".join(f"{one:.12g}" for one in numbers)  # results are known again
                self._given = {"spacing": spacing, "unit": unit}
        except MfifError as error:
            self._given, why = None, str(error)
        say(self.problem, why)
        told = f"{TITLE}: z step {z_step} {self.unit.currentText()}" if self._given else TITLE
        self.fold.head.setText(told)
        if self._given != before:
            self.changed.emit()
