"""Sizes where each program puts them: tags of Olympus, FEI, Zeiss and others, written by hand."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import tifffile

from napari_mfif.io import open_stack

PLANES = np.random.default_rng(3).integers(0, 9000, (3, 16, 24), dtype=np.uint16)


def written(path, *, first=(), software=None, description=None, every=()):
    """Write pages, of which the first has more tags."""
    with tifffile.TiffWriter(path) as file:
        for z, plane in enumerate(PLANES):
            file.write(
                plane, photometric="minisblack", metadata=None, contiguous=False,
                software=software if z == 0 else False, description=description if z == 0 else None,
                extratags=[*every, *(first if z == 0 else ())],
            )  # fmt: skip
    return path


def test_fluoview_of_olympus(tmp_path):
    header = np.zeros(1, np.dtype(tifffile.TIFF.MM_HEADER))
    lengths = [(b"X", 24, 0.1), (b"Y", 16, 0.2), (b"Z", 3, 0.7)]
    for place, (name, size, step) in enumerate(lengths):
        header["Dimensions"][0, place] = (name, size, 0.0, step, b"um")
    path = written(
        tmp_path / "a.tif",
        first=[(34361, 1, header.nbytes, header.tobytes(), True)],
        every=[(34362, 12, 8, (0.0,) * 8, True)],
    )
    stack = open_stack(path)
    assert (stack.axes, stack.z_step, stack.unit) == ("ZYX", 0.7, "um")
    assert stack.pixel_size == (0.2, 0.1)


def test_sis_of_olympus(tmp_path):
    """The tag points to a place in the file; lengths are in metres times a power of ten."""
    path = written(tmp_path / "a.tif", first=[(33560, 4, 1, 0, True)])
    data = bytearray(path.read_bytes())
    place = len(data)
    data += struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 0, 0, 1, 0, 100, b"a", 1)
    data += struct.pack("<hhI", 1, 1, place + 68)
    data += struct.pack("<10xhdd8xd2x34s32s", -6, 0.25, 0.5, 40.0, b"camera", b"type")
    tag = struct.pack("<HHI", 33560, 4, 1)
    offset = data.index(tag) + len(tag)
    data[offset : offset + 4] = struct.pack("<I", place)
    path.write_bytes(data)
    stack = open_stack(path)
    assert stack.pixel_size == pytest.approx((0.5, 0.25))
    assert stack.unit == "um"


@pytest.mark.parametrize("code", [34680, 34682])
def test_fei(tmp_path, code):
    text = b"[User]\r\nDate=1\r\n[Scan]\r\nPixelWidth=2.5e-009\r\nPixelHeight=5e-009\r\n\0"
    stack = open_stack(written(tmp_path / "a.tif", first=[(code, 2, len(text), text, True)]))
    assert stack.pixel_size == pytest.approx((0.005, 0.0025))
    assert stack.unit == "um"


@pytest.mark.parametrize(("unit", "size"), [("nm", 12.5), ("\xb5m", 12.5), ("pm", 12.5)])
def test_sem_of_zeiss(tmp_path, unit, size):
    line = f"0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = {size} {unit}\r\n"
    text = line.encode("latin-1") + b"\0"
    stack = open_stack(written(tmp_path / "a.tif", first=[(34118, 2, len(text), text, True)]))
    assert stack.pixel_size == (size, size)
    assert stack.unit == ("um" if unit == "\xb5m" else unit)


def metaseries(**known):
    """Write a description of MetaMorph and MetaXpress."""
    props = "".join(
        f'<prop id="{name.replace("_", "-")}" type="{kind}" value="{value}"/>'
        for name, (kind, value) in known.items()
    )
    return f"<MetaData><PlaneInfo>{props}</PlaneInfo></MetaData>"


@pytest.mark.parametrize("state", ["on", "off"])
def test_metaseries_of_metamorph(tmp_path, state):
    text = metaseries(
        spatial_calibration_state=("bool", state), spatial_calibration_x=("float", 0.65),
        spatial_calibration_y=("float", 0.65), spatial_calibration_units=("string", "um"),
    )  # fmt: skip
    path = written(tmp_path / "a.tif", software="MetaSeries", description=text)
    assert open_stack(path).pixel_size == ((0.65, 0.65) if state == "on" else None)


@pytest.mark.parametrize(
    ("software", "description"),
    [
        ("SI.VERSION_MAJOR = '5'\nSI.hStackManager.stackZStepSize = 2.5\n", "frameNumbers = 1"),
        (False, "state.configName='a'\rstate.acq.zStepSize=2.5\rstate.acq.numberOfFrames=1"),
        (False, "Frame = 1\nscanimage.SI5.stackZStepSize = 2.5\nscanimage.SI5.a = 1"),
    ],
)
def test_scanimage(tmp_path, software, description):
    stack = open_stack(written(tmp_path / "a.tif", software=software, description=description))
    assert stack.z_step == 2.5
    np.testing.assert_array_equal(np.asarray(stack.pixels), PLANES)


@pytest.mark.parametrize(
    "text", ["SI.hChannels.channelSave = [1;2]\n", "state.acq.numberOfChannelsSave=2\r"]
)
def test_pages_of_scanimage_alternate_between_channels(tmp_path, text):
    description = f"state.a=1\r{text}"
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for plane in np.concatenate([PLANES, PLANES + 1]):
            file.write(plane, photometric="minisblack", metadata=None, description=description)
    stack = open_stack(tmp_path / "a.tif")
    assert stack.axes == "CZYX"
    np.testing.assert_array_equal(stack.plane(2, c=1), PLANES[2] + 1)
    np.testing.assert_array_equal(stack.plane(1, c=0), PLANES[2])


@pytest.mark.parametrize("code", [33560, 34680, 34118])
def test_tags_that_hold_nonsense_are_no_reason_to_refuse(tmp_path, code):
    extra = [(code, 1, 40, bytes(range(40)), True)]
    stack = open_stack(written(tmp_path / "a.tif", first=extra))
    np.testing.assert_array_equal(np.asarray(stack.pixels), PLANES)
