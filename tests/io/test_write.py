"""Writing images and maps, and reading them back."""

from __future__ import annotations

import errno

import imagecodecs
import numpy as np
import pytest
import tifffile

from napari_mfif.errors import AxesError, ParameterError, ReadError, WriteError
from napari_mfif.io import open_stack, read_recipe, sinks, write_image

RNG = np.random.default_rng(4)
RECIPE = '{"method": "adaptive", "note": "µ < & > \\" ?>",\n "α": 0.5}'


def pixels(shape, dtype="uint16"):
    return RNG.integers(0, 120, shape).astype(dtype)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("YX", (33, 47)),
        ("YXS", (33, 47, 3)),
        ("ZYX", (3, 33, 47)),
        ("CYX", (2, 33, 47)),
        ("TCYXS", (2, 2, 33, 47, 3)),
        ("TCZYXS", (2, 3, 4, 33, 47, 3)),
    ],
)
def test_what_is_written_is_read_back(tmp_path, axes, shape, compression):
    array = pixels(shape)
    path = write_image(tmp_path / "a.ome.tif", array, axes=axes, compression=compression)
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        assert file.series[0].axes == axes
        np.testing.assert_array_equal(file.asarray(), array)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
)
def test_every_type_that_ome_knows(tmp_path, dtype):
    array = pixels((3, 33, 47), dtype)
    stack = open_stack(write_image(tmp_path / "a.tif", array, axes="ZYX"))
    assert stack.dtype == dtype
    np.testing.assert_array_equal(np.asarray(stack.pixels), array)


def test_true_and_false_become_one_and_zero(tmp_path):
    array = pixels((33, 47)) > 60
    write_image(tmp_path / "a.tif", array, axes="YX")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), array)


@pytest.mark.parametrize("unit", ["um", "nm", "mm", None])
def test_sizes_units_and_names_come_back(tmp_path, unit):
    path = write_image(
        tmp_path / "a.ome.tif",
        pixels((2, 3, 33, 47)),
        axes="CZYX",
        z_step=0.3,
        pixel_size=(0.11, 0.12),
        unit=unit,
        channel_names=["DAPI", "α<β>"],
        name="µ-organoid",
    )
    stack = open_stack(path)
    assert stack.z_step == pytest.approx(0.3)
    assert stack.pixel_size == pytest.approx((0.11, 0.12))
    assert stack.unit == unit
    assert stack.channel_names == ("DAPI", "α<β>")
    with tifffile.TiffFile(path) as file:
        assert file.series[0].name == "µ-organoid"


def test_recipe_comes_back_letter_by_letter(tmp_path):
    path = write_image(tmp_path / "a.ome.tif", pixels((33, 47)), axes="YX", recipe=RECIPE)
    assert read_recipe(path) == RECIPE


def test_file_without_a_recipe_says_so(tmp_path):
    path = write_image(tmp_path / "a.ome.tif", pixels((33, 47)), axes="YX")
    with pytest.raises(ReadError, match="holds no recipe"):
        read_recipe(path)
    (tmp_path / "b.tif").write_bytes(b"")
    with pytest.raises(ReadError, match=r"b\.tif could not be read"):
        read_recipe(tmp_path / "b.tif")


@pytest.mark.parametrize("shape", [(2, 300, 257), (2, 300, 257, 3)])
def test_large_planes_get_tiles_and_a_pyramid(tmp_path, monkeypatch, shape):
    monkeypatch.setattr(sinks, "PLAIN_SIDE", 200)
    monkeypatch.setattr(sinks, "TILE", 64)
    array = pixels(shape)
    axes = "ZYXS"[: len(shape)]
    path = write_image(tmp_path / "a.ome.tif", array, axes=axes, recipe=RECIPE)
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        assert [level.shape[1:3] for level in series.levels] == [(300, 257), (150, 129), (75, 65)]
        assert series.keyframe.is_tiled
        np.testing.assert_array_equal(series.asarray(), array)
        means = array[:, :300, :256].reshape(2, 150, 2, 128, 2, -1).mean((2, 4))
        half = series.levels[1].asarray().reshape(2, 150, 129, -1)[:, :, :128]
        assert np.abs(half - means).max() <= 2
    np.testing.assert_array_equal(np.asarray(open_stack(path).pixels), array)
    assert read_recipe(path) == RECIPE


def test_pyramid_of_labels_has_no_value_that_was_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(sinks, "PLAIN_SIDE", 200)
    monkeypatch.setattr(sinks, "TILE", 64)
    decision = (pixels((300, 257)) > 60) * np.uint16(40)
    path = write_image(tmp_path / "a.tif", decision, axes="YX", labels=True)
    with tifffile.TiffFile(path) as file:
        assert set(np.unique(file.series[0].levels[2].asarray())) == {0, 40}


