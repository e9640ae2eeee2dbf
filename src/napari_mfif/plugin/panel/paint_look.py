"""What one looks at while one paints: result, planes taken or source, and outlines of strokes."""

from __future__ import annotations

from napari_mfif.plugin.closer.place import time_shown
from napari_mfif.plugin.painting.easel import RESULT, SOURCE, Easel, shift_of
from napari_mfif.plugin.painting.session import Session
from napari_mfif.plugin.painting.shown_strokes import ShownStrokes
from napari_mfif.plugin.panel.paint_box import PaintBox, StrokeRow

__all__ = ["PaintLook"]


class PaintLook:
    """Keeps what one looks at and what the panel says of it together.

    Parameters
    ----------
    box : PaintBox
        Where it is chosen.
    row : StrokeRow
        Where it is said whether strokes are shown.
    """

    def __init__(self, box: PaintBox, row: StrokeRow) -> None:
        self._box, self._row = box, row
        #: Outlines while one paints.
        self.strokes: ShownStrokes | None = None
        row.shown.toggled.connect(self.outline)
        self._easel: Easel | None = None
        self._session: Session | None = None
        self._before = RESULT

    def begin(self, easel: Easel, session: Session) -> None:
        """Look at what is chosen, from now on on this easel."""
        self._easel, self._session = easel, session
        viewer, letters = session.results.viewer, session.canvas.letters
        self.strokes = ShownStrokes(viewer, easel.layer, letters)
        self.at(self._box.looks.choice)
        self.outline()

    def outline(self) -> None:
        """Outline the strokes of the timepoint that is seen, where that is wished."""
        if self.strokes is None or self._session is None:
            return
        time = time_shown(self._session.results.viewer, self._session.made)
        strokes = self._session.fusion.strokes if self._row.shown.isChecked() else ()
        self.strokes.show([one for one in strokes if one.time == time])

    def end(self) -> None:
        """Look at the result again; the easel is closed by whoever opened it."""
        if self.strokes is not None:
            self.strokes.end()
        self._easel = self._session = self.strokes = None
        self._before = RESULT
        self._box.looks.show_choice(RESULT)
        self._box.show_shift(0)

    def at(self, what: str) -> None:
        """Look at something."""
        if self._easel is None or self._session is None:
            return
        self._before = self._before if what == SOURCE else what
        self._box.show_shift(shift_of(self._session.made) if what == SOURCE else 0)
        self._session.canvas.unseen = self._easel.look_at(what)
        self._session.canvas.draw()
        self._session.results.tell()

    def swap(self) -> None:
        """Look at the source, or again at what one looked at before."""
        what = self._before if self._box.looks.choice == SOURCE else SOURCE
        self._box.looks.show_choice(what)
        self.at(what)

    def leave_source(self) -> None:
        """Look at the result: who paints wants to see what becomes of it."""
        if self._box.looks.choice == SOURCE:
            self.swap()
