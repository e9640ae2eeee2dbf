"""The z-stacks of a batch and what became of each, in a table."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_mfif.fusion.job import CANCELLED, ELSEWHERE, FAILED, SKIPPED, Outcome
from napari_mfif.plugin.batch_run import NOT_REPLACED, Plan
from napari_mfif.wording import in_window

__all__ = ["NOT_TAKEN", "SHOWN", "BatchTable"]

#: What belongs to no z-stack.
NOT_TAKEN = "not taken"
#: What can be shown: words, and the states that are meant.
SHOWN: dict[str, tuple[str, ...]] = {
    "All": (),
    "Failed": (FAILED,),
    "Not done": (FAILED, NOT_REPLACED, CANCELLED, ELSEWHERE),
    "Not taken": (NOT_TAKEN,),
}
COLUMNS = ("State", "z-stack", "What")
#: Pixels of a name, at most, before it is shortened.
WIDEST = 170


class BatchTable(QTableWidget):
    """A row for each z-stack, and for each file that belongs to none."""

    #: The row of a z-stack was clicked twice.
    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setAccessibleName("z-stacks")
        self.setToolTip("<qt>Double-click a z-stack that is done to see its result.</qt>")
        self.cellDoubleClicked.connect(lambda row, column: self.opened.emit(row))
        self.setHorizontalHeaderLabels(list(COLUMNS))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(True)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.setMinimumHeight(110)
        self._states: tuple[str, ...] = ()
        self._folder = ""

    def show_plan(self, plan: Plan, folder: str) -> None:
        """Show what there is to do, and what is not taken; paths are told from the folder on."""
        self._folder = str(Path(folder).expanduser().resolve()) + os.sep if folder else ""
        self.setRowCount(0)
        for job in plan.jobs:
            name = job.found.name
            state = "waits"
            if name in plan.done:
                state = "done before"
            elif name in plan.replaced:
                state = "other result"
            self._add(state, name, "")
        for name, reason in plan.left:
            self._add(NOT_TAKEN, name, reason)
        self._settle()

    def _add(self, state: str, name: str, text: str) -> None:
        row = self.rowCount()
        self.insertRow(row)
        for column, words in enumerate((state, name, text)):
            self.setItem(row, column, QTableWidgetItem())
            self._write(row, column, words)

    def _write(self, row: int, column: int, words: str) -> None:
        item = self.item(row, column)
        words = words.replace(self._folder, "") if self._folder else words
        item.setText(words)
        item.setToolTip(f"<qt>{words}</qt>" if words else "")

    def show_running(self, row: int, fraction: float) -> None:
        """Show how far a z-stack is."""
        self._write(row, 0, f"{100 * fraction:.0f} %")

    def show_outcome(self, row: int, outcome: Outcome) -> None:
        """Show what became of a z-stack."""
        text = in_window(outcome.text)
        if outcome.seconds:
            text = f"{text}, {outcome.seconds:.1f} s"
        self._write(row, 0, "done before" if outcome.state == SKIPPED else outcome.state)
        self._write(row, 2, text)
        self.resizeRowToContents(row)
        self._filter(row)

    def show_only(self, choice: str) -> None:
        """Show the rows of a choice of `SHOWN`."""
        self._states = SHOWN[choice]
        for row in range(self.rowCount()):
            self._filter(row)

    def _filter(self, row: int) -> None:
        shown = not self._states or self.item(row, 0).text() in self._states
        self.setRowHidden(row, not shown)

    def _settle(self) -> None:
        for column in (0, 1):
            self.resizeColumnToContents(column)
        self.setColumnWidth(1, min(self.columnWidth(1), WIDEST))
        self.resizeRowsToContents()
        self.show_only(next(name for name, states in SHOWN.items() if states == self._states))

    def rows(self) -> Iterable[tuple[str, ...]]:
        """Yield the texts of the rows that are shown."""
        for row in range(self.rowCount()):
            if not self.isRowHidden(row):
                yield tuple(self.item(row, column).text() for column in range(len(COLUMNS)))

    def as_csv(self) -> str:
        """Return the rows that are shown."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([COLUMNS, *self.rows()])
        return text.getvalue()
