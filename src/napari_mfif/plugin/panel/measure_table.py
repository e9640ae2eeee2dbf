"""A table of results and their measures: sorted as numbers, copied as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from napari_mfif.metrics.registry import MEASURES
from napari_mfif.plugin.comparing.measuring import ARROWS, about
from napari_mfif.plugin.comparing.sides import Side

__all__ = ["FACTS", "MeasureTable"]

#: The columns after the first one and the measures.
FACTS = ("Method", "Preset", "Made")
#: What an item holds besides its text: its number, and in the first column the key of its row.
NUMBER = Qt.ItemDataRole.UserRole


class NumberItem(QTableWidgetItem):
    """A cell sorted by its number; what is not known comes last, whichever way one sorts."""

    def __init__(self, value: float) -> None:
        super().__init__("" if math.isnan(value) else f"{value:.4g}")
        self.setData(NUMBER, value)
        self.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        mine, theirs = self.data(NUMBER), other.data(NUMBER)
        table = self.tableWidget()
        falling = table.horizontalHeader().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        if math.isnan(mine) or math.isnan(theirs):
            return bool(math.isnan(mine) if falling else math.isnan(theirs))
        return bool(mine < theirs)


class MeasureTable(QTableWidget):
    """Rows of results; columns of their names, of what was measured, and of how they were made."""

    def __init__(self) -> None:
        super().__init__(0, 1 + len(FACTS))
        self.setAccessibleName("Results and measures")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.measures: list[str] = []
        self._values: dict[tuple[str, str], float] = {}
        self._sides: list[Side] = []
        self._head()

    def _head(self) -> None:
        titles = (
            f"{MEASURES[name].plain}\n({name}) {ARROWS[MEASURES[name].better]}".strip()
            for name in self.measures
        )
        self.setColumnCount(1 + len(self.measures) + len(FACTS))
        self.setHorizontalHeaderLabels(["Result", *titles, *FACTS])
        for number, name in enumerate(self.measures, start=1):
            tip = about(MEASURES[name]).replace("\n\n", "<br><br>")
            self.horizontalHeaderItem(number).setToolTip(f"<qt>{tip}</qt>")

    def show_sides(self, sides: Sequence[Side]) -> None:
        """Show these results; values of others are forgotten."""
        self._sides = list(sides)
        keys = {side.key for side in sides}
        self._values = {place: v for place, v in self._values.items() if place[0] in keys}
        self._fill()

    def show_measures(self, names: Sequence[str]) -> None:
        """Show these measures; values of others are forgotten."""
        self.measures = list(names)
        self._values = {place: v for place, v in self._values.items() if place[1] in names}
        self._head()
        self._fill()

    def forget(self, keys: Sequence[str]) -> None:
        """Forget the values of results that have changed."""
        self._values = {place: v for place, v in self._values.items() if place[0] not in keys}
        self._fill()

    def set_value(self, key: str, measure: str, value: float) -> None:
        """Show a value where its result and its measure are."""
        self._values[key, measure] = value
        if measure not in self.measures:
            return
        column = 1 + self.measures.index(measure)
        self.setSortingEnabled(False)
        for row in range(self.rowCount()):
            if self.item(row, 0).data(NUMBER) == key:
                self.setItem(row, column, NumberItem(value))
        self.setSortingEnabled(True)
        self._show_measured()

    def _show_measured(self) -> None:
        """Show the columns of measures in which something stands."""
        known = {name for (_, name), value in self._values.items() if not math.isnan(value)}
        for column, name in enumerate(self.measures, start=1):
            if self.isColumnHidden(column) == (name in known):
                self.setColumnHidden(column, name not in known)
                self.resizeColumnToContents(column)

    def _fill(self) -> None:
        chosen = self.chosen_key()
        self.setSortingEnabled(False)
        self.setRowCount(len(self._sides))
        for row, side in enumerate(self._sides):
            facts = enumerate(side.facts(), start=1 + len(self.measures))
            for column, text in ((0, side.name), *facts):
                item = QTableWidgetItem(text)
                item.setData(NUMBER, side.key)
                item.setToolTip(text)
                self.setItem(row, column, item)
            for column, name in enumerate(self.measures, start=1):
                value = self._values.get((side.key, name), math.nan)
                self.setItem(row, column, NumberItem(value))
            if side.key == chosen:
                self.selectRow(row)
        self.setSortingEnabled(True)
        self._show_measured()
        self.resizeColumnsToContents()
        self.setColumnWidth(0, min(self.columnWidth(0), 150))

    def chosen_key(self) -> str | None:
        """Return the key of the selected row."""
        rows = self.selectionModel().selectedRows()
        return str(self.item(rows[0].row(), 0).data(NUMBER)) if rows else None

    def as_csv(self) -> str:
        """Return the table as it is sorted, numbers in full."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        shown = [n for n in range(self.columnCount()) if not self.isColumnHidden(n)]
        names = ["Result", *self.measures, *FACTS]
        writer.writerow([names[column] for column in shown])
        for row in range(self.rowCount()):
            writer.writerow([_in_full(self.item(row, column)) for column in shown])
        return text.getvalue()


def _in_full(item: QTableWidgetItem) -> str:
    """Return the text of a cell, a number with all its digits."""
    if not isinstance(item, NumberItem):
        return str(item.text())
    value = item.data(NUMBER)
    return "" if math.isnan(value) else repr(value)
