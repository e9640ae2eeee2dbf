"""A result while somebody corrects it: strokes as they are made, undone and made again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_mfif.engine.mending import covered
from napari_mfif.errors import MfifError
from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.mending import mended_of, part_of, ready_to_mend, without_copies
from napari_mfif.methods.base import Region
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.napari_internals import say_status_anew
from napari_mfif.plugin.painting.areas import connected, uppermost
from napari_mfif.plugin.painting.canvas import Canvas
from napari_mfif.plugin.painting.jobs import Jobs
from napari_mfif.plugin.results import Results
from napari_mfif.settings.strokes import BEST, ERASE, SOFT, Point, Stroke

__all__ = ["Session"]

#: So many strokes can be undone one by one.
HISTORY = 500

#: A brush's way is noted where it has gone on by this share of its radius.
STEP = 0.1

Coordinates = Sequence[float]


class _Cancelled(Exception):
    """Somebody does not want to wait for a stroke."""


class Session(QObject):
    """What is done to one fusion by hand.

    Parameters
    ----------
    results : Results
        Knows the layers.
    made : Made
        The fusion as it is shown.
    """

    #: There are more strokes, or fewer, or the layers are ready to be painted on.
    changed = Signal()
    #: Something could not be done; why.
    trouble = Signal(str)

    def __init__(self, results: Results, made: Made) -> None:
        super().__init__()
        self.results, self.made = results, made
        self.fusion = made.fusion
        self.canvas = Canvas(results, made)
        self.jobs = Jobs(self._failed)
        self.ready = False
        #: How much of the planes was looked at for the best one; nothing where that is not done.
        self.share: float | None = None
        self._unwanted = False
        self._when_ready: list[Callable[[Session], object]] = []
        self.source: Any = 0
        self.radius, self.soft = 10.0, SOFT
        self._way: list[Point] = []
        self._erasing = False
        self._time = 0
        self._undone: list[Fusion] = []
        self._before: list[Fusion] = []

    def begin(self) -> None:
        """Make layers that may be written into; `changed` tells when they are there."""
        shown = self.canvas.shown()

        def prepared() -> tuple[Fusion, dict[str, Any]]:
            return ready_to_mend(self.made.fusion), {k: np.array(v) for k, v in shown.items()}

        def go(answer: tuple[Fusion, dict[str, Any]]) -> None:
            self.fusion, copies = answer
            self.canvas.lay_out(copies, self._be_ready)

        self.jobs.run(prepared, go)

    def when_ready(self, action: Callable[[Session], object]) -> None:
        """Do something as soon as the layers are ready to be painted on."""
        if self.ready:
            action(self)
        else:
            self._when_ready.append(action)

    def _be_ready(self) -> None:
        self.ready = True
        actions, self._when_ready = self._when_ready, []
        self.changed.emit()
        for action in actions:
            action(self)

    def is_shown(self, shown: Sequence[Made]) -> bool:
        """Tell whether the layers show this fusion; what is said of it may have changed."""
        for made in shown:
            if made.source == self.made.source and made.fusion is self.made.fusion:
                self.made = made
                return not self.ready or self.canvas.is_shown()
        return False

    def settle(self) -> None:
        """Make what follows from the whole result and not from the place of a stroke alone."""
        if self.canvas.needs_filling() and self._before:
            self.jobs.run(
                lambda: self.canvas.fill_heights(self.fusion), lambda _: self.canvas.draw()
            )

    def end(self) -> None:
        """Finish with what is there."""
        self.ready = False
        self._when_ready.clear()
        self.jobs.end()
        self.canvas.end()

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take away."""
        return bool(self.fusion.strokes or self._before)

    @property
    def can_redo(self) -> bool:
        """Whether there is a stroke to bring back."""
        return bool(self._undone)

    def fetch(self, plane: int) -> None:
        """Have a plane at hand before it is painted from."""
        planes = mended_of(self.fusion).planes
        if self.ready and not planes.at_hand(self._time, plane):
            self.jobs.run(lambda: planes.fetch(self._time, plane))

    def brush(self, place: Coordinates, *, erase: bool = False) -> None:
        """Go on with a stroke of the brush, or begin one."""
        self._time, row, column = self.canvas.position(place)
        self._erasing = erase
        if self._way:
            last = self._way[-1]
            if np.hypot(row - last[0], column - last[1]) < max(0.5, STEP * self.radius):
                return
        self._way.append((row, column))
        self._preview(self._way[-2:])

    def lift(self) -> None:
        """End the stroke of the brush."""
        if self._way:
            stroke, self._way = self._stroke(), []
            self.put(stroke)

    def lasso(self, places: Sequence[Coordinates], *, erase: bool = False) -> None:
        """Fill a polygon; napari counts its corners from the corner of the first pixel."""
        self._time = self.canvas.position(places[0])[0]
        corners = [(y - 0.5, x - 0.5) for _, y, x in map(self.canvas.position, places)]
        source = ERASE if erase else self.source
        self.put(Stroke.lasso(corners, source, soft=self.soft, time=self._time))

    def fill(self, place: Coordinates, *, erase: bool = False) -> None:
        """Fill the area of one plane that lies around a place."""
        t, row, column = self.canvas.position(place)
        fusion, source, soft = self.fusion, ERASE if erase else self.source, self.soft

        def area() -> Stroke | None:
            decision = fusion.decision[t] if "T" in fusion.stack.axes else fusion.decision
            mask = connected(decision, round(row), round(column))
            return None if mask is None else Stroke.mask(mask, source, soft=soft, time=t)

        def filled(stroke: Stroke | None) -> None:
            if stroke is not None:
                self.put(stroke)

        self.jobs.run(area, filled)

    def put(self, stroke: Stroke) -> None:
        """Put a stroke into the result."""

        def mended() -> Fusion:
            self._unwanted = False
            try:
                return self.fusion.mend([stroke], progress=self._looked)
            finally:
                self.share = None

        self._go(mended, self._keep_for_undo, stroke)

    def cancel(self) -> None:
        """Leave a stroke undone whose best plane is being looked for."""
        self._unwanted = True

    def _looked(self, share: float) -> None:
        self.share = share
        if self._unwanted or self.jobs.ended:
            raise _Cancelled

    def undo(self) -> None:
        """Take the last stroke away."""
        if not self.can_undo or self._way:
            return

        def earlier() -> Fusion:
            if self._before:
                return self._before[-1]
            # painted before this session began
            return ready_to_mend(self.fusion.unmended).mend(self.fusion.strokes[:-1])

        def keep(now: Fusion, old: Fusion) -> None:
            self._before[-1:] = []
            self._undone.append(old)

        self._go(earlier, keep)

    def redo(self) -> None:
        """Bring back the stroke that was taken away last."""
        if not self.can_redo or self._way:
            return

        def keep(now: Fusion, old: Fusion) -> None:
            self._undone.pop()
            self._before.append(old)

        self._go(lambda: self._undone[-1] if self._undone else self.fusion, keep)

    def clear(self) -> None:
        """Take all strokes away; undo brings them back."""
        if self.fusion.strokes:
            self._go(lambda: ready_to_mend(self.fusion.unmended), self._keep_for_undo)

    def take_back_at(self, place: Coordinates) -> None:
        """Take away the uppermost stroke at a place, whatever was painted after it."""
        t, row, column = self.canvas.position(place)
        number = uppermost(self.fusion.strokes, t, round(row), round(column))
        if number is None or self._way:
            return
        unwanted = self.fusion.strokes[number]

        def without() -> Fusion:
            rest = [one for one in self.fusion.strokes if one is not unwanted]
            return ready_to_mend(self.fusion.unmended).mend(rest)

        self._go(without, self._keep_for_undo)

    def _keep_for_undo(self, now: Fusion, old: Fusion) -> None:
        self._before = [*self._before[1 - HISTORY :], old]
        self._undone.clear()

    def _go(
        self,
        make: Callable[[], Fusion],
        keep: Callable[[Fusion, Fusion], None],
        stroke: Stroke | None = None,
    ) -> None:
        """Go on to another fusion, made in a thread and written into the layers there."""

        def work() -> tuple[Fusion, Fusion, str]:
            old = self.fusion
            try:
                now = make()
            except (MfifError, _Cancelled):
                if stroke is not None:
                    self._take_back(stroke, old)
                raise
            self.canvas.show_difference(old, now)
            return now, old, now.recipe.to_json()

        def go(answer: tuple[Fusion, Fusion, str]) -> None:
            self.fusion, old, recipe = answer
            if self.fusion is not old:
                keep(self.fusion, without_copies(old))
            self.made = self.results.adopt(self.made, self.fusion, recipe)
            if self._way:  # what was painted meanwhile lies above it
                self._preview(self._way)
            self.canvas.draw()
            say_status_anew(self.results.viewer)
            self.changed.emit()

        self.jobs.run(work, go)
        self.changed.emit()

    def _take_back(self, stroke: Stroke, fusion: Fusion) -> None:
        """Show what is there, where a preview of a stroke was drawn."""
        place = covered(stroke, Region.whole(fusion.stack.plane_shape))
        if place is not None:
            self.canvas.write(stroke.time, place, part_of(fusion, stroke.time, place))

    def _stroke(self) -> Stroke:
        source = ERASE if self._erasing else self.source
        pixel = self.canvas.pixel()
        return Stroke.brush(
            self._way, self.radius, source, soft=self.soft, time=self._time, pixel=pixel
        )

    def _preview(self, way: Sequence[Point]) -> None:
        """Show what the stroke does along a part of its way, where that is quickly told."""
        stroke = self._stroke()
        if not self.ready or self.jobs.busy or stroke.source == BEST:
            return
        known = mended_of(self.fusion)
        if isinstance(stroke.source, int) and not known.planes.at_hand(stroke.time, stroke.source):
            return
        rows, columns = self.fusion.stack.plane_shape
        top, bottom, left, right = replace(stroke, points=tuple(way)).box
        region = Region(max(0, top), min(rows, bottom), max(0, left), min(columns, right))
        if region.bottom > region.top and region.right > region.left:
            self.canvas.write(stroke.time, region, known.with_stroke_in(stroke, region))
            self.canvas.draw_soon()

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, (MfifError, OSError, _Cancelled)):
            self.canvas.draw()
            self.changed.emit()
            self.trouble.emit(str(error))
            return
        raise error
