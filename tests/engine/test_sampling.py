"""Large planes are surveyed through windows, and closely where they are folded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.engine import sampling as windows
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.sampling import Windows, quarter, survey_region
from napari_mfif.engine.survey import survey_stack
from napari_mfif.errors import ReadError
from napari_mfif.methods.base import Region
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import simulate

SETTINGS = {"repair_hot_pixels": True, "equalise_brightness": True}


@pytest.fixture(scope="module")
def made():
    return simulate("relief", seed=2, shape=(397, 431), planes=9)


@pytest.fixture
def large(monkeypatch):
    """Take planes of more than a few pixels for large ones, with windows to match."""
    monkeypatch.setattr(windows, "LARGE", 10_000)
    monkeypatch.setattr(windows, "SIDE", 64)


def test_windows_show_the_same_content_with_fewer_pixels(large, made) -> None:
    reader = PlaneReader(made.stack)
    seen = Windows(reader).bands(3)
    assert seen.shape == (384, 384, 1)
    whole = reader.bands(3)
    assert np.median(seen) == pytest.approx(np.median(whole), rel=0.02)


def test_what_is_found_in_a_region_is_what_the_whole_holds(made, monkeypatch) -> None:
    pixels = np.array(made.stack.pixels)
    for row, column in ((37, 122), (100, 200), (299, 386), (9, 9), (301, 140)):
        pixels[:, row, column] = pixels.max()
    reader = PlaneReader(ZStack.from_array(pixels))
    survey, preparation = survey_stack(reader, None, SETTINGS)
    monkeypatch.setattr(windows, "LARGE", 10_000)
    monkeypatch.setattr(windows, "STRIP", 10_000)
    blind = survey_stack(reader, None, SETTINGS)[0]
    assert blind.mean is None
    region = Region(37, 301, 122, 387)
    here, prepared = survey_region(reader, replace(survey, mean=None), preparation, region)
    top, left = here.origin
    assert (top, left) == (36, 120)
    rows, columns = here.mean.shape
    expected = survey.mean[top // 4 : top // 4 + rows, left // 4 : left // 4 + columns]
    np.testing.assert_allclose(here.mean, expected, atol=1e-6)
    for (rows, columns), (all_rows, all_columns) in zip(
        prepared.stuck, preparation.stuck, strict=True
    ):
        found = set(zip(rows.tolist(), columns.tolist(), strict=True))
        known = set(zip(all_rows.tolist(), all_columns.tolist(), strict=True))
        inside = {(y, x) for y, x in known if 37 <= y < 301 and 122 <= x < 387}
        assert len(inside) == 3
        assert inside <= found <= known


def test_a_large_stack_is_fused_as_well(large, made) -> None:
    fusion = fuse(made.stack, method="adaptive")
    assert psnr(fusion.image, made.image) > 38


def test_windows_that_miss_everything_do_not_refuse_the_stack(large) -> None:
    pixels = np.zeros((4, 300, 1100), np.uint16)
    pixels[2, 100:104, 70:74] = 900
    assert fuse(pixels, method="gradient").image.max() == 900


def test_large_constant_stacks_are_refused(large) -> None:
    with pytest.raises(ReadError, match=r"All pixels .* are 5"):
        fuse(np.full((3, 200, 200), 5, np.uint8))


def test_quarter_takes_means_and_continues_the_image_at_its_end() -> None:
    image = np.arange(30, dtype=np.float32).reshape(5, 6)
    small = quarter(image)
    assert small.shape == (2, 2)
    assert small[0, 0] == image[:4, :4].mean()
    assert small[1, 1] == np.mean([28, 29, 29, 29])
