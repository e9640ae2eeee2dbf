"""Heights where they are known: elsewhere marked as unknown, filled, or left as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.errors import ParameterError
from napari_mfif.kernels.filling import filled
from napari_mfif.settings.options import COUNTED, HEIGHTS, MIN_CONFIDENCE

if TYPE_CHECKING:
    from napari_mfif.fusion.result import Fusion
    from napari_mfif.methods.base import FloatMap
    from napari_mfif.settings.recipe import Recipe

__all__ = ["WHOLE", "height_note", "height_where", "map_of", "settled_heights", "with_heights"]

#: Why a lazy result is not filled.
WHOLE = (
    '`unsure="fill"` looks at the whole height map, and a lazy result is made in parts: take '
    '`unsure="mark"`, or fuse without `lazy=True`.'
)


def height_where(
    self: Fusion, min_confidence: float | None = None, *, fill: bool | None = None
) -> FloatMap:
    """Return the heights where they are known, in `unit`.

    Where the confidence is lower the height is a guess: it is NaN, or filled smoothly from what is
    known. Decision, image and confidence stay as they are. Files, figures and layers hold these
    heights. A lazy result gives a lazy array; it cannot be filled, since that looks at all of it.

    Parameters
    ----------
    min_confidence : float, optional
        From which confidence on a height counts as known; what the recipe says when not given,
        usually 0.5: right within one plane is then as probable as wrong.
    fill : bool, optional
        Whether the rest is filled; what the recipe says (``unsure``) when not given. Where nothing
        is known at all, all is NaN.

    Returns
    -------
    float32
        As `height`.
    """
    unsure, least = self.recipe.unsure, self.recipe.min_confidence
    if fill is not None:
        unsure = "fill" if fill else "mark"
    elif min_confidence is not None and unsure == "leave":
        unsure = "mark"
    if min_confidence is not None:
        least = MIN_CONFIDENCE.check(min_confidence)
    return _settled(self.height, self.confidence, unsure, least)


def settled_heights(heights: FloatMap, confidence: FloatMap, recipe: Recipe) -> FloatMap:
    """Return the heights of one timepoint as a recipe wants them."""
    return _settled(heights, confidence, recipe.unsure, recipe.min_confidence)


def height_note(recipe: Recipe, unit: str) -> str:
    """Say in a sentence what a map of heights holds, also where they are not known."""
    below = f"where the confidence is below {recipe.min_confidence:g}"
    unsure = {
        "mark": f"NaN {below}: there they are not known",
        "fill": f"filled smoothly from those around {below}: there they are not known",
        "leave": "as found everywhere, also where the confidence is low",
    }
    return f"Heights in {unit}, {unsure[recipe.unsure]}."


def map_of(fusion: Fusion, name: str) -> Any:
    """Return the image or a map as files hold it."""
    if name == "height":
        return fusion.height_where()
    found = getattr(fusion, name)
    return fusion.stack.numbered(found) if name in COUNTED else found


def with_heights(fusion: Fusion, wanted: Mapping[str, Any]) -> Fusion:
    """Return a fusion whose recipe says something else about heights that are not known."""
    values = {p.name: p.check(wanted[p.name]) for p in HEIGHTS if p.name in wanted}
    recipe, fold, mended = replace(fusion.recipe, **values), fusion._fold, fusion._mended
    if fusion.is_lazy and recipe.unsure == "fill":
        raise ParameterError(WHOLE)
    if fold is not None:
        fold = replace(fold, recipe=replace(fold.recipe, **values))
    if mended is not None:
        mended = replace(mended, unmended=with_heights(mended.unmended, values))
    return replace(fusion, recipe=recipe, _fold=fold, _mended=mended, _coarser=[])


def _settled(heights: FloatMap, confidence: FloatMap, unsure: str, least: float) -> FloatMap:
    if unsure == "leave":
        return heights
    known: Any = confidence >= np.float32(least)
    if not isinstance(heights, np.ndarray):
        if unsure == "fill":
            raise ParameterError(WHOLE)
        import dask.array as da

        marked: FloatMap = da.where(known, heights, np.float32(np.nan))
        return marked
    if unsure == "mark":
        return np.where(known, heights, np.float32(np.nan))
    if heights.ndim == 2:
        return filled(heights, known)
    return np.stack([filled(*one) for one in zip(heights, known, strict=True)])
