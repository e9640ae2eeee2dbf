"""The top of the *Compare* panel: which two results, what of them, and how they are seen."""

from __future__ import annotations

import html
from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QWidget,
)

from napari_mfif.plugin.comparing.sides import VIEWS, Side, View, common_strokes
from napari_mfif.plugin.panel.style import NameBox, button, hint, label_of, say

__all__ = ["OFF", "SPLIT", "A", "B", "SeeRow", "SideBoxes", "fill"]

#: How two sides are seen.
A, B, SPLIT, OFF = range(4)
SEEN = (
    ("A", "Show A alone. The key K changes between A and B."),
    ("B", "Show B alone. The key K changes between A and B."),
    ("Split", "Show A left of a line that you drag, B right of it."),
    ("Off", "Show all layers as they were before."),
)


class SideBoxes(QWidget):
    """Chooses A, B, what of them is compared, and the channel where there are several."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = NameBox(), NameBox()
        self.view, self.channel = QComboBox(), QComboBox()
        for view in VIEWS:
            self.view.addItem(view.title)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        self._labels: dict[QComboBox, QLabel] = {}
        self._asked: set[QComboBox] = set()  # what somebody chose is kept
        for row, (box, text, tip) in enumerate((
            (self.a, "A", "What is shown first, and left of the line."),
            (self.b, "B", "What it is compared with, right of the line."),
            (self.view, "Compare", "What of the results is compared."),
            (self.channel, "Channel", "The channel that is subtracted and measured."),
        )):  # fmt: skip
            self._labels[box] = label_of(box, text, tip)
            box.setProperty("tip", tip)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(12)
            box.currentIndexChanged.connect(self.changed)
            box.activated.connect(lambda _, box=box: self._asked.add(box))
            grid.addWidget(self._labels[box], row, 0)
            grid.addWidget(box, row, 1)
        self.strokes = hint()
        grid.addWidget(self.strokes, grid.rowCount(), 0, 1, 2)
        say(self.strokes, "")
        for box in (self.a, self.b):
            box.currentIndexChanged.connect(self._tell_names)
        self._offer_channels(())
        # a low window scrolls; it does not cut the boxes
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def offer(self, sides: Sequence[Side]) -> None:
        """List what can be compared; keep what somebody chose, or else take the two newest."""
        for usual, box in enumerate((self.a, self.b)):
            fill(box, sides, usual, keep=box in self._asked)
        self._tell_names()
        named = next((side.made.look.channels for side in sides if side.made), ())
        self._offer_channels(named)

    def say_strokes(self, pair: tuple[Side, Side] | None) -> None:
        """Say what was painted alike in both."""
        say(self.strokes, common_strokes(*pair) if pair is not None else "")

    def _tell_names(self) -> None:
        """Let the tooltips hold the names in full: boxes may cut them."""
        for box in (self.a, self.b):
            name, tip = html.escape(box.currentText()), box.property("tip")
            box.setToolTip(f"<qt>{name}<br><br>{tip}</qt>" if name else f"<qt>{tip}</qt>")

    def _offer_channels(self, names: Sequence[str]) -> None:
        known = [self.channel.itemText(n) for n in range(self.channel.count())]
        if known != list(names):
            blocked = self.channel.blockSignals(True)
            self.channel.clear()
            self.channel.addItems(list(names))
            self.channel.blockSignals(blocked)
        for widget in (self.channel, self._labels[self.channel]):
            widget.setVisible(len(names) > 1)

    def chosen_view(self) -> View:
        """Return what of the results is compared."""
        return VIEWS[self.view.currentIndex()]

    def chosen_channel(self) -> int:
        """Return the channel that is subtracted and measured."""
        return max(0, int(self.channel.currentIndex()))


def fill(
    box: QComboBox, sides: Sequence[Side], usual: int, *, none: str = "", keep: bool = True
) -> None:
    """List sides in a box; keep what is chosen, or take the usual one.

    Parameters
    ----------
    box : QComboBox
        The box; what it holds of a side is its key.
    sides : sequence of Side
        What is listed.
    usual : int
        Which one is taken first.
    none : str, optional
        An entry before all others that stands for nothing.
    keep : bool, optional
        Whether what is chosen stays, while it is there.
    """
    entries = ([(none, None)] if none else []) + [(side.title(), side.key) for side in sides]
    known = [(box.itemText(n), box.itemData(n)) for n in range(box.count())]
    if known == entries:
        return
    before = box.currentData()
    keys = [key for _, key in entries]
    blocked = box.blockSignals(True)
    box.clear()
    for number, (text, key) in enumerate(entries):
        box.addItem(text, key)
        box.setItemData(number, text, Qt.ItemDataRole.ToolTipRole)
    if entries:
        kept = keep and before is not None and before in keys
        box.setCurrentIndex(keys.index(before) if kept else min(usual, len(entries) - 1))
    box.blockSignals(blocked)


class SeeRow(QWidget):
    """A row of segments: A, B, both divided by a line, or neither."""

    #: One of `A`, `B`, `SPLIT` and `OFF` was pressed.
    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        for number, (text, tip) in enumerate(SEEN):
            segment = button(text, tip, look="segment")
            segment.setCheckable(True)
            segment.setAccessibleName(f"See {text}")
            place = {0: "first", len(SEEN) - 1: "last"}.get(number, "middle")
            segment.setProperty("place", place)
            self.group.addButton(segment, number)
            row.addWidget(segment, 1)
        self.group.idClicked.connect(self.chosen)
        self.mark(OFF)

    def mark(self, number: int) -> None:
        """Mark how the sides are seen."""
        self.group.button(number).setChecked(True)

    def marked(self) -> int:
        """Return how the sides are seen."""
        return int(self.group.checkedId())

    def offer(self, possible: bool, *, split: bool = True) -> None:
        """Offer what is possible."""
        for number in (A, B, SPLIT):
            self.group.button(number).setEnabled(possible and (split or number != SPLIT))
