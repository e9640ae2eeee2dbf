"""How the stacks of a batch are fused: as the *Fuse* panel shows, by a preset, or by a recipe."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from napari_mfif import methods
from napari_mfif.errors import MfifError
from napari_mfif.plugin.dialogs import FILE, ask_which
from napari_mfif.plugin.panel import preferences
from napari_mfif.plugin.panel.batch_sizes import BatchSizes
from napari_mfif.plugin.panel.fuse import FusePanel
from napari_mfif.plugin.panel.opened import find_fuse_panel
from napari_mfif.plugin.panel.style import button, heading, hint, say, trouble
from napari_mfif.settings.presets import PRESETS, Preset
from napari_mfif.settings.recipe import Recipe

__all__ = ["BatchSettings", "as_shown"]

#: What the first entry stands for.
SHOWN = "As the Fuse panel shows"
#: Files that hold a recipe.
RECIPES = "Recipes and results (*.json *.tif *.tiff);;All files (*)"


def as_shown(panel: FusePanel) -> dict[str, Any]:
    """Return the settings of a *Fuse* panel, as `napari_mfif.fuse` takes them.

    A preset stays one: its clean-up suits the number of planes of every stack.
    """
    box, channel = panel.method_box, panel.stack_box.channel()
    preset = box.preset()
    given: dict[str, Any] = {"recipe": preset.recipe.to_json()} if preset else {
        "method": box.name(), "consistency": box.consistency(), **box.parameters(),
    }  # fmt: skip
    if channel is not None:
        given["channel"] = channel
    if (alignment := box.alignment_values())["align"] != "none":
        given |= alignment
    return given


class BatchSettings(QWidget):
    """Chooses how stacks are fused.

    Parameters
    ----------
    viewer : Viewer
        Whose *Fuse* panel is meant.
    """

    changed = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = viewer
        self.box = QComboBox()
        self.box.setAccessibleName("Settings")
        self.box.setToolTip("<qt>How every stack is fused.</qt>")
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.addItem(SHOWN, None)
        for preset in PRESETS:
            self.box.addItem(f"Preset {preset.name}", preset)
        self.about, self.problem, self.sizes = hint(), trouble(), BatchSizes()
        self.sizes.changed.connect(self.changed)
        opening = button(
            "Recipe\N{HORIZONTAL ELLIPSIS}", "Take a recipe file, or a saved result that holds one."
        )
        opening.clicked.connect(self._ask)
        row = QHBoxLayout()
        row.addWidget(self.box, 1)
        row.addWidget(opening)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(heading("Settings"))
        column.addLayout(row)
        column.addWidget(self.about)
        column.addWidget(self.problem)
        column.addWidget(self.sizes)
        if self._panel() is None:
            self.box.setCurrentIndex(1)
        self.box.currentIndexChanged.connect(self._chosen)
        self.refresh()

    def _panel(self) -> FusePanel | None:
        return find_fuse_panel(self._viewer)

    def refresh(self) -> None:
        """Say what is meant: the *Fuse* panel may show something else now."""
        what, panel = self.box.currentData(), self._panel()
        text = ""
        if what is None and panel is None:
            text = "The Fuse panel is not open: open it, or choose a preset."
        elif what is None and panel is not None:
            preset = panel.method_box.preset()
            text = methods.get(panel.method_box.name()).title
            moved = panel.method_box.alignment_values()["align"]
            aligned = f", aligned ({moved})" if moved != "none" else ""
            text = f"{text}, {preset.name if preset else 'your own values'}{aligned}."
        else:
            recipe = what.recipe if isinstance(what, Preset) else what
            text = f"{methods.get(recipe.method).title}."
        say(self.about, text)

    def options(self) -> dict[str, Any] | None:
        """Return what decides the results; None where it is not known.

        So it is where the *Fuse* panel is meant and not open, and where sizes are not possible.
        """
        what, panel, sizes = self.box.currentData(), self._panel(), self.sizes.given()
        if sizes is None or (what is None and panel is None):
            return None
        if what is None and panel is not None:
            return as_shown(panel) | sizes
        recipe = what.recipe if isinstance(what, Preset) else what
        return {"recipe": recipe.to_json()} | sizes

    def means(self) -> dict[str, Any]:
        """Return what does not decide the results."""
        return {
            "device": preferences.device(),
            "memory": preferences.memory(),
            "worker": self._is_neural() and preferences.in_own_process(),
        }

    def _is_neural(self) -> bool:
        options = self.options() or {}
        name = options.get("method")
        if name is None and "recipe" in options:
            name = Recipe.from_json(options["recipe"]).method
        return bool(name and methods.get(name).neural)

    def _chosen(self) -> None:
        self.refresh()
        self.changed.emit()

    def _ask(self) -> None:
        ask_which(self, "Open a recipe", FILE, lambda paths: self.take(paths[0]), kinds=RECIPES)

    def take(self, path: str) -> None:
        """Take the recipe that a file holds."""
        try:
            recipe = Recipe.load(path)
            methods.get(recipe.method)
        except MfifError as error:
            say(self.problem, str(error))
            return
        say(self.problem, "")
        self.box.addItem(path.rsplit("/", 1)[-1], recipe)
        self.box.setCurrentIndex(self.box.count() - 1)
