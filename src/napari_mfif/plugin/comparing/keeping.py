"""Results that the next run of their stack leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.layers import layer_name
from napari_mfif.plugin.layers import showing
from napari_mfif.plugin.layers.metadata import KEPT, KEY, Made, result
from napari_mfif.plugin.results import Results

__all__ = ["is_running", "keep", "layers_of", "remove"]


def layers_of(results: Results, made: Made) -> list[Any]:
    """Return the layers of a fusion, the lowest first."""
    return [layer for _, layer in showing.layers_of(results.viewer, made.source)]


def is_running(results: Results, made: Made) -> bool:
    """Tell whether a run shows its half-fused image in the layers of a fusion."""
    notes = map(result, layers_of(results, made))
    return any(note is not None and note.made is None for note in notes)


def keep(results: Results, made: Made) -> Made:
    """Give the layers of a fusion a name and a key of their own: no run updates them any more.

    Raises
    ------
    ParameterError
        It is kept already, or another run is drawing into its layers.
    """
    if KEPT in made.source:
        raise ParameterError(f"{made.look.name} is kept already.")
    if is_running(results, made):
        raise ParameterError("This stack is being fused: keep its result when it is done.")
    taken = [one.source for one in results.all() if one.stack_id == made.stack_id]
    number = 1 + max((int(source.partition(KEPT)[2] or 0) for source in taken), default=0)
    name = f"{made.look.name} kept {number}"
    look = replace(made.look, name=name, source=f"{made.source}{KEPT}{number}")
    kept = replace(made, look=look)
    for layer in layers_of(results, made):
        note = result(layer)
        assert note is not None  # it is a layer of the fusion
        layer.metadata = layer.metadata | {KEY: replace(note, source=look.source, made=kept)}
        kind, found, channel = layer.name.rpartition(layer_name("", made.look.name))
        layer.name = layer_name(kind if found else layer.name, name) + (channel if found else "")
    results.tell()
    return kept


def remove(results: Results, made: Made) -> None:
    """Remove all layers of a fusion."""
    for layer in layers_of(results, made):
        results.viewer.layers.remove(layer)
