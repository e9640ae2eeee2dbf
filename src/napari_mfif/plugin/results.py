"""The fusions that a viewer shows: found by their layers, shared by all panels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal
from superqt.utils import create_worker

from napari_mfif.fusion.api import Fusion
from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.layers.metadata import KEPT, KEY, LIES_ON, Made, result
from napari_mfif.plugin.layers.others import put_aside_others
from napari_mfif.plugin.layers.showing import IMAGE, layers_of, shown, source_of, view
from napari_mfif.plugin.layers.specs import MAPS, Drawing, draw, kept_by, same_scores
from napari_mfif.plugin.layers.telling import Telling, Told, told_of
from napari_mfif.plugin.layers.writer import LayerWriter, find_layer
from napari_mfif.plugin.per_viewer import OnePerViewer
from napari_mfif.plugin.timers import single_shot

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Results", "results_of"]


class Results(QObject):
    """Knows the fusions whose layers are in a viewer, and shows others in their place.

    A fusion lives as long as one of its layers; nothing else holds it. Get the one of a viewer by
    `results_of`.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    """

    #: Layers came, went, were drawn again, shown or hidden, or another one became active.
    changed = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.viewer = viewer
        self._writer = LayerWriter(viewer, self)
        self._writer.wrote.connect(self._writer.clear)
        self._writer.wrote.connect(self.tell)
        self._writer.wrote.connect(self._tell_anew)
        self._soon = single_shot(self, self.changed)
        self._several = False
        self._drawing: Any = None
        self._teller = Latest(_what_to_tell, self._told, parent=self)
        self._next: tuple[Made, Callable[[], None] | None] | None = None
        for event in (viewer.layers.events.inserted, viewer.layers.events.removed):
            event.connect(self.tell)
        viewer.layers.selection.events.active.connect(self.tell)
        viewer.dims.events.ndisplay.connect(self.tell)
        viewer.layers.events.inserted.connect(self._watch)
        for layer in viewer.layers:
            layer.events.visible.connect(self._seen)

    def _watch(self, event: Any) -> None:
        event.value.events.visible.connect(self._seen)

    def _seen(self, event: Any) -> None:
        """Keep maps from hiding one another; which layer that is its event tells."""
        layer = event.source
        note = result(layer)
        if not self._several and note is not None and note.role in MAPS and layer.visible:
            put_aside_others(self.viewer, [layer], only_maps=True)
        self.tell()

    @contextmanager
    def several(self) -> Iterator[None]:
        """Let maps be switched on beside one another: who does it sees to it that all are seen."""
        self._several, before = True, self._several
        try:
            yield
        finally:
            self._several = before

    def tell(self, event: Any = None) -> None:
        """Emit `changed` once, when the event loop has its next turn."""
        self._soon.start(0)

    def all(self) -> list[Made]:
        """Return the fusions from the lowest to the uppermost: one for each source."""
        notes = (result(layer) for layer in self.viewer.layers)
        return list({n.source: n.made for n in notes if n is not None and n.made}.values())

    def of(self, layer: Any) -> Made | None:
        """Return the fusion that a layer shows, or the newest that was made of it."""
        note = result(layer)
        if note is not None:
            return note.made
        identity = str(layer.unique_id)
        return max(
            (made for made in self.all() if made.stack_id == identity),
            key=lambda made: (made.source == identity, made.when),  # kept ones are older
            default=None,
        )

    def current(self) -> Made | None:
        """Return the fusion of the active layer, or else that of the uppermost result."""
        active = self.viewer.layers.selection.active
        found = self.of(active) if active is not None else None
        return found or next(reversed(self.all()), None)

    def layer(self, made: Made, role: str) -> Any | None:
        """Return the layer that shows a role of a fusion, as ``"height"`` or ``"image0"``."""
        return find_layer(self.viewer, made.source, role)

    def source_layer(self, made: Made) -> Any | None:
        """Return the layer that was fused, if it is still there."""
        return source_of(self.viewer, made.source)

    def lying_on(self, stack_id: str) -> list[Any]:
        """Return the layers that lie on a stack: of its fusions, and what was drawn on them."""

        def lies_on(layer: Any) -> bool:
            note = result(layer)
            made_of = "" if note is None else note.source.partition(KEPT)[0]
            return stack_id in (made_of, layer.metadata.get(LIES_ON))

        return [layer for layer in self.viewer.layers if lies_on(layer)]

    def bring_forward(self, made: Made) -> None:
        """Put aside what hides the layers of a fusion: other results, other stacks."""
        fused = () if made.origin is None else made.origin.layers
        own = [layer for layer in self.viewer.layers if layer.name in fused]  # all its channels
        own += [layer for _, layer in layers_of(self.viewer, made.source)]
        put_aside_others(self.viewer, own, stacks=True)

    def look_at(self, made: Made, role: str) -> None:
        """Let one see a map of a fusion, its image or its source, flat, and nothing above it."""
        self.viewer.dims.ndisplay = 2
        self.bring_forward(made)
        view(self.viewer, made.source, role)
        self.tell()

    def turn_to(self, made: Made) -> None:
        """Let one see what was just made, also where another stack was looked at."""
        self.bring_forward(made)
        active = self.viewer.layers.selection.active
        before = None if active is None else self.of(active)
        elsewhere = before is not None and before.source != made.source
        if elsewhere or not shown(self.viewer, made.source):
            view(self.viewer, made.source, IMAGE)

    def replace(self, made: Made, fusion: Fusion, done: Callable[[], None] | None = None) -> Made:
        """Show another fusion of the same stack in the layers of one; drawn in a thread.

        Where several follow fast, those between are not drawn. Layers that were removed stay away.

        Parameters
        ----------
        made : Made
            What the layers show now.
        fusion : Fusion
            What they are to show.
        done : callable, optional
            Called when they do.
        """
        telling = made.telling if fusion is made.fusion else Telling()
        first = made.first or made.fusion.recipe
        new = replace(made, fusion=fusion, first=first, telling=telling)
        self._next = (new, done)
        if self._drawing is None:
            self._draw_next()
        return new

    def took(self, made: Made, sentence: str) -> Made:
        """Note in the layers of a fusion how it was made."""
        return self._noted(made, replace(made, took=sentence))

    def adopt(self, made: Made, fusion: Fusion, recipe: str) -> Made:
        """Note that the layers of one fusion show another one already.

        Parameters
        ----------
        made, fusion
            As for `replace`.
        recipe : str
            The recipe of the other one, as JSON.
        """
        return self._noted(made, replace(made, fusion=fusion, telling=Telling()), recipe=recipe)

    def _noted(self, made: Made, new: Made, **changes: Any) -> Made:
        for layer in self.viewer.layers:
            note = result(layer)
            if note is not None and note.made is made:
                layer.metadata = {**layer.metadata, KEY: replace(note, made=new, **changes)}
        self.tell()
        self._tell_anew()
        return new

    def _tell_anew(self) -> None:
        """Find out in a thread what is to be told of fusions that were changed since their run."""
        untold = next((made for made in self.all() if made.telling.told is None), None)
        if untold is not None and not self._teller.busy:
            self._teller.ask(untold)

    def _told(self, found: tuple[Made, Told]) -> None:
        found[0].telling.told = found[1]
        self.tell()
        self._tell_anew()

    def _draw_next(self) -> None:
        if self._next is None:
            return
        (made, done), self._next = self._next, None

        def show(drawings: list[Drawing]) -> None:
            self._drawing = None
            if self._next is None:
                self._writer.clear()
                drawn = {one.role for one in drawings}
                for role, layer in layers_of(self.viewer, made.source):
                    if role not in drawn:  # they do not follow from what was changed
                        layer.metadata = kept_by(layer, made)
                there = [one for one in drawings if self.layer(made, one.role) is not None]
                self._writer.write(there, done)
            self._draw_next()

        scores = self.layer(made, "scores")
        before = None if scores is None else self.of(scores)
        same = before is not None and same_scores(before.fusion, made.fusion)
        roles = [role for role in MAPS if role != "scores" or not same]
        self._drawing = create_worker(draw, made, roles, _start_thread=False)
        self._drawing.returned.connect(show)
        self._drawing.start()


def _what_to_tell(made: Made) -> tuple[Made, Told]:
    return made, told_of(made.fusion)


#: What knows the fusions of a viewer: the same one for all panels that hold it.
results_of = OnePerViewer(Results)
