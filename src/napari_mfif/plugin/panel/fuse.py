"""The *Fuse* panel: a stack in, one sharp image and its maps out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication
from superqt.utils import create_worker as create_quiet_worker

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import WORTH_ALIGNING, drift_of
from napari_mfif.engine.process.client import Stopped, shared_worker
from napari_mfif.errors import MfifError
from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.estimate import estimate
from napari_mfif.methods import registry
from napari_mfif.plugin.commands import choose_files
from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.layers.multiscale import is_huge, is_large
from napari_mfif.plugin.layers.to_stack import possible_axes
from napari_mfif.plugin.layers.writer import LayerWriter
from napari_mfif.plugin.panel import preferences
from napari_mfif.plugin.panel.as_code import as_command, as_python
from napari_mfif.plugin.panel.base import Panel
from napari_mfif.plugin.panel.fusion_thread import Failure, Request, Step, run
from napari_mfif.plugin.panel.method_box import MethodBox
from napari_mfif.plugin.panel.preload import load_torch_gently
from napari_mfif.plugin.panel.run_box import RunBox
from napari_mfif.plugin.panel.saving import choose_target
from napari_mfif.plugin.panel.stack_box import StackBox
from napari_mfif.plugin.panel.view_row import ViewRow
from napari_mfif.plugin.panel.welcome import Welcome
from napari_mfif.plugin.results import results_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["FusePanel"]

#: Milliseconds without a change after which the estimate is made.
SETTLE = 350

#: Milliseconds that a cancelled run gets to end by itself.
PATIENCE = 500

#: Seconds between two changes of the progress: the eye sees no more, drawing costs.
EYE = 0.08


class FusePanel(Panel):
    """Fuses a z-stack of the viewer in a thread and shows what comes of it as layers.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self.fusion: Fusion | None = None
        self._request: Request | None = None
        self._copy_from: tuple[tuple[str, ...], str] = ((), "")
        self._last_result: tuple[Any, Any, str] = (None, ((), ""), "")
        self._worker: Any = None
        self._shown = 0.0
        self._estimator: Any = None
        self._drift_seeker: Any = None
        self._drift_of: Any = None
        runs_apart: list[Any] = []  # known also when the panel is no more
        self._runs_apart = runs_apart
        self.destroyed.connect(lambda: end_processes_of(runs_apart))
        self.welcome = Welcome(napari_viewer)
        self.stack_box, self.method_box = StackBox(napari_viewer), MethodBox()
        self.run_box = RunBox()
        self.writer = LayerWriter(napari_viewer, self)
        self.results = results_of(napari_viewer)
        self.writer.wrote.connect(self.results.tell)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SETTLE)
        self.method_box.prefer_device(preferences.device())
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        for widget in (self.welcome, self.stack_box, self.method_box):
            self.column.addWidget(widget)
        self.column.addStretch()
        self.footer.addWidget(ViewRow(self.results))
        self.footer.addWidget(self.run_box)

    def _connect(self) -> None:
        self.stack_box.changed.connect(self._stack_changed)
        self.stack_box.wants_to_open.connect(self._open)
        self.welcome.wants_to_open.connect(self._open)
        self.welcome.wants_folder.connect(self._open_folder)
        self.method_box.changed.connect(self._settings_changed)
        self.run_box.start.connect(self.start)
        self.run_box.cancel.connect(self.cancel)
        self.run_box.in_view.toggled.connect(self._settings_changed)
        self.run_box.copy.connect(self.copy)
        self.run_box.save.connect(self.save)
        self._patience.timeout.connect(self._estimate)
        layers = self.viewer.layers.events
        self.listen(layers.inserted, self._layer_added)
        self.listen(layers.removed, self.refresh)
        self.listen(layers.renamed, self.refresh)

    def _layer_added(self, event: Any) -> None:
        """Turn to a stack that was just opened, unless one is being fused."""
        new = event.value
        is_stack = isinstance(new, Image) and result(new) is None and possible_axes(new)
        self.refresh(choose=new if is_stack and not self.is_running() else None)

    def refresh(self, event: Any = None, *, choose: Any = None) -> None:
        """List the layers again."""
        self.stack_box.refresh(choose)
        empty = self.stack_box.is_empty()
        self.welcome.setVisible(empty)
        for widget in (self.stack_box, self.method_box, self.run_box):
            widget.setVisible(not empty)

    def _stack_changed(self) -> None:
        if self.is_running():
            return
        stack = self.stack_box.stack
        if stack is not None:
            self.method_box.suit(stack.n_planes)
            shape = stack.plane_shape
            self.run_box.offer_in_view(large=is_large(shape), huge=is_huge(shape))
        self.method_box.advise(0)
        self._drift_of = None
        self.run_box.show_result("")
        self._settings_changed()

    def _settings_changed(self) -> None:
        if self.is_running():
            return
        possible = self.stack_box.stack is not None and self.method_box.can_run()
        self.run_box.show_idle(possible=possible)
        self.run_box.show_problem("")
        self.run_box.show_estimate("")
        if possible:
            self._patience.start()

    def request(self) -> Request:
        """Return what the panel shows, as it would be fused now."""
        alone = self.stack_box.alone()
        return Request(
            self.stack_box.fused_stack(),
            self.method_box.name(),
            self.method_box.parameters(),
            self.method_box.consistency(),
            None if alone else self.stack_box.channel(),
            self.method_box.chosen_device(),
            preferences.memory(),
            self.method_box.is_neural() and preferences.in_own_process(),
            self.method_box.alignment_values(),
            self.run_box.fuses_in_view(),
        )

    def is_running(self) -> bool:
        """Tell whether a fusion runs."""
        return self._worker is not None

    def start(self) -> None:
        """Fuse what is chosen."""
        if self.is_running() or self.stack_box.stack is None or not self.method_box.can_run():
            return
        self._patience.stop()
        self.stack_box.read_again()
        if self.stack_box.stack is None:
            return
        self._last_result = (self._request, self._copy_from, self.run_box.result.text())
        self._request, look = self.request(), self.stack_box.look()
        self._copy_from = self.stack_box.names_and_axes()
        self.writer.clear()
        self._worker = create_worker(run, self._request, look, _start_thread=False)
        self._worker.yielded.connect(self._show)
        self.run_box.show_running(0, "starting")
        self.watch_window()
        self._runs_apart[:] = [self._worker] if self._request.apart else []
        self._worker.start()

    def cancel(self) -> None:
        """Stop the fusion that runs; its thread ends after the plane at hand."""
        if self._worker is None:
            return
        self._worker.quit()
        waiting = list(self._runs_apart)
        QTimer.singleShot(PATIENCE, lambda: end_processes_of(waiting))
        self._end_without_result()
        self.run_box.show_note("Cancelled. Everything is as it was before.")

    def _show(self, news: tuple[Request, Step | Failure]) -> None:
        request, step = news
        if self._worker is None or request is not self._request:
            return  # of a run that was cancelled
        if isinstance(step, Failure):
            self._end_without_result()
            self.run_box.show_problem(step.sentence)
        elif step.made is not None:
            self.fusion, said = step.made.fusion, step.text
            self.run_box.show_running(1, "showing the layers")
            self.writer.write(step.drawings, done=lambda: self._done(said))
        else:
            self._show_progress(step)

    def _show_progress(self, step: Step) -> None:
        if time.monotonic() - self._shown > EYE or step.drawings:
            self._shown = time.monotonic()
            self.run_box.show_running(step.fraction, step.text)
        if step.drawings:
            self.writer.write(step.drawings)

    def _done(self, sentence: str) -> None:
        self._end_run()
        self.run_box.show_result(sentence)

    def _end_without_result(self) -> None:
        """Bring back the layers as they were, and the result that they show."""
        self.writer.undo()
        self._request, self._copy_from, sentence = self._last_result
        self._end_run()
        if sentence:
            self.run_box.show_result(sentence)

    def _end_run(self) -> None:
        self._worker = None
        self.writer.clear()
        self.run_box.show_idle(possible=self.stack_box.stack is not None)
        self.refresh()  # what was opened meanwhile is not turned to, but listed
        self._patience.start()

    def _estimate(self) -> None:
        """Find out in a thread what a run will take."""
        if self.is_running() or self.stack_box.stack is None:
            return
        request = self.request()
        self._estimator = create_quiet_worker(
            estimated, request, _start_thread=False, _ignore_errors=True
        )
        self._estimator.returned.connect(self._show_estimate)
        self._estimator.start()
        self._seek_drift(request.stack)

    def _show_estimate(self, answer: tuple[Request, str, str]) -> None:
        request, text, problem = answer
        if self.is_running() or self.stack_box.stack is None:
            return
        if not request.asks_for(self.request()):
            return
        self.run_box.show_estimate(text)
        if problem:
            self.run_box.show_problem(problem)

    def _seek_drift(self, stack: ZStack) -> None:
        """Find out in a thread whether planes drift, once for each stack."""
        if self._drift_of is not None:
            return
        self._drift_of = self.stack_box.stack
        self._drift_seeker = create_quiet_worker(
            drift_seen, stack, self._drift_of, _start_thread=False, _ignore_errors=True
        )
        self._drift_seeker.returned.connect(self._show_drift)
        self._drift_seeker.start()

    def _show_drift(self, answer: tuple[Any, float]) -> None:
        stack, drift = answer
        if stack is self._drift_of:
            self.method_box.advise(drift)

    def _open(self) -> None:
        tell = self.welcome.tell if self.stack_box.is_empty() else self.run_box.show_problem
        choose_files(self.viewer, self, told=tell)

    def _open_folder(self) -> None:
        choose_files(self.viewer, self, told=self.welcome.tell, folder=True)

    def copy(self, what: str) -> None:
        """Put ``"python"`` or ``"command"`` for the last fusion into the clipboard."""
        if self._request is None:
            return
        names, axes = self._copy_from
        command = what == "command"
        text = as_command(self._request) if command else as_python(self._request, names, axes)
        QApplication.clipboard().setText(text)
        note = "Copied."
        if command and not self._request.stack.source:
            note = "Copied. Save the stack and put its path in the place of STACK.tif."
        self.run_box.show_note(note)

    def save(self, what: str) -> None:
        """Ask where, and write the ``"image"``, ``"all"`` maps or the ``"recipe"``."""
        if self.fusion is not None:
            choose_target(self, self.fusion, what, self.run_box)

    def end(self) -> None:
        """Stop what runs and let go of the viewer."""
        self._patience.stop()
        super().end()
        if self._worker is not None:
            self.writer.undo()  # a half-fused image would look finished
        self.writer.clear()
        self.welcome.end()
        for worker in (self._worker, self._estimator, self._drift_seeker):
            if worker is not None:
                worker.quit()
        end_processes_of(self._runs_apart)
        self._worker = self._estimator = self._drift_seeker = None


