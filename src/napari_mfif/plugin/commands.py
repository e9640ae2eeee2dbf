"""Commands in napari's menus."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QWidget

from napari_mfif.errors import MfifError
from napari_mfif.io.content import TIFF_ENDINGS
from napari_mfif.plugin.dialogs import FILES, FOLDER, ask_which
from napari_mfif.plugin.napari_internals import PLUGIN, prefer_reader
from napari_mfif.plugin.offers import instead
from napari_mfif.plugin.reader import get_reader, read

__all__ = [
    "add_layers",
    "choose_files",
    "open_folder",
    "open_paths",
    "open_stack",
    "prefer_for_tiff",
]

KINDS = (
    "Z-stacks and planes (*.tif *.tiff *.btf *.tf8 *.lsm *.stk *.png *.jpg *.jpeg);;All files (*)"
)


def open_stack(viewer: napari.viewer.Viewer) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Ask for a file, or for the files of the planes, and open them as a z-stack."""
    choose_files(viewer, _window(viewer))


def open_folder(viewer: napari.viewer.Viewer) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Ask for a folder of planes and open it as a z-stack."""
    choose_files(viewer, _window(viewer), folder=True)


def prefer_for_tiff() -> None:
    """Have napari open TIFF files with our reader unasked, as its own dialog can remember it."""
    from napari.utils.notifications import show_info

    prefer_reader([f"*{ending}" for ending in TIFF_ENDINGS], PLUGIN)
    show_info(
        "TIFF files are opened by Focus stacking from now on: z-stacks as stacks, single pictures "
        "as napari opens them. Take it back in Preferences > Plugins."
    )


def choose_files(
    viewer: Any, parent: QWidget | None, *, told: Any = None, folder: bool = False
) -> None:
    """Show a file dialog beside everything else; nothing waits for it.

    Parameters
    ----------
    viewer : Viewer
        Where the stack is opened.
    parent : QWidget
        Above which the dialog stands.
    told : callable, optional
        As for `open_paths`.
    folder : bool, optional
        Whether a folder is asked for.
    """
    ask_which(
        parent,
        "Open a folder of planes" if folder else "Open z-stack: one file, or all planes of it",
        FOLDER if folder else FILES,
        lambda paths: open_paths(viewer, paths, told),
        kinds=KINDS,
    )


def open_paths(viewer: Any, paths: list[str], told: Any = None) -> None:
    """Open paths with our reader, several as the planes of one stack.

    Parameters
    ----------
    viewer : Viewer
        Where the stack is opened.
    paths : list of str
        Files of one stack, or a folder.
    told : callable, optional
        Called with the sentence of an error, or an empty one, and with what is offered instead or
        None; napari shows them otherwise.
    """
    try:
        if len(paths) == 1 and get_reader(paths[0]) is not None:
            viewer.open(paths[0], plugin=PLUGIN)
        else:  # several, which napari opens one by one; or what we refuse, and say why
            add_layers(viewer, read(paths if len(paths) > 1 else paths[0]))
    except (MfifError, OSError, ValueError) as error:
        offer = instead(error, paths, lambda others: open_paths(viewer, others, told))
        if told is None:
            error.actions = (offer,) if offer else ()  # type: ignore[union-attr]  # napari's way
            raise
        told(str(error), offer)
    else:
        if told is not None:
            told("", None)


def add_layers(viewer: Any, found: list[Any]) -> None:
    """Show what a reader gave; nothing where it asks something first."""
    from napari.layers import Layer

    for data in found:
        if data[0] is not None:
            viewer.add_layer(Layer.create(*data))


def _window(viewer: Any) -> QWidget | None:
    from napari.qt import get_qapp

    window: QWidget | None = get_qapp().activeWindow()
    return window
