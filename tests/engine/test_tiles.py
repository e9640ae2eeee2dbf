"""Cutting an axis is arithmetic that holds for every length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_mfif.engine.tiles import cut


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
