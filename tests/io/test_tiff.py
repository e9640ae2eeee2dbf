"""TIFF in the forms that microscopes write."""

from __future__ import annotations

import struct
import tracemalloc

import numpy as np
import pytest
import tifffile

from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io import open_stack

RNG = np.random.default_rng(1)


def planes(*shape, dtype=np.uint16):
    """Pixels that differ everywhere; signed types get negative values."""
    kind = np.dtype(dtype).kind
    low, high = (-100 if kind in "if" else 0), 120 if np.dtype(dtype).itemsize == 1 else 9000
    return RNG.integers(low, high, shape).astype(dtype)


STACK = planes(5, 61, 83)

FORMS = {
    "plain pages": {"metadata": None},
    "tifffile": {"metadata": {"axes": "ZYX"}},
    "OME": {"ome": True, "metadata": {"axes": "ZYX"}},
    "ImageJ": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "ImageJ without later pages": {
        "imagej": True,
        "truncate": True,
        "metadata": {"axes": "ZYX"},
    },
    "BigTIFF": {"bigtiff": True, "metadata": None},
    "big-endian": {"byteorder": ">", "metadata": None},
    "strips": {"rowsperstrip": 7, "metadata": None},
    "tiles": {"tile": (32, 16), "metadata": None},
    "LZW": {"compression": "lzw", "predictor": True, "metadata": None},
    "deflate tiles": {"compression": "zlib", "tile": (16, 32), "metadata": None},
    "deflate strips": {"compression": "deflate", "rowsperstrip": 10, "metadata": None},
    "OME deflate": {"compression": "zlib", "ome": True, "metadata": {"axes": "ZYX"}},
    "OME pyramid": {
        "compression": "zlib",
        "tile": (32, 32),
        "ome": True,
        "metadata": {"axes": "ZYX"},
    },
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_same_planes(tmp_path, form):
    tifffile.imwrite(tmp_path / "a.tif", STACK, photometric="minisblack", **form)
    stack = open_stack(tmp_path / "a.tif")
    assert (stack.axes, stack.shape, stack.dtype) == ("ZYX", STACK.shape, STACK.dtype)
    assert stack.pixels[4].dtype.isnative
    np.testing.assert_array_equal(stack.plane(3), STACK[3])
    np.testing.assert_array_equal(stack.plane(2, rows=slice(9, 40)), STACK[2, 9:40])
    for columns in (slice(5, 11), slice(3, None), slice(-2, None)):
        part = stack.plane(2, rows=slice(9, 40), columns=columns)
        np.testing.assert_array_equal(part, STACK[2, 9:40, columns])
    np.testing.assert_array_equal(np.asarray(stack.pixels), STACK)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
)
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_every_type_is_kept(tmp_path, dtype, compression):
    pixels = planes(3, 21, 30, dtype=dtype)
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, compression=compression, metadata=None, photometric="minisblack"
    )
    stack = open_stack(tmp_path / "a.tif")
    assert stack.dtype == pixels.dtype
    np.testing.assert_array_equal(np.asarray(stack.pixels), pixels)


def test_one_bit_pages_become_zeros_and_ones(tmp_path):
    pixels = planes(3, 21, 30) > 4000
    tifffile.imwrite(tmp_path / "a.tif", pixels, metadata=None, photometric="minisblack")
    stack = open_stack(tmp_path / "a.tif")
    assert stack.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(stack.pixels), pixels)


