"""Folders and lists of planes, and files that are no z-stack."""

from __future__ import annotations

import os
import sys

import imagecodecs
import numpy as np
import pytest
import tifffile

from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io import open_stack

RNG = np.random.default_rng(3)


def write(path, pixels):
    """Write a plane in the form that the file's ending says."""
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(pixels))
    elif path.suffix == ".jpg":
        path.write_bytes(imagecodecs.jpeg8_encode(pixels, level=99))
    else:
        tifffile.imwrite(path, pixels, metadata=None)


@pytest.fixture
def stacked(tmp_path):
    """Twelve planes of 16 bits whose names sort wrongly as text."""
    pixels = RNG.integers(0, 65535, (12, 21, 35)).astype(np.uint16)
    for z, plane in enumerate(pixels):
        write(tmp_path / f"plane{z}.png", plane)
    return pixels


def test_folder_is_read_in_natural_order(tmp_path, stacked):
    stack = open_stack(tmp_path)
    assert (stack.axes, stack.shape, stack.dtype) == ("ZYX", (12, 21, 35), np.uint16)
    assert stack.name == tmp_path.name
    np.testing.assert_array_equal(np.asarray(stack.pixels), stacked)
    np.testing.assert_array_equal(stack.plane(10, rows=slice(3, 9)), stacked[10, 3:9])


def test_list_is_put_into_natural_order_and_a_shuffled_one_says_so(tmp_path, stacked):
    as_text = sorted(map(str, tmp_path.iterdir()))
    stack = open_stack(as_text)
    np.testing.assert_array_equal(np.asarray(stack.pixels), stacked)
    assert stack.notes == ()
    shuffled = open_stack(iter(as_text[::-1]))
    np.testing.assert_array_equal(np.asarray(shuffled.pixels), stacked)
    assert "natural order" in shuffled.notes[0]


@pytest.mark.parametrize("ending", [".tif", ".png", ".jpg"])
@pytest.mark.parametrize("colour", [False, True])
def test_every_kind_of_picture(tmp_path, ending, colour):
    shape = (24, 40, 3) if colour else (24, 40)
    smooth = [np.full(shape, (200, 60, 30 + z) if colour else 100 + z, np.uint8) for z in range(3)]
    for z, plane in enumerate(smooth):
        write(tmp_path / f"{z}{ending}", plane)
    stack = open_stack(tmp_path)
    assert stack.axes == ("ZYXS" if colour else "ZYX")
    assert np.abs(np.asarray(stack.pixels).astype(int) - np.stack(smooth)).max() <= 2


@pytest.mark.parametrize("samples", [2, 4])
def test_alpha_of_png_is_dropped_and_that_is_said(tmp_path, samples):
    pixels = RNG.integers(0, 255, (2, 21, 35, samples)).astype(np.uint8)
    for z in range(2):
        write(tmp_path / f"{z}.png", pixels[z])
    stack = open_stack(tmp_path)
    kept = pixels[..., :3] if samples == 4 else pixels[..., 0]
    np.testing.assert_array_equal(np.asarray(stack.pixels), kept)
    assert stack.notes == ("Alpha was dropped.",)


def test_alpha_of_single_tiffs_is_dropped_and_that_is_said(tmp_path):
    pixels = RNG.integers(0, 255, (2, 21, 35, 4)).astype(np.uint8)
    for z in range(2):
        tifffile.imwrite(tmp_path / f"{z}.tif", pixels[z], photometric="rgb", metadata=None,
                         extrasamples=["unassalpha"])  # fmt: skip
    stack = open_stack(tmp_path)
    np.testing.assert_array_equal(np.asarray(stack.pixels), pixels[..., :3])
    assert stack.notes == ("Alpha was dropped.",)


def _exif(orientation):
    entry = b"\x01\x12\x00\x03" + (1).to_bytes(4, "big") + orientation.to_bytes(2, "big") + b"\0\0"
    tiff = b"MM\0*" + (8).to_bytes(4, "big") + b"\0\1" + entry + bytes(4)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def test_turned_photographs_are_taken_as_stored_and_that_is_said(tmp_path):
    data = imagecodecs.jpeg8_encode(np.zeros((24, 40, 3), np.uint8))
    for z in range(2):
        (tmp_path / f"{z}.jpg").write_bytes(data[:2] + _exif(6) + data[2:])
    stack = open_stack(tmp_path)
    assert stack.plane_shape == (24, 40)
    assert "EXIF" in stack.notes[0]


