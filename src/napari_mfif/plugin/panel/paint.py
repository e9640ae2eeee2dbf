"""The *Paint* panel: correct a result with the brush."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from napari_mfif.fusion.mending import mended_of
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.painting.canvas import Canvas
from napari_mfif.plugin.painting.easel import Easel, why_not
from napari_mfif.plugin.painting.keeper import StrokeKeeper
from napari_mfif.plugin.painting.session import Session
from napari_mfif.plugin.painting.tools import PAINTING, Hands
from napari_mfif.plugin.panel.base import Panel
from napari_mfif.plugin.panel.paint_box import OTHER, PLANE, PaintBox, StrokeRow, others_of
from napari_mfif.plugin.panel.paint_look import PaintLook
from napari_mfif.plugin.panel.paint_plane import PaintPlane
from napari_mfif.plugin.panel.style import button, hint, say
from napari_mfif.plugin.results import results_of
from napari_mfif.plugin.timers import in_turns, single_shot
from napari_mfif.settings.strokes import BEST

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["PaintPanel"]

#: What takes longer than so many milliseconds is said to be at work, and how far it is.
LONG, EYE = 400, 100


class PaintPanel(Panel):
    """Dock widget that corrects the fusion at hand with napari's brush.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self.results = results_of(napari_viewer)
        self.box, self.row = PaintBox(), StrokeRow()
        self.what, self.why = hint(), hint()
        self.start = button("Paint", "Take up the brush; again: put it down.", look="primary")
        self.start.setCheckable(True)
        self.session: Session | None = None
        self.easel: Easel | None = None
        self.plane = PaintPlane(self.results, self.box, self)
        self.keeper = StrokeKeeper(self.results)
        self.look = PaintLook(self.results, self.box, self.row)
        self._goes_on = ""
        self._long = single_shot(self, self._say_at_work)
        for widget in (self.what, self.why, self.box):
            self.column.addWidget(widget)
        self.column.addStretch()
        for widget in (self.row, self.start):
            self.footer.addWidget(widget)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        self.start.toggled.connect(self._toggled)
        self.results.changed.connect(self.refresh)
        self.keeper.trouble.connect(self.tell)
        self.row.keep.toggled.connect(self.keeper.keep)
        self.row.undo.connect(lambda: self._with_session(Session.undo))
        self.row.redo.connect(lambda: self._with_session(Session.redo))
        self.row.clear.connect(lambda: self._with_session(Session.clear))
        self.row.cancel.connect(lambda: self._with_session(Session.cancel))
        self.box.source_chosen.connect(self._choose_source)
        self.box.other_chosen.connect(self._set_source)
        self.box.tool_chosen.connect(self._take_up)
        self.box.look_chosen.connect(self.look.at)
        self.plane.moved.connect(self._plane_moved)
        self.plane.rests.connect(self._fetch)
        self.plane.trouble.connect(self.tell)
        self.box.brush.changed.connect(self._set_brush)
        self.box.soft.changed.connect(self._set_brush)

    def refresh(self) -> None:
        """Show the fusion at hand, and leave one whose layers show another by now."""
        shown = self.results.all()
        if self.session is not None and not self.session.is_shown(shown):
            if self.start.isChecked():  # on what takes its place, not on it where it was kept
                self._goes_on = self.session.made.source
            self._close_session()
        made = self._made()
        self.keeper.look_at(shown)
        self.plane.watch(made)
        self.look.show(made)
        problem = why_not(made, self.results) if made is not None else ""
        say(self.why, problem)
        self.box.setEnabled(made is not None and not problem)
        self.start.setEnabled(made is not None and not problem)
        if made is None:
            say(self.what, "Fuse a z-stack first; then its result can be corrected here.")
            self.row.show_strokes(0, can_undo=False, can_redo=False)
            return
        say(self.what, f"{made.look.name}, by {made.fusion.recipe.method}")
        self.box.show_others(others_of(made, shown))
        self._show_strokes()
        ready = not self.keeper.busy and Canvas(self.results, made).is_complete()
        if made.source == self._goes_on and ready and not problem:
            self._goes_on = ""
            self.start.setChecked(True)

    def is_painting(self) -> bool:
        """Tell whether the brush is taken up."""
        return self.easel is not None and self.easel.ready

    def tell(self, sentence: str) -> None:
        """Say what could not be done."""
        say(self.box.problem, sentence)

    def end(self) -> None:
        """Put the brush down and let go of the viewer."""
        self._close_session()
        self._long.stop()
        self.plane.end()
        self.keeper.end()
        self.results.changed.disconnect(self.refresh)
        super().end()

    def _made(self) -> Made | None:
        """Return the fusion at hand: the one that is painted on, if there is one."""
        if self.session is not None and self.is_painting():
            return self.session.made
        return self.results.current()

    def _toggled(self, painting: bool) -> None:
        self.tell("")
        self.start.setText("Stop painting" if painting else "Paint")
        if not painting:
            self._put_down()
            return
        self._with_session(self._take_brush)

    def _with_session(self, action: Callable[[Session], object]) -> None:
        """Do something with the layers when they are ready to be painted on."""
        made = self._made()
        if made is None:
            return
        if self.session is None or self.session.made is not made:
            self._close_session(painting=self.start.isChecked())
            self.watch_window()
            self.session = Session(self.results, made)
            self.session.changed.connect(self._session_changed)
            self.session.trouble.connect(self.tell)
            self.session.begin()
        self.session.when_ready(action)

    def _close_session(self, *, painting: bool = False) -> None:
        self._put_down()
        if not painting:
            self.start.setChecked(False)
        if self.session is not None:
            self.session.end()
            self.session = None

    def _session_changed(self) -> None:
        if self.session is not None:
            self.keeper.know(self.session.made, self.session.fusion.strokes)
            self.look.follow(self.session)
            self._show_strokes()

    def _show_strokes(self) -> None:
        made, session = self._made(), self.session
        if made is None:
            return
        if session is None or session.made is not made:
            count = len(made.fusion.strokes)
            self.row.show_strokes(count, can_undo=count > 0, can_redo=False)
            return
        count = len(session.fusion.strokes)
        self.row.show_strokes(count, can_undo=session.can_undo, can_redo=session.can_redo)
        if session.jobs.busy:
            self._long.start(LONG)

    def _say_at_work(self) -> None:
        if self.session is not None and self.session.jobs.busy:
            self.row.show_at_work(self.session.share)
            self._long.start(EYE)

    def _take_brush(self, session: Session) -> None:
        if self.easel is not None or not self.start.isChecked():
            return

        def lasso(places: list[Any]) -> None:
            session.lasso(places, erase=easel.erases())

        def fill(place: Any) -> None:
            session.fill(place, erase=easel.erases())

        keys = {"S": lambda layer: self.look.swap(), "T": lambda layer: self._take_plane()}
        keys["D"] = lambda layer: self._take_back()
        hands = Hands(self._brushed, session.lift, lasso, fill, session.undo, session.redo, keys)
        planes = mended_of(session.fusion).planes
        easel = self.easel = Easel(self.results, session.made, hands, planes)
        self._turns = in_turns(self, self._set_up(easel))

    def _set_up(self, easel: Easel) -> Iterator[None]:
        yield from easel.set_up()
        if easel.tools is None:  # the layer was deleted meanwhile
            self.start.setChecked(False)
            return
        easel.tool_taken.connect(self.box.tools.show_choice)
        easel.brush_sized.connect(self._brush_sized)
        easel.trouble.connect(self.tell)
        easel.gone.connect(lambda: self.start.setChecked(False))
        self._take_up(self.box.tools.choice or PAINTING)
        self.box.tools.show_choice(str(easel.layer.mode))
        yield
        self._set_brush()
        yield
        self.plane.follow(easel)
        if self.session is not None:
            self.look.begin(easel, self.session)
        easel.ready = True

    def _put_down(self) -> None:
        easel, self.easel = self.easel, None
        if easel is not None:
            self._turns.stop()
            self.plane.follow(None)
            self.look.end()
            easel.close()
            if self.session is not None:
                self.session.settle()
            self.results.tell()

    def _brushed(self, place: Any) -> None:
        if self.session is None or self.easel is None:
            return
        self.look.leave_source()
        self.session.brush(place, erase=self.easel.erases())

    def _choose_source(self, name: str) -> None:
        self.box.show_source(name)
        self._set_source()

    def _set_source(self) -> None:
        if self.session is None:
            return
        choice, other = self.box.sources.choice, self.box.other.currentData()
        if choice == OTHER and other is not None:
            self.session.source = other.fusion
        else:
            self.session.source = BEST if choice == BEST else self.plane.number

    def _plane_moved(self) -> None:
        self.look.outline()
        self._set_source()

    def _fetch(self) -> None:
        if self.session is not None and self.box.sources.choice == PLANE:
            self.session.fetch(self.plane.number)

    def _take_up(self, tool: str) -> None:
        if self.easel is not None and self.easel.tools is not None:
            self.easel.tools.take_up(tool)

    def _set_brush(self, value: Any = None) -> None:
        if self.session is not None:
            self.session.soft = float(self.box.soft.value)
            self.session.radius = float(self.box.brush.value) / 2
        if self.easel is not None:
            self.easel.show_brush(int(self.box.brush.value))

    def _brush_sized(self, diameter: int) -> None:
        if diameter != int(self.box.brush.value):
            self.box.brush.value = diameter

    def _take_plane(self) -> None:
        """Go to the plane from which the pixel under the mouse is taken."""
        if self.session is None or self.easel is None:
            return
        place = self.easel.layer.world_to_data(self.viewer.cursor.position)
        number = self.session.canvas.plane_at(place)
        if number is not None:
            self.plane.go_to(number)

    def _take_back(self) -> None:
        """Take away the stroke under the mouse."""
        if self.session is not None and self.easel is not None:
            place = self.easel.layer.world_to_data(self.viewer.cursor.position)
            self.session.take_back_at(place)
