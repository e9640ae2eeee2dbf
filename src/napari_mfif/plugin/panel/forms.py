"""Forms made from declared parameters: a row each, with unit, range and tooltip."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QValidator
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QWidget,
)

from napari_mfif.settings.parameters import Parameter, Settings

__all__ = ["Form", "control_for", "tooltip"]

#: Positions of a slider.
STEPS = 200


def tooltip(parameter: Parameter) -> str:
    """Return what a parameter does, what it may be, and its default."""
    default = parameter.default
    if isinstance(default, bool):
        default = "on" if default else "off"
    elif isinstance(default, float):
        default = f"{default:g}"
    unit = f" {parameter.unit}" if parameter.unit else ""
    permitted = "" if parameter.kind is bool else f"From {parameter.range_text}. "
    if parameter.choices or "to" not in parameter.range_text:
        permitted = "" if parameter.kind is bool else f"{parameter.range_text.capitalize()}. "
    # rich text is wrapped by Qt, plain text is not
    return (
        f"<qt>{parameter.help}<br><i>{permitted}Default: {default}{unit}. "
        f"In Python: {parameter.name}</i></qt>"
    )


class Form(QWidget):
    """Rows for some parameters.

    Parameters
    ----------
    parameters : iterable of Parameter
        What is shown, in this order.
    """

    changed = Signal()

    def __init__(self, parameters: Iterable[Parameter], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controls: dict[str, Control] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, parameter in enumerate(parameters):
            control = control_for(parameter)
            control.setToolTip(tooltip(parameter))
            control.changed.connect(self.changed)
            self.controls[parameter.name] = control
            if parameter.kind is bool:
                grid.addWidget(control, row, 0, 1, 2)
                continue
            label = QLabel(parameter.label)
            label.setToolTip(tooltip(parameter))
            label.setBuddy(control)
            grid.addWidget(label, row, 0)
            grid.addWidget(control, row, 1)

    def keyboard_order(self) -> list[QWidget]:
        """Return the widgets that the keyboard reaches, from top to bottom."""
        return [control.focusProxy() for control in self.controls.values()]

    def values(self) -> Settings:
        """Return a value for each parameter."""
        return {name: control.value() for name, control in self.controls.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; those of other parameters are left as they are."""
        for name, control in self.controls.items():
            if name in values:
                control.set_value(values[name])


class Control(QWidget):
    """One value and how it is changed."""

    changed = Signal()

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self.parameter = parameter
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)

    def _take(self, *widgets: QWidget) -> None:
        for widget in widgets:
            widget.setAccessibleName(self.parameter.label)
            self._row.addWidget(widget)
        self.setFocusProxy(widgets[-1])

    def value(self) -> Any:
        """Return the value in the parameter's type."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError


class Switch(Control):
    """Yes or no."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._box = QCheckBox(parameter.label)
        self._box.setChecked(parameter.default)
        self._box.toggled.connect(self.changed)
        self._take(self._box)

    def value(self) -> bool:
        """Return whether it is on."""
        return bool(self._box.isChecked())

    def set_value(self, value: Any) -> None:
        """Switch it."""
        self._box.setChecked(bool(value))


