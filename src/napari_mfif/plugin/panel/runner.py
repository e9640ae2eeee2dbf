"""A run of the *Fuse* panel: in a thread, its layers as they come, and an end in good order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QObject, QTimer, Signal

from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.specs import Look
from napari_mfif.plugin.layers.writer import LayerWriter
from napari_mfif.plugin.panel.fusion_thread import Failure, Request, Step, end_processes_of, run

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Runner"]

#: Milliseconds that a cancelled run gets to end by itself.
PATIENCE = 500

#: Seconds between two changes of the progress: the eye sees no more, drawing costs.
EYE = 0.08


class Runner(QObject):
    """Runs one fusion at a time and shows what comes of it as layers.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    parent : QObject
        With it all ends.
    """

    #: How far it is: a share, and words.
    went = Signal(float, str)
    #: All layers of what was made show it.
    finished = Signal(object)
    #: Why it ended without a result; the layers are as they were before.
    failed = Signal(str)
    #: Layers were written.
    wrote = Signal()

    def __init__(self, viewer: ViewerModel, parent: QObject) -> None:
        super().__init__(parent)
        self.worker: Any = None
        #: Seconds that the last run took, and those that showing its layers took.
        self.seconds = self.showing = 0.0
        self._request: Request | None = None
        self._began = self._drawn = self._told = 0.0
        apart: list[Any] = []  # known also when this is no more
        self._apart = apart
        self.destroyed.connect(lambda: end_processes_of(apart))
        self._writer = LayerWriter(viewer, self)
        self._writer.wrote.connect(self.wrote)

    def is_running(self) -> bool:
        """Tell whether a fusion runs."""
        return self.worker is not None

    def start(self, request: Request, look: Look, expected: Mapping[str, float]) -> None:
        """Begin a fusion; arguments are those of `fusion_thread.run`."""
        self._request, self._began = request, time.perf_counter()
        self._writer.clear()
        self.worker = create_worker(run, request, look, expected, _start_thread=False)
        self.worker.yielded.connect(self._show)
        self._apart[:] = [self.worker] if request.apart else []
        self.worker.start()

    def cancel(self) -> None:
        """Stop the fusion that runs; its thread ends after the plane at hand."""
        self.worker.quit()
        waiting = list(self._apart)
        QTimer.singleShot(PATIENCE, lambda: end_processes_of(waiting))
        self._end_without_result()

    def end(self) -> None:
        """Stop what runs, for good."""
        if self.worker is not None:
            self._writer.undo()  # a half-fused image would look finished
            self.worker.quit()
        self._writer.clear()
        end_processes_of(self._apart)
        self.worker = None

    def _show(self, news: tuple[Request, Step | Failure]) -> None:
        request, step = news
        if self.worker is None or request is not self._request:
            return  # of a run that was cancelled
        if isinstance(step, Failure):
            self._end_without_result()
            self.failed.emit(step.sentence)
        elif step.made is not None:
            made, self._drawn = step.made, time.perf_counter()
            self.went.emit(1.0, "showing the layers")
            self._writer.write(step.drawings, done=lambda: self._done(made))
        else:
            self._show_progress(step)

    def _show_progress(self, step: Step) -> None:
        if time.monotonic() - self._told > EYE or step.drawings:
            self._told = time.monotonic()
            self.went.emit(step.fraction, step.text)
        if step.drawings:
            self._writer.write(step.drawings)

    def _done(self, made: Made) -> None:
        now = time.perf_counter()
        self.seconds, self.showing = now - self._began, now - self._drawn
        self.worker = None
        self._writer.clear()
        self.finished.emit(made)

    def _end_without_result(self) -> None:
        """Bring back the layers as they were, and with them the result that they show."""
        self._writer.undo()
        self.worker = None
        self._writer.clear()
