"""Saving results from the panel, in a thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QWidget
from superqt.utils import create_worker

from napari_mfif.fusion.api import Fusion
from napari_mfif.plugin.dialogs import ask_where
from napari_mfif.plugin.panel.as_code import suggested_path
from napari_mfif.wording import sign_of

__all__ = ["choose_target", "write"]

#: Maps that are saved beside the image when all are wanted.
MAPS = ("height", "depth", "decision", "confidence")

TITLES = {
    "image": "Save the all-in-focus image",
    "height": "Save the image, and the height beside it",
    "all": "Save the image, and all maps beside it",
    "recipe": "Save the recipe",
}


def choose_target(parent: QWidget, fusion: Fusion, what: str, tell: Any, refuse: Any) -> None:
    """Ask where to save, then write in a thread; nothing waits.

    Parameters
    ----------
    parent : QWidget
        Above which the dialog stands.
    fusion : Fusion
        What is saved.
    what : str
        The ``"image"``, it and the ``"height"``, it and ``"all"`` maps, or the ``"recipe"``.
    tell, refuse : callable
        Called with the sentence that says what was saved, or why it was not.
    """
    name = suggested_path(fusion.stack)
    if what == "recipe":
        name = name.removesuffix(" in focus.ome.tif") + " recipe.json"
    kinds = "Recipe (*.json)" if what == "recipe" else "OME-TIFF (*.ome.tif);;PNG (*.png)"

    def start(path: str) -> None:
        worker = create_worker(write, fusion, what, path, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(tell)
        worker.errored.connect(lambda error: refuse(str(error)))
        worker.start()

    ask_where(parent, fusion, name, kinds, start, TITLES[what])


def write(fusion: Fusion, what: str, path: str) -> str:
    """Write a recipe, the image, or the image and maps named after it; say what was written."""
    if what == "recipe":
        return f"Saved {fusion.recipe.save(path, overwrite=True)}."
    saved = Path(path)
    if what == "image":
        return f"Saved {fusion.save(saved, overwrite=True)}."
    stem = saved.name.removesuffix("".join(saved.suffixes[-2:])) if saved.suffixes else saved.name
    stem = stem.removesuffix(" in focus")
    wanted = MAPS if what == "all" else (what,)
    maps = {name: saved.with_name(f"{stem} {name}.ome.tif") for name in wanted}
    fusion.save_all({"image": saved, **maps}, overwrite=True)
    unit = f" (in {sign_of(fusion.unit)})" if "height" in wanted else ""
    return f"Saved {saved} and, beside it, {', '.join(wanted)}{unit}."
