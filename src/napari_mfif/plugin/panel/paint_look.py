"""What one looks at while one paints: the result, the planes taken, or the source."""

from __future__ import annotations

from napari_mfif.plugin.painting.easel import RESULT, SOURCE, Easel, shift_of
from napari_mfif.plugin.painting.session import Session
from napari_mfif.plugin.panel.paint_box import PaintBox

__all__ = ["PaintLook"]


class PaintLook:
    """Keeps what one looks at and what the panel says of it together.

    Parameters
    ----------
    box : PaintBox
        Where it is chosen.
    """

    def __init__(self, box: PaintBox) -> None:
        self._box = box
        self._easel: Easel | None = None
        self._session: Session | None = None
        self._before = RESULT

    def begin(self, easel: Easel, session: Session) -> None:
        """Look at what is chosen, from now on on this easel."""
        self._easel, self._session = easel, session
        self.at(self._box.looks.choice)

    def end(self) -> None:
        """Look at the result again; the easel is closed by whoever opened it."""
        self._easel = self._session = None
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
