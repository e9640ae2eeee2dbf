"""A picture of the surface, or a movie in which it turns once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_mfif.io.atomic import replacing
from napari_mfif.plugin.closer.files import write_quietly
from napari_mfif.plugin.dialogs import ask_where
from napari_mfif.plugin.panel.surface import TURN, View3D, view_3d

if TYPE_CHECKING:
    from napari.viewer import Viewer
    from qtpy.QtWidgets import QLabel, QWidget

    from napari_mfif.plugin.layers.metadata import Made

__all__ = ["MOVIES", "Turntable", "ask_for_picture", "save_movie", "save_picture"]

#: Pictures of a turn, and milliseconds that each is shown.
PICTURES, SHOWN = 60, 50

#: So many times as large as the canvas a picture of it is, along each side.
FINER = 2

#: The kinds of movies, for a file dialog.
MOVIES = "GIF (*.gif);;Animated PNG (*.png);;WebP (*.webp)"


class Turntable(QObject):
    """Turns the surface once, a picture at a time, so that the window lives on.

    Parameters
    ----------
    viewer : Viewer
        Where the surface is.
    view : View3D
        Which one.
    """

    #: How far it is, 0 to 1.
    went = Signal(float)
    #: All pictures are there; none when it was stopped.
    ended = Signal(object)

    def __init__(self, viewer: Viewer, view: View3D, parent: QObject) -> None:
        super().__init__(parent)
        self.viewer, self.view = viewer, view
        self.pictures: list[NDArray[np.uint8]] = []
        self._before: Any = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)

    @property
    def turning(self) -> bool:
        """Whether pictures are being taken."""
        return bool(self._timer.isActive())

    def start(self) -> None:
        """Begin a turn where one looks from at first."""
        camera = self.viewer.scene.camera
        self._before = (camera.angles, camera.orientation)
        self.pictures = []
        self._timer.start(0)

    def stop(self) -> None:
        """End the turn; nothing is kept."""
        if self.turning:
            self.pictures = []
            self._end()

    def _next(self) -> None:
        if not self.view.is_on:
            self.stop()
            return
        self.view.turn(TURN + 360 * len(self.pictures) / PICTURES)
        shot = self.viewer.screenshot(canvas_only=True, flash=False)
        self.pictures.append(np.asarray(shot)[..., :3])
        self.went.emit(len(self.pictures) / PICTURES)
        if len(self.pictures) == PICTURES:
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        if self.view.is_on:
            camera = self.viewer.scene.camera
            camera.angles, camera.orientation = self._before
        pictures, self.pictures = self.pictures, []
        self.ended.emit(pictures)


def save_picture(picture: NDArray[np.uint8], path: str) -> Path:
    """Write a picture; its ending says in which format."""
    from PIL import Image

    target = _with_ending(path, ".png")
    with replacing(target, overwrite=True) as beside:
        Image.fromarray(picture).save(beside)
    return target


def save_movie(pictures: list[NDArray[np.uint8]], path: str) -> Path:
    """Write a movie that goes round and round; its ending says in which format."""
    from PIL import Image

    target = _with_ending(path, ".gif")
    with replacing(target, overwrite=True) as beside:
        first, *others = map(Image.fromarray, pictures)
        first.save(beside, save_all=True, append_images=others, duration=SHOWN, loop=0)
    return target


def _with_ending(path: str, usual: str) -> Path:
    target = Path(path)
    return target if target.suffix else target.with_suffix(usual)


def ask_for_picture(
    parent: QWidget, viewer: Viewer, made: Made, note: QLabel, trouble: QLabel
) -> None:
    """Take a picture of the canvas, ask where it is to be, and say below where it was saved.

    Parameters
    ----------
    parent : QWidget
        Above which the dialog stands.
    viewer : Viewer
        Where the surface is.
    made : Made
        What is seen.
    note, trouble : QLabel
        Where it is said.
    """
    shot = np.asarray(viewer.screenshot(canvas_only=True, flash=False, scale=FINER))[..., :3]
    higher = view_3d(viewer).wish.exaggeration
    drawn = f", heights x {higher:.3g}" if higher != 1 else ""
    ask_where(
        parent, made.fusion, f"{made.look.name} surface{drawn}.png", "PNG (*.png);;JPEG (*.jpg)",
        lambda path: write_quietly(lambda: save_picture(shot, path), note, trouble),
        "Save a picture of the surface",
    )  # fmt: skip