def test_jpeg_pages_are_decoded_to_rgb(tmp_path):
    smooth = np.stack([np.full((48, 64, 3), (200, 90, 20 + z), np.uint8) for z in range(3)])
    tifffile.imwrite(
        tmp_path / "a.tif", smooth, photometric="rgb", compression="jpeg", metadata=None
    )
    stack = open_stack(tmp_path / "a.tif")
    assert stack.axes == "ZYXS"
    assert np.abs(stack.plane(2).astype(int) - smooth[2]).max() <= 3


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("extra", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
def test_colour_pages_interleaved_or_planar(tmp_path, planar, extra):
    pixels = planes(4, 33, 47, 3)
    stored = pixels if planar == "contig" else np.moveaxis(pixels, -1, 1)
    tifffile.imwrite(
        tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar, metadata=None, **extra
    )
    stack = open_stack(tmp_path / "a.tif")
    assert stack.axes == "ZYXS"
    np.testing.assert_array_equal(stack.plane(1, rows=slice(5, 30)), pixels[1, 5:30])
    narrow = stack.plane(1, rows=slice(5, 30), columns=slice(7, 12))
    np.testing.assert_array_equal(narrow, pixels[1, 5:30, 7:12])
    np.testing.assert_array_equal(np.asarray(stack.pixels), pixels)


def test_alpha_is_dropped_and_that_is_said(tmp_path):
    pixels = planes(3, 20, 31, 4, dtype=np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unassalpha"], metadata=None
    )
    stack = open_stack(tmp_path / "a.tif")
    assert stack.n_samples == 3
    assert "Alpha was dropped." in stack.notes
    np.testing.assert_array_equal(stack.plane(2), pixels[2, ..., :3])


@pytest.mark.parametrize("order", ["TZCYX", "TCZYX"])
def test_time_channel_and_plane_come_in_canonical_order(tmp_path, order):
    pixels = planes(2, 3, 4, 21, 35)  # T C Z Y X
    stored = pixels if order == "TCZYX" else pixels.swapaxes(1, 2)
    tifffile.imwrite(
        tmp_path / "a.ome.tif", stored, ome=True, photometric="minisblack", metadata={"axes": order}
    )
    stack = open_stack(tmp_path / "a.ome.tif")
    assert (stack.axes, stack.shape) == ("TCZYX", pixels.shape)
    np.testing.assert_array_equal(stack.plane(3, t=1, c=2), pixels[1, 2, 3])


def test_all_six_axes(tmp_path):
    pixels = planes(2, 2, 3, 21, 35, 3, dtype=np.uint8)
    tifffile.imwrite(
        tmp_path / "a.ome.tif", pixels, ome=True, photometric="rgb", metadata={"axes": "TCZYXS"}
    )
    stack = open_stack(tmp_path / "a.ome.tif")
    assert stack.axes == "TCZYXS"
    np.testing.assert_array_equal(np.asarray(stack.pixels), pixels)


def test_imagej_hyperstack_with_sizes(tmp_path):
    pixels = planes(2, 4, 3, 21, 35)
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels,
        imagej=True,
        resolution=(1 / 0.25, 1 / 0.5),
        metadata={"axes": "TZCYX", "spacing": 0.8, "unit": "micron"},
    )
    stack = open_stack(tmp_path / "a.tif")
    assert (stack.axes, stack.shape) == ("TCZYX", (2, 3, 4, 21, 35))
    assert stack.z_step == pytest.approx(0.8)
    assert stack.pixel_size == pytest.approx((0.5, 0.25))
    assert stack.unit == "um"
    np.testing.assert_array_equal(stack.plane(3, t=1, c=2), pixels[1, 3, 2])


def test_old_imagej_that_only_counts_images(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", STACK, metadata=None, description="ImageJ=1.29v\nimages=5\n"
    )
    stack = open_stack(tmp_path / "a.tif")
    assert stack.axes == "ZYX"
    assert any("pages are the planes" in note for note in stack.notes)
    np.testing.assert_array_equal(np.asarray(stack.pixels), STACK)


@pytest.mark.parametrize(
    ("unit", "factor"), [("nm", 1000), ("µm", 1), ("mm", 0.001)], ids=["nm", "um", "mm"]
)
def test_ome_sizes_in_mixed_units_are_brought_to_one(tmp_path, unit, factor):
    metadata = {
        "axes": "ZYX",
        "PhysicalSizeX": 0.2,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.3,
        "PhysicalSizeYUnit": "µm",
        "PhysicalSizeZ": 0.7 * factor,
        "PhysicalSizeZUnit": unit,
    }
    tifffile.imwrite(tmp_path / "a.ome.tif", STACK, ome=True, metadata=metadata)
    stack = open_stack(tmp_path / "a.ome.tif")
    assert stack.pixel_size == pytest.approx((0.3, 0.2))
    assert stack.z_step == pytest.approx(0.7)
    assert stack.unit == "um"


