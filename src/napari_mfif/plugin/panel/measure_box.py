"""The foot of the *Compare* panel: all results and their measures in a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QApplication, QComboBox, QGridLayout, QHBoxLayout, QWidget
from superqt.utils import create_worker

from napari_mfif.errors import MfifError
from napari_mfif.plugin.comparing.measuring import Subject, Value, measured, possible
from napari_mfif.plugin.comparing.sides import VIEWS, Side
from napari_mfif.plugin.panel.measure_table import MeasureTable
from napari_mfif.plugin.panel.side_boxes import fill
from napari_mfif.plugin.panel.style import ProgressLine, button, heading, hint, label_of, say
from napari_mfif.plugin.results import Results

__all__ = ["MeasureBox"]

NO_TRUTH = "none"
TRUE_HEIGHTS = (
    "A map of heights that is known to be right, in the unit of the results' heights: these are "
    "measured by it."
)


class MeasureBox(QWidget):
    """Chooses a truth and measures, and shows them in a table.

    Parameters
    ----------
    results : Results
        Knows the layers of the results.
    """

    wants_picture = Signal()
    started = Signal()
    #: Carries the key of a result.
    wants_removal = Signal(str)

    def __init__(self, results: Results) -> None:
        super().__init__()
        self.results = results
        self._sides: list[Side] = []
        self._shown: dict[str, Any] = {}
        self._stack_id = ""
        self._channel = 0
        self._worker: Any = None
        self._told: list[str] = []
        self.truth, self.heights, self.which = QComboBox(), QComboBox(), QComboBox()
        for text, every in (("the usual ones", False), ("all", True)):
            self.which.addItem(text, every)
        self.table = MeasureTable()
        self.note, self.progress_text, self.bar = hint(), hint(), ProgressLine()
        self.measure = button(
            "Measure", "Compute the measures of all results, one after the other.", self.start
        )
        self.stop = button("Cancel", "Stop measuring; what is known stays.", self.cancel)
        self.copy = button(
            "Copy as CSV", "Copy the table, as it is sorted, for a spreadsheet.", self._copy
        )
        self.removing = button(
            "Remove", "Remove all layers of the selected result.", self._remove_chosen
        )
        self._lay_out()
        self.truth.currentIndexChanged.connect(self._truth_changed)
        self.heights.currentIndexChanged.connect(self._truth_changed)
        self.which.currentIndexChanged.connect(self._measures_changed)
        self.table.itemSelectionChanged.connect(self._offer_removal)
        self._measures_changed()
        self._show_running(False)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        grid.addWidget(heading("Measures"), 0, 0, 1, 3)
        tip = "A picture that is known to be right, or another program's: all are measured by it."
        picture = button("Open\N{HORIZONTAL ELLIPSIS}", "Open a picture as the truth.")
        picture.setAccessibleName("Open truth")
        picture.clicked.connect(self.wants_picture)
        for row, (text, box, told) in enumerate(
            (
                ("Truth", self.truth, tip),
                ("True heights", self.heights, TRUE_HEIGHTS),
                ("Compute", self.which, "Which measures."),
            ),
            start=1,
        ):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(8)
            grid.addWidget(label_of(box, text, told), row, 0)
            grid.addWidget(box, row, 1)
        grid.addWidget(picture, 1, 2)
        grid.addWidget(self.measure, 3, 2)
        grid.addWidget(self.stop, 3, 2)
        grid.addWidget(self.bar, 4, 0, 1, 3)
        grid.addWidget(self.progress_text, 5, 0, 1, 3)
        self.table.setMinimumHeight(110)
        grid.addWidget(self.table, 6, 0, 1, 3)
        grid.setRowStretch(6, 1)
        grid.addWidget(self.note, 7, 0, 1, 3)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addWidget(self.removing)
        row.addStretch()
        grid.addLayout(row, 8, 0, 1, 3)
        say(self.note, "")

    def offer(self, sides: Sequence[Side], channel: int) -> None:
        """List results and pictures; values of results that were made anew are forgotten.

        Those of pictures, too, when results of another stack take the place of the others.
        """
        self._sides, self._channel = list(sides), channel
        stack_id = next((side.made.stack_id for side in sides if side.made is not None), "")
        if stack_id != self._stack_id:
            self._stack_id = stack_id
            self.cancel()
            self.table.forget([side.key for side in sides])
        for box in (self.truth, self.heights):
            fill(box, [side for side in sides if side.made is None], 0, none=NO_TRUTH)
        now = {side.key: side.made or side.picture.data for side in sides}
        changed = [key for key, what in self._shown.items() if now.get(key) is not what]
        self._shown = now
        self.table.forget(changed)
        true = self.truth.currentData(), self.heights.currentData()
        self.table.show_sides([side for side in sides if side.key not in true])
        self.measure.setEnabled(any(side.made is not None for side in sides))
        self.copy.setEnabled(bool(sides))
        self._offer_removal()

    def choose_channel(self, channel: int) -> None:
        """Measure another channel: what is known of the last one is forgotten."""
        if channel != self._channel:
            self._channel = channel
            self.table.forget([side.key for side in self._sides])

    def choose_truth(self, key: str) -> None:
        """Choose the truth."""
        self.truth.setCurrentIndex(max(0, self.truth.findData(key)))

    def _truth_changed(self) -> None:
        self.table.forget([side.key for side in self._sides])
        self._measures_changed()
        self.offer(self._sides, self._channel)

    def _measures_changed(self) -> None:
        truth, heights = (box.currentData() is not None for box in (self.truth, self.heights))
        every = bool(self.which.currentData())
        self.table.show_measures(possible(truth=truth, every=every, heights=heights))

    def _offer_removal(self) -> None:
        key = self.table.chosen_key()
        made = [side.key for side in self._sides if side.made is not None]
        self.removing.setEnabled(key in made)

    def _remove_chosen(self) -> None:
        key = self.table.chosen_key()
        if key is not None:
            self.wants_removal.emit(key)

    def start(self) -> None:
        """Measure all results in a thread."""
        self.cancel()
        truth, name, subjects = None, "", []
        heights: tuple[Any, str] = (None, "")
        self._told = []
        try:
            for side in self._sides:
                if side.key == self.heights.currentData():
                    heights = side.piece(self.results, VIEWS[1]), side.name
                elif side.key == self.truth.currentData():
                    truth, name = side.piece(self.results, VIEWS[0]), side.name
                elif side.is_there():
                    subjects.append(self._subject(side))
                else:
                    self._told.append(f"{side.name} is made only where one looks: not measured.")
        except MfifError as error:
            say(self.note, str(error))
            return
        say(self.note, " ".join(self._told))
        self._worker = create_worker(
            measured, subjects, self.table.measures, truth, name, heights,
            _start_thread=False, _ignore_errors=True,
        )  # fmt: skip
        self._worker.yielded.connect(self._show)
        self._worker.returned.connect(self._end)
        self._worker.errored.connect(self._fail)
        self._show_running(True)
        self.started.emit()
        self._worker.start()

    def _subject(self, side: Side) -> Subject:
        """Return what is measured of a side; pictures against the planes of the newest result."""
        newest = next((one.made for one in self._sides if one.made is not None), None)
        made = side.made or newest
        return Subject(
            side.key,
            side.name,
            side.piece(self.results, VIEWS[0], self._channel),
            made.fusion.stack if made is not None else None,
            self._channel,
            side.made is None,
            side.piece(self.results, VIEWS[1])
            if side.made is not None and side.layers(self.results, VIEWS[1])
            else None,
        )

    def _show(self, value: Value) -> None:
        self.bar.show_fraction(value.fraction)
        if value.text:
            self.progress_text.setText(value.text)
        if value.told and value.told not in self._told:
            self._told.append(value.told)
            say(self.note, " ".join(self._told))
        if value.measure:
            self.table.set_value(value.key, value.measure, value.value)

    def _end(self, result: Any = None) -> None:
        self._worker = None
        self._show_running(False)
        self.table.resizeColumnsToContents()

    def _fail(self, error: Exception) -> None:
        self._end()
        say(self.note, f"This should not have happened: {error}. Please report it.")

    def cancel(self) -> None:
        """Stop measuring; what is known stays."""
        worker, self._worker = self._worker, None
        if worker is not None:
            for signal, slot in (
                (worker.yielded, self._show),
                (worker.returned, self._end),
                (worker.errored, self._fail),
            ):
                signal.disconnect(slot)
            worker.quit()
        self._show_running(False)

    def is_running(self) -> bool:
        """Tell whether something is measured."""
        return self._worker is not None

    def _show_running(self, running: bool) -> None:
        for widget in (self.bar, self.stop, self.progress_text):
            widget.setVisible(running)
        self.measure.setVisible(not running)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.table.as_csv())
        say(self.note, "Copied.")

    def end(self) -> None:
        """Stop what runs."""
        self.cancel()
