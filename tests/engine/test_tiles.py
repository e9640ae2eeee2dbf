"""Cutting an axis is arithmetic that holds for every length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mfif.engine.tiles import Block, Tile, around, blocks, cut


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


@pytest.mark.parametrize(
    ("length", "size", "halo", "stride", "tiles"),
    [
        (10, 10, 3, 1, [(0, 10, 0, 10)]),
        (10, 5, 2, 1, [(0, 5, 0, 7), (5, 10, 3, 10)]),
        # about equal: not 4, 4, 2
        (10, 4, 0, 1, [(0, 4, 0, 4), (4, 8, 4, 8), (8, 10, 8, 10)]),
        (9, 4, 1, 1, [(0, 3, 0, 4), (3, 6, 2, 7), (6, 9, 5, 9)]),
        (40, 20, 3, 8, [(0, 24, 0, 32), (24, 40, 16, 40)]),
        # a tile is never smaller than the stride
        (40, 3, 0, 16, [(0, 16, 0, 16), (16, 32, 16, 32), (32, 40, 32, 40)]),
        (1, 7, 9, 2, [(0, 1, 0, 1)]),
        (16, 8, 8, 8, [(0, 8, 0, 16), (8, 16, 0, 16)]),
        (48, 16, 9, 8, [(0, 16, 0, 32), (16, 32, 0, 48), (32, 48, 16, 48)]),
    ],
)
def test_an_axis_is_cut_into_tiles_of_about_equal_size(length, size, halo, stride, tiles) -> None:
    found = cut(length, size=size, halo=halo, stride=stride)
    assert [(t.start, t.stop, t.outer_start, t.outer_stop) for t in found] == tiles


@pytest.mark.parametrize(
    ("start", "stop", "halo", "stride", "outer"),
    [
        (10, 20, 0, 1, (10, 20)), (10, 20, 3, 1, (7, 23)), (2, 20, 3, 1, (0, 23)),
        (10, 98, 3, 1, (7, 100)), (10, 20, 0, 8, (8, 24)), (10, 20, 1, 8, (0, 32)),
        (16, 24, 8, 8, (8, 32)), (17, 25, 9, 8, (0, 48)), (40, 50, 4, 4, (36, 56)),
    ],
)  # fmt: skip
def test_what_a_piece_has_to_see(start, stop, halo, stride, outer) -> None:
    tile = around(start, stop, 100, halo=halo, stride=stride)
    assert tile == Tile(start, stop, *outer)
    assert tile.core == slice(start - outer[0], stop - outer[0])


def test_without_a_stride_tiles_begin_anywhere() -> None:
    assert cut(10, size=5, halo=2) == cut(10, size=5, halo=2, stride=1)
    assert around(3, 7, 10, halo=2) == Tile(3, 7, 1, 9)
    assert blocks((10, 9), size=(5, 9), halo=2) == blocks((10, 9), size=(5, 9), halo=2, stride=1)


def test_blocks_are_rows_of_rectangles() -> None:
    lines = blocks((10, 21), size=(5, 7), halo=2, stride=1)
    assert [len(line) for line in lines] == [3, 3]
    block = lines[1][2]
    assert block.place == (slice(5, 10), slice(14, 21))
    assert block.outer_shape == (7, 9)
    assert block == Block(Tile(5, 10, 3, 10), Tile(14, 21, 12, 21))
    assert lines[0][1].outer_shape == (7, 11)


def test_blocks_keep_to_the_stride_on_both_axes() -> None:
    lines = blocks((40, 48), size=(20, 16), halo=3, stride=8)
    assert [line[0].rows for line in lines] == cut(40, size=20, halo=3, stride=8)
    assert [block.columns for block in lines[0]] == cut(48, size=16, halo=3, stride=8)
    assert lines[0][0].rows == Tile(0, 24, 0, 32)