def test_channel_names_come_along(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        planes(2, 3, 21, 35),
        ome=True,
        photometric="minisblack",
        metadata={"axes": "CZYX", "Channel": {"Name": ["DAPI", "α-tubulin"]}},
    )
    assert open_stack(tmp_path / "a.ome.tif").channel_names == ("DAPI", "α-tubulin")


def test_pyramid_is_read_at_full_resolution(tmp_path):
    pixels = planes(3, 128, 192)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        file.write(pixels, subifds=2, tile=(32, 32), metadata={"axes": "ZYX"})
        for step in (2, 4):
            file.write(pixels[:, ::step, ::step], subfiletype=1, tile=(32, 32))
    stack = open_stack(tmp_path / "a.ome.tif")
    assert stack.shape == pixels.shape
    np.testing.assert_array_equal(np.asarray(stack.pixels), pixels)


def test_series_is_chosen_by_number_and_counted_in_the_notes(tmp_path):
    first, second = planes(3, 21, 35), planes(4, 25, 31)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        file.write(first, metadata={"axes": "ZYX", "Name": "left", "PhysicalSizeX": 2.0})
        file.write(second, metadata={"axes": "ZYX", "Name": "right"})
    stack = open_stack(tmp_path / "a.ome.tif")
    assert "holds 2 series" in stack.notes[0]
    np.testing.assert_array_equal(np.asarray(stack.pixels), first)
    other = open_stack(tmp_path / "a.ome.tif", series=1)
    np.testing.assert_array_equal(np.asarray(other.pixels), second)
    with pytest.raises(ReadError, match="no series 2: it holds 2, numbered from 0"):
        open_stack(tmp_path / "a.ome.tif", series=2)


