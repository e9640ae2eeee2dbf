"""Which channel decides, and which are fused; there only where a stack has several."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QGridLayout, QWidget

from napari_mfif.plugin.panel.style import label_of

__all__ = ["ChannelRow"]


class ChannelRow(QWidget):
    """Chooses the channel in which sharpness is judged, and whether it alone is fused."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.decide, self.which = QComboBox(), QComboBox()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 1)
        for number, (text, box, tip) in enumerate((
            ("Decide on", self.decide, "The channel in which sharpness is judged."),
            ("Fuse", self.which, "The channels that are fused, all with the same decision."),
        )):  # fmt: skip
            box.setMinimumContentsLength(6)
            grid.addWidget(label_of(box, text, tip), number, 0)
            grid.addWidget(box, number, 1)
        self.hide()
        self.decide.currentIndexChanged.connect(self._offer_alone)
        self.which.currentIndexChanged.connect(self.changed)

    def offer(self, names: Sequence[str]) -> None:
        """List the channels of another stack."""
        blocked = self.decide.blockSignals(True)
        self.decide.clear()
        self.decide.addItem("all together", None)
        for number, name in enumerate(names):
            self.decide.addItem(name, number)
        self.decide.blockSignals(blocked)
        self.setVisible(len(names) > 1)
        self._offer_alone(tell=False)

    def _offer_alone(self, index: int = 0, *, tell: bool = True) -> None:
        blocked = self.which.blockSignals(True)
        alone = self.decide.currentData() is not None and self.which.currentData() == "alone"
        self.which.clear()
        self.which.addItem("all channels", "all")
        if self.decide.currentData() is not None:
            self.which.addItem(f"only {self.decide.currentText()}", "alone")
            self.which.setCurrentIndex(int(alone))
        self.which.blockSignals(blocked)
        if tell:
            self.changed.emit()
