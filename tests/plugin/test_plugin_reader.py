"""Reader and samples: what napari is given."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import dask.array as da
import numpy as np
import pytest
import tifffile

from napari_mfif import ZStack
from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io import write_image
from napari_mfif.plugin.layers.metadata import opened
from napari_mfif.plugin.reader import get_reader, layers_of, read


@pytest.fixture
def two_channels(tmp_path):
    rng = np.random.default_rng(2)
    pixels = rng.integers(90, 4000, (2, 5, 31, 47), dtype=np.uint16)
    path = tmp_path / "cell.ome.tif"
    write_image(
        path,
        pixels,
        axes="CZYX",
        z_step=0.5,
        pixel_size=(0.1, 0.2),
        unit="um",
        channel_names=("DAPI", "GFP"),
    )
    return path, pixels


def test_file_becomes_a_lazy_layer_per_channel_with_sizes(two_channels):
    path, pixels = two_channels
    layers = get_reader(str(path))(str(path))
    assert [kind for _, _, kind in layers] == ["image", "image"]
    for c, (data, options, _) in enumerate(layers):
        assert isinstance(data, da.Array)
        np.testing.assert_array_equal(np.asarray(data), pixels[c])
        assert options["scale"] == (0.5, 0.1, 0.2)
        assert options["units"] == ("um", "um", "um")
        assert options["axis_labels"] == ("z", "y", "x")
        low, high = options["contrast_limits"]
        assert 90 <= low < high <= 4000 * 1.1
    assert [options["name"] for _, options, _ in layers] == ["cell DAPI", "cell GFP"]
    assert layers[0][1]["colormap"] != layers[1][1]["colormap"]


def test_folder_of_planes_becomes_one_layer(tmp_path):
    planes = np.arange(12 * 9 * 11, dtype=np.uint16).reshape(12, 9, 11)
    for z, plane in enumerate(planes):
        write_image(tmp_path / f"plane {z}.tif", plane, axes="YX")
    ((data, options, _),) = get_reader(str(tmp_path))(str(tmp_path))
    np.testing.assert_array_equal(np.asarray(data), planes)
    assert options["axis_labels"] == ("z", "y", "x")


def test_what_is_not_ours_is_left_to_others_without_a_look(tmp_path):
    assert get_reader("notes.txt") is None
    assert get_reader("photo.png") is None
    assert get_reader([]) is None
    assert get_reader(str(tmp_path)) is None
    assert get_reader("there is no such file.tif") is read


def test_damaged_file_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "broken.tif"
    path.write_bytes(b"II*\0")
    with pytest.raises(ReadError, match=r"broken\.tif"):
        read(str(path))


def test_colour_stack_is_rgb():
    stack = ZStack.from_array(np.zeros((3, 5, 7, 3), np.uint8))
    ((_, options, _),) = layers_of(stack)
    assert options["rgb"]
    assert "contrast_limits" not in options


def test_opening_the_widget_module_imports_no_torch():
    code = (
        "import sys; import napari_mfif.plugin.panel.fuse; "
        "assert 'torch' not in sys.modules and 'skimage.restoration' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.window
def test_viewer_opens_a_file_with_our_reader(make_napari_viewer, two_channels):
    path, pixels = two_channels
    viewer = make_napari_viewer()
    first, _second = viewer.open(str(path), plugin="napari-mfif")
    assert first.name == "cell DAPI"
    assert str(first.units[0]) == "micrometer"
    assert opened(first).stack.channel_names == ("DAPI", "GFP")
    np.testing.assert_array_equal(np.asarray(first.data), pixels[0])


@pytest.mark.window
def test_viewer_opens_single_planes_as_a_stack(make_napari_viewer, tmp_path):
    paths = []
    for z in range(3):
        path = tmp_path / f"plane {z}.tif"
        write_image(path, np.full((9, 11), z, np.uint16), axes="YX")
        paths.append(str(path))
    viewer = make_napari_viewer()
    (layer,) = viewer.open(paths, plugin="napari-mfif", stack=True)
    assert layer.data.shape == (3, 9, 11)


@pytest.mark.window
def test_sample_is_a_stack_of_known_sizes(viewer, monkeypatch):
    from napari_mfif.plugin import samples

    for name in ("relief", "bristles", "fluorescence"):
        small = replace(samples.SAMPLES[name], shape=(65, 97), planes=5)
        monkeypatch.setitem(samples.SAMPLES, name, small)
        (layer,) = viewer.open_sample("napari-mfif", name)
        assert layer.data.shape == (5, 65, 97)
        assert opened(layer).stack.z_step == pytest.approx(layer.scale[0])


def test_written_layer_keeps_sizes_and_recipe(tmp_path):
    from napari_mfif import open_stack
    from napari_mfif.io import read_recipe
    from napari_mfif.plugin.layers.metadata import KEY, Result
    from napari_mfif.plugin.writer import write_image_layer

    pixels = np.arange(3 * 21 * 33, dtype=np.uint16).reshape(3, 21, 33)
    note = Result("image0", "pollen", '{"method": "gradient"}')
    attributes = {"scale": (0.5, 0.1, 0.2), "units": ("um",) * 3, "metadata": {KEY: note}}
    (path,) = write_image_layer(str(tmp_path / "a.ome.tif"), pixels, attributes)
    stack = open_stack(path)
    np.testing.assert_array_equal(np.asarray(stack.dask()), pixels)
    assert (stack.z_step, stack.pixel_size, stack.unit) == (0.5, (0.1, 0.2), "um")
    assert "gradient" in read_recipe(path)


@pytest.mark.window
def test_result_layers_are_saved_by_napari(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    layer = viewer.add_labels(np.ones((21, 33), np.uint16), scale=(0.1, 0.2), units="um")
    (path,) = layer.save(str(tmp_path / "plane taken.ome.tif"), plugin="napari-mfif")
    assert path.endswith(".ome.tif")


def test_what_opens_is_offered(tmp_path):
    import zarr

    folder = tmp_path / "planes"
    folder.mkdir()
    for number in range(60):
        (folder / f"a{number:02}.json").write_text("{}")
    assert get_reader(str(folder)) is None
    for z in range(3):
        write_image(folder / f"z{z}.tif", np.zeros((9, 14), np.uint16), axes="YX")
    plain = zarr.create_array(str(tmp_path / "x.zarr"), shape=(3, 9, 14), dtype="u2", zarr_format=2)
    plain[...] = 1
    (tmp_path / "m.companion.ome").write_text("<?xml version='1.0'?><OME/>")
    for name in ("planes", "x.zarr", "m.companion.ome"):
        assert get_reader(str(tmp_path / name)) is read


def test_a_film_is_shown_as_one_and_errors_speak_of_the_window(tmp_path):
    pixels = np.arange(6 * 9 * 14, dtype=np.uint16).reshape(6, 9, 14)
    tifffile.imwrite(tmp_path / "a.ome.tif", pixels, metadata={"axes": "TYX"})
    ((data, options, _),) = read(str(tmp_path / "a.ome.tif"))
    np.testing.assert_array_equal(np.asarray(data), pixels)
    assert options["axis_labels"] == ("t", "y", "x")
    assert "metadata" not in options  # the panel is to ask
    tifffile.imwrite(tmp_path / "c.ome.tif", pixels, metadata={"axes": "CYX"})
    with pytest.raises(AxesError) as told:
        read(str(tmp_path / "c.ome.tif"))
    assert "axes=" not in str(told.value)


def test_a_single_picture_is_left_to_others(tmp_path):
    tifffile.imwrite(tmp_path / "plain.tif", np.zeros((9, 11), np.uint8))
    assert get_reader(str(tmp_path / "plain.tif")) is None


def test_the_channels_of_a_single_plane_are_left_to_others(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((2, 16, 24), np.uint8), imagej=True, metadata={"axes": "CYX"})
    assert get_reader(str(path)) is None


def test_files_of_microscopes_archives_and_addresses_are_offered():
    for path in ("a.czi", "b.lif", "c.nd2", "d.ome.zarr.zip", "https://example.org/a.ome.zarr"):
        assert get_reader(path) is read
