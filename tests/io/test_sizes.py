"""Physical sizes in the words of several programs."""

from __future__ import annotations

import numpy as np
import pytest
from recordings import ome_tiff

from napari_mfif.io import open_stack
from napari_mfif.io.sizes import (
    Sizes,
    imagej_sizes,
    lsm_sizes,
    micromanager_sizes,
    plain_unit,
    sizes_of,
)


@pytest.mark.parametrize(
    "word", ["um", "µm", "μm", "micron", "microns", "Micrometer", "\\u00B5m", " um "]
)
def test_every_spelling_of_micrometre_is_um(word):
    assert plain_unit(word) == "um"


@pytest.mark.parametrize("word", ["pixel", "", None, "inch", "reference frame"])
def test_what_is_no_unit_of_length_is_none(word):
    assert plain_unit(word) is None


def test_lengths_are_brought_to_the_unit_of_the_pixel():
    found = sizes_of((0.5, "um"), (200.0, "nm"), (100.0, "nm"))
    assert found == Sizes(pytest.approx(500), (200, 100), "nm")


def test_a_step_alone_keeps_its_unit():
    assert sizes_of((2.5, "um"), (None, None), (None, None)) == Sizes(2.5, None, "um")


def test_imagej_counts_pixels_per_unit_and_may_step_downwards():
    found = imagej_sizes({"spacing": -0.4, "unit": "nm", "zunit": "micron"}, (0.01, 0.02))
    assert found == Sizes(pytest.approx(400), (100, 50), "nm")


def test_imagej_resolution_without_a_unit_is_no_size():
    assert imagej_sizes({"spacing": 2.0}, (72, 72)) == Sizes(2.0, None, None)


def test_lsm_is_in_metres_and_micromanager_in_micrometres():
    found = lsm_sizes({"VoxelSizeZ": 1e-6, "VoxelSizeY": 2e-7, "VoxelSizeX": 1e-7})
    assert found == Sizes(pytest.approx(1), pytest.approx((0.2, 0.1)), "um")
    summary = {"z-step_um": 0.5, "PixelSize_um": 0.1}
    assert micromanager_sizes(summary) == Sizes(0.5, (0.1, 0.1), "um")


def test_numbers_with_a_comma_are_numbers(tmp_path):
    """Programs write them so in countries where people do."""
    assert imagej_sizes({"spacing": "0,5", "unit": "um"}, (0, 0)).z_step == 0.5
    sizes = {"PhysicalSizeZ": "0,5", "PhysicalSizeX": "0,1", "PhysicalSizeY": "0,1"}
    path = ome_tiff(tmp_path / "a.ome.tif", np.zeros((3, 8, 8), np.uint8), "", SizeZ=3, **sizes)
    stack = open_stack(path)
    assert (stack.z_step, stack.pixel_size) == (0.5, (0.1, 0.1))
