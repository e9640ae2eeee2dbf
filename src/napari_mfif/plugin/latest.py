"""Work in a thread for whoever asks faster than it can be done: the last wish counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject
from superqt.utils import create_worker

from napari_mfif.errors import MfifError

__all__ = ["Latest"]


class Latest(QObject):
    """Calls a function in a thread, one call at a time; of several wishes only the last is done.

    Parameters
    ----------
    work : callable
        What is called in the thread.
    done : callable
        Called with what it returned, in the main thread, unless something else was wished since.
    failed : callable, optional
        Called with the sentence of an error that is the user's; others are raised.
    parent : QObject, optional
        With it all ends.
    between : bool, optional
        Whether what was done is told of although something else was wished since: so that one sees
        something while a slider moves.
    """

    def __init__(
        self,
        work: Callable[..., Any],
        done: Callable[[Any], object],
        failed: Callable[[str], object] = lambda text: None,
        parent: QObject | None = None,
        *,
        between: bool = False,
    ) -> None:
        super().__init__(parent)
        self._work, self._done, self._failed = work, done, failed
        self._running: Any = None
        self._wish: tuple[Any, ...] | None = None
        self._between = between

    @property
    def busy(self) -> bool:
        """Whether something is being done or waits."""
        return self._running is not None

    @property
    def outdated(self) -> bool:
        """Whether something else is wished already than what is being done."""
        return self._wish is not None

    def ask(self, *wish: Any) -> None:
        """Call the function with these soon."""
        self._wish = wish
        if self._running is None:
            self._start()

    def stop(self) -> None:
        """Forget what was wished; what is being done ends unheard."""
        self._wish = None
        if self._running is not None:
            self._running.returned.disconnect()
            self._running.errored.disconnect()
            self._running = None

    def _start(self) -> None:
        wish, self._wish = self._wish, None
        if wish is None:
            return
        self._running = create_worker(self._work, *wish, _start_thread=False, _ignore_errors=True)
        self._running.returned.connect(self._returned)
        self._running.errored.connect(self._errored)
        self._running.start()

    def _returned(self, found: Any) -> None:
        self._running = None
        if self._wish is None or self._between:
            self._done(found)
        self._start()

    def _errored(self, error: Exception) -> None:
        self._running = None
        if not isinstance(error, MfifError):
            raise error
        if self._wish is None:
            self._failed(str(error))
        self._start()
