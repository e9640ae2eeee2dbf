"""Roughness of regions, and the step between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)
from skimage.draw import polygon2mask

from napari_mfif.errors import MfifError
from napari_mfif.plugin.closer.drawn import DrawnBox, outline
from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.panel.style import button, heading, hint, say, trouble
from napari_mfif.surface.heights import HeightMap
from napari_mfif.surface.roughness import Roughness, roughness_of
from napari_mfif.surface.step import Step, step_between
from napari_mfif.wording import sign_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["RegionsBox"]

LOOK = {"edge_color": "#dc7ad0", "edge_width": 2, "face_color": "#dc7ad033", "opacity": 0.9}

#: The kinds of shapes that are regions.
KINDS = ("rectangle", "polygon", "ellipse")

#: What is taken away before a roughness is measured, in words.
FORMS = {"plane": "tilt taken away", "quadric": "tilt and bow taken away", "mean": "as it lies"}

SMOOTHED = (
    "Heights were smoothed, by a median of radius {} px: what is finer is not in the roughness. "
    "Less of it: Smooth height in Refine."
)

Masks = list[NDArray[np.bool_]]
Found = tuple[list[Roughness | str], Step | str | None]


class RegionsBox(DrawnBox):
    """Lets one draw regions, and measures them.

    Parameters
    ----------
    viewer : ViewerModel
        Where they are drawn.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__(viewer, "regions", LOOK)
        self.found: Found = ([], None)
        self.draw = button(
            "Draw a region",
            "Drag a rectangle over the image. One gives a roughness, two a step as well.",
            lambda: self.drawn.draw("add_rectangle"),
        )
        self.copy = button("Copy", "Copy the table, for a spreadsheet.", self._copy)
        self.form = QComboBox()
        for name, words in FORMS.items():
            self.form.addItem(words, name)
        self.form.setToolTip("<qt>What is taken away from the heights before Sa, Sq and Sz.</qt>")
        self.table = QTableWidget(0, 4)
        self.step, self.problem = hint(), trouble()
        self.step.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        self._work = Latest(_measured, self._show, self.problem.setText, self)
        self.drawn.changed.connect(self.refresh)
        self.form.currentIndexChanged.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        table = self.table
        table.setAccessibleName("Roughness of the regions")
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.verticalHeader().setVisible(False)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.addWidget(self.draw)
        row.addWidget(self.copy)
        row.addStretch()
        forms = QHBoxLayout()
        self._form_label = QLabel("Roughness")
        forms.addWidget(self._form_label)
        forms.addWidget(self.form, 1)
        column.addWidget(heading("Roughness and step height"))
        column.addLayout(row)
        column.addLayout(forms)
        for widget in (self.table, self.step, self.problem):
            column.addWidget(widget)

    def end(self) -> None:
        """Let go of the viewer."""
        self._work.stop()
        super().end()

    def refresh(self) -> None:
        """Measure the regions anew."""
        self.draw.setEnabled(self.made is not None)
        outlines = [outline(kind, points) for kind, points in self.drawn.shapes() if kind in KINDS]
        self.drawn.number(KINDS)
        if outlines and self.heights is not None:
            self._work.ask(self.heights, outlines, self.form.currentData())
        else:
            self._work.stop()
            self._show(([], None))

    def _show(self, found: Found) -> None:
        self.found = found
        regions, step = found
        unit = self.heights.unit if self.heights else ""
        names = ("Region", *(f"{name} ({sign_of(unit)})" for name in ("Sa", "Sq", "Sz")))
        self.table.setHorizontalHeaderLabels(names)
        self.table.setRowCount(len(regions))
        for row, region in enumerate(regions):
            for column, text in enumerate(_cells(row, region)):
                item = QTableWidgetItem(text)
                item.setToolTip(_told(region))
                self.table.setItem(row, column, item)
        shown = bool(regions)
        for widget in (self.table, self.copy, self.form, self._form_label):
            widget.setVisible(shown)
        lines = self.table.horizontalHeader().height() + 2
        lines += sum(self.table.rowHeight(row) for row in range(len(regions)))
        self.table.setFixedHeight(lines)
        wrong = [one for one in (*regions, step) if isinstance(one, str)]
        say(self.problem, wrong[0] if wrong else "")
        out = " ".join(
            f"Region {n}: {100 * r.left_out / (r.measured + r.left_out):.0f} % left out, not known."
            for n, r in enumerate(regions, start=1)
            if isinstance(r, Roughness) and r.left_out
        )
        radius = max((r.smoothed for r in regions if isinstance(r, Roughness)), default=0)
        smoothed = SMOOTHED.format(radius) if radius else ""
        lies = _step_in_words(step) if isinstance(step, Step) else ""
        say(self.step, " ".join(filter(None, (lies, out, smoothed))))

    def _copy(self) -> None:
        regions, step = self.found
        QApplication.clipboard().setText(as_text(regions, step))


def _measured(heights: HeightMap, outlines: list[NDArray[Any]], form: str) -> Found:
    """Measure in a thread."""
    masks = [polygon2mask(heights.height.shape, points) for points in outlines]

    def tried(measure: Any) -> Any:
        try:
            return measure()
        except MfifError as error:
            return str(error)

    regions = [tried(lambda m=mask: roughness_of(heights, m, form=form)) for mask in masks]
    step = tried(lambda: step_between(heights, *masks[:2])) if len(masks) > 1 else None
    return regions, step


def _cells(row: int, region: Roughness | str) -> tuple[str, ...]:
    if isinstance(region, str):
        return (str(row + 1), "\N{EN DASH}", "\N{EN DASH}", "\N{EN DASH}")
    return (str(row + 1), *(f"{value:.4g}" for value in (region.sa, region.sq, region.sz)))


def _told(region: Roughness | str) -> str:
    if isinstance(region, str):
        return region
    return f"{region.measured} pixels measured, {region.left_out} left out: not sure enough"


def _step_in_words(step: Step) -> str:
    way = "below" if step.height < 0 else "above"
    digits = max(0, 1 - int(np.floor(np.log10(step.uncertainty)))) if step.uncertainty > 0 else 4
    return (
        f"Region 2 lies {abs(step.height):.{digits}f} \N{PLUS-MINUS SIGN} "
        f"{step.uncertainty:.{digits}f} {sign_of(step.unit)} {way} region 1 (standard uncertainty "
        "by scatter; the z step's comes on top)."
    )


def as_text(regions: list[Roughness | str], step: Step | str | None) -> str:
    """Return the table with tabs, units and what was left out."""
    good = [(n, r) for n, r in enumerate(regions, start=1) if isinstance(r, Roughness)]
    unit = good[0][1].unit if good else ""
    lines = [
        f"region\tSa ({unit})\tSq ({unit})\tSz ({unit})\tform\tsmoothed (px)\tmeasured\tleft out"
    ]
    lines += [
        f"{n}\t{r.sa:.6g}\t{r.sq:.6g}\t{r.sz:.6g}\t{r.form}\t{r.smoothed}\t{r.measured}\t{r.left_out}"
        for n, r in good
    ]
    if isinstance(step, Step):
        lines += [
            f"step 1 to 2 ({step.unit})\tstandard uncertainty ({step.unit})",
            f"{step.height:.6g}\t{step.uncertainty:.2g}",
        ]
    return "\n".join(lines) + "\n"
