"""The look of the panels: napari's own colours, and an accent that is readable on both themes."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_mfif.wording import in_window

__all__ = [
    "Fold",
    "NameBox",
    "ProgressLine",
    "button",
    "heading",
    "hint",
    "label_of",
    "rule",
    "say",
    "sheet",
    "trouble",
]

ACCENT = {"dark": "#3d7dd8", "light": "#1f66c1"}
ACCENT_HOVER = {"dark": "#5491e6", "light": "#2f78d6"}
ALARM = {"dark": "#ff9a8d", "light": "#a3121f"}
QUIET = {"dark": "#a9adb5", "light": "#57585c"}

SHEET = """
QWidget#panel, QWidget#column, QScrollArea#scroll {{ background: transparent; }}
QLabel {{ padding: 0; margin: 0; }}
QLabel[look="heading"] {{ font-weight: 600; }}
QLabel[look="title"] {{ font-weight: 600; font-size: 13pt; }}
QLabel[look="hint"] {{ color: {quiet}; font-size: {small}; }}
QLabel[look="result"] {{ font-weight: 600; }}
QLabel[look="trouble"] {{
    color: {alarm}; font-size: {small}; padding: 5px 8px;
    border-left: 3px solid {alarm}; background: {tint};
}}
QPushButton[look="primary"] {{
    background: {accent}; color: white; font-weight: 600; padding: 6px 22px; border-radius: 3px;
}}
QPushButton[look="primary"]:hover, QPushButton[look="primary"]:focus {{ background: {hover}; }}
QPushButton[look="primary"]:disabled {{ background: {primary}; color: {quiet}; border: 0; }}
QPushButton[look="plain"] {{ padding: 5px 7px; border-radius: 3px; }}
QPushButton[look="plain"]:focus, QToolButton[look="fold"]:focus {{ border: 1px solid {accent}; }}
QPushButton[look="plain"]::menu-indicator {{ width: 0; }}
QPushButton[look="segment"] {{ padding: 6px 4px; border-radius: 0; margin: 0; }}
QPushButton[look="segment"][place="first"] {{
    border-top-left-radius: 3px; border-bottom-left-radius: 3px; }}
QPushButton[look="segment"][place="last"] {{
    border-top-right-radius: 3px; border-bottom-right-radius: 3px; }}
QPushButton[look="segment"]:checked {{ background: {accent}; color: white; }}
QPushButton[look="segment"]:focus {{ text-decoration: underline; }}
QToolButton[look="fold"] {{
    background: transparent; border: 1px solid transparent; padding: 2px 0;
    font-size: {normal}; color: {text};
}}
QToolButton[look="fold"]:hover {{ color: {accent}; }}
QFrame#rule {{ background: {primary}; }}
QFrame#groove {{ background: {primary}; border-radius: 3px; }}
QFrame#filled {{ background: {accent}; border-radius: 3px; }}
QAbstractSpinBox {{ padding: 1px 2px; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 2px; }}
QSlider::handle:horizontal:disabled {{ background: {primary}; }}
"""


def sheet(theme: str) -> str:
    """Return the style sheet for a napari theme."""
    from napari.utils.theme import get_theme

    colours = get_theme(theme)
    kind = colours.type if colours.type in ACCENT else "dark"
    size = int(float(str(colours.font_size).removesuffix("pt")))
    return SHEET.format(
        quiet=QUIET[kind],
        alarm=ALARM[kind],
        accent=ACCENT[kind],
        hover=ACCENT_HOVER[kind],
        tint="rgba(255, 90, 70, 24)" if kind == "dark" else "rgba(190, 20, 30, 18)",
        primary=colours.primary.as_rgb(),
        text=colours.text.as_rgb(),
        small=f"{size}pt",
        normal=f"{size + 1}pt",
    )


def rule() -> QFrame:
    """Return a line across the panel."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line


def heading(text: str) -> QLabel:
    """Return the title of a group of controls."""
    return _label(text, "heading")


def hint(text: str = "") -> QLabel:
    """Return a quiet line that explains."""
    return _label(text, "hint")


def trouble() -> QLabel:
    """Return the place of an error, hidden while there is none."""
    label = _label("", "trouble")
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.hide()
    return label


def _label(text: str, look: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("look", look)
    label.setWordWrap(True)
    label.setIndent(0)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def say(label: QLabel, text: str) -> None:
    """Show a sentence in the words of the window, or hide the label when there is none."""
    label.setText(in_window(text))
    label.setVisible(bool(text))


def label_of(field: QWidget, text: str, tip: str = "") -> QLabel:
    """Return the label in front of a field, which is called so for screen readers, too."""
    label = QLabel(text)
    label.setBuddy(field)
    field.setAccessibleName(text)
    if tip:
        field.setToolTip(f"<qt>{tip}</qt>")
    return label


def button(text: str, tip: str, pressed: Any = None, *, look: str = "plain") -> QPushButton:
    """Return a button that says in its tooltip what it does."""
    made = QPushButton(text)
    made.setProperty("look", look)
    made.setToolTip(f"<qt>{tip}</qt>")
    made.setAccessibleName(text)
    if pressed is not None:
        made.clicked.connect(pressed)
    return made


class NameBox(QComboBox):
    """Chooses among names, which may be long: what does not fit is left out in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)

    def shown(self) -> str:
        """Return what can be read of the chosen name."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        middle = Qt.TextElideMode.ElideMiddle
        return str(self.fontMetrics().elidedText(self.currentText(), middle, room.width() - 8))

    def paintEvent(self, event: Any) -> None:
        """Draw as Qt does, with the name as it fits."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class ProgressLine(QFrame):
    """How far something is.

    Qt's own bar redraws the whole window at once, the canvas included, whenever its value changes.
    This one is drawn when the window is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fraction = 0.0
        self.setObjectName("groove")
        self.setFixedHeight(8)
        self._filled = QFrame(self)
        self._filled.setObjectName("filled")

    def show_fraction(self, fraction: float) -> None:
        """Show a share from 0 to 1."""
        self.fraction = fraction
        self._filled.resize(round(self.width() * fraction), self.height())

    def resizeEvent(self, event: Any) -> None:
        """Keep the share."""
        self.show_fraction(self.fraction)


class Fold(QWidget):
    """A line that opens and closes what stands beneath it."""

    def __init__(self, title: str, tip: str) -> None:
        super().__init__()
        self.head = QToolButton()
        self.head.setText(title)
        self.head.setToolTip(f"<qt>{tip}</qt>")
        self.head.setProperty("look", "fold")
        self.head.setCheckable(True)
        self.head.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.toggled.connect(self.open)
        self._body = QWidget()
        self.column = QVBoxLayout(self._body)
        self.column.setContentsMargins(8, 2, 0, 6)
        self.column.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.head)
        column.addWidget(self._body)
        self.open(False)

    def open(self, opened: bool = True) -> None:
        """Show or hide the body."""
        self.head.setChecked(opened)
        arrow = Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow
        self.head.setArrowType(arrow)
        self._body.setVisible(opened)
