"""What a refusal offers instead, as a button beside its sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from qtpy.QtWidgets import QPushButton

from napari_mfif.errors import OnePlaneError, ReadError
from napari_mfif.io.contents import images_in

__all__ = ["Offer", "OfferButton", "instead"]


class Offer(NamedTuple):
    """What a button says and does; napari's own messages take pairs of these, too."""

    words: str
    accept: Callable[[], object]


class OfferButton(QPushButton):
    """A button that is there while something is offered."""

    def __init__(self) -> None:
        super().__init__()
        self._offer: Offer | None = None
        self.setProperty("look", "plain")
        self.clicked.connect(self._accept)
        self.hide()

    def show_offer(self, offer: Offer | None) -> None:
        """Offer this; nothing when it is None."""
        self._offer = offer
        if offer is not None:
            self.setText(offer.words)
            self.setAccessibleName(offer.words)
        self.setVisible(offer is not None)

    def _accept(self) -> None:
        offer = self._offer
        self.show_offer(None)
        if offer is not None:
            offer.accept()


def instead(
    error: Exception, paths: list[str], open_paths: Callable[[list[str]], object]
) -> Offer | None:
    """Return what to open in place of paths that were refused, where that is plain to see.

    Parameters
    ----------
    error : Exception
        Why they were refused.
    paths : list of str
        What was to be opened.
    open_paths : callable
        Opens others.
    """
    if not isinstance(error, OnePlaneError) or len(paths) != 1:
        return None
    folder = Path(paths[0]).parent
    try:
        count = len(images_in(folder)[0])
    except ReadError:
        return None
    if count < 2:
        return None
    return Offer(f"Open its folder ({count} pictures)", lambda: open_paths([str(folder)]))
