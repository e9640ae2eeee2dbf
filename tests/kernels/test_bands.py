"""Bands of rows cover a map once, and see what they have to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mfif.kernels import bands as module
from napari_mfif.kernels.bands import bands
from napari_mfif.kernels.parallel import beside, each
from napari_mfif.simulation import simulate


@given(
    st.integers(1, 300), st.integers(1, 50), st.sampled_from([0, 2, 8]), st.sampled_from([1, 2, 4])
)
def test_bands_cover_each_row_once_and_start_at_the_step(length, width, margin, step):
    cut = bands((length, width), margin=margin, step=step, pixels=500)
    rows = [row for band in cut for row in range(band.rows.start, band.rows.stop)]
    assert rows == list(range(length))
    for band in cut:
        assert band.rows.start % step == 0
        assert band.outer.start == max(0, band.rows.start - margin)
        assert band.outer.stop == min(length, band.rows.stop + margin)


def test_bands_of_a_map_of_half_the_size_cover_it_too():
    cut = [band.reduced() for band in bands((101, 40), margin=8, pixels=400)]
    assert [band.rows.start for band in cut[1:]] == [band.rows.stop for band in cut[:-1]]
    assert (cut[0].rows.start, cut[-1].rows.stop) == (0, 51)


@pytest.mark.parametrize("shape", [(257, 120), (98, 61)])
def test_adaptive_in_many_bands_equals_one_band(shape, monkeypatch):
    stack = simulate("relief", seed=3, shape=shape, planes=7).stack
    found = []
    for pixels in (1 << 19, 1 << 8):
        whole = module.bands.__kwdefaults__ | {"pixels": pixels}
        monkeypatch.setattr(module.bands, "__kwdefaults__", whole)
        found.append(_answer(stack))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-3)


def _answer(stack):
    from napari_mfif import fuse

    fusion = fuse(stack, method="adaptive", consistency={"smooth_depth": 0})
    return fusion.image / np.float32(65535), fusion.depth, fusion.confidence


def test_two_things_at_a_time_give_both_results_and_either_error():
    assert beside(lambda: 1, lambda: 2) == (1, 2)
    with pytest.raises(ZeroDivisionError):
        beside(lambda: 1, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        beside(lambda: 1 / 0, lambda: 2)
    assert each(lambda number: number * number, range(5)) == [0, 1, 4, 9, 16]