def test_the_first_series_with_planes_is_taken(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        file.write(planes(30, 30), metadata={"axes": "YX", "Name": "label"})
        file.write(STACK, metadata={"axes": "ZYX"})
    assert open_stack(tmp_path / "a.ome.tif").shape == STACK.shape


def _write_in_pieces(folder, n_planes=3):
    """Write an OME-TIFF over several files, each with the whole description."""
    uuid = [f"urn:uuid:0000000{z}-0000-0000-0000-000000000000" for z in range(n_planes)]
    data = "".join(
        f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1">'
        f'<UUID FileName="p{z}.ome.tif">{uuid[z]}</UUID></TiffData>'
        for z in range(n_planes)
    )
    pixels = planes(n_planes, 21, 35)
    for z in range(n_planes):
        xml = (
            '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{uuid[z]}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" '
            f'Type="uint16" SizeX="35" SizeY="21" SizeZ="{n_planes}" SizeC="1" SizeT="1" '
            f'PhysicalSizeZ="0.5">{data}</Pixels></Image></OME>'
        )
        tifffile.imwrite(folder / f"p{z}.ome.tif", pixels[z], metadata=None, description=xml)
    return pixels


def test_pages_written_one_by_one_as_images_are_planes(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for plane in STACK:
            file.write(plane, compression="zlib")
    stack = open_stack(tmp_path / "a.tif")
    assert stack.axes == "ZYX"
    np.testing.assert_array_equal(np.asarray(stack.pixels), STACK)


def test_three_planes_stored_as_planar_colours_can_be_taken_as_planes(tmp_path):
    pixels = planes(3, 21, 35, dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", planarconfig="separate")
    with pytest.raises(ReadError, match='If its colours are planes, say so by `axes="ZYX"`'):
        open_stack(tmp_path / "a.tif")
    stack = open_stack(tmp_path / "a.tif", axes="ZYX")
    np.testing.assert_array_equal(stack.plane(2), pixels[2])


def test_sizes_that_make_no_sense_are_left_out(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif",
        STACK,
        metadata=None,
        description="ImageJ=1.53\nimages=5\nslices=5\nunit=um\nspacing=nan\n",
        resolution=(0, 0),
    )
    stack = open_stack(tmp_path / "a.tif")
    assert (stack.axes, stack.z_step, stack.pixel_size) == ("ZYX", None, None)


def test_ome_tiff_over_several_files_opens_by_any_of_them_and_by_folder(tmp_path):
    pixels = _write_in_pieces(tmp_path)
    for source in (tmp_path / "p1.ome.tif", tmp_path, sorted(tmp_path.iterdir())):
        stack = open_stack(source)
        assert stack.z_step == 0.5
        np.testing.assert_array_equal(np.asarray(stack.pixels), pixels)


def test_missing_piece_of_an_ome_tiff_is_named(tmp_path):
    _write_in_pieces(tmp_path)
    (tmp_path / "p2.ome.tif").unlink()
    with pytest.raises(ReadError, match=r"p2\.ome\.tif is not in its folder"):
        open_stack(tmp_path / "p0.ome.tif")


def test_piece_without_its_companion_is_refused_with_its_name(tmp_path):
    pointer = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:1"/></OME>'
    )
    tifffile.imwrite(tmp_path / "p0.ome.tif", planes(21, 35), metadata=None, description=pointer)
    with pytest.raises(ReadError, match=r"a\.companion\.ome, which is not in .*Put it back"):
        open_stack(tmp_path / "p0.ome.tif")


def test_companion_whose_images_are_gone_says_which(tmp_path):
    (tmp_path / "a.companion.ome").write_text(
        '<?xml version="1.0"?><OME><UUID FileName="gone.ome.tif">u</UUID></OME>'
    )
    with pytest.raises(ReadError, match=r"gone\.ome\.tif cannot be found"):
        open_stack(tmp_path / "a.companion.ome")


@pytest.mark.parametrize(
    ("axes", "shape", "advice"),
    [("TYX", (4, 21, 35), 'axes="ZYX"` to take its 4 timepoints'),
     ("CYX", (3, 21, 35), 'axes="ZYX"` to take its 3 channels'),
     ("TCYX", (4, 3, 21, 35), 'axes="ZCYX"` to take its 4 timepoints as planes or `axes="TZYX"')],
)  # fmt: skip
def test_time_or_channels_without_planes_are_refused_with_advice(tmp_path, axes, shape, advice):
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        planes(*shape),
        ome=True,
        photometric="minisblack",
        metadata={"axes": axes},
    )
    with pytest.raises(AxesError) as caught:
        open_stack(tmp_path / "a.ome.tif")
    assert advice in str(caught.value)


def test_given_axes_go_before_the_file(tmp_path):
    pixels = planes(4, 3, 21, 35)
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        pixels,
        ome=True,
        photometric="minisblack",
        metadata={"axes": "TCYX"},
    )
    stack = open_stack(tmp_path / "a.ome.tif", axes="ZCYX")
    assert stack.axes == "CZYX"
    np.testing.assert_array_equal(stack.plane(3, c=1), pixels[3, 1])
    np.testing.assert_array_equal(
        open_stack(tmp_path / "a.ome.tif", axes="TZYX").plane(1, t=2), pixels[2, 1]
    )
    with pytest.raises(AxesError, match=r"names 3 axes, but .* has 4 longer than 1: TCYX"):
        open_stack(tmp_path / "a.ome.tif", axes="ZYX")


def test_given_axes_may_count_axes_of_length_one(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.ome.tif", STACK[:, None, None], ome=True, metadata={"axes": "TZCYX"}
    )
    stack = open_stack(tmp_path / "a.ome.tif", axes="ZTCYX")
    np.testing.assert_array_equal(np.asarray(stack.pixels), STACK)


def test_rows_that_are_not_in_the_page_are_still_found(tmp_path):
    pixels = planes(3, 20, 31, 3, dtype=np.float32)
    tifffile.imwrite(tmp_path / "a.tif", pixels.reshape(60, 31, 3), photometric="minisblack",
                     metadata=None)  # fmt: skip
    stack = open_stack(tmp_path / "a.tif", axes="YXZ")
    np.testing.assert_array_equal(stack.plane(1), pixels.reshape(60, 31, 3)[..., 1])


