"""Recipes with a name: what to start from for a kind of stack."""

from __future__ import annotations

from dataclasses import dataclass

from napari_mfif.errors import ParameterError
from napari_mfif.settings.parameters import unknown_name
from napari_mfif.settings.recipe import Recipe

__all__ = ["PRESETS", "Preset", "get_preset"]


@dataclass(frozen=True)
class Preset:
    """A recipe and when to take it.

    Parameters
    ----------
    name : str
        One word, as in a button.
    summary : str
        One plain sentence: for which stacks it is.
    recipe : Recipe
        Method and the values that differ from the method's own; the rest are defaults.
    """

    name: str
    summary: str
    recipe: Recipe


#: The first is what a new panel starts with.
PRESETS = (
    Preset(
        "Balanced",
        "For most stacks: blends by how much each plane tells above its noise.",
        Recipe("adaptive"),
    ),
    Preset(
        "Fast",
        "For bright, clean stacks and for a first look: copies the sharpest plane.",
        Recipe("gradient"),
    ),
    Preset(
        "Noisy",
        "For dim stacks: takes out more of the noise and smooths the height.",
        Recipe("adaptive", {"denoise": 1.5}, consistency={"smooth_depth": 5}),
    ),
    Preset(
        "Photographs",
        "For two or a few photographs: copies each pixel from the plane that is sharp there.",
        Recipe("adaptive", {"composition": "copy"}),
    ),
    Preset(
        "Best",
        "Closest to the truth: Balanced, its pixels and its height corrected by small networks.",
        Recipe("adaptive", {"refinement": "network", "depth_refinement": "network"}),
    ),
)


def get_preset(name: str) -> Preset:
    """Return a preset by name, in any case.

    Raises
    ------
    ParameterError
        There is no such preset.
    """
    known = {preset.name.lower(): preset for preset in PRESETS}
    if name.lower() not in known:
        raise ParameterError(unknown_name("preset", name, known))
    return known[name.lower()]
