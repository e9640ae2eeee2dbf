"""What one looks at while one paints: image, a map or the source, and outlines of strokes."""

from __future__ import annotations

from napari_mfif.plugin.closer.place import time_shown
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.showing import IMAGE, SOURCE, shown
from napari_mfif.plugin.painting.easel import Easel
from napari_mfif.plugin.painting.session import Session
from napari_mfif.plugin.painting.shown_strokes import ShownStrokes
from napari_mfif.plugin.panel.paint_box import PaintBox, StrokeRow
from napari_mfif.plugin.results import Results

__all__ = ["PaintLook"]


class PaintLook:
    """Keeps what one looks at and what the panel says of it together.

    Parameters
    ----------
    results : Results
        Knows the layers.
    box : PaintBox
        Where it is chosen.
    row : StrokeRow
        Where it is said whether strokes are shown.
    """

    def __init__(self, results: Results, box: PaintBox, row: StrokeRow) -> None:
        self._results, self._box, self._row = results, box, row
        #: Outlines while one paints.
        self.strokes: ShownStrokes | None = None
        row.shown.toggled.connect(self.outline)
        self._easel: Easel | None = None
        self._session: Session | None = None
        self._made: Made | None = None
        self._before = IMAGE

    def show(self, made: Made | None) -> None:
        """Light what one sees of a fusion; nothing where that is none of the choices."""
        self._made, seen = made, ""
        if self._easel is not None:
            seen = self._easel.seen
        elif made is not None and self._results.viewer.dims.ndisplay == 2:
            seen = shown(self._results.viewer, made.source)
        self._box.looks.show_choice(seen)

    def begin(self, easel: Easel, session: Session) -> None:
        """Go on to look at what one sees, from now on on this easel."""
        self._easel, self._session = easel, session
        viewer, letters = session.results.viewer, session.canvas.letters
        self.strokes = ShownStrokes(viewer, easel.layer, letters)
        self.at(easel.seen)
        self.outline()

    def follow(self, session: Session) -> None:
        """Outline what was painted, and say which plane the last stroke took."""
        stack, strokes = session.fusion.stack, session.fusion.strokes
        taken = strokes[-1].source if strokes else None
        self._box.show_last(stack.plane_number(taken) if isinstance(taken, int) else None)
        self.outline()

    def outline(self) -> None:
        """Outline the strokes of the timepoint that is seen, where that is wished."""
        if self.strokes is None or self._session is None:
            return
        time = time_shown(self._session.results.viewer, self._session.made)
        strokes = self._session.fusion.strokes if self._row.shown.isChecked() else ()
        self.strokes.show([one for one in strokes if one.time == time])

    def end(self) -> None:
        """Look at the result if that was the source; the easel is closed by who opened it."""
        self.leave_source()
        if self.strokes is not None:
            self.strokes.end()
        self._easel = self._session = self.strokes = None
        self._before = IMAGE
        self._box.show_shift(0)

    def at(self, what: str) -> None:
        """Look at something."""
        if self._easel is None or self._session is None:
            if self._made is not None:
                self._results.look_at(self._made, what)
            return
        self._before = self._before if self._easel.seen == SOURCE else self._easel.seen
        self._box.show_shift(self._session.made.shift if what == SOURCE else 0)
        self._session.canvas.unseen = self._easel.look_at(what)
        self._session.canvas.draw()
        self.show(self._session.made)
        self._results.tell()

    def swap(self) -> None:
        """Look at the source, or again at what one looked at before."""
        if self._easel is not None:
            self.at(self._before if self._easel.seen == SOURCE else SOURCE)

    def leave_source(self) -> None:
        """Look at the result: who paints wants to see what becomes of it."""
        if self._easel is not None and self._easel.seen == SOURCE:
            self.swap()
