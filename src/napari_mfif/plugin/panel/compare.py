"""The *Compare* panel: results kept beside one another, seen, subtracted and measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from superqt.utils import create_worker

from napari_mfif.errors import MfifError
from napari_mfif.fusion.layers import layer_name
from napari_mfif.plugin.comparing.difference import Difference, difference, why_not
from napari_mfif.plugin.comparing.difference_layer import differences_of
from napari_mfif.plugin.comparing.keeping import is_running, keep, remove
from napari_mfif.plugin.comparing.pictures import lay_on, open_picture
from napari_mfif.plugin.comparing.sides import VIEWS, Side, not_offered, sides_of
from napari_mfif.plugin.comparing.sight import Sight
from napari_mfif.plugin.dialogs import FILE, ask_which
from napari_mfif.plugin.layers.metadata import KEPT, Made
from napari_mfif.plugin.panel.base import Panel
from napari_mfif.plugin.panel.fitting import Fitting
from napari_mfif.plugin.panel.measure_box import MeasureBox
from napari_mfif.plugin.panel.side_boxes import OFF, SPLIT, A, B, SeeRow, SideBoxes
from napari_mfif.plugin.panel.style import button, heading, hint, say, trouble
from napari_mfif.plugin.results import results_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["ComparePanel"]

#: The key that changes between A and B.
KEY = "k"

OUTDATED = "The difference in the layers is of an earlier result: the button makes it anew."

PICTURES = "Pictures (*.tif *.tiff *.png *.jpg *.jpeg);;All files (*)"


class ComparePanel(Panel):
    """Keeps results, shows two of them in one place, subtracts and measures them.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self.results = results_of(napari_viewer)
        self.sight = Sight(napari_viewer)
        self.sides: list[Side] = []
        self._stack_id = ""  # of which results are compared
        self._subtracted: Any = None  # what the numbers in the note are of
        self._worker: Any = None
        self.intro, self.note, self.problem = hint(), hint(), trouble()
        self.others = hint()
        self.keep_button = button(
            "Keep this result",
            "Give the newest result layers of its own: the next run of its stack makes new ones "
            "beside them.",
            self.keep,
            look="primary",
        )
        self.boxes, self.see = SideBoxes(), SeeRow()
        self.subtract = button(
            "Difference A \N{MINUS SIGN} B",
            "Add a layer of the signed difference: blue where A is lower, red where it is higher.",
            self.show_difference,
        )
        self.fitting = Fitting(self.results)
        self.measure_box = MeasureBox(self.results)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self.column.addWidget(self.keep_button)
        self.column.addWidget(self.intro)
        self.column.addWidget(heading("Two results"))
        self.column.addWidget(self.boxes)
        self.column.addWidget(self.others)
        self.column.addWidget(self.see)
        self.column.addWidget(hint("The key K changes between A and B."))
        self.column.addWidget(self.fitting)
        self.column.addWidget(self.subtract)
        for widget in (self.problem, self.note):
            self.column.addWidget(widget)
        self.column.addStretch()
        self.footer.addWidget(self.measure_box)
        self.layout().setStretch(0, 3)
        self.layout().setStretch(1, 2)
        say(self.note, "")

    def _connect(self) -> None:
        self.boxes.changed.connect(self._boxes_changed)
        self.see.chosen.connect(self.look)
        self.results.changed.connect(self.refresh)
        self.measure_box.wants_picture.connect(self._choose_picture)
        self.measure_box.wants_removal.connect(self._remove)
        self.measure_box.started.connect(self.watch_window)
        self.listen(self.viewer.layers.events.renamed, self.refresh)
        self.listen(self.viewer.dims.events.ndisplay, self._flat_only)
        self.viewer.bind_key(KEY, self._blink_by_key, overwrite=True)

    def refresh(self, event: Any = None) -> None:
        """List the results again, and look at what is left of those that are seen."""
        if self._ended:
            return
        self._stack_id = self._stack_at_hand()
        self.sides = sides_of(self.results, self._stack_id)
        say(self.others, not_offered(self.results, self._stack_id))
        self.boxes.offer(self.sides)
        self.measure_box.offer(self.sides, self.boxes.chosen_channel())
        made = self._to_keep()
        self.keep_button.setEnabled(made is not None)
        count = sum(side.made is not None for side in self.sides)
        told = "Fuse a stack first: its result can be kept, and compared with the next."
        if count == 1:
            told = "Keep it, change the method or its values, and fuse again."
        say(self.intro, told if count < 2 else "")
        self.see.offer(len(self.sides) > 1, split=self.sight.split.is_possible())
        self.subtract.setEnabled(len(self.sides) > 1)
        self._boxes_changed()

    def _stack_at_hand(self) -> str:
        """Return the stack of the active layer; on a difference, say, the one before stays."""
        made, active = self.results.all(), self.viewer.layers.selection.active
        chosen = None if active is None else self.results.of(active)
        if chosen is None and any(one.stack_id == self._stack_id for one in made):
            return self._stack_id
        chosen = chosen or self.results.current()
        return "" if chosen is None else chosen.stack_id

    def _to_keep(self) -> Made | None:
        """Return the result that a click keeps: the newest, unless a run draws into it."""
        newest = (side.made for side in self.sides if side.made is not None)
        made = next((one for one in newest if KEPT not in one.source), None)
        return None if made is None or is_running(self.results, made) else made

    def keep(self) -> None:
        """Keep the result at hand."""
        made = self._to_keep()
        if made is not None:
            kept = keep(self.results, made)
            self._subtracted = None
            say(self.note, f"Kept as {kept.look.name}. The next run adds layers beside it.")

    def pair(self) -> tuple[Side, Side] | None:
        """Return A and B, when both are there."""
        known = {side.key: side for side in self.sides}
        found = [known.get(box.currentData()) for box in (self.boxes.a, self.boxes.b)]
        return (found[0], found[1]) if found[0] and found[1] else None

    def _boxes_changed(self) -> None:
        self.fitting.follow(self.pair(), self._layers())
        self.boxes.say_strokes(self.pair())
        now = self._compared(self.pair())
        if self._subtracted not in (None, now):  # its numbers are of something else
            same = self._subtracted[0] == now[0]
            say(self.note, OUTDATED if same else "")
            self._subtracted = None
        self.measure_box.choose_channel(self.boxes.chosen_channel())
        if self.see.marked() != OFF:
            self.look(self.see.marked())

    def _compared(self, pair: tuple[Side, Side] | None) -> tuple[list[Any], list[Any]]:
        """Return what is chosen, and how it was made: of that the numbers of a difference are."""
        sides = pair or ()
        view = [self.boxes.view.currentIndex(), self.boxes.chosen_channel()]
        return [side.key for side in sides] + view, [side.state() for side in sides]

    def look(self, how: int) -> None:
        """Show A, B, both divided by a line, or all as before."""
        pair, layers = self.pair(), self._layers()
        if how == OFF or pair is None or pair[0].key == pair[1].key or not all(layers):
            how = OFF
            self.sight.end()
        elif how == SPLIT:
            self.watch_window()
            self.sight.divide(layers, (pair[0].title(), pair[1].title()))
        else:
            self.sight.blink(layers, how)
        self.see.mark(how)
        self.fitting.follow(self.pair(), self._layers())

    def blink(self) -> None:
        """Change between A and B."""
        if self.pair() is not None:
            self.look(B if self.see.marked() == A else A)

    def _blink_by_key(self, viewer: Any) -> None:
        self.blink()

    def _flat_only(self, event: Any = None) -> None:
        """In three dimensions nothing is cut at a line."""
        if self.viewer.dims.ndisplay == 3 and self.see.marked() == SPLIT:
            self.look(OFF)

    def show_difference(self) -> None:
        """Subtract B from A in a thread, and show a layer of it."""
        pair, view = self.pair(), self.boxes.chosen_view()
        if pair is None:
            return
        a, b = pair
        say(self.problem, why_not(*pair))
        if self.problem.text():
            return
        try:
            channel = self.boxes.chosen_channel()
            pieces = [side.piece(self.results, view, channel) for side in pair]
        except MfifError as error:
            say(self.problem, str(error))
            return
        over = a.layers(self.results, view)[0]
        title, match = a.words_for(view, channel, pieces[0].time), None
        if view is VIEWS[0] and (a.made is None) != (b.made is None):
            match = int(b.made is None)

        compared = self._compared(pair)

        def show(made: Difference) -> None:
            self._show_difference(made, pair, title, over, compared)

        names, unit = (a.name, b.name), a.unit_of(view)
        self._work(difference, *pieces, names, match=match, unit=unit, then=show)

    def _show_difference(
        self, made: Difference, pair: tuple[Side, Side], title: str, over: Any, compared: Any
    ) -> None:
        if made.values is None:
            say(self.problem, made.told)
        elif over in self.viewer.layers:
            self.look(OFF)
            name = f"{title}: {pair[0].name} \N{MINUS SIGN} {pair[1].name}"
            if fused := next((side.made for side in pair if side.made is not None), None):
                name = layer_name(name, fused.stack_name)
            differences_of(self.viewer).show(made, over, pair, title, name)
            say(self.note, made.told)
            self._subtracted = compared

    def _work(self, function: Callable[..., Any], *given: Any, then: Any, **named: Any) -> None:
        """Call something in a thread, and what follows here."""
        worker = create_worker(function, *given, _start_thread=False, _ignore_errors=True, **named)
        worker.returned.connect(lambda made: None if self._ended else then(made))
        worker.errored.connect(lambda error: say(self.problem, str(error)))
        self._worker = worker
        worker.start()

    def _layers(self) -> tuple[list[Any], list[Any]]:
        """Return the layers of A and B."""
        pair, view = self.pair(), self.boxes.chosen_view()
        if pair is None:
            return [], []
        return pair[0].layers(self.results, view), pair[1].layers(self.results, view)

    def _choose_picture(self) -> None:
        ask_which(
            self,
            "Open the truth, or another program's result",
            FILE,
            lambda paths: self.open_picture(paths[0]),
            kinds=PICTURES,
        )

    def open_picture(self, path: str) -> None:
        """Read a picture in a thread; it becomes a layer on the results, and the truth."""
        made = self.results.current()
        over = self.results.layer(made, "image0") if made is not None else None

        def show(read: Any) -> None:
            if isinstance(read, str):
                say(self.problem, read)
                return
            layer = self.viewer.add_image(read, name=Path(path).stem, rgb=read.ndim == 3)
            if over is not None and over in self.viewer.layers:
                lay_on(layer, over)
            self.refresh()
            self.measure_box.choose_truth(str(layer.unique_id))

        self._work(open_picture, path, then=show)

    def _remove(self, key: str) -> None:
        made: Made | None = next((one.made for one in self.sides if one.key == key), None)
        if made is not None:
            remove(self.results, made)

    def keyPressEvent(self, event: Any) -> None:
        """Blink by the key also where the panel has the focus."""
        if event.key() == Qt.Key.Key_K and not event.modifiers():
            self.blink()
        else:
            super().keyPressEvent(event)

    def end(self) -> None:
        """Stop what runs, and show what was visible before."""
        super().end()
        self.results.changed.disconnect(self.refresh)
        self.viewer.bind_key(KEY, None, overwrite=True)
        self.sight.end()
        self.measure_box.end()
        if self._worker is not None:
            self._worker.quit()
