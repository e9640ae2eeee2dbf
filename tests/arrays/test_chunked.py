"""Dask arrays are read chunk by chunk, each chunk once."""

from __future__ import annotations

import pickle

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mfif import ZStack, open_stack
from napari_mfif.arrays.chunked import ChunkReader, block_shape

PIXELS = np.random.default_rng(3).integers(0, 999, (4, 23, 31), dtype=np.uint16)


@st.composite
def indices(draw):
    index = []
    for length in PIXELS.shape:
        if draw(st.booleans()):
            index.append(draw(st.integers(-length, length - 1)))
        else:
            step = draw(st.sampled_from([None, 1, 2, -1]))
            bound = st.none() | st.integers(-length, length)
            index.append(slice(draw(bound), draw(bound), step))
    return tuple(index)


@settings(max_examples=60, deadline=None)
@given(indices())
def test_it_is_indexed_like_an_array(index) -> None:
    reader = ChunkReader(da.from_array(PIXELS, chunks=(1, 10, 12)) + 1)
    np.testing.assert_array_equal(reader[index], (PIXELS + 1)[index])


def test_a_chunk_is_made_once_and_no_other_is() -> None:
    made = []

    def make(block, block_info=None):
        made.append(block_info[0]["chunk-location"])
        return block

    array = da.from_array(PIXELS, chunks=(1, 10, 12)).map_blocks(
        make, dtype=PIXELS.dtype, meta=np.empty((0, 0, 0), PIXELS.dtype)
    )
    reader = ChunkReader(array)
    for column in (0, 5, 11):
        assert reader[2, 3:9, column : column + 1].shape == (6, 1)
    assert made == [(2, 0, 0)]


def test_it_travels_to_other_processes() -> None:
    reader = pickle.loads(pickle.dumps(ChunkReader(da.from_array(PIXELS, chunks=(2, 10, 31)))))
    np.testing.assert_array_equal(reader[1:3, 4:20, 7], PIXELS[1:3, 4:20, 7])
    np.testing.assert_array_equal(reader[np.array([0, 2])], PIXELS[[0, 2]])


@pytest.mark.parametrize("kind", ["numpy", "dask", "zarr", "flat", "tiles"])
def test_arrays_tell_what_is_read_together(kind, tmp_path) -> None:
    import tifffile
    import zarr

    pixels = np.tile(PIXELS, (1, 4, 4))
    expected = {"numpy": (1, 1), "dask": (10, 124), "zarr": (20, 30), "flat": (1, 1)}
    if kind == "numpy":
        source = pixels
    elif kind == "dask":
        source = da.from_array(pixels, chunks=(1, 10, -1))
    elif kind == "zarr":
        source = zarr.create_array(tmp_path / "a.zarr", data=pixels, chunks=(1, 20, 30))
    elif kind == "flat":
        tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack")
        source = open_stack(tmp_path / "a.tif", axes="ZYX")
    else:
        tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack", tile=(32, 48))
        source = open_stack(tmp_path / "a.tif", axes="ZYX")
    stack = source if isinstance(source, ZStack) else ZStack.from_array(source)
    assert block_shape(stack) == expected.get(kind, (32, 48))
