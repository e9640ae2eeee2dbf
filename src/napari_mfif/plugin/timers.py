"""Timers that fire once after they were started last, and work that is done in turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qtpy.QtCore import QObject, QTimer

__all__ = ["in_turns", "single_shot"]

END = object()


def single_shot(parent: QObject, then: Any, pause: int = 0) -> QTimer:
    """Return a timer that does something once, so many milliseconds after its last start.

    Parameters
    ----------
    parent : QObject
        With it the timer ends.
    then : callable or signal
        What is called or emitted.
    pause : int, optional
        Milliseconds, unless the start says otherwise.
    """
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(pause)
    timer.timeout.connect(then)
    return timer


def in_turns(parent: QObject, steps: Iterator[object]) -> QTimer:
    """Do one step in each turn of the event loop, so that the window is drawn between them.

    Parameters
    ----------
    parent : QObject
        With it the steps end, as when the timer that is returned is stopped.
    steps : iterator
        Does a step whenever it is asked for the next.
    """

    def step() -> None:
        if next(steps, END) is not END:
            timer.start(0)

    timer = single_shot(parent, step)
    timer.start(0)
    return timer
