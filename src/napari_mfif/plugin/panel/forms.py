"""Forms made from declared parameters: magicgui widgets with unit, range and tooltip."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Container,
    FloatSpinBox,
    LineEdit,
    Slider,
    SpinBox,
)
from magicgui.widgets.bases import Widget
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from napari_mfif.settings.parameters import Parameter, Settings

__all__ = ["Form", "Number", "WordOrNumber", "control_for", "tooltip"]

#: Positions of a slider of numbers that are not whole.
STEPS = 200
#: From so large a factor between its ends on, a range is run through in even factors.
WIDE = 20
#: What stands for a number beside words, and the largest one.
NUMBER, MOST = "number", 10**6
#: Pixels between a label and what is beside it, and of a label before it takes a second line.
SLACK, WIDEST = 12, 136
#: What has the keyboard, and would take the wheel.
FOCUSABLE = (QAbstractSpinBox, QAbstractSlider, QComboBox, QLineEdit, QAbstractButton)


def tooltip(parameter: Parameter, default: Any) -> str:
    """Return what a parameter does, what it may be, its default, and its name in Python."""
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


class Number(Container[Widget]):
    """A number: a slider, and a field that shows it as people write it.

    The slider of a whole one runs through all of them; else it runs in even steps, in even factors
    where the range is wide, or by the third power where small values matter most (`fine`) and it
    begins with 0; it gives round numbers. magicgui's own always shows the same digits behind the
    point: 1.0000.
    """

    def __init__(
        self,
        minimum: float,
        maximum: float,
        value: float,
        *,
        fine: bool = False,
        whole: bool = False,
        **options: Any,
    ) -> None:
        self._range, self._fine, self._whole = (minimum, maximum), fine, whole
        self._by_factors = not whole and minimum > 0 and maximum / minimum >= WIDE
        self._steps = int(maximum - minimum) if whole else STEPS
        self._slider = Slider(min=0, max=self._steps, readout=False, label="")
        self._field = LineEdit(label="")
        super().__init__(
            widgets=[self._slider, self._field], layout="horizontal", labels=False, **options
        )
        self.margins = (0, 0, 0, 0)
        self._field.native.setFixedWidth(72)
        self._value = value
        self._show()
        for inner in (self._slider, self._field):
            inner.changed.disconnect()  # a change is told once, when the value is the new one
        self._slider.changed.connect(self._slid)
        self._field.native.editingFinished.connect(self._typed)

    @property
    def value(self) -> float:
        """The number."""
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        low, high = self._range
        number = round(float(value)) if self._whole else float(value)
        changed, self._value = self._value, min(high, max(low, number))
        self._show()
        if changed != self._value:
            self.changed.emit(self)

    def _show(self) -> None:
        low, high = self._range
        if self._by_factors:
            share = math.log(self._value / low) / math.log(high / low)
        else:
            share = (self._value - low) / (high - low)
            share = math.cbrt(share) if self._fine else share
        with self._slider.changed.blocked(), self._field.changed.blocked():
            self._slider.value = round(self._steps * share)
            self._field.value = f"{self._value:.6g}"

    def _slid(self, position: int) -> None:
        low, high = self._range
        if self._whole:
            self.value = low + position
        elif self._by_factors:
            self.value = float(f"{low * (high / low) ** (position / STEPS):.2g}")
        elif self._fine:
            self.value = float(f"{low + (high - low) * (position / STEPS) ** 3:.2g}")
        else:
            step = (high - low) / STEPS
            self.value = round(low + position * step, max(0, math.ceil(-math.log10(step))))

    def _typed(self) -> None:
        try:
            self.value = float(str(self._field.value).replace(",", "."))
        except ValueError:
            self._show()


class WordOrNumber(Container[Widget]):
    """One of some words, or a number, for which there is a field beside them."""

    def __init__(
        self, words: Sequence[str], minimum: int, value: int | str, **options: Any
    ) -> None:
        self._words = ComboBox(choices=(*words, NUMBER), label="")
        self._number = SpinBox(min=minimum, max=MOST, value=minimum, label="")
        super().__init__(
            widgets=[self._words, self._number], layout="horizontal", labels=False, **options
        )
        self.margins = (0, 0, 0, 0)
        self.value = value
        self._words.changed.connect(self._chosen)
        self._chosen()

    @property
    def value(self) -> int | str:
        """The word or the number."""
        word = self._words.value
        return int(self._number.value) if word == NUMBER else str(word)

    @value.setter
    def value(self, value: int | str) -> None:
        if isinstance(value, str):
            self._words.value = value
        else:
            self._number.value = value
            self._words.value = NUMBER

    def _chosen(self) -> None:
        self._number.enabled = self._words.value == NUMBER


class Form(Container[Widget]):
    """A row for each of some parameters; usable alone, in any dock or notebook.

    Parameters
    ----------
    parameters : iterable of Parameter
        What is shown, in this order.
    defaults : mapping, optional
        Values to begin with, and which tooltips call defaults, where they differ from those of the
        declarations.
    """

    def __init__(
        self, parameters: Iterable[Parameter], defaults: Mapping[str, Any] | None = None
    ) -> None:
        self.parameters = {parameter.name: parameter for parameter in parameters}
        self.controls: dict[str, Any] = {
            name: control_for(parameter, (defaults or {}).get(name, parameter.default))
            for name, parameter in self.parameters.items()
        }
        super().__init__(widgets=list(self.controls.values()), labels=True)
        self.margins = (0, 0, 0, 0)
        for control in self.controls.values():
            control.label = control.label  # widths of labels are made equal when one is set
        self._wheel = WheelWithFocus()
        labels = self.native.findChildren(QLabel)  # magicgui measures them in another font
        widths = [one.fontMetrics().horizontalAdvance(one.text()) + SLACK for one in labels]
        for label in labels:
            label.setWordWrap(True)
            label.setFixedWidth(min(WIDEST, max(widths)))
        for name, control in self.controls.items():
            for part in parts(control):
                part.setAccessibleName(self.parameters[name].label)
                part.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                part.installEventFilter(self._wheel)

    def keyboard_order(self) -> list[QWidget]:
        """Return the Qt widgets that the keyboard reaches, from top to bottom."""
        return [part for control in self.controls.values() for part in parts(control)]

    def values(self) -> Settings:
        """Return a value for each parameter, in its declared type."""
        return {
            name: value if value in parameter.choices else parameter.kind(value)
            for name, parameter in self.parameters.items()
            for value in [self.controls[name].value]
        }

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; those of other parameters are left as they are."""
        for name, control in self.controls.items():
            if name in values:
                control.value = values[name]

    def set_defaults(self, defaults: Mapping[str, Any]) -> None:
        """Let tooltips name these defaults: those of a method, or for so many planes."""
        for name, control in self.controls.items():
            control.tooltip = tooltip(self.parameters[name], defaults[name])