def test_small_images_stay_plain(tmp_path):
    path = write_image(tmp_path / "a.tif", pixels((64, 2048), "uint8"), axes="YX")
    with tifffile.TiffFile(path) as file:
        assert not file.pages[0].is_tiled
        assert len(file.series[0].levels) == 1


def test_bigtiff_above_four_gigabytes(tmp_path, monkeypatch):
    monkeypatch.setattr(sinks, "BIG", 1000)
    with tifffile.TiffFile(write_image(tmp_path / "a.tif", pixels((33, 47)), axes="YX")) as file:
        assert file.is_bigtiff


def test_lazy_arrays_are_written_plane_by_plane(tmp_path):
    array = pixels((5, 33, 47))

    class Lazy:
        shape, dtype = array.shape, array.dtype
        asked: tuple = ()

        def __getitem__(self, index):
            self.asked += (index,)
            return array[index]

    lazy = Lazy()
    path = write_image(tmp_path / "a.tif", lazy, axes="ZYX")
    assert lazy.asked == ((0,), (1,), (2,), (3,), (4,))
    np.testing.assert_array_equal(tifffile.imread(path), array)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_png_keeps_every_bit(tmp_path, colour, dtype):
    array = pixels((33, 47, 3) if colour else (33, 47), dtype)
    path = write_image(tmp_path / "a.png", array, axes="YXS" if colour else "YX")
    np.testing.assert_array_equal(imagecodecs.png_decode(path.read_bytes()), array)


def test_jpeg_is_close(tmp_path):
    array = np.full((33, 47, 3), (200, 60, 30), np.uint8)
    path = write_image(tmp_path / "a.JPG", array, axes="YXS")
    assert np.abs(imagecodecs.jpeg8_decode(path.read_bytes()).astype(int) - array).max() <= 2


@pytest.mark.parametrize(
    ("name", "dtype", "axes", "words"),
    [
        ("a.png", "float32", "YX", r"a\.png cannot hold float32.*Use \.ome\.tif"),
        ("a.jpg", "uint16", "YX", r"only uint8\. Use \.png or \.ome\.tif"),
        ("a.png", "uint8", "ZYX", r"several planes.*axes ZYX.*Use \.ome\.tif"),
        ("a.bmp", "uint8", "YX", r"'\.bmp' is none of \.ome\.tif"),
        ("a", "uint8", "YX", r"Use \.ome\.tif"),
        ("a.tif", "complex64", "YX", r"type complex64 cannot be written. Convert"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_with_advice(tmp_path, name, dtype, axes, words):
    array = np.zeros((2, 33, 47)[-len(axes) :], dtype)
    with pytest.raises(WriteError, match=words):
        write_image(tmp_path / name, array, axes=axes)
    assert not list(tmp_path.iterdir())


def test_axes_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(AxesError, match=r'axes="ZYX"` does not fit .* \(33, 47\)'):
        write_image(tmp_path / "a.tif", pixels((33, 47)), axes="ZYX")
    with pytest.raises(ParameterError, match="no compression 'lzma'"):
        write_image(tmp_path / "a.tif", pixels((33, 47)), axes="YX", compression="lzma")


def test_existing_file_is_kept_unless_told_otherwise(tmp_path):
    path = write_image(tmp_path / "a.tif", pixels((33, 47)), axes="YX")
    before = path.read_bytes()
    with pytest.raises(WriteError, match="overwrite=True"):
        write_image(path, pixels((33, 47)), axes="YX")
    assert path.read_bytes() == before
    write_image(path, pixels((20, 20)), axes="YX", overwrite=True)
    assert tifffile.imread(path).shape == (20, 20)


def test_full_disk_leaves_no_half_written_file(tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tifffile.TiffWriter, "write", full)
    with pytest.raises(WriteError, match="The disk is full"):
        write_image(tmp_path / "a.tif", pixels((33, 47)), axes="YX")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".ome.tif", ".ome.zarr"])
@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.float16, np.bool_])
def test_types_that_ome_does_not_know_keep_their_values(tmp_path, ending, dtype):
    pixels = np.random.default_rng(1).integers(0, 2, (3, 20, 30)).astype(dtype) * dtype(1)
    path = write_image(tmp_path / f"a{ending}", pixels, axes="ZYX")
    np.testing.assert_array_equal(np.asarray(open_stack(path).pixels), pixels)


def test_a_stack_of_64_bits_is_fused_into_a_file(tmp_path):
    from napari_mfif.fusion.api import iter_fuse

    pixels = np.random.default_rng(1).integers(-(2**40), 2**40, (3, 20, 30))
    outputs = {"image": tmp_path / "a.ome.tif"}
    *_, last = iter_fuse(pixels, outputs=outputs, method="laplacian")
    np.testing.assert_array_equal(tifffile.imread(outputs["image"]), last.fusion.image)
