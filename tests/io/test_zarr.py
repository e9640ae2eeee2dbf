"""Zarr arrays and OME-Zarr."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io import open_stack, write_image
from napari_mfif.io.collection import find_stacks
from napari_mfif.io.series import list_series

zarr = pytest.importorskip("zarr")

PIXELS = np.random.default_rng(6).integers(0, 9000, (1, 2, 5, 21, 35)).astype(np.uint16)


def ome_zarr(path, names="tczyx", array=PIXELS):
    """Write an OME-Zarr 0.4 with two levels."""
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    levels = []
    for level, step in enumerate((1, 2)):
        data = array[..., ::step, ::step]
        stored = group.create_array(str(level), shape=data.shape, dtype=data.dtype)
        stored[...] = data
        scale = [0.5 if name == "z" else 0.1 * step if name in "yx" else 1.0 for name in names]
        levels.append(
            {
                "path": str(level),
                "coordinateTransformations": [{"type": "scale", "scale": scale}],
            }
        )
    space = {"type": "space", "unit": "micrometer"}
    axes = [{"name": name, **(space if name in "zyx" else {})} for name in names]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": levels}]
    group.attrs["omero"] = {"channels": [{"label": "DAPI"}, {"label": "GFP"}]}
    return path


def test_ome_zarr_with_axes_sizes_and_names(tmp_path):
    stack = open_stack(ome_zarr(tmp_path / "cells.ome.zarr"))
    assert (stack.axes, stack.shape, stack.name) == ("CZYX", (2, 5, 21, 35), "cells")
    assert stack.z_step == 0.5
    assert stack.pixel_size == pytest.approx((0.1, 0.1))
    assert stack.unit == "um"
    assert stack.channel_names == ("DAPI", "GFP")
    np.testing.assert_array_equal(stack.plane(3, c=1, rows=slice(2, 9)), PIXELS[0, 1, 3, 2:9])


def test_zarr_array_of_three_axes_is_planes(tmp_path):
    zarr.save_array(str(tmp_path / "a.zarr"), PIXELS[0, 0])
    stack = open_stack(tmp_path / "a.zarr")
    assert stack.axes == "ZYX"
    np.testing.assert_array_equal(stack.plane(4), PIXELS[0, 0, 4])


def test_zarr_array_of_four_axes_wants_their_names(tmp_path):
    zarr.save_array(str(tmp_path / "a.zarr"), PIXELS[0])
    with pytest.raises(AxesError, match='axes="CZYX"'):
        open_stack(tmp_path / "a.zarr")
    stack = open_stack(tmp_path / "a.zarr", axes="ZCYX")
    assert stack.shape == (5, 2, 21, 35)
    np.testing.assert_array_equal(stack.plane(1, c=4), PIXELS[0, 1, 4])


def test_zarr_group_without_an_image_says_what_it_holds(tmp_path):
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=2)
    for name in ("left", "right"):
        group.create_array(name, shape=(3, 4, 5), dtype="u2")
    with pytest.raises(ReadError, match=r"it holds left, right\. Open one of its arrays"):
        open_stack(tmp_path / "a.zarr")


def test_damaged_zarr_is_refused(tmp_path):
    path = ome_zarr(tmp_path / "a.zarr")
    (path / ".zattrs").write_text("{")
    with pytest.raises(ReadError, match="is damaged"):
        open_stack(path)


def test_one_plane_is_refused(tmp_path):
    path = ome_zarr(tmp_path / "a.zarr", array=PIXELS[:, :, :1])
    with pytest.raises(AxesError, match='axes="ZYX"` to take its 2 channels'):
        open_stack(path)


def test_a_file_of_its_metadata_stands_for_the_whole(tmp_path):
    path = write_image(tmp_path / "a.ome.zarr", np.zeros((3, 16, 24), np.uint8), axes="ZYX")
    inner = next(one for one in path.iterdir() if one.name in ("zarr.json", ".zattrs"))
    assert open_stack(inner).shape == (3, 16, 24)


@pytest.fixture
def fields(tmp_path):
    """An OME-Zarr whose image counts three positions along an axis."""
    several = np.stack([PIXELS[0] + 10 * n for n in range(3)])
    return ome_zarr(tmp_path / "fields.ome.zarr", "pczyx", several), several


def test_a_position_along_an_axis_is_chosen(fields):
    path, several = fields
    for series in (1, "1"):
        stack = open_stack(path, series=series)
        assert (stack.axes, stack.shape) == ("CZYX", (2, 5, 21, 35))
        assert (stack.z_step, stack.channel_names) == (0.5, ("DAPI", "GFP"))
        np.testing.assert_array_equal(stack.plane(3, c=1), several[1, 1, 3])
    first = open_stack(path)
    np.testing.assert_array_equal(first.plane(2, c=0), several[0, 0, 2])
    assert "3 positions" in " ".join(first.notes)
    with pytest.raises(ReadError, match="no position 3"):
        open_stack(path, series=3)


def test_positions_along_an_axis_are_listed(fields):
    path, _ = fields
    listed = list_series(path)
    assert [one.name for one in listed] == ["0", "1", "2"]
    assert {(one.axes, one.lengths) for one in listed} == {("CZYX", (2, 5, 21, 35))}
    assert [one.series for one in find_stacks(path)] == [0, 1, 2]


def test_an_axis_of_positions_is_what_is_said_of_it(fields):
    path, several = fields
    film = open_stack(path, axes="TCZYX")
    np.testing.assert_array_equal(film.plane(1, t=2, c=1), several[2, 1, 1])


def test_a_series_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ReadError, match="holds one image"):
        open_stack(ome_zarr(tmp_path / "one.ome.zarr"), series=1)
