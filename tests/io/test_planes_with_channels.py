"""A file for each plane that holds its channels; pages with a table of colours."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from recordings import ome_tiff

from napari_mfif.errors import ReadError
from napari_mfif.io import open_stack
from napari_mfif.io.collection import search

PIXELS = np.random.default_rng(4).integers(0, 9000, (4, 2, 20, 30), dtype=np.uint16)
TABLE = np.random.default_rng(5).integers(0, 65536, (3, 256), dtype=np.uint16)
COLOURS = (TABLE >> 8).astype(np.uint8).T
NUMBERS = np.random.default_rng(6).integers(0, 256, (3, 20, 30), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["imagej", "ome", "shaped"])
def test_planes_that_hold_their_channels_make_one_stack(tmp_path, kind):
    for z, plane in enumerate(PIXELS):
        path = tmp_path / f"cells_z{z:02d}.tif"
        if kind == "ome":
            names = "<Channel ID='a' Name='red'/><Channel ID='b' Name='blue'/><TiffData/>"
            ome_tiff(path, plane, names, SizeC=2)
        else:
            options = {"imagej": kind == "imagej", "metadata": {"axes": "CYX"}}
            tifffile.imwrite(path, plane, photometric="minisblack", **options)
    stack = open_stack(tmp_path)
    assert stack.axes == "CZYX"
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS.swapaxes(0, 1))
    assert stack.channel_names == (("red", "blue") if kind == "ome" else ())
    assert [len(one.paths) for one in search(tmp_path).found] == [4]


def test_channels_in_files_and_in_names_are_a_question(tmp_path):
    for z, c in np.ndindex(3, 2):
        tifffile.imwrite(
            tmp_path / f"a_z{z}_c{c}.tif", PIXELS[z], imagej=True, metadata={"axes": "CYX"}
        )
    with pytest.raises(ReadError, match="several channels by itself"):
        open_stack(tmp_path)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_table_of_colours_is_applied_and_said(tmp_path, compression):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, NUMBERS, photometric="palette", colormap=TABLE, compression=compression)
    stack = open_stack(path)
    assert stack.axes == "ZYXS"
    assert stack.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(stack.pixels), COLOURS[NUMBERS])
    part = stack.plane(1, rows=slice(2, 7), columns=slice(3, 4))
    np.testing.assert_array_equal(part, COLOURS[NUMBERS[1, 2:7, 3:4]])
    assert any("table of colours" in note for note in stack.notes)
    numbers = open_stack(path, axes="ZYX")
    np.testing.assert_array_equal(np.asarray(numbers.pixels), NUMBERS)


def test_planes_with_a_table_of_colours(tmp_path):
    for z, plane in enumerate(NUMBERS):
        tifffile.imwrite(tmp_path / f"z{z}.tif", plane, photometric="palette", colormap=TABLE)
    np.testing.assert_array_equal(np.asarray(open_stack(tmp_path).pixels), COLOURS[NUMBERS])


def test_shades_of_one_colour_are_brightness(tmp_path):
    """ImageJ stores how a grey picture is shown, in green for example, as a table."""
    green = np.zeros((3, 256), np.uint16)
    green[1] = np.arange(256) * 257
    tifffile.imwrite(tmp_path / "a.tif", NUMBERS, photometric="palette", colormap=green)
    stack = open_stack(tmp_path / "a.tif")
    assert stack.axes == "ZYX"
    np.testing.assert_array_equal(np.asarray(stack.pixels), NUMBERS)
