"""Results follow the sizes that somebody gives to their stack: no method runs again."""

from __future__ import annotations

from dataclasses import replace

from napari_mfif.plugin.layers.given_sizes import resized
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.origin import Origin
from napari_mfif.plugin.layers.specs import Look
from napari_mfif.plugin.results import Results

__all__ = ["resize"]


def resize(
    results: Results,
    made: list[Made],
    spacing: tuple[float, ...],
    unit: str,
    *,
    look: Look,
    origin: Origin | None,
) -> None:
    """Let fusions of a stack, kept ones too, have other sizes.

    Parameters
    ----------
    results : Results
        Shows them.
    made : list of Made
        The fusions.
    spacing, unit
        As `napari_mfif.plugin.layers.given_sizes.set_sizes` takes them.
    look : Look
        How the stack lies from now on.
    origin : Origin, optional
        Where it comes from, with the sizes given.
    """
    waiting = list(made)
    for one in made:
        results.rescale(one, spacing, unit)

    def show_next() -> None:
        if waiting:
            one = waiting.pop()
            placed = replace(one.look, placement=look.placement)
            fusion = resized(one.fusion, spacing, unit)
            results.replace(replace(one, look=placed, origin=origin), fusion, show_next)

    show_next()