class WheelWithFocus(QObject):
    """Lets the wheel scroll the panel; it changes a value only where the keyboard is."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand the wheel on to what lies around a control without the focus."""
        if event.type() == QEvent.Type.Wheel and not watched.hasFocus():
            event.ignore()
            return True
        return False


def parts(control: Widget) -> list[QWidget]:
    """Return the Qt widgets of a control that can have the keyboard, from left to right."""
    native = control.native
    inside = [native] if isinstance(native, FOCUSABLE) else native.findChildren(QWidget)
    return [
        part
        for part in inside
        if isinstance(part, FOCUSABLE)
        # the line inside a number field is not a control of its own, nor is a number not shown or
        # what a list has in the window that it opens
        and not isinstance(part.parent(), QAbstractSpinBox)
        and not part.isHidden()
        and part.window() is native.window()
    ]


def control_for(parameter: Parameter, value: Any) -> Any:
    """Return the magicgui widget that suits a parameter, showing a value."""
    options: dict[str, Any] = {
        "name": parameter.name,
        "label": f"{parameter.label} ({parameter.unit})" if parameter.unit else parameter.label,
        "tooltip": tooltip(parameter, value),
    }
    if parameter.kind is bool:
        return CheckBox(value=value, **(options | {"text": parameter.label, "label": ""}))
    if parameter.choices and parameter.kind is int:
        return WordOrNumber(parameter.choices, int(parameter.minimum or 0), value, **options)
    if parameter.choices:
        return ComboBox(value=value, choices=parameter.choices, **options)
    if parameter.kind is str:
        return LineEdit(value=value, **options)
    return number_for(parameter, value, options)


def number_for(parameter: Parameter, value: Any, options: Mapping[str, Any]) -> Any:
    """Return a slider with a field, or a field alone where the range is open."""
    low, high = parameter.minimum, parameter.maximum
    if low is None or high is None:
        kind = SpinBox if parameter.kind is int else FloatSpinBox
        open_ends = {"min": -1e9 if low is None else low, "max": 1e9 if high is None else high}
        return kind(value=value, **open_ends, **options)
    if parameter.kind is int:
        return Number(int(low), int(high), int(value), whole=True, **options)
    return Number(low, high, value, fine=parameter.fine, **options)
