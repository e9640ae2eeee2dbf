"""Presets: recipes that work."""

from __future__ import annotations

import pytest

from napari_mfif import fuse, methods
from napari_mfif.errors import ParameterError
from napari_mfif.settings import consistency
from napari_mfif.settings.parameters import resolve
from napari_mfif.settings.presets import PRESETS, get_preset


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_preset_fuses_with_valid_values(preset, slope):
    pixels = slope[0]
    method = methods.get(preset.recipe.method)
    resolve(method.all_parameters(), preset.recipe.parameters, owner=method.name)
    consistency.complete(preset.recipe.consistency, n_planes=len(pixels))
    fusion = fuse(pixels, recipe=preset.recipe)
    assert fusion.recipe.method == preset.recipe.method
    for name, value in preset.recipe.parameters.items():
        assert fusion.recipe.parameters[name] == value


def test_first_preset_is_the_default_method():
    assert PRESETS[0].recipe.method == methods.DEFAULT


def test_presets_are_found_in_any_case():
    assert get_preset("noisy").name == "Noisy"
    with pytest.raises(ParameterError, match="Did you mean 'noisy'"):
        get_preset("noissy")
