"""Opening z-stacks from the *Fuse* panel: by a dialog, or by dropping them onto the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QWidget

from napari_mfif.io.content import ENDINGS
from napari_mfif.plugin.commands import choose_files, open_paths
from napari_mfif.plugin.napari_internals import PLUGIN, drop_target, preferred_reader
from napari_mfif.plugin.reader import get_reader

__all__ = ["Opener", "is_for_us"]


class Opener(QObject):
    """Opens z-stacks: chosen in a dialog, or dropped onto the panel or the window.

    napari opens several files one by one, and asks which reader to take for every TIFF. So what is
    dropped on its window is taken here where it is a z-stack; with Shift or Alt held down napari
    does as it always does.

    Parameters
    ----------
    panel : QWidget
        With it this ends; all that is dropped on it is opened.
    viewer : ViewerModel
        Where z-stacks are opened.
    teller : callable
        Returns what is called with the sentence of an error, and what is offered instead.
    """

    def __init__(self, panel: QWidget, viewer: Any, teller: Callable[[], Any]) -> None:
        super().__init__(panel)
        self._viewer, self._teller, self._panel = viewer, teller, panel
        self._target: Callable[[], Any] = lambda: None
        panel.setAcceptDrops(True)
        panel.installEventFilter(self)

    def ask(self, *, folder: bool = False) -> None:
        """Show a dialog for files, or for a folder."""
        choose_files(self._viewer, self._panel, told=self._teller(), folder=folder)

    def watch(self, window: QWidget) -> None:
        """Watch where files are dropped in a window."""
        target = drop_target(window)
        if target is not None and target is not self._target():
            self.end()
            self._target = ref(target)  # a panel must not keep the window alive
            target.installEventFilter(self)

    def end(self) -> None:
        """Watch no more."""
        target = self._target()
        if target is not None:
            target.removeEventFilter(self)
        self._target = lambda: None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open what is dropped, where it is for us."""
        on_panel = watched is self._panel
        if event.type() == QEvent.Type.DragEnter and on_panel and dropped_paths(event):
            event.acceptProposedAction()
            return True
        if event.type() != QEvent.Type.Drop:
            return False
        wants_napari = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier
        paths = dropped_paths(event)
        if not on_panel and (event.modifiers() & wants_napari or not is_for_us(paths)):
            return False
        event.acceptProposedAction()
        open_paths(self._viewer, paths, self._teller())
        return True


def dropped_paths(event: Any) -> list[str]:
    """Return the files and folders that are dropped; nothing where there is anything else."""
    urls = event.mimeData().urls()
    if not all(url.isLocalFile() for url in urls):
        return []
    return [url.toLocalFile().rstrip("/") for url in urls]


def is_for_us(paths: Sequence[str]) -> bool:
    """Tell whether paths are a z-stack that no other reader is preferred for."""
    if not paths or preferred_reader(paths[0]) not in (None, PLUGIN):
        return False
    if len(paths) > 1:
        return all(path.lower().endswith(ENDINGS) for path in paths)
    return get_reader(paths[0]) is not None
