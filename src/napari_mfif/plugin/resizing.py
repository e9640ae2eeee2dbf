"""Results follow the sizes that somebody gives to their stack: no method runs again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from napari_mfif.plugin.layers.geometry import Placement, place_on
from napari_mfif.plugin.layers.given_sizes import follow_sizes, resized
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.origin import Origin
from napari_mfif.plugin.results import Results

__all__ = ["resize"]


def resize(
    results: Results,
    source: Any,
    letters: str,
    spacing: tuple[float, ...],
    unit: str,
    origin: Origin,
) -> None:
    """Let all that lies on a stack follow its sizes: fusions, kept ones too, and what was drawn.

    Parameters
    ----------
    results : Results
        Shows them.
    source : Image
        The layer of the stack, which has the sizes already.
    letters : str
        Its axes, without colour.
    spacing, unit
        As `napari_mfif.plugin.layers.given_sizes.set_sizes` takes them.
    origin : Origin
        Where the stack comes from, with the sizes given.
    """
    stack_id, whole = str(source.unique_id), place_on(source, letters)
    # all in one turn of the event loop: napari warns where units differ when it draws
    for layer in results.lying_on(stack_id):
        follow_sizes(layer, letters, spacing, unit, whole.translate)
    waiting = [one for one in results.all() if one.stack_id == stack_id]

    def show_next() -> None:
        if waiting:
            one = waiting.pop()
            fusion = resized(one.fusion, spacing, unit)
            results.replace(_moved(one, whole, origin), fusion, show_next)

    show_next()


def _moved(made: Made, whole: Placement, origin: Origin) -> Made:
    """Return a fusion that knows where its stack, or its part of it, lies by now."""
    own = made.origin
    if own is None:
        return replace(made, look=replace(made.look, placement=whole))
    placement = whole if own.region is None else whole.part(*own.region)
    own = replace(own, spacing=origin.spacing, unit=origin.unit)
    return replace(made, look=replace(made.look, placement=placement), origin=own)
