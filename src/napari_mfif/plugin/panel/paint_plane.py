"""Which plane strokes of the *Paint* panel take from."""

from __future__ import annotations

from qtpy.QtCore import QObject, Signal

from napari_mfif.arrays.parts import planes_in_words
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.painting.easel import Easel
from napari_mfif.plugin.painting.slider import PlaneSlider
from napari_mfif.plugin.panel.paint_box import PaintBox
from napari_mfif.plugin.results import Results
from napari_mfif.plugin.timers import single_shot

__all__ = ["PaintPlane"]

#: Milliseconds without a change after which the plane is read.
STILL = 150


class PaintPlane(QObject):
    """Keeps napari's z slider, the field of the panel and napari's own field of a label together.

    Parameters
    ----------
    results : Results
        Knows the layer of the stack.
    box : PaintBox
        Where the plane is shown and typed.
    parent : QObject
        With it all ends.
    """

    #: It is another one.
    moved = Signal()
    #: It has been the same for a while.
    rests = Signal()
    #: Why a plane cannot be taken.
    trouble = Signal(str)

    def __init__(self, results: Results, box: PaintBox, parent: QObject) -> None:
        super().__init__(parent)
        #: The plane, counted among those that were fused.
        self.number = 0
        self._box = box
        self._made: Made | None = None
        self._easel: Easel | None = None
        self._slider = PlaneSlider(results, self._move_to)
        self._still = single_shot(self, self.rests.emit, STILL)
        box.plane.changed.connect(self._typed)

    def end(self) -> None:
        """Let go of the viewer."""
        self._still.stop()
        self._slider.close()

    def watch(self, made: Made | None) -> None:
        """Take from the planes of this fusion from now on."""
        self._made = made
        self._slider.watch(made)
        if made is None:
            return
        shown = self._slider.plane()  # nothing where the stack is gone: the plane stays
        self.number = min(self.number if shown is None else shown, made.fusion.stack.n_planes - 1)
        self._box.show_plane(self.number, made.fusion)

    def follow(self, easel: Easel | None) -> None:
        """Show the plane in napari's own field, and follow it, while one paints."""
        self._easel = easel
        if easel is not None:
            easel.plane_chosen.connect(self._label_chosen)
            self._move_to(self.number)

    def go_to(self, number: int) -> None:
        """Turn to the plane that is nearest to one of the whole stack."""
        self._slider.go_to(self._slider.nearest(number))

    def _move_to(self, plane: int) -> None:
        if self._made is None:
            return
        self.number = plane
        self._box.show_plane(plane, self._made.fusion)
        if self._easel is not None:
            self._easel.show_plane(plane)
        self.moved.emit()
        self._still.start()

    def _typed(self, number: int) -> None:
        if self._made is not None:
            plane = self._slider.nearest(int(number))
            self._slider.go_to(plane)
            self._move_to(plane)  # also where the stack is gone, and with it its slider

    def _label_chosen(self, number: int) -> None:
        """Follow napari's own field for the label."""
        if self._easel is None or self._made is None or number < 0:
            return
        stack = self._made.fusion.stack
        numbers = [stack.plane_number(z) for z in range(stack.n_planes)]
        if number not in numbers:
            there = planes_in_words(numbers)
            self.trouble.emit(
                f"Planes {there} were fused; the label of each is its number and one."
            )
            self._easel.show_plane(self.number)
        elif number != numbers[self.number]:
            self._slider.go_to(numbers.index(number))