def end_processes_of(workers: Sequence[Any]) -> None:
    """End the process in which a network runs, where it still holds up one of these threads.

    It costs seconds to start another one, so a thread that ends by itself keeps it.
    """
    if any(worker.is_running for worker in workers):
        shared_worker().stop()


def drift_seen(stack: ZStack, shown: ZStack) -> tuple[ZStack, float]:
    """Return the stack that is shown, and its drift in pixels where it is worth aligning."""
    try:
        drift = drift_of(stack)
    except (MfifError, OSError, ValueError):  # what is wrong with it a fusion will say
        return shown, 0.0
    return shown, drift if drift >= WORTH_ALIGNING else 0.0


def estimated(request: Request) -> tuple[Request, str, str]:
    """Return what a request will take, and what is wrong with it."""
    if registry.get(request.method).neural and not request.apart:
        load_torch_gently()
    if request.in_view:
        return request, "At once; what comes into view is fused as you look", ""
    try:
        found = estimate(
            request.stack,
            request.method,
            request.parameters,
            memory=request.memory,
            device=request.device,
            worker=request.apart,
        )
    except Stopped:
        return request, "", ""
    except MfifError as error:
        return request, "", str(error)
    except (ImportError, OSError, RuntimeError):
        return request, "", ""
    place = "on the CPU" if request.device in ("auto", "cpu") else f"on {request.device.upper()}"
    return request, f"{found}, {place}", ""
