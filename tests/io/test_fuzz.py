"""Damaged and hostile files open, or are refused in words; `make fuzz` does it for long."""

from __future__ import annotations

import struct
from random import Random

import pytest
import tifffile
from fuzzing import PLANES, mutate, try_out, whole_files
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mfif.alignment import load_transforms
from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io import open_stack
from napari_mfif.settings.recipe import Recipe

KINDS = (
    "plain", "big", "tiles", "strips", "imagej", "shaped", "colour", "palette", "samples", "ome",
    "mm", "nd", "png", "jpg", "zarr", "zip", "czi", "czi-zstd", "lif", "recipe", "transforms",
)  # fmt: skip


REFUSALS = ("opened", "ReadError", "OnePlaneError", "AxesError", "ParameterError")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return whole_files(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_changed_opens_or_is_refused_in_words(files, tmp_path_factory, kind):
    @settings(max_examples=25, deadline=None, derandomize=True, database=None)
    @given(st.integers(0, 2**32))
    def changes(seed):
        target = tmp_path_factory.mktemp("changed")
        path = mutate(kind, files[kind], target, Random(seed))
        assert try_out(kind, path) in REFUSALS

    changes()


def test_all_kinds_are_tried(files):
    assert set(KINDS) == set(files)


def patched(path, code, value):
    """Change the value of a tag of the first page."""
    with tifffile.TiffFile(path) as file:
        tag = file.pages.first.tags[code]
        place, size = tag.valueoffset, tag.dtype
    data = bytearray(path.read_bytes())
    kind = "<H" if int(size) == 3 else "<I"
    struct.pack_into(kind, data, place, value)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("code", "value"), [(256, 0), (257, 2**31), (258, 0), (322, 0), (323, 0)])
def test_impossible_sizes_are_refused(tmp_path, code, value):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANES, tile=(16, 16), metadata=None, photometric="minisblack")
    with pytest.raises(ReadError):
        open_stack(patched(path, code, value))


def test_pages_that_lead_back_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANES, metadata=None, photometric="minisblack")
    with tifffile.TiffFile(path) as file:
        first, last = file.pages[0].offset, file.pages[-1].offset
        count = len(file.pages[-1].tags)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, last + 2 + 12 * count, first)
    path.write_bytes(data)
    with pytest.raises(ReadError, match="lead back to an earlier one"):
        open_stack(path)


@pytest.mark.parametrize("text", ["[" * 100000, '{"method":' * 100000, "1" * 5000, '"\\ud800"'])
def test_json_of_others_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    for read in (Recipe.load, load_transforms):
        with pytest.raises(ParameterError):
            read(path)


def test_places_too_large_for_a_number_are_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(f'[{{"model": "translation", "reference": 0, "matrices": [[{10**400}]]}}]')
    with pytest.raises(ParameterError):
        load_transforms(path)


def test_an_entity_bomb_does_no_harm(tmp_path):
    bomb = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>"
    bomb += "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 30)).replace(
        "&a0;", "&a;"
    )
    xml = f"<?xml version='1.0'?>{bomb}]><OME><Image><Pixels>&a29;</Pixels></Image></OME>"
    tifffile.imwrite(tmp_path / "a.ome.tif", PLANES, metadata=None, description=xml.encode())
    assert open_stack(tmp_path / "a.ome.tif").n_planes == len(PLANES)
