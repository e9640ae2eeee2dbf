"""The *Batch* panel: all z-stacks of a folder, while one does something else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)
from superqt.utils import create_worker as create_quiet_worker

from napari_mfif.fusion.job import DONE, SKIPPED
from napari_mfif.plugin.batch_run import BatchRun, Plan, make_plan
from napari_mfif.plugin.dialogs import FOLDER, ask_which
from napari_mfif.plugin.panel.base import Panel
from napari_mfif.plugin.panel.batch_settings import BatchSettings
from napari_mfif.plugin.panel.batch_table import SHOWN, BatchTable
from napari_mfif.plugin.panel.style import (
    ProgressLine,
    button,
    heading,
    hint,
    label_of,
    say,
    trouble,
)

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["BatchPanel"]

#: Maps that can be written beside the images.
MAPS = ("height", "depth", "decision", "confidence")
#: Milliseconds between two looks at how far a batch is.
LOOK = 150


class BatchPanel(Panel):
    """Fuses all z-stacks of a folder in a thread; what is done is skipped.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self.plan = Plan()
        self.batch: BatchRun | None = None
        self._seeker: Any = None
        self._worker: Any = None
        self._asked: Any = None
        self._told = 0
        self.source, self.target = QLineEdit(), QLineEdit()
        self.settings = BatchSettings(napari_viewer)
        self.maps = {name: QCheckBox(name) for name in MAPS}
        self.found, self.note, self.problem = hint(), hint(), trouble()
        self.replace = QCheckBox("Replace them")
        self.replace.setToolTip("<qt>Make these results anew; otherwise they stay.</qt>")
        self.table, self.only = BatchTable(), QComboBox()
        self.only.addItems(list(SHOWN))
        self.only.setAccessibleName("Show")
        self.only.setToolTip("<qt>Which rows the table shows.</qt>")
        self.bar, self.progress_text = ProgressLine(), hint()
        self.fuse = button("Fuse", "Fuse all z-stacks that are not done.", self.start,
                           look="primary")  # fmt: skip
        self.stop = button("Cancel", "Stop; results that are done stay.", self.cancel)
        self.copy = button("Copy as CSV", "Copy the rows that are shown.", self._copy)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._look)
        self._lay_out()
        self._connect()
        self._show_plan(Plan())
        self._show_running(False)

    def _lay_out(self) -> None:
        self.column.addWidget(heading("Folders"))
        self.column.addWidget(self._folder_rows())
        self.column.addWidget(self.settings)
        self.column.addWidget(heading("Write beside the image"))
        grid = QGridLayout()  # in one row they are wider than a narrow panel
        for number, (name, box) in enumerate(self.maps.items()):
            box.setToolTip(f"<qt>Write the {name} map too.</qt>")
            grid.addWidget(box, *divmod(number, 2))
        self.column.addLayout(grid)
        self.column.addStretch()
        for widget in (self.problem, self.found, self.replace, self.note):
            self.footer.addWidget(widget)
        self.footer.addWidget(self.table, 1)
        row = QHBoxLayout()
        row.addWidget(self.only)
        row.addWidget(self.copy)
        row.addStretch()
        self.footer.addLayout(row)
        self.footer.addWidget(self.bar)
        row = QHBoxLayout()
        row.addWidget(self.progress_text, 1)
        row.addWidget(self.fuse)
        row.addWidget(self.stop)
        self.footer.addLayout(row)
        self.layout().setStretch(0, 2)
        self.layout().setStretch(1, 3)

    def _folder_rows(self) -> QWidget:
        whole = QWidget()
        grid = QGridLayout(whole)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        for row, (text, line, tip) in enumerate((
            ("z-stacks", self.source, "Where the z-stacks lie, in it and in folders below."),
            ("Results", self.target, "Where the results go; it is made."),
        )):  # fmt: skip
            choosing = button("Choose\N{HORIZONTAL ELLIPSIS}", tip)
            choosing.setAccessibleName(f"Choose {text}")
            choosing.clicked.connect(lambda _=False, line=line: self._choose(line))
            for column, widget in enumerate((label_of(line, text, tip), line, choosing)):
                grid.addWidget(widget, row, column)
        return whole

    def _connect(self) -> None:
        self.source.editingFinished.connect(self._propose_target)
        for line in (self.source, self.target):
            line.editingFinished.connect(self.search)
            line.returnPressed.connect(self._search_again)
        self.settings.changed.connect(self.search)
        for box in self.maps.values():
            box.toggled.connect(self.search)
        self.only.currentTextChanged.connect(self.table.show_only)
        self.replace.toggled.connect(self._offer_start)
        self.table.opened.connect(self._show_result)

    def _choose(self, line: QLineEdit) -> None:
        def take(paths: list[str]) -> None:
            line.setText(paths[0])
            self._propose_target()
            self.search()

        ask_which(self, "Choose a folder", FOLDER, take, start=line.text())

    def _propose_target(self) -> None:
        """Name a folder for the results beside the one of the z-stacks, unless one is named."""
        source = self.source.text().strip().rstrip("/\\")
        if source and not self.target.text().strip():
            self.target.setText(f"{source} in focus")

    def enterEvent(self, event: Any) -> None:
        """Look at the *Fuse* panel again: it may show something else now."""
        self.settings.refresh()
        if not self._told:  # what became of a batch stays to be read
            self.search()
        super().enterEvent(event)

    def _wanted(self) -> tuple[Any, ...] | None:
        """Return what is asked for, as `make_plan` takes it."""
        source, target = (line.text().strip() for line in (self.source, self.target))
        options = self.settings.options()
        if not source or not target or options is None:
            return None
        folders = (str(Path(text).expanduser()) for text in (source, target))
        maps = tuple(name for name, box in self.maps.items() if box.isChecked())
        return (*folders, options, self.settings.means(), maps)

    def _search_again(self) -> None:
        """Look whether the folder holds something else now."""
        self._asked = None
        self.search()

    def search(self) -> None:
        """Find in a thread what there is to do."""
        wanted = self._wanted()
        self.settings.refresh()
        if self.is_running() or wanted == self._asked:
            return
        self._asked, self._told = wanted, 0
        self._show_plan(Plan())
        if wanted is None:
            return
        say(self.found, "Looking for z-stacks\N{HORIZONTAL ELLIPSIS}")
        self._seek(wanted, self._show_plan)

    def _seek(self, wanted: tuple[Any, ...], then: Any) -> None:
        def told(plan: Plan) -> None:
            if wanted is self._asked and not self._ended:
                then(plan)

        self._seeker = create_quiet_worker(
            make_plan, *wanted, _start_thread=False, _ignore_errors=True
        )
        self._seeker.returned.connect(told)
        self._seeker.errored.connect(lambda error: say(self.problem, str(error)))
        self._seeker.start()

    def _show_plan(self, plan: Plan) -> None:
        self.plan = plan
        say(self.problem, plan.problem)
        say(self.note, "")
        count = len(plan.jobs)
        parts = [f"{count} z-stack{'s' if count != 1 else ''}"]
        parts += [f"{len(plan.done)} done before"] if plan.done else []
        kinds = "1 kind" if len(plan.left) == 1 else f"{len(plan.left)} kinds"
        parts += [f"{kinds} of files not taken"] if plan.left else []
        say(self.found, ", ".join(parts) + "." if plan.jobs else "")
        number = len(plan.replaced)
        self.replace.setVisible(bool(number))
        self.replace.setChecked(False)
        others = "1 result that was" if number == 1 else f"{number} results that were"
        self.replace.setText(f"Replace {others} made otherwise")
        self.table.show_plan(plan, self.source.text().strip())
        self._offer_start()

    def _offer_start(self) -> None:
        kept = set() if self.replace.isChecked() else self.plan.replaced
        todo = [j for j in self.plan.jobs if j.found.name not in self.plan.done | kept]
        self.fuse.setEnabled(bool(todo) and not self.is_running())
        plural = "s" if len(todo) != 1 else ""
        self.fuse.setText(f"Fuse {len(todo)} z-stack{plural}" if todo else "Fuse")

    def is_running(self) -> bool:
        """Tell whether a batch runs."""
        return self.batch is not None

    def start(self) -> None:
        """Fuse what is not done; settings that changed meanwhile are looked at first."""
        if self.is_running():
            return
        if self._wanted() != self._asked:
            self.search()
            say(self.note, "The settings have changed: look at what there is to do now.")
            return
        self.batch = BatchRun(self.plan.jobs, replace=self.replace.isChecked())
        self._told = 0
        self._show_running(True)
        self.watch_window()
        self._worker = create_worker(self.batch.work, _start_thread=False)
        self._worker.start()
        self._timer.start()

    def _look(self) -> None:
        """Show how far the batch is."""
        batch = self.batch
        if batch is None:
            return
        finished = batch.finished  # before the outcomes: the last one is among them then
        for outcome in batch.outcomes[self._told :]:
            self.table.show_outcome(self._told, outcome)
            self._told += 1
        at, total = batch.at, len(batch.jobs)
        if self._told <= at < total:
            self.table.show_running(at, batch.fraction)
            self.progress_text.setText(f"{batch.jobs[at].found.name}, {at + 1} of {total}")
        self.bar.show_fraction((self._told + batch.fraction * (self._told < total)) / total)
        if finished:
            self._end_run(batch)

    def _end_run(self, batch: BatchRun) -> None:
        self._timer.stop()
        self.batch = self._worker = None
        counts = Counter(outcome.state for outcome in batch.outcomes)
        order = sorted(counts, key=lambda state: (state != DONE, state != SKIPPED, state))
        words = {SKIPPED: "done before"}
        told = ", ".join(f"{counts[state]} {words.get(state, state)}" for state in order)
        say(self.note, f"{told}.")
        self._show_running(False)
        done = {o.name for o in batch.outcomes if o.state in (DONE, SKIPPED)}
        self.plan = replace(self.plan, done=done, replaced=self.plan.replaced - done)
        self._offer_start()

    def cancel(self) -> None:
        """Stop after the plane at hand."""
        if self.batch is not None:
            self.batch.stop()
            self.progress_text.setText("stopping after the plane at hand")
            self.stop.setEnabled(False)

    def _show_running(self, running: bool) -> None:
        for widget in (self.bar, self.stop, self.progress_text):
            widget.setVisible(running)
        self.fuse.setVisible(not running)
        self.stop.setEnabled(running)
        for widget in (self.source, self.target, self.settings, self.replace, *self.maps.values()):
            widget.setEnabled(not running)
        if running:
            say(self.note, "")

    def _show_result(self, row: int) -> None:
        """Open the image of a z-stack, and the maps that were written of it."""
        if row >= len(self.plan.jobs):  # what is not taken
            return
        job = self.plan.jobs[row]
        files = [job.output, *(job.map_path(name) for name in job.maps)]
        there = [str(path) for path in files if path.exists()]
        say(self.note, "" if there else f"There is no result of {job.found.name} yet.")
        if there:
            self.viewer.open(there, plugin="napari")

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.table.as_csv())
        say(self.note, "Copied.")

    def end(self) -> None:
        """Stop what runs; results that are done stay."""
        super().end()
        self._timer.stop()
        if self.batch is not None:
            self.batch.stop()
        self.batch = None
