"""What was asked for, made complete: a z-stack and a recipe without gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from napari_mfif import __version__, methods
from napari_mfif.alignment.reference import reference_plane
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import transforms_of
from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io import open_stack
from napari_mfif.methods.base import Method
from napari_mfif.settings.consistency import complete
from napari_mfif.settings.options import ALIGN, CROP, HEIGHTS, PREFER, REFERENCE
from napari_mfif.settings.parameters import Settings, resolve
from napari_mfif.settings.recipe import Recipe

__all__ = ["OPENING", "Request", "check_preference", "complete_recipe", "settings_of"]

#: What `open_stack` can be told and no method has a parameter for.
OPENING = ("series", "pattern", "order")
#: What is not for a method either: it says what becomes of heights.
OTHERS = (*OPENING, *(p.name for p in HEIGHTS))


@dataclass(frozen=True)
class Request:
    """What somebody asks for; where nothing is said, a recipe and the defaults decide.

    Parameters
    ----------
    recipe : Recipe, optional
        Where the values come from that are not given here.
    method, axes, channel, along, align, reference, crop, consistency
        As for `napari_mfif.fuse`.
    parameters : mapping, optional
        Those of the method, and `OTHERS`.
    """

    recipe: Recipe | None = None
    method: str | None = None
    axes: str | None = None
    channel: int | str | None = None
    along: str | None = None
    align: str | None = None
    reference: int | str | None = None
    crop: bool | None = None
    consistency: Mapping[str, Any] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def open(self, data: Any) -> ZStack:
        """Return what is to be fused as a z-stack.

        Raises
        ------
        ReadError
            It cannot be read, or has one plane only.
        ParameterError
            It is open already, and something is said about opening it.
        """
        opening = {name: self.parameters[name] for name in OPENING if name in self.parameters}
        if isinstance(data, ZStack) and opening:
            raise ParameterError(
                f"{data.name} is open already: `{min(opening)}=` has nothing to choose from."
            )
        # a recipe's axes are for what does not know its own
        inherited = self.recipe.axes if self.recipe and not isinstance(data, ZStack) else None
        stack = open_stack(data, axes=self.axes or inherited, **opening)
        if stack.n_planes < 2:
            raise ReadError(
                f"{stack.name} has one plane only: focus stacking needs at least "
                f"two. If other axes hold the planes, say so by `axes=`."
            )
        return stack


def complete_recipe(stack: ZStack, request: Request) -> Recipe:
    """Check what was asked for and fill in the rest from a recipe and the defaults.

    A recipe without values for the verification takes those that suit the number of planes.

    Raises
    ------
    ParameterError
        A method, parameter or value is not possible.
    """
    base = request.recipe or Recipe(request.method or methods.DEFAULT)
    chosen = methods.get(request.method or base.method)
    inherited = base.parameters if chosen.name == base.method else {}
    given = {name: value for name, value in request.parameters.items() if name not in OTHERS}
    values = resolve(
        chosen.all_parameters(),
        {**inherited, **given},
        owner=f"the method {chosen.name}",
    )
    cleaning = complete(
        {**base.consistency, **(request.consistency or {})},
        n_planes=stack.n_planes,
        stack=chosen.verification,
        pair=chosen.pair_verification,
    )
    check_preference(chosen, cleaning)
    along = request.along or (base.along if base.along in chosen.along else chosen.along[0])
    if along not in chosen.along:
        raise ParameterError(
            f'`along="{along}"` is not possible with {chosen.name}: {", ".join(chosen.along)}.'
        )
    channel = base.channel if request.channel is None else request.channel
    align = ALIGN.check(base.align if request.align is None else request.align)
    reference = REFERENCE.check(base.reference if request.reference is None else request.reference)
    if align != "none":
        reference_plane(reference, stack.n_planes)
    crop = CROP.check(base.crop if request.crop is None else request.crop)
    if align == "none":
        _refuse_unaligned(request)
    heights = {
        p.name: p.check(request.parameters.get(p.name, getattr(base, p.name))) for p in HEIGHTS
    }
    return Recipe(
        chosen.name,
        values,
        along,
        channel,
        request.axes or base.axes,
        cleaning,
        align,
        reference,
        crop,
        painted=base.painted,
        **heights,
        version=__version__,
    )


def _refuse_unaligned(request: Request) -> None:
    """Refuse what was asked of an alignment where there is none."""
    if request.crop:
        raise ParameterError("`crop=True` needs `align=`: planes that do not move cover all.")
    if request.reference not in (None, REFERENCE.default):
        raise ParameterError(
            f"`reference={request.reference}` needs `align=`: no plane is brought to it otherwise."
        )


def check_preference(method: Method, cleaning: Settings) -> None:
    """Refuse to prefer one of two depths where a method knows one only."""
    if cleaning["prefer"] != PREFER.default and not method.knows_rivals:
        raise ParameterError(
            f'`prefer="{cleaning["prefer"]}"` is not possible with {method.name}, which does not '
            f'keep the depths that compete: take `method="adaptive"`.'
        )


def settings_of(recipe: Recipe, stack: ZStack, device: str) -> Settings:
    """Return what a method is given: its parameters, how planes are compared, and the device."""
    settings = {**recipe.parameters, "along": recipe.along, "device": device}
    if transforms_of(stack):  # they were repaired before they were moved
        settings["repair_hot_pixels"] = False
    return settings