def test_jpeg_with_a_long_header_is_told_whole_from_truncated(tmp_path):
    data = imagecodecs.jpeg8_encode(RNG.integers(0, 255, (300, 400)).astype(np.uint8), level=99)
    thumbnail = b"\xff\xe2" + (60000).to_bytes(2, "big") + bytes(59990) + b"\xff\xd9" + bytes(6)
    long = data[:2] + 2 * thumbnail + data[2:]
    for name, content in {"0": long, "1": long + bytes(70000)}.items():
        (tmp_path / f"{name}.jpg").write_bytes(content)
    assert open_stack(tmp_path).shape == (2, 300, 400)
    (tmp_path / "1.jpg").write_bytes(long[:-100])
    with pytest.raises(ReadError, match=r"1\.jpg is truncated"):
        open_stack(tmp_path)


def test_single_picture_beside_the_planes_is_left_out_and_that_is_said(tmp_path, stacked):
    write(tmp_path / "reference.png", stacked[0])
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".DS_Store").write_text("x")
    stack = open_stack(tmp_path)
    assert stack.n_planes == 12
    assert "reference.png" in stack.notes[0]


def test_two_photographs_with_any_names(tmp_path):
    for name in ("near.png", "far.png"):
        write(tmp_path / name, np.zeros((21, 35), np.uint8))
    assert open_stack(tmp_path).n_planes == 2


def test_several_series_of_names_are_refused_and_named(tmp_path):
    for name in ("left", "right"):
        for z in range(2):
            write(tmp_path / f"{name}_{z}.png", np.zeros((21, 35), np.uint8))
    with pytest.raises(ReadError, match=r"2 z-stacks.*left \(2\), right \(2\)"):
        open_stack(tmp_path)
    assert open_stack(sorted(tmp_path.glob("left*"))).n_planes == 2


def test_times_channels_and_planes_in_names_become_axes(tmp_path):
    pixels = RNG.integers(0, 255, (2, 3, 11, 9, 14)).astype(np.uint8)
    for t, c, z in np.ndindex(2, 3, 11):
        write(tmp_path / f"img_channel{c:03}_position000_time{t:05}_z{z}.tif", pixels[t, c, z])
    stack = open_stack(tmp_path)
    assert stack.axes == "TCZYX"
    np.testing.assert_array_equal(np.asarray(stack.pixels), pixels)
    (tmp_path / "img_channel001_position000_time00001_z7.tif").unlink()
    with pytest.raises(ReadError, match="66 files, but there are 65"):
        open_stack(tmp_path)


def test_several_positions_are_refused(tmp_path):
    for p, z in np.ndindex(2, 3):
        write(tmp_path / f"pos{p}_z{z}.png", np.zeros((9, 14), np.uint8))
    with pytest.raises(ReadError, match=r"2 z-stacks.*pos0 \(3\), pos1 \(3\).*series=.pos0."):
        open_stack(tmp_path)
    for chosen in (1, "1", "pos1", "POS1"):
        assert open_stack(tmp_path, series=chosen).name == "pos1"


def test_numbers_that_only_count_along_stay_planes(tmp_path):
    for z in range(3):
        write(tmp_path / f"2024-05-01_{100 + 7 * z}_{z}.png", np.full((9, 14), z, np.uint8))
    stack = open_stack(tmp_path)
    assert stack.axes == "ZYX"
    assert [stack.plane(z).max() for z in range(3)] == [0, 1, 2]


def test_folder_with_one_tiff_opens_it(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 21, 35), np.uint16), metadata=None)
    assert open_stack(tmp_path).n_planes == 5


def test_tiffs_of_many_pages_in_a_list_are_stacks_to_choose_from(tmp_path):
    for z in range(2):
        tifffile.imwrite(tmp_path / f"{z}.tif", np.zeros((5, 21, 35), np.uint16), metadata=None)
    with pytest.raises(ReadError, match=r"holds 2 z-stacks.*series="):
        open_stack(tmp_path)
    assert open_stack(sorted(tmp_path.iterdir()), series=1).n_planes == 5


def test_planes_of_different_size_are_both_named_with_their_sizes(tmp_path, stacked):
    write(tmp_path / "plane7.png", stacked[7, :, :-1])
    with pytest.raises(ReadError, match=r"plane0\.png is 35 x 21 uint16, .*plane7\.png is 34 x 21"):
        open_stack(tmp_path)


def test_planes_of_mixed_types_or_colours_are_refused(tmp_path, stacked):
    write(tmp_path / "plane7.png", stacked[7].astype(np.uint8))
    with pytest.raises(ReadError, match=r"plane7\.png is 35 x 21 uint8"):
        open_stack(tmp_path)
    write(tmp_path / "plane7.png", np.zeros((21, 35, 3), np.uint16))
    with pytest.raises(ReadError, match=r"plane7\.png is 35 x 21 uint16 colour"):
        open_stack(tmp_path)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif"])
