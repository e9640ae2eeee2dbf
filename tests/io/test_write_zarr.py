"""OME-Zarr is written plane by plane, with a pyramid, and is there whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from napari_mfif.errors import WriteError
from napari_mfif.io import open_stack, read_recipe, sinks, write_image
from napari_mfif.io.write import opened

RNG = np.random.default_rng(5)


def pixels(shape, dtype="uint16"):
    return RNG.integers(0, 900, shape).astype(dtype)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("ZYX", (3, 33, 47)),
        ("TZYX", (2, 3, 33, 47)),
        ("TCZYX", (2, 2, 3, 20, 21)),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_stack_comes_back_with_sizes_and_names(tmp_path, axes, shape, dtype):
    array = pixels(shape, dtype)
    names = ("DAPI", "GFP") if "C" in axes else ()
    path = write_image(
        tmp_path / "a.ome.zarr",
        array,
        axes=axes,
        z_step=2.0,
        pixel_size=(0.5, 0.25),
        unit="um",
        channel_names=names,
        recipe='{"a": 1}',
    )
    stack = open_stack(path)
    assert (stack.axes, stack.z_step, stack.pixel_size, stack.unit) == (
        axes,
        2.0,
        (0.5, 0.25),
        "um",
    )
    assert stack.channel_names == names
    np.testing.assert_array_equal(np.asarray(stack.pixels), array)
    assert read_recipe(path) == '{"a": 1}'


@pytest.mark.parametrize("axes", ["YXS", "TYXS", "CYXS"])
def test_colours_become_channels(tmp_path, axes):
    array = pixels((2, 33, 47, 3)[-len(axes) :])
    group = zarr.open_group(write_image(tmp_path / "a.zarr", array, axes=axes), mode="r")
    expected = np.moveaxis(array, -1, -3)
    if axes == "CYXS":
        expected = expected.reshape(6, 33, 47)
    np.testing.assert_array_equal(group["0"][...], expected)


@pytest.mark.parametrize("axes", ["YX", "TYX"])
def test_large_planes_get_a_pyramid(tmp_path, monkeypatch, axes):
    monkeypatch.setattr(sinks, "PLAIN_SIDE", 200)
    monkeypatch.setattr(sinks, "TILE", 64)
    array = pixels((2, 301, 257)[-len(axes) :])
    path = write_image(tmp_path / "a.zarr", array, axes=axes)
    group = zarr.open_group(path, mode="r")
    shapes = [group[level["path"]].shape[-2:] for level in _multiscale(group)["datasets"]]
    assert shapes == [(301, 257), (151, 129), (76, 65)]
    np.testing.assert_array_equal(group["0"][...], array)
    half = np.asarray(group["1"][..., :150, :128])
    means = array[..., :300, :256].reshape(*array.shape[:-2], 150, 2, 128, 2).mean((-3, -1))
    assert np.abs(half - means).max() <= 1


def test_pyramid_of_a_decision_has_no_value_that_was_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(sinks, "PLAIN_SIDE", 200)
    monkeypatch.setattr(sinks, "TILE", 64)
    decision = (pixels((300, 257)) > 450) * np.uint16(40)
    group = zarr.open_group(write_image(tmp_path / "a.zarr", decision, axes="YX", labels=True))
    assert set(np.unique(group["2"][...])) == {0, 40}


def test_a_lazy_plane_is_asked_for_a_few_rows_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(sinks, "TILE", 16)
    array = pixels((100, 47))

    class Lazy:
        shape, dtype = array.shape, array.dtype
        most = 0

        def __getitem__(self, index):
            found = array[index]
            self.most = max(self.most, len(found))
            return found

    lazy = Lazy()
    path = write_image(tmp_path / "a.zarr", lazy, axes="YX")
    assert lazy.most == 32
    np.testing.assert_array_equal(zarr.open_group(path, mode="r")["0"][...], array)


@pytest.mark.parametrize("name", ["a.ome.zarr", "a.ome.tif"])
def test_what_failed_on_the_way_leaves_nothing(tmp_path, name):
    with (
        pytest.raises(KeyboardInterrupt),
        opened(tmp_path / name, (2, 33, 47), np.dtype(np.uint16), axes="ZYX") as sink,
    ):
        sink.put(pixels((33, 47)))
        assert not (tmp_path / name).exists()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_zarr_is_replaced_when_that_is_allowed_and_another_folder_never(tmp_path):
    path = write_image(tmp_path / "a.zarr", pixels((20, 21)), axes="YX")
    with pytest.raises(WriteError, match="exists"):
        write_image(path, pixels((20, 21)), axes="YX")
    again = pixels((20, 22))
    write_image(path, again, axes="YX", overwrite=True)
    np.testing.assert_array_equal(zarr.open_group(path, mode="r")["0"][...], again)
    (tmp_path / "mine.zarr").mkdir()
    with pytest.raises(WriteError, match="is a folder"):
        write_image(tmp_path / "mine.zarr", again, axes="YX", overwrite=True)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.zarr", "mine.zarr"]


def _multiscale(group):
    return group.attrs["multiscales"][0]
