"""Recipes: what goes in comes out, and what is none is refused with the entry that is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from napari_mfif.errors import MfifError, ParameterError, ReadError
from napari_mfif.io import write_image
from napari_mfif.settings.options import MIN_CONFIDENCE, UNSURE
from napari_mfif.settings.recipe import Recipe

FULL = Recipe(
    "adaptive",
    {"halo": 3, "window": 5},
    along="sequential",
    channel="DAPI",
    axes="ZCYX",
    consistency={"depth_smoothing": 0.5},
    align="similarity",
    reference=1,
    crop=True,
    transforms=[{"model": "similarity", "reference": 1, "matrices": [[1, 0, 0, 0, 1, 0]]}],
    painted={"strokes": []},
    unsure="fill",
    min_confidence=0.25,
    version="1.2.3",
)


def test_what_is_not_said_has_its_default():
    assert asdict(Recipe("gradient")) == {
        "method": "gradient", "parameters": {}, "along": "joint", "channel": None, "axes": None,
        "consistency": {}, "align": "none", "reference": "middle", "crop": False,
        "transforms": [], "painted": {},
        "unsure": UNSURE.default, "min_confidence": MIN_CONFIDENCE.default, "version": "",
    }  # fmt: skip


def test_it_is_read_back_as_it_was(tmp_path):
    assert Recipe.from_json(FULL.to_json()) == FULL
    assert Recipe.from_entries(asdict(FULL)) == FULL
    path = FULL.save(tmp_path / "a.json")
    assert path == tmp_path / "a.json"
    assert Recipe.load(path) == Recipe.load(str(path)) == FULL
    assert path.read_text(encoding="utf-8") == FULL.to_json() + "\n"
    assert FULL.to_json().splitlines()[1] == '  "method": "adaptive",'


def test_it_is_not_written_over_without_a_word(tmp_path):
    FULL.save(tmp_path / "a.json")
    with pytest.raises(MfifError):
        Recipe("gradient").save(tmp_path / "a.json")
    assert Recipe.load(tmp_path / "a.json") == FULL
    Recipe("gradient").save(tmp_path / "a.json", overwrite=True)
    assert Recipe.load(tmp_path / "a.json").method == "gradient"


@pytest.mark.parametrize("ending", [".tif", ".TIFF"])
def test_a_result_carries_it(tmp_path, ending):
    made = tmp_path / "a.ome.tif"
    write_image(made, np.zeros((9, 9), np.uint8), axes="YX", recipe=FULL.to_json())
    path = made.rename(tmp_path / f"result{ending}")
    assert Recipe.load(path) == FULL


def test_what_a_result_carries_is_blamed_on_its_file(tmp_path):
    path = tmp_path / "a.ome.tif"
    write_image(path, np.zeros((9, 9), np.uint8), axes="YX", recipe='{"methd": 1}')
    with pytest.raises(ParameterError, match=r"^.*a\.ome\.tif is no recipe"):
        Recipe.load(path)


WRONG = {
    "method": 3, "parameters": [], "along": None, "channel": 1.5, "axes": 3, "consistency": "a",
    "align": None, "reference": 1.5, "crop": "yes", "painted": [], "unsure": 1,
    "min_confidence": "a", "version": 1,
}  # fmt: skip
NAMES = {
    "method": "str", "parameters": "dict", "along": "str", "channel": "str", "axes": "str",
    "consistency": "dict", "align": "str", "reference": "str", "crop": "bool", "painted": "dict",
    "unsure": "str", "min_confidence": "float", "version": "str",
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_an_entry_of_another_kind_is_named(name):
    entries = asdict(FULL) | {name: WRONG[name]}
    with pytest.raises(ParameterError) as told:
        Recipe.from_entries(entries)
    assert str(told.value) == f"The recipe has {name}={WRONG[name]!r}, which is no {NAMES[name]}."
    with pytest.raises(ParameterError, match=r"^there has"):
        Recipe.from_json(json.dumps(entries), source="there")


def test_all_entries_but_the_record_of_places_are_checked():
    assert set(WRONG) == {one.name for one in fields(Recipe)} - {"transforms"}


@pytest.mark.parametrize("value", [0, "DAPI", None])
def test_a_channel_may_be_a_number_a_name_or_none(value):
    assert Recipe.from_entries({"method": "a", "channel": value}).channel == value
    assert Recipe.from_entries({"method": "a", "axes": None}).axes is None
    assert Recipe.from_entries({"method": "a", "min_confidence": 1}).min_confidence == 1


@pytest.mark.parametrize("entries", [[], None, "a", {}, {"parameters": {}}])
def test_what_has_no_method_is_no_recipe(entries):
    with pytest.raises(ParameterError) as told:
        Recipe.from_entries(entries)
    assert str(told.value) == 'The recipe is no recipe: it has no "method".'
    with pytest.raises(ParameterError, match=r"^there is no recipe"):
        Recipe.from_entries(entries, source="there")


def test_an_unknown_entry_names_the_nearest():
    with pytest.raises(ParameterError, match="Unknown entry 'algin' of a recipe") as told:
        Recipe.from_entries({"method": "a", "algin": "none"})
    assert "Did you mean 'align'?" in str(told.value)


def test_what_is_no_json_is_blamed_on_its_source(tmp_path):
    with pytest.raises(ParameterError, match=r"^The recipe is not JSON"):
        Recipe.from_json("{")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ParameterError, match=r"a\.json is not JSON"):
        Recipe.load(tmp_path / "a.json")


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(ReadError, match=r"The recipe .*a\.json cannot be read: .+\."):
        Recipe.load(tmp_path / "a.json")
    (tmp_path / "b.json").write_bytes(b'{"method": "\xff"}')
    with pytest.raises(ReadError, match=r"b\.json cannot be read"):
        Recipe.load(tmp_path / "b.json")


def test_letters_of_all_languages_are_kept(tmp_path):
    recipe = replace(FULL, channel="Zellkörper 核")
    assert Recipe.load(recipe.save(tmp_path / "a.json")).channel == "Zellkörper 核"