def test_truncated_plane_is_found_on_opening(tmp_path, ending, capfd):
    for z in range(3):
        write(tmp_path / f"{z}{ending}", RNG.integers(0, 255, (48, 64)).astype(np.uint8))
    path = tmp_path / f"2{ending}"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ReadError, match=rf"2\{ending} is truncated"):
        open_stack(tmp_path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_damaged_picture_is_named_when_it_is_read(tmp_path, ending, capfd):
    for z in range(2):
        write(tmp_path / f"{z}{ending}", RNG.integers(0, 255, (48, 64)).astype(np.uint8))
    path = tmp_path / f"1{ending}"
    data = bytearray(path.read_bytes())
    if ending == ".png":
        data[60:90] = bytes(30)
    else:
        data[20:60] = bytes(40)
    path.write_bytes(data)
    with pytest.raises(ReadError, match=rf"1\{ending} is truncated or damaged"):
        open_stack(tmp_path).plane(1)
    assert capfd.readouterr() == ("", "")


def test_empty_folder_and_folder_of_folders(tmp_path):
    with pytest.raises(ReadError, match="no TIFF, PNG or JPEG file"):
        open_stack(tmp_path)
    (tmp_path / "field_1").mkdir()
    with pytest.raises(ReadError, match=r"1 folders: field_1\. Open one of them"):
        open_stack(tmp_path)


def test_list_of_none_or_one(tmp_path, stacked):
    with pytest.raises(ReadError, match="at least two planes"):
        open_stack([])
    with pytest.raises(ReadError, match="single picture"):
        open_stack([tmp_path / "plane1.png"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"is empty\. Copy it again"),
        (b"hello, world", "no TIFF, PNG, JPEG or Zarr"),
        (b"ZISRAWFILE\0\0\0", "CZI"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"II*\0", "is damaged"),
        (b"II*\0\x08\0\0\0", "truncated or"),
    ],
)
def test_other_files_are_refused_by_what_they_are(tmp_path, content, words):
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(ReadError, match=words):
        open_stack(tmp_path / "a.tif")


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(ReadError, match=r"There is no file .*gone\.tif"):
        open_stack(tmp_path / "gone.tif")


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", lambda: 1)() == 0,
    reason="permissions do not bind this user",
)
def test_file_without_permission(tmp_path, stacked):
    (tmp_path / "plane1.png").chmod(0)
    with pytest.raises(ReadError, match="permission denied"):
        open_stack(tmp_path)


def test_permission_error_is_said_in_words(tmp_path, monkeypatch):
    from napari_mfif.io import content

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(content, "open", refuse, raising=False)
    with pytest.raises(ReadError, match=r"a\.tif may not be read: permission denied"):
        open_stack(tmp_path / "a.tif")


def test_arrays_and_stacks_are_taken_as_they_are():
    pixels = np.zeros((5, 21, 35), np.uint16)
    stack = open_stack(pixels, name="a")
    assert (stack.axes, stack.name) == ("ZYX", "a")
    assert open_stack(stack) is stack


def test_fuse_takes_what_opening_asks_for(tmp_path):
    from napari_mfif import fuse

    for sample in (1, 2):
        for z in range(3):
            write(tmp_path / f"bead{sample}_{z}.png", RNG.integers(0, 255, (40, 50), np.uint8))
    with pytest.raises(ReadError, match="pattern="):
        fuse(tmp_path, method="gradient")
    fused = fuse(tmp_path, method="gradient", pattern="{bead}_{z}.png", series="bead2")
    assert fused.stack.name == "bead2"
    with pytest.raises(ParameterError, match="open already"):
        fuse(fused.stack, pattern="{z}.png")


def test_series_names_are_what_series_takes(tmp_path):
    from napari_mfif.io.series import list_series

    def names(*given):
        return [one.name for one in list_series(*given)]

    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        for name in ("left", "right"):
            file.write(np.zeros((3, 9, 14), np.uint8), metadata={"axes": "ZYX", "Name": name})
    assert names(tmp_path / "a.ome.tif") == ["left", "right"]
    assert names(tmp_path) == ["left", "right"]
    assert open_stack(tmp_path, series="right").n_planes == 3
    for well in ("A01", "B02"):
        for z in range(3):
            write(tmp_path / "plate" / f"{well}_z{z}.png", np.zeros((9, 14), np.uint8))
    assert names(tmp_path / "plate") == ["A01", "B02"]
    assert names(sorted((tmp_path / "plate").iterdir()), "{well}_z{z}") == ["A01", "B02"]
    assert {(one.axes, one.lengths) for one in list_series(tmp_path / "plate")} == {
        ("ZYX", (3, 9, 14))
    }
