"""What one can point at: paths with wildcards, named axes, lists of planes, what cannot be read."""

from __future__ import annotations

from types import SimpleNamespace

import imagecodecs
import numpy as np
import pytest
import tifffile

from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io import open_stack, write_image
from napari_mfif.io.collection import search
from napari_mfif.io.series import list_series

PIXELS = np.random.default_rng(8).integers(0, 9000, (6, 16, 24), dtype=np.uint16)


def planes_in(folder):
    for z, plane in enumerate(PIXELS):
        tifffile.imwrite(folder / f"z{z}.tif", plane)
    return folder


def test_wildcards_and_home_are_understood(tmp_path, monkeypatch):
    """The shell of Windows leaves them to programs."""
    planes_in(tmp_path)
    (tmp_path / "notes.txt").write_text("a")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for source in (str(tmp_path / "*.tif"), [str(tmp_path / "z[0-5].tif")], "~/z?.tif"):
        np.testing.assert_array_equal(np.asarray(open_stack(source).pixels), PIXELS)
        assert [one.lengths for one in list_series(source)] == [(6, 16, 24)]
    with pytest.raises(ReadError, match=r"There is no file .*\*\.png"):
        open_stack(str(tmp_path / "*.png"))


def labelled(array, dims, **coords):
    """Return what an array of xarray looks like."""
    return SimpleNamespace(
        data=array, dims=dims, coords=coords, dtype=array.dtype, shape=array.shape, name="a"
    )


def test_named_axes_are_taken_by_their_names():
    stack = open_stack(labelled(PIXELS, ("z", "x", "y")))
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS.swapaxes(1, 2))
    pair = np.stack([PIXELS, PIXELS + 1])[None]
    stack = open_stack(labelled(pair, ("T", "C", "Z", "Y", "X"), C=np.array(["a", "b"])))
    assert (stack.axes, stack.channel_names) == ("CZYX", ("a", "b"))
    with pytest.raises(AxesError, match="6 timepoints"):
        open_stack(labelled(PIXELS, ("time", "y", "x")))
    assert open_stack(labelled(PIXELS, ("dim_0", "dim_1", "dim_2"))).axes == "ZYX"


def test_real_labelled_arrays_are_recognised():
    xarray = pytest.importorskip("xarray")
    stack = open_stack(xarray.DataArray(PIXELS[None], dims=("t", "z", "y", "x")))
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS)


def test_lists_of_planes_are_stacks_unless_they_differ():
    np.testing.assert_array_equal(np.asarray(open_stack(list(PIXELS)).pixels), PIXELS)
    np.testing.assert_array_equal(np.asarray(open_stack(iter(PIXELS)).pixels), PIXELS)
    with pytest.raises(ReadError, match="of one shape"):
        open_stack([PIXELS[0], PIXELS[1][:, :5]])


def test_arrays_of_other_libraries_are_turned():
    torch = pytest.importorskip("torch")
    stack = open_stack(torch.tensor(PIXELS.astype(np.int32)))
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS)


def test_empty_files_are_left_out_by_name_and_the_gap_is_told(tmp_path):
    planes_in(tmp_path)
    (tmp_path / "z3.tif").write_bytes(b"")
    stack = open_stack(tmp_path)
    assert stack.n_planes == 5
    assert any("z3.tif" in note and "empty" in note for note in stack.notes)
    assert any("Plane 3 is missing" in note for note in stack.notes)
    assert [(path.name, "empty" in why) for path, why in search(tmp_path).left] == [
        ("z3.tif", True)
    ]


@pytest.mark.parametrize("colours", [1, 3])
def test_alpha_of_pictures_says_what_is_missing(tmp_path, colours):
    rng = np.random.default_rng(9)
    for z in range(4):
        plane = rng.integers(1, 255, (16, 24, colours + 1), dtype=np.uint8)
        plane[..., -1] = 255
        plane[:z] = 0
        (tmp_path / f"z{z}.png").write_bytes(imagecodecs.png_encode(plane))
    stack = open_stack(tmp_path)
    assert stack.axes == ("ZYX" if colours == 1 else "ZYXS")
    masked = stack.masked(3, rows=slice(None), columns=slice(None))
    np.testing.assert_array_equal(masked, np.arange(16)[:, None] < 3 + np.zeros(24))


def test_pictures_of_which_only_some_have_alpha_are_alike(tmp_path):
    for z in range(4):
        plane = np.full((16, 24, 3 + z % 2), 200, np.uint8)
        (tmp_path / f"z{z}.png").write_bytes(imagecodecs.png_encode(plane))
    assert open_stack(tmp_path).shape == (4, 16, 24, 3)


def test_what_a_folder_holds_instead_is_named(tmp_path):
    for z in range(3):
        (tmp_path / f"z{z}.bmp").write_bytes(b"BM")
    with pytest.raises(ReadError, match=r"no TIFF, PNG or JPEG file, but 3 \.bmp"):
        open_stack(tmp_path)


def test_a_folder_for_each_plane_is_asked_about_with_the_pattern_that_fits(tmp_path):
    for z, plane in enumerate(PIXELS):
        (tmp_path / f"z{z:02d}").mkdir()
        tifffile.imwrite(tmp_path / f"z{z:02d}" / "img.tif", plane)
    with pytest.raises(ReadError, match=r'pattern="z\{z\}/img.tif"'):
        open_stack(tmp_path)
    stack = open_stack(tmp_path, pattern="z{z}/img.tif")
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS)


def test_of_several_zarr_in_a_folder_one_is_chosen(tmp_path):
    for name in ("a2", "a10"):
        write_image(tmp_path / f"{name}.ome.zarr", PIXELS, axes="ZYX")
    (tmp_path / "notes.txt").write_text("a")
    with pytest.raises(ReadError, match=r"holds 2 z-stacks.*series=\"a2\""):
        open_stack(tmp_path)
    assert open_stack(tmp_path, series="a10").name == "a10"
    assert [(one.name, one.axes, one.lengths) for one in list_series(tmp_path)] == [
        ("a2", "ZYX", (6, 16, 24)), ("a10", "ZYX", (6, 16, 24)),
    ]  # fmt: skip
