"""The surface in 3D: how it is shown, and what is saved of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QMenu,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from napari_mfif.plugin.closer.files import write_quietly
from napari_mfif.plugin.closer.turntable import MOVIES, Turntable, ask_for_picture, save_movie
from napari_mfif.plugin.dialogs import ask_where
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.solid import texture_of
from napari_mfif.plugin.panel.forms import Number, WheelWithFocus, parts
from napari_mfif.plugin.panel.style import button, heading, hint, label_of, say, trouble
from napari_mfif.plugin.panel.surface import view_3d
from napari_mfif.plugin.timers import single_shot
from napari_mfif.surface.export import FORMATS
from napari_mfif.surface.mesh import surface

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["SurfaceBox"]

#: Heights are drawn so many times as high at most.
HIGHEST = 20.0
NO_PROPORTIONS = (
    "The pixel size is not known, so proportions are not true: planes are drawn one pixel apart. "
    "Give it in the Fuse panel under Sizes and planes."
)
DOTS = "\N{HORIZONTAL ELLIPSIS}"


class SurfaceBox(QWidget):
    """Shows the fusion at hand as a surface, and saves it.

    Parameters
    ----------
    viewer : Viewer
        Where it is shown.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.made: Made | None = None
        self.viewer, self.view = viewer, view_3d(viewer)
        self.turntable = Turntable(viewer, self.view, self)
        self._path = ""
        self.show_it = button(
            "Show in 3D", "Show the height as a surface, with the image on it.", self._toggle
        )
        self.show_it.setCheckable(True)
        self.save = button(f"Save{DOTS}", "Save the surface, a picture, or a movie.")
        self.exaggeration = Number(1.0, HIGHEST, self.view.wish.exaggeration)
        self.unsure, self.top = QComboBox(), QComboBox()
        self.light = QCheckBox("Lit from the upper left")
        self.points, self.note, self.problem = hint(), hint(), trouble()
        self._controls()
        self._lay_out()
        say(self.note, "")
        self._menu()
        self._soon = single_shot(self, self._ask)
        self.exaggeration.changed.connect(self._slid)
        for box in (self.unsure, self.top):
            box.currentIndexChanged.connect(self._ask)
        self.light.toggled.connect(self._ask)
        self.view.changed.connect(self.refresh)
        self.view.failed.connect(self._failed)
        self.turntable.went.connect(self._went)
        self.turntable.ended.connect(self._turned)
        self.refresh()

    def _controls(self) -> None:
        wish = self.view.wish
        self.exaggeration.native.setToolTip("<qt>How many times as high heights are drawn.</qt>")
        self.unsure.addItem("left out", False)
        self.unsure.addItem("filled in", True)
        self.unsure.setToolTip("<qt>Heights that are not known, as the fusion's settings say.</qt>")
        self.unsure.setCurrentIndex(int(bool(wish.fill)))
        self.top.addItem("last plane", False)
        self.top.addItem("first plane", True)
        self.top.setToolTip(
            "<qt>Which end of the stack lies on top. It is right when hills look like hills; "
            "saved surfaces take it over.</qt>"
        )
        self.top.setCurrentIndex(int(wish.first_on_top))
        self.light.setChecked(wish.light)
        self._wheel = WheelWithFocus(self)
        for slider in self.exaggeration.native.findChildren(QSlider):
            slider.setSingleStep(slider.maximum() // 40)
            slider.setPageStep(slider.maximum() // 8)
        for control in (*parts(self.exaggeration), self.unsure, self.top):
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            control.installEventFilter(self._wheel)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        grid = QGridLayout()
        grid.addWidget(self.show_it, 0, 0)
        grid.addWidget(self.save, 0, 1)
        rows = (
            ("Exaggeration", self.exaggeration.native),
            ("Unsure places", self.unsure),
            ("On top", self.top),
        )
        for row, said in enumerate((self.note, self.problem), start=1):  # beside what was pressed
            grid.addWidget(said, row, 0, 1, 2)
        for row, (text, widget) in enumerate(rows, start=3):
            grid.addWidget(label_of(widget, text), row, 0)
            grid.addWidget(widget, row, 1)
        grid.addWidget(self.light, len(rows) + 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        column.addWidget(heading("Surface in 3D"))
        column.addLayout(grid)
        column.addWidget(self.points)

    def _menu(self) -> None:
        menu = QMenu(self)
        self.save_surface = menu.addAction(f"Surface (STL, PLY, OBJ, CSV){DOTS}")
        self.save_picture = menu.addAction(f"Picture of the canvas{DOTS}")
        self.save_movie = menu.addAction(f"Movie: the surface turns once{DOTS}")
        self.save_surface.triggered.connect(self._save_surface)
        self.save_picture.triggered.connect(self._save_picture)
        self.save_movie.triggered.connect(self._save_movie)
        self.save.setMenu(menu)

    def end(self) -> None:
        """Let go of the viewer; what is shown stays."""
        self._soon.stop()
        self.turntable.stop()
        self.view.changed.disconnect(self.refresh)
        self.view.failed.disconnect(self._failed)

    def follow(self, made: Made | None) -> None:
        """Turn to another fusion; what was said of its unsure places in *Refine* holds here."""
        before, said = (one and one.fusion.recipe.unsure for one in (self.made, made))
        if said is not None and said != before:
            self.unsure.setCurrentIndex(int(said == "fill"))
        self.made = made
        self.refresh()

    def refresh(self) -> None:
        """Show what is possible now."""
        on = self.view.is_on
        self.show_it.setEnabled(on or self.made is not None)
        self.show_it.setChecked(on)
        self.save.setEnabled(self.made is not None)
        self.save_picture.setEnabled(on)
        self.save_movie.setEnabled(on)
        every = self.view.solid.every if self.view.solid else 1
        coarse = f"Drawn of every {_ordinal(every)} pixel; saved surfaces have all."
        told = [coarse] if on and every > 1 else []
        if self.made is not None and self.made.fusion.stack.pixel_size is None:
            told.append(NO_PROPORTIONS)
        say(self.points, " ".join(told))

    def _toggle(self, on: bool) -> None:
        say(self.problem, "")
        if on and self.made is not None:
            self._ask()
            self.view.show(self.made)
        else:
            self.view.leave()

    def _slid(self) -> None:
        self._soon.start(30)

    def _ask(self) -> None:
        self.view.ask(
            exaggeration=self.exaggeration.value,
            fill=bool(self.unsure.currentData()),
            first_on_top=bool(self.top.currentData()),
            light=self.light.isChecked(),
        )

    def _failed(self, text: str) -> None:
        say(self.problem, text)
        self.refresh()

    def _save_surface(self) -> None:
        made = self.made
        if made is None:
            return
        kinds = ";;".join(f"{k[1:].upper()}: {what} (*{k})" for k, what in FORMATS.items())
        name = f"{made.look.name} surface.stl"
        ask_where(self, made.fusion, name, kinds, lambda path: self._write_surface(made, path))

    def _write_surface(self, made: Made, path: str) -> None:
        wish = self.view.wish_of(made)

        def write() -> Path:
            mesh = surface(
                made.fusion,
                wish.time,
                fill=bool(self.unsure.currentData()),
                first_on_top=wish.first_on_top,
                texture=texture_of(made, replace(wish, light=False)),
            )
            return mesh.save(path, overwrite=True)

        write_quietly(write, self.note, self.problem)

    def _save_picture(self) -> None:
        if self.made is not None:
            ask_for_picture(self, self.viewer, self.made, self.note, self.problem)

    def _save_movie(self) -> None:
        if self.turntable.turning:
            self.turntable.stop()
        elif self.made is not None:
            name = f"{self.made.look.name} surface.gif"
            ask_where(self, self.made.fusion, name, MOVIES, self.film)

    def film(self, path: str) -> None:
        """Let the surface turn once, and write a movie of it."""
        self._path = path
        self.save_movie.setText("Stop the movie")
        self.turntable.start()

    def _went(self, fraction: float) -> None:
        say(self.note, f"Filming, {100 * fraction:.0f} %{DOTS}")

    def _turned(self, pictures: list[Any]) -> None:
        self.save_movie.setText(f"Movie: the surface turns once{DOTS}")
        say(self.note, "")
        if pictures:
            path = self._path
            write_quietly(lambda: save_movie(pictures, path), self.note, self.problem)


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
