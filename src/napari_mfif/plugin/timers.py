"""Timers that fire once after they were started last."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, QTimer

__all__ = ["single_shot"]


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
