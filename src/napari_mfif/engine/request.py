"""What was asked for, made complete: a z-stack and a recipe without gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_mfif import __version__, methods
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import transforms_of
from napari_mfif.errors import ParameterError
from napari_mfif.io import open_stack
from napari_mfif.postprocess import consistency as verification
from napari_mfif.settings.options import ALIGN, CROP
from napari_mfif.settings.parameters import Settings, resolve
from napari_mfif.settings.recipe import Recipe

__all__ = ["OPENING", "as_stack", "complete_recipe", "settings_of"]


#: What `open_stack` can be told and no method has a parameter for.
OPENING = ("series", "pattern", "order")


def complete_recipe(
    stack: ZStack,
    recipe: Recipe | None,
    method: str | None,
    axes: str | None,
    channel: int | str | None,
    along: str | None,
    consistency: Mapping[str, Any] | None,
    parameters: Mapping[str, Any],
    align: str | None = None,
    crop: bool | None = None,
) -> Recipe:
    """Check what was asked for and fill in the rest from a recipe and the defaults.

    A recipe without values for the verification takes those that suit the number of planes.

    Raises
    ------
    ParameterError
        A method, parameter or value is not possible.
    """
    base = recipe or Recipe(method or methods.DEFAULT)
    chosen = methods.get(method or base.method)
    inherited = base.parameters if chosen.name == base.method else {}
    values = resolve(
        chosen.all_parameters(), {**inherited, **parameters}, owner=f"the method {chosen.name}"
    )
    cleaning = verification.complete(
        {**base.consistency, **(consistency or {})},
        n_planes=stack.n_planes,
        stack=chosen.verification,
        pair=chosen.pair_verification,
    )
    along = along or (base.along if base.along in chosen.along else chosen.along[0])
    if along not in chosen.along:
        raise ParameterError(
            f'`along="{along}"` is not possible with {chosen.name}: {", ".join(chosen.along)}.'
        )
    channel = base.channel if channel is None else channel
    align = ALIGN.check(base.align if align is None else align)
    crop = CROP.check(base.crop if crop is None else crop)
    return Recipe(
        chosen.name,
        values,
        along,
        channel,
        axes or base.axes,
        cleaning,
        align,
        crop,
        version=__version__,
    )


def settings_of(recipe: Recipe, stack: ZStack, device: str) -> Settings:
    """Return what a method is given: its parameters, how planes are compared, and the device."""
    settings = {**recipe.parameters, "along": recipe.along, "device": device}
    if transforms_of(stack):  # they were repaired before they were moved
        settings["repair_hot_pixels"] = False
    return settings


def as_stack(data: Any, axes: str | None = None, **opening: Any) -> ZStack:
    """Return a z-stack made of whatever `fuse` accepts.

    Parameters
    ----------
    data : object
        See `fuse`.
    axes : str, optional
        A letter per axis.
    **opening
        Which of `OPENING` were given.

    Raises
    ------
    ParameterError
        It is open already.
    """
    if isinstance(data, ZStack) and opening:
        name = min(opening)
        raise ParameterError(f"{data.name} is open already: `{name}=` has nothing to choose from.")
    return open_stack(data, axes=axes, **opening)
