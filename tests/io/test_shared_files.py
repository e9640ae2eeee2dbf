"""Files that microscopes and other programs wrote, when they lie beside the checkout."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_mfif.errors import MfifError
from napari_mfif.io import open_stack

OPENED = {
    "formats/imagej_float32_stack.tif": ("ZYX", (2, 68, 68), "float32", 2.5),
    "formats/imagej_hyperstack_zc_uint16_confocal_widefield.tif":
        ("CZYX", (2, 45, 130, 133), "uint16", 0.49941),
    "formats/imagej_hyperstack_zc_uint8.tif": ("CZYX", (2, 25, 50, 50), "uint8", 0.054455),
    "formats/imagej_z17_uint16.tif": ("ZYX", (17, 88, 89), "uint16", 0.4),
    "formats/ome_czyx_int8_bioformats.ome.tif": ("CZYX", (3, 5, 167, 439), "int8", None),
    "formats/ome_multifile": ("ZYX", (5, 24, 18), "uint8", None),
    "formats/ome_multifile/multifile-Z3.ome.tiff": ("ZYX", (5, 24, 18), "uint8", None),
    "formats/ome_multifile/multifile.companion.ome": ("ZYX", (5, 24, 18), "uint8", None),
    "stacks/ant_bristles": ("ZYXS", (13, 511, 672, 3), "uint8", None),
    "stacks/beetle_macro": ("ZYXS", (14, 500, 750, 3), "uint8", None),
    "stacks/blood_smear_brightfield": ("ZYXS", (10, 640, 960, 3), "uint8", None),
    "stacks/cells3d_nuclei_confocal": ("ZYX", (60, 256, 256), "uint16", 0.29),
    "stacks/circuit_board_macro": ("ZYXS", (7, 1536, 2048, 3), "uint8", None),
    "stacks/gear_reflected_light": ("ZYX", (16, 800, 800), "uint8", None),
    "stacks/heatsink_digital_microscope": ("ZYXS", (12, 460, 600, 3), "uint8", None),
    "stacks/leaf_macro": ("ZYXS", (6, 480, 637, 3), "uint8", None),
    "stacks/neuron_widefield": ("ZYX", (8, 201, 168), "uint16", None),
    "stacks/papsmear_cytology/field_00": ("ZYXS", (5, 512, 512, 3), "uint8", None),
    "stacks/papsmear_cytology/field_07": ("ZYXS", (5, 512, 512, 3), "uint8", None),
    "stacks/papsmear_cytology/field_12": ("ZYXS", (5, 512, 512, 3), "uint8", None),
    "stacks/radiolarian_3planes": ("ZYXS", (3, 116, 170, 3), "uint8", None),
}  # fmt: skip

REFUSED = {
    "formats/bigtiff_ome_4channel_uint16.tiff": 'axes="ZYX"` to take its 4 channels as planes',
    "formats/imagej_rgb48_uint16.tif": "one plane only",
    "formats/olympus_sis_rgb_plus_height.tif": "page 1 is 112 x 101 uint8 with 3 samples",
    "formats/ome_multiseries_bioformats.ome.tiff": "Series 0 of",
    "formats/ome_pyramid_4level_rgba_bioformats.ome.tiff": "one plane only",
    "formats/rgb_int16.tif": "one plane only",
    "formats/tiled_planar_rgb_uint16.tiff": "one plane only",
    "formats/truncated_plane.jpg": "truncated",
    "stacks/papsmear_cytology": "3 folders: field_00, field_07, field_12",
}


@pytest.mark.parametrize("name", OPENED)
def test_file_opens_with_its_axes_type_and_step(shared, name):
    axes, shape, dtype, step = OPENED[name]
    stack = open_stack(shared / "data" / name)
    assert (stack.axes, stack.shape, stack.dtype) == (axes, shape, np.dtype(dtype))
    assert stack.z_step == (None if step is None else pytest.approx(step, rel=1e-4))
    assert stack.unit == (None if step is None else "um")
    assert stack.plane(stack.n_planes - 1).any()


@pytest.mark.parametrize("name", REFUSED)
def test_file_is_refused_with_the_reason(shared, name):
    with pytest.raises(MfifError) as caught:
        open_stack(shared / "data" / name)
    assert REFUSED[name] in str(caught.value)


@pytest.mark.parametrize(
    "name", [name for name in OPENED if name.endswith((".tif", "nuclei_confocal", "widefield"))]
)
def test_pixels_are_those_that_tifffile_reads(shared, name):
    path = shared / "data" / name
    stack = open_stack(path)
    path = next(path.glob("*.tif")) if path.is_dir() else path
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        expected, axes = series.asarray(), series.axes
    order = [axes.index(letter) for letter in stack.axes]
    np.testing.assert_array_equal(np.asarray(stack.pixels), expected.transpose(order))


@pytest.mark.parametrize(
    ("name", "axes"),
    [("bigtiff_ome_4channel_uint16.tiff", "ZYX"), ("ome_multiseries_bioformats.ome.tiff", "ZYX")],
)
def test_channels_may_be_taken_as_planes(shared, name, axes):
    path = shared / "data" / "formats" / name
    stack = open_stack(path, axes=axes)
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(np.asarray(stack.pixels), file.series[0].asarray())
