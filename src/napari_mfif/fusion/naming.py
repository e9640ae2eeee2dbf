"""A fusion's recipe in words: its method and its preset."""

from __future__ import annotations

from napari_mfif import methods
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.request import Request, complete_recipe
from napari_mfif.settings.presets import PRESETS
from napari_mfif.settings.recipe import Recipe

__all__ = ["method_title", "own_values", "preset_name"]


def method_title(recipe: Recipe) -> str:
    """Return the method's title, as panels show it."""
    return methods.get(recipe.method).title


def preset_name(recipe: Recipe, stack: ZStack) -> str:
    """Return the preset that gives a recipe for a stack; empty where values are one's own."""
    for preset in PRESETS:
        if preset.recipe.method == recipe.method:
            same = complete_recipe(stack, Request(preset.recipe))
            if (same.parameters, same.consistency) == (recipe.parameters, recipe.consistency):
                return preset.name
    return ""


def own_values(recipe: Recipe) -> list[str]:
    """Return the parameters of a method that are not as usual, as ``window 21``."""
    declared = methods.get(recipe.method).all_parameters()
    return [
        f"{one.label.lower()} {_short(recipe.parameters[one.name])}"
        for one in declared
        if recipe.parameters.get(one.name, one.default) != one.default
    ]


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
