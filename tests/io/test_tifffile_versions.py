"""What we take from tifffile: when a release changes it, these tests say what."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import tifffile

from napari_mfif.io.axes import FileAxes
from napari_mfif.io.tifffile_versions import all_axes, all_series

#: Of a page, beyond what every image has.
OF_A_PAGE = (
    "axes",
    "databytecounts",
    "dataoffsets",
    "decode",
    "imagedepth",
    "is_final",
    "is_reduced",
    "is_tiled",
    "jpegtables",
    "keyframe",
    "offset",
    "parent",
    "rowsperstrip",
    "samplesperpixel",
    "shaped",
    "treeindex",
)
#: Of a series of pages.
OF_A_SERIES = ("dataoffset", "is_multifile", "keyframe", "kind", "levels", "size")
#: Of a file.
OF_A_FILE = ("imagej_metadata", "lsm_metadata", "micromanager_metadata", "ome_metadata", "pages")


@pytest.fixture
def file(tmp_path):
    """An open OME-TIFF of five planes, one timepoint and one channel."""
    path = tmp_path / "one.ome.tif"
    pixels = np.zeros((1, 1, 5, 16, 32), np.uint8)
    tifffile.imwrite(path, pixels, metadata={"axes": "TCZYX"}, tile=(16, 16), compression="zlib")
    with tifffile.TiffFile(path) as opened:
        yield opened


def test_axes_of_length_one_are_there(file) -> None:
    found = all_axes(all_series(file)[0])
    sizes = dict(zip(found.letters, found.lengths, strict=True))
    sizes.pop("S", None)  # some releases count the one sample
    assert sizes == {"T": 1, "C": 1, "Z": 5, "Y": 16, "X": 32}


def test_axes_of_length_one_are_fetched_from_a_release_that_hides_them() -> None:
    old = SimpleNamespace(
        axes="ZYX",
        shape=(5, 16, 32),
        get_axes=lambda squeeze: "ZYX" if squeeze else "TZYX",
        get_shape=lambda squeeze: (5, 16, 32) if squeeze else (1, 5, 16, 32),
    )
    assert all_axes(old) == FileAxes("TZYX", (1, 5, 16, 32))


@pytest.mark.parametrize("name", OF_A_PAGE)
def test_a_page_has(name, file) -> None:
    assert hasattr(file.pages.first, name)


@pytest.mark.parametrize("name", OF_A_SERIES)
def test_a_series_has(name, file) -> None:
    assert hasattr(file.series[0], name)


@pytest.mark.parametrize("name", OF_A_FILE)
def test_a_file_has(name, file) -> None:
    assert hasattr(file, name)


def test_a_tile_is_decoded_with_its_place(file) -> None:
    page = file.pages.first
    file.filehandle.seek(page.dataoffsets[1])
    data = file.filehandle.read(page.databytecounts[1])
    pixels, (sample, depth, row, column, _), shape = page.decode(data, 1, jpegtables=None)
    assert pixels.shape == shape == (1, 16, 16, 1)
    assert (sample, depth, row, column) == (0, 0, 0, 16)


def test_pages_are_joined_to_a_series_of_ours(file) -> None:
    pages = list(file.pages)
    made = tifffile.TiffPageSeries(pages, (5, 16, 32), np.dtype("u1"), "IYX")
    assert all_axes(made) == FileAxes("IYX", (5, 16, 32))
