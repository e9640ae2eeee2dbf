"""Cutting an axis is arithmetic that holds for every length."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_mfif.engine.tiles import blocks, cut


@given(st.integers(1, 5000), st.integers(1, 700), st.integers(0, 300), st.sampled_from([1, 2, 16]))
def test_tiles_cover_the_axis_once_and_see_their_halo(length, size, halo, stride) -> None:
    tiles = cut(length, size=size, halo=halo, stride=stride)
    assert [t.start for t in tiles[1:]] == [t.stop for t in tiles[:-1]]
    assert (tiles[0].start, tiles[-1].stop) == (0, length)
    for tile in tiles:
        assert tile.start < tile.stop
        assert tile.outer_start == max(0, tile.outer_start) <= max(0, tile.start - halo)
        assert min(length, tile.stop + halo) <= tile.outer_stop <= length
        assert tile.start % stride == tile.outer_start % stride == 0


@given(
    st.tuples(st.integers(1, 900), st.integers(1, 900)),
    st.tuples(st.integers(20, 400), st.integers(20, 400)),
    st.integers(0, 60),
    st.sampled_from([1, 2, 16]),
)
def test_blocks_cover_the_plane_once(shape, size, halo, stride) -> None:
    times = np.zeros(shape, np.uint8)
    for line in blocks(shape, size=size, halo=halo, stride=stride):
        for block in line:
            times[block.place] += 1
            assert np.less_equal(times[block.place].shape, block.outer_shape).all()
    assert (times == 1).all()
