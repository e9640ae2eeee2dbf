"""The *Compare* panel: results kept beside one another, seen, subtracted and measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from superqt.utils import create_worker

from napari_mfif.errors import MfifError
from napari_mfif.plugin.comparing.difference import Difference, difference, show_difference, why_not
from napari_mfif.plugin.comparing.keeping import is_running, keep, remove
from napari_mfif.plugin.comparing.pictures import (
    lay_on,
    lies_on,
    open_picture,
    same_contrast,
    take_contrast,
)
from napari_mfif.plugin.comparing.sides import VIEWS, Side, sides_of
from napari_mfif.plugin.comparing.sight import Sight
from napari_mfif.plugin.dialogs import FILE, ask_which
from napari_mfif.plugin.layers.metadata import KEPT, Made
from napari_mfif.plugin.panel.base import Panel
from napari_mfif.plugin.panel.measure_box import MeasureBox
from napari_mfif.plugin.panel.side_boxes import OFF, SPLIT, A, Advice, B, SeeRow, SideBoxes
from napari_mfif.plugin.panel.style import button, heading, hint, say, trouble
from napari_mfif.plugin.results import results_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["ComparePanel"]

#: The key that changes between A and B.
KEY = "k"

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
        self._subtracted: Any = None  # what the numbers in the note are of
        self._worker: Any = None
        self.intro, self.note, self.problem = hint(), hint(), trouble()
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
        self.laying = Advice("Lay it on the result", "Give the picture the place of the result.")
        self.contrast = Advice("Take that of A", "Draw B with the contrast limits of A.")
        self.measure_box = MeasureBox(self.results)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self.column.addWidget(self.keep_button)
        self.column.addWidget(self.intro)
        self.column.addWidget(heading("Two results"))
        self.column.addWidget(self.boxes)
        self.column.addWidget(self.see)
        self.column.addWidget(hint("The key K changes between A and B."))
        for advice in (self.laying, self.contrast):
            self.column.addWidget(advice)
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
        self.laying.taken.connect(self._lay)
        self.contrast.taken.connect(self._even)
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
        self.sides = sides_of(self.results)
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

    def _to_keep(self) -> Made | None:
        """Return the result that a click keeps: what is at hand, unless it is kept already."""
        made = self.results.current()
        if made is None or KEPT in made.source or is_running(self.results, made):
            return None
        return made

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
        self._advise()
        self.boxes.say_strokes(self.pair())
        if self._subtracted not in (None, self.boxes.compared(self.pair())):
            self._subtracted = None
            say(self.note, "")  # numbers of another comparison
        self.measure_box.choose_channel(self.boxes.chosen_channel())
        if self.see.marked() != OFF:
            self.look(self.see.marked())

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
        self._advise()

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
        title, match = a.words_for(view), None
        if view is VIEWS[0] and (a.made is None) != (b.made is None):
            match = int(b.made is None)

        compared = self.boxes.compared(pair)

        def show(made: Difference) -> None:
            self._show_difference(made, pair, title, over, compared)

        self._work(difference, *pieces, (a.name, b.name), match=match, then=show)

    def _show_difference(
        self, made: Difference, pair: tuple[Side, Side], title: str, over: Any, compared: Any
    ) -> None:
        if made.values is None:
            say(self.problem, made.told)
        elif over in self.viewer.layers:
            self.look(OFF)
            a, b = pair
            key = f"{a.key}|{b.key}|{title}"
            name = f"{title}: {a.name} \N{MINUS SIGN} {b.name}"
            show_difference(self.viewer, made, over, key, name)
            say(self.note, made.told)
            self._subtracted = compared

    def _work(self, function: Callable[..., Any], *given: Any, then: Any, **named: Any) -> None:
        """Call something in a thread, and what follows here."""
        worker = create_worker(function, *given, _start_thread=False, _ignore_errors=True, **named)
        worker.returned.connect(lambda made: None if self._ended else then(made))
        worker.errored.connect(lambda error: say(self.problem, str(error)))
        self._worker = worker
        worker.start()

    def _misplaced(self) -> tuple[Any, Any] | None:
        """Return the layer of a picture that is A or B, and that of the result it belongs on."""
        pair = self.pair()
        if pair is None or (pair[0].made is None) == (pair[1].made is None):
            return None
        picture, other = sorted(pair, key=lambda side: side.made is not None)
        layers = other.layers(self.results, VIEWS[0])
        if not layers or lies_on(picture.picture, layers[0]):
            return None
        return picture.picture, layers[0]

    def _advise(self) -> None:
        """Say what makes two layers look unlike that are not, and offer to mend it."""
        found = self._misplaced()
        told = f"{found[0].name} lies elsewhere in the window." if found is not None else ""
        self.laying.say(told)
        alike = same_contrast(*self._layers())
        self.contrast.say("" if alike else "B is drawn with another contrast.")

    def _layers(self) -> tuple[list[Any], list[Any]]:
        """Return the layers of A and B."""
        pair, view = self.pair(), self.boxes.chosen_view()
        if pair is None:
            return [], []
        return pair[0].layers(self.results, view), pair[1].layers(self.results, view)

    def _lay(self) -> None:
        found = self._misplaced()
        if found is not None:
            lay_on(*found)
        self._advise()

    def _even(self) -> None:
        take_contrast(*self._layers())
        self._advise()

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
