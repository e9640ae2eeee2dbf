"""What the consistency verification can be told, and what two planes and z-stacks get unasked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from napari_mfif.settings.options import PREFER
from napari_mfif.settings.parameters import Parameter, Settings, resolve

__all__ = ["CONSISTENCY", "OFF", "PAIR", "STACK", "complete"]

CONSISTENCY: tuple[Parameter, ...] = (
    Parameter(
        "threshold",
        float,
        0.5,
        "Of two planes, how sure the focus map must be before the second is taken.",
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    ),
    Parameter(
        "small_regions",
        float,
        0.0,
        "Regions smaller than this share of the image take the plane of what surrounds them.",
        minimum=0.0,
        maximum=0.5,
        fine=True,
        title="Remove small regions",
    ),
    Parameter(
        "holes",
        float,
        0.0,
        "The same for regions that do not touch the image's border.",
        minimum=0.0,
        maximum=0.5,
        advanced=True,
        fine=True,
        title="Fill holes",
    ),
    Parameter(
        "grow",
        int,
        0,
        "Grow what is taken from earlier planes by this many pixels (later planes: negative).",
        minimum=-50,
        maximum=50,
        unit="px",
        advanced=True,
        title="Grow earlier",
    ),
    Parameter(
        "smooth_depth",
        int,
        0,
        "Radius of a median filter on the depth of a z-stack; 0 leaves depth and confidence alone.",
        minimum=0,
        maximum=12,
        unit="px",
        title="Smooth height",
    ),
    Parameter(
        "guided_radius",
        int,
        0,
        "Radius of a filter that fits the decision to the edges of the image; 0 leaves it alone.",
        minimum=0,
        maximum=100,
        unit="px",
        title="Follow edges",
    ),
    Parameter(
        "guided_epsilon",
        float,
        0.1,
        "How strong an edge that filter must see, as a variance where the image spans 0 to 1.",
        minimum=1e-8,
        maximum=10.0,
        advanced=True,
        title="Edge strength",
    ),
    PREFER,
)

#: Nothing is changed.
OFF: Mapping[str, Any] = MappingProxyType({p.name: p.default for p in CONSISTENCY})
#: What two planes get when nothing is said: the values of Liu et al. 2017.
PAIR: Mapping[str, Any] = MappingProxyType(
    {**OFF, "small_regions": 0.01, "guided_radius": 8, "guided_epsilon": 0.1}
)
#: What a z-stack gets when nothing is said, chosen on simulated stacks (docs/consistency.md).
STACK: Mapping[str, Any] = MappingProxyType({**OFF, "smooth_depth": 5})


def complete(
    given: Mapping[str, Any] | None,
    *,
    n_planes: int,
    stack: Mapping[str, Any] | None = None,
    pair: Mapping[str, Any] | None = None,
) -> Settings:
    """Fill settings from the profile for so many planes.

    Parameters
    ----------
    given : mapping or None
        Values by name; what is missing comes from `PAIR` or `STACK`.
    n_planes : int
        Planes of the stack.
    stack : mapping, optional
        Where a method has values of its own for z-stacks: these, before `STACK`.
    pair : mapping, optional
        The same for two planes, before `PAIR`.

    Raises
    ------
    ParameterError
        A name is unknown or a value is not possible.
    """
    profile = {**PAIR, **(pair or {})} if n_planes == 2 else {**STACK, **(stack or {})}
    return resolve(CONSISTENCY, {**profile, **(given or {})}, owner="consistency")