def test_unnamed_axes_that_leave_a_choice_are_refused_with_advice(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", planes(4, 3, 21, 35), photometric="minisblack")
    with pytest.raises(AxesError, match='Say so by `axes="TZYX"` or `axes="CZYX"`'):
        open_stack(tmp_path / "a.tif")
    assert open_stack(tmp_path / "a.tif", axes="CZYX").shape == (4, 3, 21, 35)


def test_single_page_is_refused_as_one_plane(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", planes(21, 35, 3, dtype=np.uint8), photometric="rgb")
    with pytest.raises(ReadError, match=r"one plane only \(35 x 21 pixels\).*at least two planes"):
        open_stack(tmp_path / "a.tif")


def test_pages_of_different_size_are_both_described(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for z in range(4):
            file.write(planes(21, 35 if z != 2 else 34), metadata=None, contiguous=False)
    with pytest.raises(ReadError, match=r"page 1 is 35 x 21 uint16, page 3 is 34 x 21 uint16"):
        open_stack(tmp_path / "a.tif")


def test_pages_of_mixed_types_are_both_described(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for dtype in ("uint16", "uint16", "uint8"):
            file.write(planes(21, 35, dtype=dtype), metadata=None, contiguous=False)
    with pytest.raises(ReadError, match=r"page 1 is 35 x 21 uint16, page 3 is 35 x 21 uint8"):
        open_stack(tmp_path / "a.tif")


def test_complex_pixels_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((5, 21, 35), np.complex64), metadata=None)
    with pytest.raises(ReadError, match=r"complex64.*Convert"):
        open_stack(tmp_path / "a.tif")


@pytest.mark.parametrize("form", ["tifffile", "OME", "ImageJ", "plain pages", "LZW", "tiles"])
@pytest.mark.parametrize("share", [0.3, 0.55, 0.8])
def test_truncated_tiff_error_names_the_page(tmp_path, form, share, capfd):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, photometric="minisblack", **FORMS[form])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ReadError, match=r"truncated.* page \d.*Copy it again"):
        open_stack(path)
    assert capfd.readouterr() == ("", "")


def test_no_truncation_gives_wrong_pixels(tmp_path):
    path = tmp_path / "a.tif"
    for form in ("plain pages", "OME deflate", "strips"):
        tifffile.imwrite(path, STACK, photometric="minisblack", **FORMS[form])
        data = path.read_bytes()
        for length in np.linspace(1, len(data) - 1, 19).astype(int):
            path.write_bytes(data[:length])
            try:
                pixels = np.asarray(open_stack(path).pixels)
            except ReadError:
                continue
            np.testing.assert_array_equal(pixels, STACK)


def test_damaged_strip_is_reported_with_its_page_when_it_is_read(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as file:
        offset = file.pages[3].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + 60] = bytes(60)
    path.write_bytes(data)
    stack = open_stack(path)
    np.testing.assert_array_equal(stack.plane(2), STACK[2])
    with pytest.raises(ReadError, match=r"a\.tif is damaged: page 4 cannot be decoded"):
        stack.plane(3)


def test_file_cut_after_opening_names_the_page(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, metadata=None)
    stack = open_stack(path)
    path.write_bytes(path.read_bytes()[: STACK.nbytes // 2])
    with pytest.raises(ReadError, match="truncated: it ends in page 5"):
        stack.plane(4)
    path.unlink()
    with pytest.raises(ReadError, match="There is no file"):
        stack.plane(0)


def test_sparse_pages_are_zero(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, tile=(32, 32), compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as file:
        tag = file.pages[1].tags["TileByteCounts"]
        where, order = tag.valueoffset, file.byteorder
        code = {"H": "H", "I": "I"}[{3: "H", 4: "I"}[int(tag.dtype)]]
    data = bytearray(path.read_bytes())
    struct.pack_into(order + code, data, where, 0)
    path.write_bytes(data)
    plane = open_stack(path).plane(1)
    assert not plane[:32, :32].any()
    np.testing.assert_array_equal(plane[32:], STACK[1, 32:])


def test_opening_20_gigabytes_reads_no_pixel(tmp_path):
    path = tmp_path / "big.tif"
    shape = (2400, 2048, 2048)
    tifffile.memmap(path, shape=shape, dtype="uint16", bigtiff=True, metadata={"axes": "ZYX"})
    if path.stat().st_blocks * 512 > 2**30:
        pytest.skip("needs a file system with sparse files")
    tracemalloc.start()
    stack = open_stack(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stack.shape == shape
    assert stack.nbytes > 20e9
    assert peak < 8e6
    assert not stack.plane(2399, rows=slice(100, 120)).any()
