"""File dialogs that stand beside everything else; nothing waits for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_mfif.fusion.api import Fusion

__all__ = ["FILE", "FILES", "FOLDER", "ask_where", "ask_which"]

FILE = QFileDialog.FileMode.ExistingFile
FILES = QFileDialog.FileMode.ExistingFiles
FOLDER = QFileDialog.FileMode.Directory

#: Where somebody saved last while napari runs: there the next dialog begins.
_saved_in: list[Path] = []


def ask_which(
    parent: QWidget | None,
    title: str,
    mode: QFileDialog.FileMode,
    chosen: Callable[[list[str]], object],
    *,
    kinds: str = "",
    start: str = "",
) -> None:
    """Ask for what is there: a `FILE`, several `FILES` or a `FOLDER`.

    Parameters
    ----------
    parent : QWidget
        Above which the dialog stands.
    title : str
        What is asked.
    mode : QFileDialog.FileMode
        One of the three.
    chosen : callable
        Called with the paths, unless the dialog is cancelled.
    kinds : str, optional
        Filters, as Qt writes them.
    start : str, optional
        The folder in which one begins to look.
    """
    dialog = QFileDialog(parent, title, start, kinds)
    dialog.setFileMode(mode)
    dialog.filesSelected.connect(lambda paths: chosen(list(paths)))
    _open(dialog)


def ask_where(
    parent: QWidget,
    fusion: Fusion,
    name: str,
    kinds: str,
    chosen: Callable[[str], object],
    title: str = "",
) -> None:
    """Ask for the name of a new file, where one saved last or beside the stack.

    The dialog asks before a file is replaced.
    """
    folder = Path(fusion.stack.source).parent if fusion.stack.source else Path.home()
    folder = next((one for one in _saved_in if one.is_dir()), folder)
    dialog = QFileDialog(parent, title or f"Save {name}", str(folder / name), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(ending_of(kind)))
    dialog.setDefaultSuffix(ending_of(kinds))
    dialog.fileSelected.connect(_remember)
    dialog.fileSelected.connect(chosen)
    _open(dialog)


def _remember(path: str) -> None:
    _saved_in[:] = [Path(path).parent]


def ending_of(kinds: str) -> str:
    """Return the first ending in filters as Qt writes them, without its leading dot."""
    found = re.search(r"\*\.([\w.]+)", kinds)
    return found[1] if found else ""


def _open(dialog: QFileDialog) -> None:
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
