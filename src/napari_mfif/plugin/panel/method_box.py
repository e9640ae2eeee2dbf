"""The middle of the *Fuse* panel: presets, method, its parameters, and the clean-up."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from napari_mfif import methods
from napari_mfif.plugin.panel.forms import Form
from napari_mfif.plugin.panel.fusion_thread import torch_is_missing, torch_remedy
from napari_mfif.plugin.panel.style import Fold, button, heading, hint, label_of, say, trouble
from napari_mfif.settings import consistency
from napari_mfif.settings.options import ALIGN, ALIGNMENT, CROP, REFERENCE
from napari_mfif.settings.parameters import Settings, resolve
from napari_mfif.settings.presets import PRESETS, Preset
from napari_mfif.settings.recipe import Recipe

__all__ = ["MethodBox"]

DEVICES = {"auto": "automatic", "cpu": "processor (CPU)"} | (
    {"mps": "Apple graphics (MPS)"}
    if sys.platform == "darwin"
    else {"cuda": "NVIDIA graphics (CUDA)"}
)


SHIFTED = (
    "Planes seem to be shifted sideways, by up to {:.1f} px. Aligned, image and heights get better."
)


class MethodBox(QWidget):
    """Chooses how to fuse; starts with the first preset."""

    changed = Signal()
    #: Somebody took the advice to align.
    aligned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._n_planes = 0
        self._quiet = False
        self.presets = QButtonGroup(self)
        self._about_preset, self._about_method, self.problem = hint(), hint(), trouble()
        self.method = QComboBox()
        self.method.setAccessibleName("Method")
        self.method.setToolTip("<qt>How sharpness is judged and pixels are chosen.</qt>")
        for name in methods.names():
            method = methods.get(name)
            self.method.addItem(method.title, name)
            number = self.method.count() - 1
            self.method.setItemData(number, method.summary, Qt.ItemDataRole.ToolTipRole)
        self.device = QComboBox()
        for value, words in DEVICES.items():
            self.device.addItem(words, value)
        self.advanced = Fold("Advanced", "What seldom has to be changed.")
        self.cleaning = Fold(
            "Clean up the decision", "What happens to the map of planes taken, after the method."
        )
        self.alignment = Fold("Alignment", "For planes that do not lie on one another.")
        self.alignment_form = Form(ALIGNMENT)
        self.advice = hint()
        self._align = button("Align them", "Undo shift, magnification and rotation.", self.align)
        self.basic_form, self.advanced_form = Form(()), Form(())
        self.cleaning_form = Form(consistency.CONSISTENCY)
        self._lay_out()
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.device.currentIndexChanged.connect(self._tell)
        self.cleaning_form.changed.connect(self._tell)
        self.alignment_form.changed.connect(self._alignment_changed)
        self._alignment_changed()
        self.apply(PRESETS[0])

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(5)
        column.addWidget(heading("Preset"))
        column.addLayout(self._segments())
        column.addWidget(self._about_preset)
        column.addSpacing(6)
        column.addWidget(heading("Method"))
        column.addWidget(self.method)
        column.addWidget(self._about_method)
        column.addWidget(self.problem)
        column.addWidget(self.basic_form.native)
        self._device_row = QWidget()
        row = QHBoxLayout(self._device_row)
        row.setContentsMargins(0, 0, 0, 0)
        tip = "Where the network runs. It is the same on all of them."
        row.addWidget(label_of(self.device, "Device", tip))
        row.addWidget(self.device, 1)
        column.addWidget(self._device_row)
        column.addWidget(self.advanced)
        self.advanced.column.addWidget(self.advanced_form.native)
        column.addWidget(self.cleaning)
        self.cleaning.column.addWidget(self.cleaning_form.native)
        column.addWidget(self.alignment)
        self.alignment.column.addWidget(self.alignment_form.native)
        column.addWidget(self._advice_row())
        self.column = column

    def _advice_row(self) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.advice, 1)
        line.addWidget(self._align)
        self._advice_line = row
        row.hide()
        return row

    def advise(self, drift: float) -> None:
        """Suggest alignment where planes seem to drift by so many pixels; 0 takes it back."""
        say(self.advice, SHIFTED.format(drift) if drift else "")
        self._advice_line.setVisible(bool(drift) and self.alignment_values()["align"] == "none")

    def align(self) -> None:
        """Undo what was advised about."""
        self.alignment_form.set_values({ALIGN.name: "similarity"})
        self.alignment.open()
        self.aligned.emit()

    def _alignment_changed(self) -> None:
        moved = self.alignment_values()["align"]
        aligned = moved != "none"
        # it holds for the next stack, too: one sees it also where the section is closed
        self.alignment.head.setText(f"Alignment: {moved}" if aligned else "Alignment")
        for parameter in (REFERENCE, CROP):
            self.alignment_form.controls[parameter.name].enabled = aligned
        if aligned:
            self._advice_line.hide()
        self._tell()

    def alignment_values(self) -> Settings:
        """Return a value for each parameter of the alignment: the defaults where there is none."""
        values = self.alignment_form.values()
        if values[ALIGN.name] == "none":
            return {parameter.name: parameter.default for parameter in ALIGNMENT}
        return values

    def _segments(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(1)
        for number, preset in enumerate(PRESETS):
            segment = button(preset.name, preset.summary, look="segment")
            segment.setCheckable(True)
            place = {0: "first", len(PRESETS) - 1: "last"}.get(number, "middle")
            segment.setProperty("place", place)
            self.presets.addButton(segment, number)
            row.addWidget(segment, len(preset.name) + 3)
        self.presets.idClicked.connect(lambda number: self.apply(PRESETS[number]))
        return row

    def apply(self, preset: Preset) -> None:
        """Fill the forms from a preset."""
        self._quiet = True
        self.method.setCurrentIndex(self.method.findData(preset.recipe.method))
        self._show_method(preset.recipe.method)
        for form in (self.basic_form, self.advanced_form):
            form.set_values(self._defaults(preset))
        self.cleaning_form.set_values(self._cleaning(preset.recipe))
        self._quiet = False
        self._tell()

    def suit(self, n_planes: int) -> None:
        """Fit a preset's clean-up to the number of planes: two are treated as a pair."""
        preset = self.preset()
        self._n_planes = n_planes
        self.cleaning_form.set_defaults(self._cleaning(Recipe(self.name())))
        if preset is not None:
            self.apply(preset)

    def state(self) -> Settings:
        """Return all that is set, for `set_state`."""
        return {
            "method": self.name(),
            "parameters": self.parameters(),
            "cleaning": self.consistency(),
            "alignment": self.alignment_form.values(),
            "device": self.device.currentData(),
            "folds": [fold.head.isChecked() for fold in self._folds()],
        }

    def set_state(self, state: Settings) -> None:
        """Set what `state` returned."""
        self._quiet = True
        self.method.setCurrentIndex(self.method.findData(state["method"]))
        self._show_method(state["method"])
        for form in (self.basic_form, self.advanced_form):
            form.set_values(state["parameters"])
        self.cleaning_form.set_values(state["cleaning"])
        self.alignment_form.set_values(state["alignment"])
        self.prefer_device(state["device"])
        for fold, opened in zip(self._folds(), state["folds"], strict=True):
            fold.open(opened)
        self._quiet = False
        self._tell()

    def _folds(self) -> tuple[Fold, ...]:
        return self.advanced, self.cleaning, self.alignment

    def preset(self) -> Preset | None:
        """Return the preset that the forms show, if they show one."""
        values, cleaning = self.parameters(), self.consistency()
        for preset in PRESETS:
            if (
                preset.recipe.method == self.name()
                and self._defaults(preset) == values
                and self._cleaning(preset.recipe) == cleaning
            ):
                return preset
        return None

    def _defaults(self, preset: Preset) -> Settings:
        method = methods.get(preset.recipe.method)
        return resolve(method.all_parameters(), preset.recipe.parameters, owner=method.name)

    def _cleaning(self, recipe: Recipe) -> Settings:
        method = methods.get(recipe.method)
        return consistency.complete(
            recipe.consistency,
            n_planes=self._n_planes or 3,
            stack=method.verification,
            pair=method.pair_verification,
        )

    def _method_chosen(self) -> None:
        if self._quiet:
            return
        self._quiet = True
        self._show_method(self.name())
        self.cleaning_form.set_values(self._cleaning(Recipe(self.name())))
        self._quiet = False
        self._tell()

    def _show_method(self, name: str) -> None:
        """Make the forms of another method."""
        method = methods.get(name)
        say(self._about_method, method.summary)
        say(self.problem, torch_remedy() if method.neural and torch_is_missing() else "")
        self._device_row.setVisible(method.neural)
        self.cleaning_form.set_defaults(self._cleaning(Recipe(name)))
        parameters = method.all_parameters()
        self.basic_form = self._replaced(self.basic_form, self.column, parameters, advanced=False)
        self.advanced_form = self._replaced(
            self.advanced_form, self.advanced.column, parameters, advanced=True
        )

        order = [self.method, *self.basic_form.keyboard_order(), self.device, self.advanced.head]
        order += [*self.advanced_form.keyboard_order(), self.cleaning.head]
        order += [*self.cleaning_form.keyboard_order(), self.alignment.head]
        order += [*self.alignment_form.keyboard_order(), self._align]
        for one, next_one in pairwise(order):
            QWidget.setTabOrder(one, next_one)

    def _replaced(self, old: Form, column: Any, parameters: Any, *, advanced: bool) -> Form:
        new = Form(p for p in parameters if p.advanced == advanced)
        new.native.setVisible(bool(new.controls))
        new.changed.connect(self._tell)
        column.replaceWidget(old.native, new.native)
        old.native.hide()
        old.native.deleteLater()
        return new

    def _tell(self) -> None:
        if self._quiet:
            return
        preset = self.preset()
        self.presets.setExclusive(False)
        for number, known in enumerate(PRESETS):
            self.presets.button(number).setChecked(known is preset)
        self.presets.setExclusive(preset is not None)
        say(self._about_preset, preset.summary if preset else "Your own values.")
        self.changed.emit()

    def name(self) -> str:
        """Return the name of the method."""
        return str(self.method.currentData())

    def parameters(self) -> Settings:
        """Return a value for each parameter of the method, in the order of its declaration."""
        values = self.basic_form.values() | self.advanced_form.values()
        declared = methods.get(self.name()).all_parameters()
        return {p.name: values[p.name] for p in declared if p.name in values}

    def consistency(self) -> Settings:
        """Return a value for each parameter of the consistency verification."""
        return self.cleaning_form.values()

    def chosen_device(self) -> str:
        """Return where a network is to run."""
        return str(self.device.currentData()) if self.is_neural() else "auto"

    def prefer_device(self, name: str) -> None:
        """Start with this device, where this machine can have it."""
        self.device.setCurrentIndex(max(0, self.device.findData(name)))

    def is_neural(self) -> bool:
        """Tell whether the method is a network."""
        return methods.get(self.name()).neural

    def can_run(self) -> bool:
        """Tell whether all that the method needs is installed."""
        return not (self.is_neural() and torch_is_missing())
