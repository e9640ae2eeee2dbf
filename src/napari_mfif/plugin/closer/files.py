"""Asking for a file and writing it in a thread; nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QFileDialog, QLabel, QWidget
from superqt.utils import create_worker

from napari_mfif.fusion.api import Fusion
from napari_mfif.plugin.panel.style import say

__all__ = ["ask_where", "write_quietly"]


def ask_where(
    parent: QWidget, fusion: Fusion, name: str, kinds: str, chosen: Callable[[str], Any]
) -> QFileDialog:
    """Ask for the name of a new file; the dialog asks before one is replaced."""
    folder = Path(fusion.stack.source).parent if fusion.stack.source else Path.home()
    dialog = QFileDialog(parent, "Save", str(folder / name), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.fileSelected.connect(chosen)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


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
