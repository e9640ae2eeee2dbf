"""Work outside of the window's thread, one piece after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject
from superqt.utils import create_worker

__all__ = ["Jobs"]

Then = Callable[[Any], object]


class Jobs(QObject):
    """A queue of functions that run in a thread; what they return comes back to the window's.

    Parameters
    ----------
    failed : callable
        Called with what a function raised.
    """

    def __init__(self, failed: Then) -> None:
        super().__init__()
        self._waiting: deque[tuple[Callable[[], Any], Then | None]] = deque()
        self._running: Any = None
        self._failed = failed
        #: Whether nothing that is done is wanted any more.
        self.ended = False

    @property
    def busy(self) -> bool:
        """Whether something runs or waits."""
        return self._running is not None or bool(self._waiting)

    def run(self, work: Callable[[], Any], then: Then | None = None) -> None:
        """Do some work when what was asked for before is done; then call with what it gave."""
        self._waiting.append((work, then))
        if self._running is None:
            self._start()

    def forget(self) -> None:
        """Leave undone what waits."""
        self._waiting.clear()

    def end(self) -> None:
        """Leave undone what waits, and take back nothing from what runs."""
        self.ended = True
        self.forget()

    def _start(self) -> None:
        work, then = self._waiting.popleft()
        # what it raises is told here, not by napari
        self._running = create_worker(_attempted, work, _start_thread=False)
        self._running.returned.connect(lambda answer: self._done(answer, then))
        self._running.start()

    def _done(self, answer: tuple[Any, BaseException | None], then: Then | None) -> None:
        self._running = None
        value, error = answer
        if self.ended:
            return
        if error is not None:
            self._failed(error)
        elif then is not None:
            then(value)
        if self._waiting and self._running is None:
            self._start()


def _attempted(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return work(), None
    except Exception as error:
        return None, error
