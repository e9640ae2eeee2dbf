"""What makes two layers look unlike that are not, said with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_mfif.plugin.comparing.pictures import lay_on, lies_on, same_contrast, take_contrast
from napari_mfif.plugin.comparing.sides import VIEWS, Side
from napari_mfif.plugin.panel.style import button, hint, say
from napari_mfif.plugin.results import Results

__all__ = ["Fitting"]


class Advice(QWidget):
    """A sentence with its remedy; hidden while there is nothing to say."""

    taken = Signal()

    def __init__(self, text: str, tip: str) -> None:
        super().__init__()
        self.text, self.remedy = hint(), button(text, tip, self.taken)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.remedy)
        self.say("")

    def say(self, sentence: str) -> None:
        """Say what is wrong, or nothing."""
        say(self.text, sentence)
        self.setVisible(bool(sentence))


class Fitting(QWidget):
    """Says where a picture lies elsewhere than the result, or B has another contrast than A.

    Parameters
    ----------
    results : Results
        Knows the layers.
    """

    def __init__(self, results: Results) -> None:
        super().__init__()
        self._results = results
        self._pair: tuple[Side, Side] | None = None
        self._layers: tuple[Sequence[Any], Sequence[Any]] = ((), ())
        self.laying = Advice("Lay it on the result", "Give the picture the place of the result.")
        self.contrast = Advice("Take that of A", "Draw B with the contrast limits of A.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for advice in (self.laying, self.contrast):
            column.addWidget(advice)
        self.laying.taken.connect(self._lay)
        self.contrast.taken.connect(self._even)

    def follow(
        self,
        pair: tuple[Side, Side] | None,
        layers: tuple[Sequence[Any], Sequence[Any]],
    ) -> None:
        """Say what makes these layers of A and B look unlike."""
        self._pair, self._layers = pair, layers
        found = self._misplaced()
        self.laying.say(f"{found[0].name} lies elsewhere in the window." if found else "")
        self.contrast.say("" if same_contrast(*layers) else "B is drawn with another contrast.")
        self.setVisible(any(not one.isHidden() for one in (self.laying, self.contrast)))

    def _misplaced(self) -> tuple[Any, Any] | None:
        """Return the layer of a picture that is A or B, and that of the result it belongs on."""
        pair = self._pair
        if pair is None or (pair[0].made is None) == (pair[1].made is None):
            return None
        picture, other = sorted(pair, key=lambda side: side.made is not None)
        layers = other.layers(self._results, VIEWS[0])
        if not layers or lies_on(picture.picture, layers[0]):
            return None
        return picture.picture, layers[0]

    def _lay(self) -> None:
        found = self._misplaced()
        if found is not None:
            lay_on(*found)
        self.follow(self._pair, self._layers)

    def _even(self) -> None:
        take_contrast(*self._layers)
        self.follow(self._pair, self._layers)
