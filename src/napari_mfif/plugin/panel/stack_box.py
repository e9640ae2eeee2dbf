"""The top of the *Fuse* panel: which stack, what its axes are, which channels."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import MfifError
from napari_mfif.plugin.layers.geometry import place_on
from napari_mfif.plugin.layers.given_sizes import set_sizes, with_given_sizes
from napari_mfif.plugin.layers.origin import Origin, origin_of_layers
from napari_mfif.plugin.layers.same_view import same_view
from napari_mfif.plugin.layers.specs import Look
from napari_mfif.plugin.layers.to_stack import (
    Entry,
    axes_in_words,
    entries,
    layer_axes,
    possible_axes,
    to_stack,
)
from napari_mfif.plugin.panel.channel_row import ChannelRow
from napari_mfif.plugin.panel.sizes_box import SizesBox
from napari_mfif.plugin.panel.style import NameBox, button, heading, hint, say, trouble
from napari_mfif.plugin.reader import channel_name

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["StackBox"]


class StackBox(QWidget):
    """Chooses a z-stack among the layers and describes it.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    """

    changed = Signal()
    wants_to_open = Signal()
    wants_folder = Signal()
    #: With other spacing and unit, which the layers have from now on.
    resized = Signal(object, str)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._entries: list[Entry] = []
        self.stack: ZStack | None = None
        self.box = NameBox()
        self.box.setToolTip("<qt>The image layer whose planes are fused.</qt>")
        self.box.setAccessibleName("Stack")
        self.axes = QComboBox()
        self.axes.setAccessibleName("Axes")
        self.axes.setToolTip("<qt>What the axes of this layer are. The file does not say.</qt>")
        self._channels = ChannelRow()
        self.decide, self.which = self._channels.decide, self._channels.which
        self.sizes = SizesBox(viewer)
        self._plain: ZStack | None = None
        self._whole: ZStack | None = None
        self._part: tuple[list[int] | None, Any] = (None, None)
        self.description, self.problem = hint(), trouble()
        self._lay_out()
        self.box.currentIndexChanged.connect(self._chosen)
        self.axes.currentIndexChanged.connect(self._settled)
        self._channels.changed.connect(self.changed)
        self.sizes.sized.connect(self._resize)
        self.sizes.taken.connect(self._take_part)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.box, 1)
        row.addWidget(self._open_button())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(heading("Stack"))
        column.addLayout(row)
        for widget in (self.description, self.problem, self.axes, self._channels, self.sizes):
            column.addWidget(widget)
        self.axes.hide()

    def _open_button(self) -> QPushButton:
        tip = "Open a file, the files of the planes, or a folder of them, as a z-stack."
        self.opening = button("Open\N{HORIZONTAL ELLIPSIS}", tip)
        menu = QMenu(self.opening)
        for words, wanted in (
            ("File, or files of the planes\N{HORIZONTAL ELLIPSIS}", self.wants_to_open),
            ("Folder of planes\N{HORIZONTAL ELLIPSIS}", self.wants_folder),
        ):
            menu.addAction(words).triggered.connect(wanted)
        self.opening.setMenu(menu)
        return self.opening

    def refresh(self, choose: Any = None) -> None:
        """List the layers again; keep the choice, or take the layer that was just added."""
        before = self._current()
        self._entries = entries(self._viewer.layers)
        wanted = choose.unique_id if choose is not None else before.ids[0] if before else None
        index = next((i for i, entry in enumerate(self._entries) if wanted in entry.ids), None)
        if index is None:
            index = self._first_stack()
        blocked = self.box.blockSignals(True)
        self.box.clear()
        for number, entry in enumerate(self._entries):
            self.box.addItem(entry.title)
            self.box.setItemData(number, entry.title, Qt.ItemDataRole.ToolTipRole)
        self.box.setCurrentIndex(index)
        self.box.blockSignals(blocked)
        if before is None or (now := self._current()) is None or now.ids != before.ids:
            self._chosen()

    def chosen_ids(self) -> tuple[Any, ...]:
        """Return the identities of the layers of the chosen stack."""
        entry = self._current()
        return entry.ids if entry else ()

    def choose_again(self, ids: tuple[Any, ...]) -> None:
        """Choose a stack by the identities of its layers, if it is still there."""
        index = next((i for i, entry in enumerate(self._entries) if entry.ids == ids), -1)
        if index >= 0:
            self.box.setCurrentIndex(index)

    def _first_stack(self) -> int:
        """Return the newest entry that is a stack without a question, or else the newest."""
        for index in reversed(range(len(self._entries))):
            if len(possible_axes(self._layers(self._entries[index])[0])) == 1:
                return index
        return len(self._entries) - 1

    def is_empty(self) -> bool:
        """Tell whether there is nothing to choose from."""
        return not self._entries

    def _current(self) -> Entry | None:
        index = self.box.currentIndex()
        return self._entries[index] if 0 <= index < len(self._entries) else None

    def _layers(self, entry: Entry) -> list[Any]:
        found = {layer.unique_id: layer for layer in self._viewer.layers}
        return [found[identity] for identity in entry.ids if identity in found]

    def layers(self) -> list[Any]:
        """Return the layers of the chosen stack."""
        entry = self._current()
        return self._layers(entry) if entry else []

    def _chosen(self) -> None:
        """Offer the axes of another layer."""
        entry = self._current()
        name = f"{escape(entry.title)}<br>" if entry else ""
        self.box.setToolTip(f"<qt>{name}The image layer whose planes are fused.</qt>")
        layers = self.layers()
        choices = possible_axes(layers[0]) if layers else ()
        blocked = self.axes.blockSignals(True)
        self.axes.clear()
        if len(choices) > 1 or (choices and layer_axes(layers[0]) is None):
            self.axes.addItem("Choose what they are\N{HORIZONTAL ELLIPSIS}", None)
            for axes in choices:
                self.axes.addItem(axes_in_words(axes, layers[0]), axes)
        self.axes.setVisible(self.axes.count() > 0)
        self.axes.blockSignals(blocked)
        self._settled()

    def read_again(self) -> None:
        """Make the stack again: the layer may have got other pixels or another scale."""
        before = self._plain
        self._make()
        if self._plain is None or before is None or self._plain.shape != before.shape:
            self._settled()

    def _settled(self) -> None:
        """Make the stack of another layer, offer its channels, and tell."""
        self._make(anew=True)
        self._channels.offer(channel_names(self._plain) if self._plain else ())
        self.changed.emit()

    def _make(self, *, anew: bool = False) -> None:
        """Make the stack, or say what is missing."""
        self.stack = self._plain = None
        layers, why, known = self.layers(), "", None
        try:
            if layers:
                self._plain = to_stack(layers, self.axes.currentData())
                self.stack = known = with_given_sizes(self._plain, layers[0])
        except MfifError as error:
            why = str(error)
        self._whole = known  # which is there also where the part that is wanted is not
        say(self.problem, why)
        notes = list(known.notes) if known else []
        say(self.description, "\n".join([_described(known), *notes]) if known else "")
        self.sizes.show_stack(known, anew=anew)
        self._read_part()

    def _read_part(self) -> None:
        """Read which part is fused; where that is not possible, nothing is."""
        self._part = (None, None)
        if self.stack is None:
            return
        try:
            self._part = self.sizes.part(self.layers()[0], self.stack)
            self.taken()
        except MfifError as error:
            self.stack = None
            self.sizes.show_part(str(error))
        else:
            self.sizes.show_part("", self._part)

    def taken(self) -> ZStack:
        """Return the planes, rows and columns that are fused, with all channels."""
        assert self.stack is not None
        planes, region = self._part
        rows, columns = region or (slice(None), slice(None))
        return self.stack.part(planes, rows, columns)

    def _resize(self, spacing: tuple[float, ...], unit: str) -> None:
        """Give the layers other sizes; the stack takes them from there."""
        with same_view(self._viewer, self.layers()[0]):
            for layer in self.layers():
                set_sizes(layer, self.layer_axes().replace("S", ""), spacing, unit)
            self._make()
            self.resized.emit(spacing, unit)
        self.changed.emit()

    def _take_part(self) -> None:
        self._make()
        self.changed.emit()

    def channel(self) -> int | None:
        """Return the channel that decides."""
        decides = self.decide.currentData()
        return decides if self.stack is not None and self.stack.n_channels > 1 else None

    def alone(self) -> bool:
        """Tell whether the channel that decides is the only one to be fused."""
        return bool(self.channel() is not None and self.which.currentData() == "alone")

    def layer_axes(self) -> str:
        """Return the axes of the chosen layer, or of each of them, in their own order."""
        layers = self.layers()
        if len(layers) > 1 and self.stack is not None:
            return self.stack.axes.replace("C", "")
        return self.axes.currentData() or layer_axes(layers[0]) or "ZYX"

    def origin(self) -> Origin:
        """Return how what is fused is got again."""
        stack = self._whole
        assert stack is not None
        layers, alone = self.layers(), self.alone()
        if alone and len(layers) > 1:
            layers = layers[(self.channel() or 0) :][:1]
        found = origin_of_layers(layers, stack, self.layer_axes())
        if found.opening is None and self._plain is not None:
            found = found.with_sizes(self._plain, stack)
        planes, region = self._part
        only = alone and "C" in (found.axes if found.opening is None else stack.axes)
        return replace(
            found,
            channel=self.channel() if only else found.channel,
            planes=None if planes is None else tuple(planes),
            region=region,
        )

    def fused_stack(self) -> ZStack:
        """Return the z-stack to fuse: of what is taken, all channels or the one that decides."""
        return self.taken().only_channel(self.channel() or 0) if self.alone() else self.taken()

    def look(self) -> Look:
        """Return how results are to look: as the source does."""
        layers, stack = self.layers(), self.stack
        assert stack is not None
        entry = self._current()
        letters = self.layer_axes().replace("S", "")
        chosen = [self.channel() or 0] if self.alone() else range(stack.n_channels)
        shown = [layers[min(c, len(layers) - 1)] for c in chosen]
        limits = [layer.contrast_limits for layer in shown]
        names = channel_names(stack)
        placement = place_on(layers[0], letters)
        if self._part[1] is not None:
            placement = placement.part(*self._part[1])
        return Look(
            name=entry.title if entry else stack.name,
            source=str(layers[0].unique_id),
            placement=placement,
            colormaps=tuple(layer.colormap for layer in shown),
            limits=tuple((float(low), float(high)) for low, high in limits),
            channels=tuple(names[c] for c in chosen) if stack.n_channels > 1 else (),
        )


def _described(stack: ZStack) -> str:
    """Say what a z-stack is, and that its z step is missing where it is."""
    return stack.describe() if stack.z_step else f"{stack.describe()}, z step not known"


def channel_names(stack: ZStack) -> tuple[str, ...]:
    """Return a name for each channel."""
    return tuple(channel_name(stack, c) for c in range(stack.n_channels))
