"""The napari plugin: reader, sample data, panels. The only folder that knows Qt and napari."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_mfif.fusion.api import Fusion
    from napari_mfif.plugin.panel.forms import Form

__all__ = ["current", "method_widget", "show"]


def current() -> Fusion:
    """Return the fusion that napari shows: of the active layer, or else the uppermost one.

    Raises
    ------
    ParameterError
        No napari window is open, or it shows no fusion.

    Examples
    --------
    >>> fusion = napari_mfif.plugin.current()  # in napari's console  # doctest: +SKIP
    >>> fusion.height.max(), fusion.unit  # doctest: +SKIP
    """
    from napari_mfif.errors import ParameterError
    from napari_mfif.plugin.results import results_of

    made = results_of(_viewer()).current()
    if made is None:
        raise ParameterError(
            "This window shows no fusion: press *Fuse* in the Fuse panel first, or show one by "
            "napari_mfif.plugin.show(fusion)."
        )
    return made.fusion


def show(fusion: Fusion, viewer: Any = None) -> None:
    """Show a fusion made in Python as the panels show theirs, which find it from then on.

    Where the window has a fusion of the same stack, that one is kept beside it, to be compared.

    Parameters
    ----------
    fusion : Fusion
        What `fuse` gave.
    viewer : Viewer, optional
        Where; the window that is open when not given.
    """
    from napari_mfif.plugin.given import show_given

    show_given(_viewer() if viewer is None else viewer, fusion)


def _viewer() -> Any:
    from napari import current_viewer

    from napari_mfif.errors import ParameterError

    viewer = current_viewer()
    if viewer is None:
        raise ParameterError("No napari window is open: open one by napari.Viewer().")
    return viewer


def method_widget(name: str) -> Form:
    """Return a form for all that can be set of a method, for anybody's dock or notebook.

    Parameters
    ----------
    name : str
        The method, as in `fuse`.

    Returns
    -------
    magicgui.widgets.Container
        A widget for each parameter; ``values()`` gives what `fuse` takes as keywords.

    Raises
    ------
    ParameterError
        There is no such method.

    Examples
    --------
    >>> form = method_widget("gradient")  # doctest: +SKIP
    >>> viewer.window.add_dock_widget(form)  # doctest: +SKIP
    >>> fuse(stack, method="gradient", **form.values())  # doctest: +SKIP
    """
    from napari_mfif import methods
    from napari_mfif.plugin.panel.forms import Form

    return Form(methods.get(name).all_parameters())
