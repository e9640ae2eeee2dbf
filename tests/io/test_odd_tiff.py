"""TIFF that is not what it says, or says it in another way."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_mfif.errors import ReadError
from napari_mfif.io import open_stack

PIXELS = np.random.default_rng(8).integers(0, 9000, (6, 16, 24), dtype=np.uint16)


@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.parametrize("folder", [False, True])
def test_samples_that_are_no_colours_are_channels(tmp_path, count, folder):
    rng = np.random.default_rng(count)
    pixels = rng.integers(0, 9000, (5, 16, 24, count), dtype=np.uint16)
    options = {
        "photometric": "minisblack", "planarconfig": "contig", "metadata": None,
        "extrasamples": ["unspecified"] * (count - 1),
    }  # fmt: skip
    if folder:
        for z, plane in enumerate(pixels):
            tifffile.imwrite(tmp_path / f"z{z}.tif", plane, **options)
    else:
        tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    stack = open_stack(tmp_path if folder else tmp_path / "a.tif")
    assert stack.axes == "CZYX"
    np.testing.assert_array_equal(np.asarray(stack.pixels), np.moveaxis(pixels, -1, 0))


def test_a_grey_sample_and_alpha_are_not(tmp_path):
    pixels = np.random.default_rng(2).integers(0, 255, (5, 16, 24, 2), dtype=np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, photometric="minisblack", planarconfig="contig",
        extrasamples=["unassalpha"],
    )  # fmt: skip
    stack = open_stack(tmp_path / "a.tif")
    assert (stack.axes, stack.notes[-1]) == ("ZYX", "Alpha was dropped.")


def test_colours_that_are_no_rgb_are_refused(tmp_path):
    pixels = np.zeros((5, 16, 24, 4), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="separated", metadata=None)
    with pytest.raises(ReadError, match="no RGB"):
        open_stack(tmp_path / "a.tif")


def imagej(path, pixels, **facts):
    """Write pages with a description of ImageJ."""
    compression = facts.pop("_", None)
    said = "".join(f"{name}={value}\n" for name, value in facts.items())
    tifffile.imwrite(
        path, pixels, photometric="minisblack", metadata=None,
        description=f"ImageJ=1.53t\n{said}hyperstack=true\n", compression=compression,
    )  # fmt: skip
    return path


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_of_what_imagej_planned_the_complete_part_opens(tmp_path, compression):
    path = imagej(tmp_path / "a.tif", PIXELS, images=12, slices=12, _=compression)
    stack = open_stack(path)
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS)
    assert "of 12 planned planes, 6 planes are whole" in stack.notes[0]
    path = imagej(tmp_path / "b.tif", PIXELS[:5], images=8, channels=2, slices=4, _=compression)
    stack = open_stack(path)
    assert stack.axes == "CZYX"
    np.testing.assert_array_equal(stack.plane(1, c=1), PIXELS[3])
    assert "of 4 planned planes, 2 planes are whole" in stack.notes[0]
    path = imagej(tmp_path / "c.tif", PIXELS[:5], images=6, slices=2, frames=3, _=compression)
    stack = open_stack(path)
    assert (stack.axes, stack.n_times) == ("TZYX", 2)
    np.testing.assert_array_equal(stack.plane(1, t=1), PIXELS[3])


def test_pages_beyond_what_imagej_says_are_told(tmp_path):
    stack = open_stack(imagej(tmp_path / "a.tif", PIXELS, images=4, slices=4))
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS[:4])
    assert any("holds 6 pages" in note for note in stack.notes)


@pytest.mark.parametrize("first", [True, False])
def test_a_thumbnail_among_the_pages_is_left_out_and_told(tmp_path, first):
    def thumbnail(file):
        file.write(np.zeros((6, 8, 3), np.uint8), photometric="rgb", metadata=None)

    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        if first:
            thumbnail(file)
        for plane in PIXELS:
            file.write(plane, photometric="minisblack", metadata=None)
        if not first:
            thumbnail(file)
    stack = open_stack(tmp_path / "a.tif")
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS)
    number = 1 if first else 7
    assert f"Left out, since it is a smaller picture: page {number} (8 x 6)." in stack.notes
