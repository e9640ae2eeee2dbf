"""Coarser copies in files are found, and only those that show the same."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import tifffile
import zarr

from napari_mfif.arrays.views import multiscale
from napari_mfif.io import open_stack, write_image

PIXELS = np.random.default_rng(5).integers(0, 60000, (3, 90, 121), dtype=np.uint16)


def coarser(stack) -> list[np.ndarray]:
    return [np.asarray(level[...]) for level in getattr(stack.pixels, "coarser", ())]


def tiff_of(path, steps, compression=None, cut=slice(None), leading=3):
    with tifffile.TiffWriter(path, ome=True) as file:
        options = {"tile": (32, 32), "compression": compression}
        file.write(PIXELS, subifds=len(steps), metadata={"axes": "ZYX"}, **options)
        for step in steps:
            file.write(PIXELS[:leading, ::step, cut][..., ::step], subfiletype=1, **options)
    return path


def zarr_of(path, levels, place=lambda step: None):
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    datasets = []
    for number, (step, array) in enumerate(levels):
        made = group.create_array(str(number), shape=array.shape, dtype=array.dtype)
        made[...] = array
        changes = [{"type": "scale", "scale": [0.5, 0.1 * step, 0.1 * step]}]
        if (there := place(step)) is not None:
            changes.append({"type": "translation", "translation": [0, there, there]})
        datasets.append({"path": str(number), "coordinateTransformations": changes})
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    return path


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_pyramid_of_an_ome_tiff_is_found(tmp_path, compression):
    stack = open_stack(tiff_of(tmp_path / "a.ome.tif", (2, 4), compression))
    found = coarser(stack)
    for step, level in zip((2, 4), found, strict=True):
        np.testing.assert_array_equal(level, PIXELS[:, ::step, ::step])
    np.testing.assert_array_equal(stack.pixels[1, 30:50, 7:9], PIXELS[1, 30:50, 7:9])
    there = pickle.loads(pickle.dumps(stack))
    np.testing.assert_array_equal(there.pixels.coarser[1][2], PIXELS[2, ::4, ::4])


@pytest.mark.parametrize("ending", [".ome.tif", ".ome.zarr"])
def test_pyramid_that_we_wrote_is_found(tmp_path, ending, monkeypatch):
    monkeypatch.setattr("napari_mfif.io.sinks.PLAIN_SIDE", 64)
    monkeypatch.setattr("napari_mfif.io.sinks.TILE", 16)
    write_image(tmp_path / f"a{ending}", PIXELS, axes="ZYX")
    stack = open_stack(tmp_path / f"a{ending}")
    assert [level.shape for level in coarser(stack)] == [(3, 45, 61), (3, 23, 31)]
    means = PIXELS[:, :90, :120].reshape(3, 45, 2, 60, 2).mean((2, 4))
    np.testing.assert_allclose(coarser(stack)[0][..., :60], means, atol=0.6)


def test_levels_of_an_ome_zarr_are_found(tmp_path):
    levels = [(step, PIXELS[:, ::step, ::step]) for step in (1, 2, 4)]
    stack = open_stack(zarr_of(tmp_path / "a.zarr", levels))
    assert stack.pixel_size == pytest.approx((0.1, 0.1))
    for (_, expected), level in zip(levels[1:], coarser(stack), strict=True):
        np.testing.assert_array_equal(level, expected)


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        (lambda step: 0.0, 1),
        (lambda step: 0.05 * (step - 1), 1),
        (lambda step: 0.4 * (step - 1), 0),
        (lambda step: -0.2 * (step - 1), 0),
    ],
    ids=["first pixels", "means", "elsewhere", "before"],
)
def test_a_level_that_lies_elsewhere_is_no_copy(tmp_path, place, kept):
    levels = [(step, PIXELS[:, ::step, ::step]) for step in (1, 2)]
    assert len(coarser(open_stack(zarr_of(tmp_path / "a.zarr", levels, place)))) == kept


def test_copies_are_turned_and_cut_as_the_pixels_are(tmp_path):
    colour = np.random.default_rng(1).integers(0, 255, (3, 40, 60, 4), dtype=np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        options = {"photometric": "rgb", "tile": (16, 16)}
        file.write(colour, subifds=1, metadata={"axes": "ZYXS"}, **options)
        file.write(colour[:, ::2, ::2], subfiletype=1, **options)
    stack = open_stack(tmp_path / "a.ome.tif")
    assert stack.shape == (3, 40, 60, 3)
    np.testing.assert_array_equal(coarser(stack)[0], colour[:, ::2, ::2, :3])


def test_what_shows_something_else_is_left_out():
    levels = [
        PIXELS[:, ::2, ::2].astype(np.uint8),
        PIXELS[:2, ::2, ::2],
        PIXELS[:, ::2, :50:2],
        PIXELS[0, ::2, ::2],
        PIXELS,
        PIXELS[:, ::3, ::3],
    ]
    found = multiscale(PIXELS, "ZYX", levels)
    assert [level.shape for level in found.coarser] == [(3, 30, 41)]
    assert multiscale(PIXELS, "ZYX", levels[:5]) is PIXELS


def test_a_damaged_copy_does_not_hinder(tmp_path):
    path = tiff_of(tmp_path / "a.ome.tif", (2,))
    with tifffile.TiffFile(path) as file:
        level = file.series[0].levels[1].keyframe
        tag = level.tags["TileOffsets"]
        where = tag.valueoffset
    with open(path, "r+b") as file:
        file.seek(where)
        file.write(b"\xff\xff\xff\x7f")
    stack = open_stack(path)
    assert coarser(stack) == []
    np.testing.assert_array_equal(stack.pixels[...], PIXELS)
