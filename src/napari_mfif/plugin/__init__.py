"""The napari plugin: reader, sample data, panels. The only folder that knows Qt and napari."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mfif.plugin.panel.forms import Form

__all__ = ["method_widget"]


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
