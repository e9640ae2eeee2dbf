"""Writing a file in a thread; nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtWidgets import QLabel
from superqt.utils import create_worker

from napari_mfif.plugin.panel.style import say

__all__ = ["write_quietly"]


def write_quietly(write: Callable[[], Path], note: QLabel, trouble: QLabel) -> None:
    """Write in a thread; say where it was written, or why not."""
    say(note, "Saving\N{HORIZONTAL ELLIPSIS}")
    say(trouble, "")

    def failed(error: Exception) -> None:
        say(note, "")
        say(trouble, str(error))

    worker = create_worker(write, _start_thread=False, _ignore_errors=True)
    worker.returned.connect(lambda path: say(note, f"Saved {path}."))
    worker.errored.connect(failed)
    worker.start()
