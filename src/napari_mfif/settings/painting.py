"""The strokes of a recipe: what a person corrected by hand, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from napari_mfif.errors import ParameterError
from napari_mfif.settings.recipe import Recipe
from napari_mfif.settings.strokes import Stroke

__all__ = ["FORMAT", "painted", "strokes_in"]

#: Of the entry that holds strokes. One is added when older versions would read it wrongly.
FORMAT = 1


def painted(strokes: Iterable[Stroke], shape: tuple[int, int]) -> dict[str, Any]:
    """Return strokes for a recipe; each other result that they take from is told of once.

    Parameters
    ----------
    strokes : iterable of Stroke
        A source that is another result has a ``recipe``, or is one.
    shape : (int, int)
        Rows and columns of the planes on which they lie.
    """
    others: list[dict[str, Any]] = []
    entries = []
    for stroke in strokes:
        source = stroke.source
        if not isinstance(source, int | str):
            recipe = asdict(_alone(getattr(source, "recipe", source)))
            if recipe not in others:
                others.append(recipe)
            source = {"other": others.index(recipe)}
        entries.append(stroke.as_entry(source))
    if not entries:
        return {}
    entry = {"format": FORMAT, "rows": shape[0], "columns": shape[1], "strokes": entries}
    return entry | ({"others": others} if others else {})


def strokes_in(recipe: Recipe, shape: tuple[int, int], name: str) -> tuple[Stroke, ...]:
    """Return the strokes of a recipe; a source that is another result is its `Recipe`.

    Parameters
    ----------
    recipe : Recipe
        What holds them.
    shape, name
        Rows and columns of the planes that are fused, and their name.

    Raises
    ------
    ParameterError
        They are damaged, were written by a later version, or were painted on other planes.
    """
    entry = recipe.painted
    if not entry:
        return ()
    if entry.get("format") != FORMAT:
        raise ParameterError(
            f"The strokes of the recipe have format {entry.get('format')!r}; this version reads "
            f'{FORMAT}. Update napari-mfif, or leave them out by `strokes="leave"`.'
        )
    here = (entry.get("rows"), entry.get("columns"))
    if here != shape:
        raise ParameterError(
            f"The strokes of the recipe were painted on planes of {here[1]} x {here[0]} pixels; "
            f"those of {name} have {shape[1]} x {shape[0]}. Fuse the same stack, or the same part "
            f'of it, or leave the strokes out by `strokes="leave"`.'
        )
    try:
        others = [Recipe.from_entries(one) for one in entry.get("others", ())]
        return tuple(Stroke.from_entry(one, _source(one, others)) for one in entry["strokes"])
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ParameterError(f"The strokes of the recipe cannot be read: {error!r}.") from error


def _source(entry: Any, others: list[Recipe]) -> Any:
    source = entry["from"]
    return others[source["other"]] if isinstance(source, dict) else source


def _alone(recipe: Recipe) -> Recipe:
    """Leave out how planes were opened and aligned: they are those of the fusion that is mended."""
    return replace(recipe, axes=None, align="none", crop=False, transforms=[])
