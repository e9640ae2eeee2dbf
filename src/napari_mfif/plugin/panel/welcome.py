"""What the panel shows while no stack is open: how to open one, and three made on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt.utils import create_worker

from napari_mfif.plugin.offers import Offer, OfferButton
from napari_mfif.plugin.panel.style import button, heading, hint, say, trouble
from napari_mfif.plugin.samples import SAMPLES, make_sample

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Welcome"]


class Welcome(QWidget):
    """Opens a stack, or makes a sample in a thread.

    Parameters
    ----------
    viewer : ViewerModel
        Where the sample is shown.
    """

    wants_to_open = Signal()
    wants_folder = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._worker: Any = None
        self._busy, self._problem, self.offer = hint(), trouble(), OfferButton()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        title = heading("One sharp image from a z-stack")
        title.setProperty("look", "title")
        column.addWidget(title)
        column.addWidget(
            hint(
                "No z-stack is open. Open a file, a folder, or all files of the planes; or drop "
                "them onto the window. You get the all-in-focus image, the height, and how sure "
                "each pixel is."
            )
        )
        column.addSpacing(2)
        opening = button(
            "Open z-stack\N{HORIZONTAL ELLIPSIS}",
            "Open a TIFF, or several files with a plane each, as a z-stack.",
            self.wants_to_open,
            look="primary",
        )
        column.addWidget(opening)
        folder = button(
            "Open folder\N{HORIZONTAL ELLIPSIS}",
            "Open a folder of planes as a z-stack.",
            self.wants_folder,
        )
        column.addWidget(folder)
        column.addWidget(self._problem)
        column.addWidget(self.offer)
        column.addSpacing(10)
        column.addWidget(heading("Or try one made on the spot"))
        self._samples = []
        for name, chosen in SAMPLES.items():
            about = chosen.about
            sample = button(f"{name.capitalize()}:  {about.lower()}", f"Simulate it: {about}.")
            sample.setStyleSheet("text-align: left;")
            sample.clicked.connect(lambda _=False, n=name: self.make(n))
            column.addWidget(sample)
            self._samples.append(sample)
        column.addWidget(self._busy)
        column.addStretch()

    def make(self, name: str) -> None:
        """Make a sample and show it."""
        for sample in self._samples:
            sample.setEnabled(False)
        say(self._busy, f"Simulating {name}\N{HORIZONTAL ELLIPSIS}")
        self._worker = create_worker(make_sample, name, _start_thread=False, _ignore_errors=True)
        self._worker.returned.connect(self._made)
        self._worker.errored.connect(self._failed)
        self._worker.start()

    def _made(self, stack: Any) -> None:
        from napari.layers import Image

        from napari_mfif.plugin.reader import layers_of

        self._rest()
        for data, options, _ in layers_of(stack):
            self._viewer.add_layer(Image(data, **options))

    def _failed(self, error: Exception) -> None:
        self._rest()
        self.tell(f"The sample could not be made: {error}.")

    def _rest(self) -> None:
        self._worker = None
        say(self._busy, "")
        for sample in self._samples:
            sample.setEnabled(True)

    def tell(self, sentence: str, offer: Offer | None = None) -> None:
        """Show what went wrong, and what can be had instead."""
        say(self._problem, sentence)
        self.offer.show_offer(offer)

    def end(self) -> None:
        """Forget a sample that is being made."""
        if self._worker is not None:
            self._worker.returned.disconnect(self._made)
            self._worker.errored.disconnect(self._failed)
            self._worker = None
