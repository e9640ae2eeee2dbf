"""What a file does not say or what is not wanted of it: sizes, which planes, which rectangle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from napari_mfif.arrays.parts import parse_planes, planes_in_words
from napari_mfif.errors import MfifError, ParameterError
from napari_mfif.plugin.layers.metadata import LIES_ON
from napari_mfif.plugin.panel.lengths import spacing_of
from napari_mfif.plugin.panel.style import Fold, button, hint, label_of, say, trouble
from napari_mfif.wording import sign_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_mfif.arrays.stack import ZStack

__all__ = ["SizesBox", "unit_box"]

UNITS = {
    "um": sign_of("um"),
    "nm": "nm",
    "mm": "mm",
    "cm": "cm",
    "m": "m",
    "pm": "pm",
    "Å": "Å",
}

ALL = "whole planes"
TITLE = "Sizes and planes"


def unit_box() -> QComboBox:
    """Return a box with the units that sizes may have."""
    box = QComboBox()
    for unit, words in UNITS.items():
        box.addItem(words, unit)
    box.setAccessibleName("Unit")
    box.setToolTip("<qt>Unit of the z step and the pixel size.</qt>")
    return box


class SizesBox(QWidget):
    """The folded line *Sizes and planes*: filled from the file or layer, and editable.

    Parameters
    ----------
    viewer : ViewerModel
        Where rectangles are drawn.
    """

    #: With the spacing, as for `open_stack`, and its unit.
    sized = Signal(object, str)
    #: Other planes, or another rectangle.
    taken = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._shown: tuple[str, str, str] = ("", "", "um")
        self._watched: Any = None
        self._source: Any = None
        self.fold = Fold(TITLE, "Z step, pixel size, and which part is fused.")
        self.z_step, self.pixel = QLineEdit(), QLineEdit()
        self.unit, self.region = unit_box(), QComboBox()
        self.planes = QLineEdit()
        self.lacking, self.about, self.problem = hint(), hint(), trouble()
        say(self.lacking, "")
        self._lay_out()
        for field in (self.z_step, self.pixel):
            field.editingFinished.connect(self._typed)
        self.unit.activated.connect(self._typed)
        self.planes.editingFinished.connect(self._part_changed)
        self.region.activated.connect(self._part_changed)

    def _lay_out(self) -> None:
        sizes = QHBoxLayout()
        sizes.setSpacing(6)
        for widget, share in ((self.z_step, 2), (self.unit, 1)):
            sizes.addWidget(widget, share)
        where = QHBoxLayout()
        where.setSpacing(6)
        where.addWidget(self.region, 1)
        self.draw = button("Draw", "Draw a rectangle on the stack; only what is in it is fused.")
        self.draw.clicked.connect(self._draw)
        where.addWidget(self.draw)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 1)
        rows: tuple[tuple[str, QWidget, Any, str], ...] = (
            ("Z step", self.z_step, sizes, "Distance of two planes; empty where it is not known."),
            ("Pixel size", self.pixel, self.pixel,
             "Height and width of a pixel: one number, or two as in 0.1; 0.2."),
            ("Planes", self.planes, self.planes,
             "Which planes are fused, as in 3-17, 20; counted as the z slider counts them."),
            ("Region", self.region, where, "Rows and columns in a rectangle of a Shapes layer."),
        )  # fmt: skip
        for number, (text, field, placed, tip) in enumerate(rows):
            grid.addWidget(label_of(field, text, tip), number, 0)
            add = grid.addWidget if isinstance(placed, QWidget) else grid.addLayout
            add(placed, number, 1)
        self.fold.column.addLayout(grid)
        for widget in (self.lacking, self.problem, self.about):
            self.fold.column.addWidget(widget)
        column = QHBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.fold)

    def show_stack(self, stack: ZStack | None, *, anew: bool) -> None:
        """Fill the fields; those of the part are emptied for another stack."""
        self.setVisible(stack is not None)
        if stack is None:
            return
        say(self.lacking, "")
        self.fold.head.setText(TITLE if stack.z_step else f"{TITLE}: z step not known")
        pixel: tuple[float, ...] = stack.pixel_size or ()
        pixel = pixel[:1] if len(set(pixel)) == 1 else pixel
        z_step = f"{stack.z_step:.6g}" if stack.z_step else ""
        self._shown = z_step, ", ".join(f"{one:.6g}" for one in pixel), stack.unit or "um"
        self.z_step.setText(self._shown[0])
        self.pixel.setText(self._shown[1])
        self.unit.setCurrentIndex(self.unit.findData(self._shown[2]))
        self.planes.setPlaceholderText(f"all: 0-{stack.n_planes - 1}")
        if anew:
            self.planes.clear()
            self.offer_regions()
            self.region.setCurrentIndex(0)
            say(self.problem, "")

    def offer_regions(self) -> None:
        """List the Shapes layers again."""
        chosen = self.region.currentData()
        self.region.clear()
        self.region.addItem(ALL, None)
        for layer in self._viewer.layers:
            if type(layer).__name__ == "Shapes":
                self.region.addItem(f"rectangle in {layer.name}", layer.unique_id)
        self.region.setCurrentIndex(max(0, self.region.findData(chosen)))

    def part(self, source: Any, stack: ZStack) -> tuple[list[int] | None, Any]:
        """Return the planes that are taken, and rows and columns, None where it is all.

        Raises
        ------
        ParameterError
            There are no such planes, or there is no such rectangle.
        """
        self._source = source
        text = self.planes.text().strip()
        planes = sorted(set(parse_planes(text))) if text else None
        if planes is not None and len(planes) < 2:
            raise ParameterError("Focus stacking needs at least two planes: give more `planes=`.")
        region = None if self.region.currentData() is None else self._rectangle(source, stack)
        return (None if planes == list(range(stack.n_planes)) else planes), region

    def show_part(self, why: str, part: tuple[list[int] | None, Any] = (None, None)) -> None:
        """Say what is wrong with the part, or what it is."""
        planes, region = part
        words = [f"planes {planes_in_words(planes)}"] if planes is not None else []
        if region is not None:
            down, across = (f"{span.start} to {span.stop - 1}" for span in region)
            words.append(f"rows {down}, columns {across}")
        say(self.problem, why)
        say(self.about, f"Fused: {'; '.join(words)}." if words else "")

    def _typed(self) -> None:
        """Tell the sizes, where they are other ones than shown."""
        z_step, pixel = self.z_step.text().strip(), self.pixel.text().strip()
        unit = str(self.unit.currentData())
        if (z_step, pixel, unit) == self._shown or not (z_step or pixel):
            return
        try:
            spacing = spacing_of(z_step, pixel)
        except MfifError as error:
            under_way = not (z_step or self._shown[0])  # one is typed after the other
            say(self.lacking, str(error) if under_way else "")
            say(self.problem, "" if under_way else str(error))
            return
        say(self.lacking, "")
        say(self.problem, "")
        self.sized.emit(spacing, unit)

    def _part_changed(self) -> None:
        self._watch()
        self.taken.emit()

    def _watch(self) -> None:
        """Follow the rectangle as it is moved."""
        layer = self._shapes()
        if layer is self._watched:
            return
        self.end()
        self._watched = layer
        if layer is not None:
            layer.events.set_data.connect(self._moved)

    def _moved(self, event: Any = None) -> None:
        self.taken.emit()

    def end(self) -> None:
        """Follow nothing any more."""
        if self._watched is not None:
            self._watched.events.set_data.disconnect(self._moved)
            self._watched = None

    def _shapes(self) -> Any | None:
        wanted = self.region.currentData()
        found = (one for one in self._viewer.layers if one.unique_id == wanted)
        return next(found, None) if wanted is not None else None

    def _draw(self) -> None:
        """Add a Shapes layer to draw a rectangle in, and choose it."""
        from napari.layers import Shapes

        where = {} if self._source is None else _flat(self._source)
        layer = Shapes(
            name="region", edge_color="yellow", face_color="transparent", ndim=2, **where
        )
        self._viewer.add_layer(layer)
        layer.mode = "add_rectangle"
        self.offer_regions()
        self.region.setCurrentIndex(self.region.findData(layer.unique_id))
        self._part_changed()

    def _rectangle(self, source: Any, stack: ZStack) -> tuple[slice, slice]:
        """Return rows and columns round the last shape, as it lies on the source."""
        layer = self._shapes()
        if layer is None or not len(layer.data):
            raise ParameterError("Draw a rectangle on the stack first, or choose whole planes.")
        chosen = max(layer.selected_data, default=len(layer.data) - 1)
        corners = []
        for vertex in layer.data[chosen]:
            world = list(layer.data_to_world(vertex))[-source.ndim :]
            world = [0.0] * (source.ndim - len(world)) + world
            corners.append(source.world_to_data(world)[-2:])
        spans = []
        for axis, end in enumerate(stack.plane_shape):
            low, high = (pick(c[axis] for c in corners) for pick in (min, max))
            spans.append(slice(max(0, round(low)), min(end, round(high) + 1)))
        if any(span.stop - span.start < 1 for span in spans):
            raise ParameterError("The rectangle lies beside the stack: move it, or draw another.")
        return spans[0], spans[1]


def _flat(source: Any) -> dict[str, Any]:
    """Return how a layer of two axes lies on a stack."""
    names = ("scale", "translate", "units", "axis_labels")
    placed = {name: getattr(source, name)[-2:] for name in names}
    return {**placed, "metadata": {LIES_ON: str(source.unique_id)}}
