"""A small window that asks what the names of files mean, and which of their z-stacks to open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from napari_mfif.errors import MfifError
from napari_mfif.io.contents import Contents, contents, images_in, of_files, of_pattern
from napari_mfif.io.grouping import PLURALS, Arranged
from napari_mfif.io.meaning import naming_of
from napari_mfif.io.read import open_arranged
from napari_mfif.plugin.layers.metadata import Opening
from napari_mfif.plugin.panel.style import heading, hint, label_of, say, sheet, trouble

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack

__all__ = ["PatternTable", "ask", "leaves_a_choice"]

#: What a varying part of a name can be.
MEANINGS = {"Z": "plane", "C": "channel", "T": "time", "P": "position", "_": "ignore"}

#: So many z-stacks are opened at once at most.
MOST = 12


_shown: set[PatternTable] = set()


def leaves_a_choice(paths: Sequence[str]) -> bool:
    """Tell whether the names of files, or those in a folder, make several z-stacks or a question.

    Parameters
    ----------
    paths : sequence of str
        A folder, or files.
    """
    try:
        found = _found([Path(path) for path in paths], None)
    except MfifError:
        return False
    return len(found.stacks) > 1 or any(one.problem for one in found.stacks)


def _found(paths: Sequence[Path], pattern: str | None) -> Contents:
    """Return what paths hold, by a pattern if there is one."""
    if len(paths) == 1 and paths[0].is_dir():
        return contents(paths[0], pattern)
    files = [path for path in paths if path.is_file()]
    if len(files) < 2:
        return Contents([], [])
    return of_files(files) if pattern is None else of_pattern(files, pattern, files[0].parent)


def ask(
    paths: Sequence[str], parent: QWidget | None, show: Callable[[ZStack, Opening], object]
) -> PatternTable:
    """Show the table beside everything else; nothing waits for it.

    Parameters
    ----------
    paths : sequence of str
        A folder, or files.
    parent : QWidget
        Above which it stands.
    show : callable
        Called with every z-stack that is opened, and how it was.
    """
    table = PatternTable([Path(path) for path in paths], parent)
    table.chosen = show
    _shown.add(table)  # nobody else holds it
    table.finished.connect(lambda: _shown.discard(table))
    table.finished.connect(table.deleteLater)
    table.open()
    return table


class PatternTable(QDialog):
    """Asks what varies in the names of files: plane, channel, time, position, or nothing.

    Parameters
    ----------
    paths : sequence of Path
        A folder, or files.
    parent : QWidget, optional
        Above which it stands.
    """

    def __init__(self, paths: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What do the file names mean?")
        self._paths = list(paths)
        self.chosen: Callable[[ZStack, Opening], object] = lambda *_: None
        folder = len(paths) == 1 and paths[0].is_dir()
        images = images_in(paths[0])[0] if folder else list(paths)
        self._naming = naming_of(images)
        self._stacks: list[Arranged] = []
        self.meanings: list[QComboBox] = []
        self.pattern = QLineEdit()
        self.pattern.setPlaceholderText("as their words say")
        self.pattern.setToolTip(
            "<qt>{z} is the plane, {c} the channel, {t} the time, {_} nothing; any other word, "
            "such as {sample}, makes z-stacks of their own.</qt>"
        )
        self.image = QComboBox()
        self.image.setToolTip("<qt>The z-stack to open.</qt>")
        self.count, self.problem = hint(), trouble()
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Open | buttons.Cancel)
        self._lay_out(images)
        self.pattern.textChanged.connect(self._changed)
        self.buttons.accepted.connect(self._open)
        self.buttons.rejected.connect(self.reject)
        self._changed()
        if self._naming and self.problem.text():
            self._compose()

    def _lay_out(self, images: Sequence[Path]) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(8)
        shown = ", ".join(path.name for path in images[:2])
        column.addWidget(heading(f"{len(images)} images: {shown}, \N{HORIZONTAL ELLIPSIS}"))
        column.addLayout(self._table())
        for widget in (self.count, self.problem, self.buttons):
            column.addWidget(widget)
        self.setMinimumWidth(460)
        self.setStyleSheet(_look())

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(1, 1)
        rows: list[tuple[str, QWidget]] = []
        if self._naming is not None:
            examples = self._naming.examples()
            for text, axis in zip(examples, self._naming.proposed, strict=True):
                box = QComboBox()
                for letter, word in MEANINGS.items():
                    box.addItem(word, letter)
                box.setCurrentIndex(box.findData(axis))
                box.activated.connect(self._compose)
                self.meanings.append(box)
                rows.append((text, box))
        rows += [("Meaning of the file names", self.pattern), ("Image", self.image)]
        for number, (text, widget) in enumerate(rows):
            grid.addWidget(label_of(widget, text), number, 0)
            grid.addWidget(widget, number, 1)
        return grid

    def _compose(self) -> None:
        """Write the pattern that the table says."""
        assert self._naming is not None
        axes = [str(box.currentData()) for box in self.meanings]
        self.pattern.setText(self._naming.pattern(axes))

    def _changed(self) -> None:
        """Count what the names make now."""
        text = self.pattern.text().strip()
        try:
            found = _found(self._paths, text or None)
            why = next((one.problem for one in found.stacks if one.problem), "")
            notes = found.notes()
        except MfifError as error:
            found, why, notes = Contents([], []), str(error), []
        self._stacks = [one for one in found.stacks if not one.problem]
        self._numbers = {id(one): number for number, one in enumerate(found.stacks)}
        say(self.problem, why or "")
        say(self.count, "\n".join([_counted(self._stacks), *notes]) if self._stacks else "")
        self.image.clear()
        for number, one in enumerate(self._stacks):
            self.image.addItem(one.name or "all files", [number])
        if 1 < len(self._stacks) <= MOST:
            self.image.addItem(f"all {len(self._stacks)}", list(range(len(self._stacks))))
        button = self.buttons.button(QDialogButtonBox.StandardButton.Open)
        button.setEnabled(bool(self._stacks))

    def _open(self) -> None:
        """Open the z-stacks that are chosen; stay where that fails."""
        try:
            for number in self.image.currentData() or []:
                one = self._stacks[number]
                name = one.name or one.files[0].parent.name
                # the folder may hold more than these: it does not stand for them
                stack = replace(open_arranged(one, name=name), source=None)
                self.chosen(stack, self._opening(one))
        except MfifError as error:
            say(self.problem, str(error))
            return
        self.accept()

    def _opening(self, one: Arranged) -> Opening:
        """Return how `open_stack` opens one of the z-stacks."""
        paths, pattern = tuple(map(str, self._paths)), self.pattern.text().strip()
        keywords: dict[str, Any] = {"pattern": pattern} if pattern else {}
        if len(self._numbers) > 1:
            keywords["series"] = self._numbers[id(one)]
        return Opening(paths[0] if len(paths) == 1 else paths, keywords)


def _counted(stacks: Sequence[Arranged]) -> str:
    """Say how many z-stacks there are, and of what."""
    kinds = {tuple(zip(one.axes, one.lengths, strict=True)) for one in stacks}
    stack = "z-stack" if len(stacks) == 1 else "z-stacks"
    if len(kinds) > 1:
        return f"{len(stacks)} {stack} of different sizes"
    lengths = dict(min(kinds))
    told = [f"{lengths[axis]} {PLURALS[axis]}" for axis in "ZCT" if axis in lengths]
    return f"{len(stacks)} {stack}" + (f" of {', '.join(told)}" if told else ", a file for each")


def _look() -> str:
    try:
        from napari.settings import get_settings

        return sheet(get_settings().appearance.theme)
    except Exception:  # without napari's themes it looks plain
        return ""


def in_viewer(viewer: Any) -> Callable[[ZStack, Opening], object]:
    """Return what shows a z-stack in a viewer as its layers."""
    from napari_mfif.plugin.commands import add_layers
    from napari_mfif.plugin.reader import layers_of

    def show(stack: ZStack, opening: Opening) -> None:
        add_layers(viewer, layers_of(stack, opening))

    return show