class Choice(Control):
    """One of several words."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._box = QComboBox()
        self._box.addItems(parameter.choices)
        self._box.setCurrentText(parameter.default)
        self._box.currentTextChanged.connect(self.changed)
        self._take(self._box)

    def value(self) -> str:
        """Return the word."""
        return str(self._box.currentText())

    def set_value(self, value: Any) -> None:
        """Choose a word."""
        self._box.setCurrentText(str(value))


class Number(Control):
    """A number: a slider for the hand, and a field for the exact value."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        whole = parameter.kind is int
        self._field = QSpinBox() if whole else FreeDoubleSpinBox()
        low = -1e9 if parameter.minimum is None else parameter.minimum
        high = 1e9 if parameter.maximum is None else parameter.maximum
        self._field.setRange(*((int(low), int(high)) if whole else (low, high)))
        if not whole:
            self._field.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        if parameter.unit:
            self._field.setSuffix(f" {parameter.unit}")
        self._field.setFixedWidth(104)
        self._field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._field.setKeyboardTracking(False)
        self._scale = Scale.of(parameter)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setMinimumWidth(60)
        self._slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the field beside it has the keyboard
        self._slider.setVisible(self._scale is not None)
        self.set_value(parameter.default)
        self._slider.valueChanged.connect(self._slid)
        self._field.valueChanged.connect(self._typed)
        if self._scale is None:
            self._row.addStretch()
        self._take(*((self._slider, self._field) if self._scale else (self._field,)))

    def value(self) -> Any:
        """Return the number."""
        return self.parameter.kind(self._field.value())

    def set_value(self, value: Any) -> None:
        """Show a number."""
        self._field.setValue(value)
        self._follow()

    def _slid(self, position: int) -> None:
        if self._scale is not None:
            self._field.setValue(self._scale.value(position / STEPS))

    def _typed(self) -> None:
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        if self._scale is not None:
            blocked = self._slider.blockSignals(True)
            self._slider.setValue(round(STEPS * self._scale.position(self._field.value())))
            self._slider.blockSignals(blocked)


class Scale:
    """How a slider runs over a range: evenly, or in even factors where the range is wide."""

    def __init__(self, low: float, high: float, *, whole: bool, power: float, log: bool) -> None:
        self._low, self._high, self._whole = low, high, whole
        self._power, self._log = power, log

    @classmethod
    def of(cls, parameter: Parameter) -> Scale | None:
        """Return the scale of a parameter, None where its range is open."""
        low, high = parameter.minimum, parameter.maximum
        if low is None or high is None:
            return None
        log = low > 0 and high / low >= 20
        few = parameter.kind is int and high - low <= 20
        power = 1.0 if log or low != 0 or few or (high <= 2 and parameter.default > 0.1) else 3.0
        return cls(low, high, whole=parameter.kind is int, power=power, log=log)

    def value(self, position: float) -> float:
        """Return the value at a position from 0 to 1, with few digits."""
        if self._log:
            value = self._low * (self._high / self._low) ** position
        else:
            value = self._low + (self._high - self._low) * position**self._power
        if self._whole:
            return float(round(value))
        return min(self._high, max(self._low, float(f"{value:.2g}")))

    def position(self, value: float) -> float:
        """Return the position of a value, 0 to 1."""
        if self._log:
            return float(math.log(value / self._low) / math.log(self._high / self._low))
        share = (value - self._low) / (self._high - self._low)
        return float(math.pow(max(0.0, share), 1 / self._power))


class FreeDoubleSpinBox(QDoubleSpinBox):
    """A number field that shows as many digits as a value has, and no more."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(10)

    def textFromValue(self, value: float) -> str:
        """Write the number briefly."""
        return f"{value:.6g}"

    def valueFromText(self, text: str) -> float:
        """Read it back."""
        return float(text.removesuffix(self.suffix()).replace(",", "."))

    def validate(self, text: str, position: int) -> tuple[Any, str, int]:
        """Accept what is, or may become, a number in the range."""
        number = text.removesuffix(self.suffix()).replace(",", ".")
        try:
            inside = self.minimum() <= float(number) <= self.maximum()
        except ValueError:
            unfinished = all(sign in "0123456789.+-eE" for sign in number.strip())
            state = QValidator.State.Intermediate if unfinished else QValidator.State.Invalid
            return state, text, position
        state = QValidator.State.Acceptable if inside else QValidator.State.Intermediate
        return state, text, position


def control_for(parameter: Parameter) -> Control:
    """Return the control that suits a parameter."""
    if parameter.kind is bool:
        return Switch(parameter)
    return Choice(parameter) if parameter.choices else Number(parameter)
