"""Sizes come along from every program's files, and somebody can give or correct them."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tifffile
from recordings import ome_tiff

from napari_mfif import fuse
from napari_mfif.cli import main
from napari_mfif.errors import AxesError, ParameterError
from napari_mfif.io import open_stack
from napari_mfif.io.sizes import Sizes, at_positions, plain_unit

PLANES = np.random.default_rng(2).integers(0, 9000, (6, 16, 24), dtype=np.uint16)


def stk(path, steps, calibration=0.1):
    """Write a MetaMorph stack after its public description."""
    n, height, width = PLANES.shape
    out = io.BytesIO()
    out.write(b"II*\0" + bytes(4) + PLANES.astype("<u2").tobytes())
    second = out.tell()
    for step in steps:
        out.write(struct.pack("<6I", round(step * 1000), 1000, 2450000, 0, 2450000, 0))
    scale = out.tell()
    out.write(struct.pack("<2I", round(calibration * 1000), 1000))
    unit = out.tell()
    out.write(struct.pack("<I", 2) + b"um")
    first = out.tell()
    for pair in ((3, 1), (4, scale), (5, scale), (6, unit)):
        out.write(struct.pack("<2I", *pair))
    directory = out.tell()
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, height * width * 2),
        (33628, 4, 4, first), (33629, 5, n, second),
    ]  # fmt: skip
    out.write(struct.pack("<H", len(entries)))
    for tag, kind, count, value in entries:
        value = struct.pack("<HH", value, 0) if kind == 3 else struct.pack("<I", value)
        out.write(struct.pack("<HHI", tag, kind, count) + value)
    out.write(bytes(4))
    out.seek(4)
    out.write(struct.pack("<I", directory))
    path.write_bytes(out.getvalue())
    return path


def test_metamorph_distances_and_calibration(tmp_path):
    stack = open_stack(stk(tmp_path / "a.stk", [0.5] * 6))
    assert (stack.z_step, stack.pixel_size, stack.unit) == (0.5, (0.1, 0.1), "um")


def positioned(path, positions, unit="PositionZUnit='µm'"):
    planes = "".join(
        f"<Plane TheZ='{z}' TheC='0' TheT='0' PositionZ='{value}' {unit}/>"
        for z, value in enumerate(positions)
    )
    sizes = {"SizeZ": 6, "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1}
    return ome_tiff(path, PLANES, f"<TiffData/>{planes}", **sizes)


@pytest.mark.parametrize("unit", ["PositionZUnit='µm'", "", "PositionZUnit='reference frame'"])
def test_the_step_comes_from_where_planes_lie(tmp_path, unit):
    stack = open_stack(positioned(tmp_path / "a.ome.tif", [9 - 0.7 * z for z in range(6)], unit))
    assert stack.z_step == pytest.approx(0.7)
    assert (stack.z_positions, stack.unit) == (None, "um")


def test_heights_follow_unequal_steps(tmp_path):
    positions = [0, 1, 2, 4, 8, 16]
    stack = open_stack(positioned(tmp_path / "a.ome.tif", positions))
    assert stack.z_positions == pytest.approx(positions)
    assert "unequal steps, 1 to 8 um" in stack.notes[-1]
    fusion = fuse(stack, decision=np.full((16, 24), 4, np.uint8))
    np.testing.assert_allclose(fusion.height, 8)
    assert fusion.unit == "um"
    np.testing.assert_allclose(stack.heights(np.float32([0, 3.5, 5])), [0, 6, 16])


def test_positions_in_another_unit_are_brought_to_that_of_the_pixels():
    found = at_positions(Sizes(None, (0.1, 0.1), "um"), [0, 500, 1000], "nm")
    assert found.z_step == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("resolution", "unit", "size"),
    [(50000, "CENTIMETER", 0.2), (72, "INCH", None), (300, "INCH", None), (254000, "INCH", 0.1)],
)
def test_resolution_tags_are_taken_where_they_are_a_microscopes(tmp_path, resolution, unit, size):
    tifffile.imwrite(
        tmp_path / "a.tif",
        PLANES,
        metadata=None,
        photometric="minisblack",
        resolution=(resolution, resolution),
        resolutionunit=unit,
    )
    stack = open_stack(tmp_path / "a.tif")
    assert stack.pixel_size == (None if size is None else pytest.approx((size, size)))
    assert ("resolution tags" in "".join(stack.notes)) is (size is not None)


def test_pixel_size_of_a_slide_scanner(tmp_path):
    text = "Aperio Image Library v11\n24x16 |AppMag = 20|MPP = 0.2527"
    for page in PLANES:
        tifffile.imwrite(
            tmp_path / "a.tif", page, append=True, metadata=None, description=text, tile=(16, 16)
        )
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_svs
        from napari_mfif.io.tiff_sizes import facts_of

        sizes, _ = facts_of(file, file.pages.first, None)
    assert sizes.pixel_size == (0.2527, 0.2527)


@pytest.mark.parametrize(
    ("spacing", "unit", "expected"),
    [
        (0.5, None, (0.5, (0.1, 0.2), "um")),
        ("0.5", "nm", (0.5, (100, 200), "nm")),
        ((2, 3, 4), "mm", (2, (3, 4), "mm")),
        ("2, 3,4", None, (2, (3, 4), "um")),
        (None, "nm", (None, (0.1, 0.2), "nm")),
    ],
)
def test_sizes_are_given_or_corrected(tmp_path, spacing, unit, expected):
    sizes = {"PhysicalSizeY": 0.1, "PhysicalSizeX": 0.2}
    path = ome_tiff(tmp_path / "a.ome.tif", PLANES, "<TiffData/>", SizeZ=6, **sizes)
    stack = open_stack(path, spacing=spacing, unit=unit)
    step, pixel, name = expected
    assert (stack.z_step, stack.unit) == (step, name)
    assert stack.pixel_size == pytest.approx(pixel)


def test_a_unit_that_nobody_says_is_said():
    stack = open_stack(PLANES, spacing=0.5)
    assert (stack.z_step, stack.pixel_size, stack.unit) == (0.5, None, "um")
    assert "taken as um" in stack.notes[-1]


@pytest.mark.parametrize("wrong", ["a", "1,2", (1, 2, 3, 4), 0, -1, float("nan"), "", None])
def test_what_is_no_spacing_is_refused(wrong):
    if wrong is None:
        with pytest.raises(ParameterError, match="no unit of length"):
            open_stack(PLANES, unit="apples")
    else:
        with pytest.raises(ParameterError, match=r"`spacing=.* is not possible"):
            open_stack(PLANES, spacing=wrong)


def test_the_command_line_takes_spacing(tmp_path, capsys):
    tifffile.imwrite(tmp_path / "a.tif", PLANES, metadata=None, photometric="minisblack")
    given = ["--spacing", "0.5,0.1,0.1", "--unit", "micron"]
    assert main(["info", str(tmp_path / "a.tif"), *given]) == 0
    assert "0.5 um steps" in capsys.readouterr().out
    out = str(tmp_path / "out")
    (tmp_path / "in").mkdir()
    (tmp_path / "a.tif").rename(tmp_path / "in/a.tif")
    assert main(["batch", str(tmp_path / "in"), "-o", out, "--quiet", *given]) == 0
    with tifffile.TiffFile(tmp_path / "out/a.ome.tif") as file:
        assert 'PhysicalSizeX="0.1"' in file.ome_metadata


@pytest.mark.parametrize("shape", [(3, 2), "3,2", (3, 2, 16, 24)])
def test_pages_that_alternate_are_named(tmp_path, shape):
    tifffile.imwrite(tmp_path / "a.tif", PLANES, metadata=None, photometric="minisblack")
    for source in (tmp_path / "a.tif", PLANES):
        stack = open_stack(source, axes="ZCYX", shape=shape)
        assert (stack.axes, stack.shape) == ("CZYX", (2, 3, 16, 24))
        np.testing.assert_array_equal(stack.plane(2, c=1), PLANES[5])
    with pytest.raises(AxesError, match=r"sizes of the axes ZCYX are not known.*`shape="):
        open_stack(tmp_path / "a.tif", axes="ZCYX")
    with pytest.raises(AxesError, match="does not divide the 6 pages"):
        open_stack(tmp_path / "a.tif", axes="ZCYX", shape=(4, 2))
    with pytest.raises(AxesError, match="name them too"):
        open_stack(tmp_path / "a.tif", shape=(3, 2))


@pytest.mark.parametrize("word", ["Micrometre", "microns", "[um]", "um\0", "µm", "Âµm"])
def test_odd_spellings_of_a_unit(word):
    assert plain_unit(word) == "um"
