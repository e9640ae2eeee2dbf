"""Lazy results have smaller levels for napari to show from afar."""

from __future__ import annotations

import pickle

import dask
import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.arrays import downsampled as thinned
from napari_mfif.arrays.downsampled import Downsampled
from napari_mfif.arrays.lazy_array import LazyArray, as_slices
from napari_mfif.engine import pyramid as afar
from napari_mfif.engine.pyramid import coarser_stacks
from napari_mfif.errors import ParameterError
from napari_mfif.simulation import simulate


@pytest.fixture(scope="module")
def made():
    return simulate("relief", seed=2, shape=(397, 431), planes=9)


class Stored(LazyArray):
    """Pixels that have to be decoded."""

    def __init__(self, pixels):
        self.pixels, self.shape, self.dtype = pixels, pixels.shape, pixels.dtype
        self.read = 0

    def _read(self, index):
        part = self.pixels[as_slices(index)]
        self.read += part.size
        return part


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_a_pixel_from_afar_is_the_mean_of_a_square(dtype) -> None:
    pixels = np.random.default_rng(1).integers(0, 200, (2, 3, 26, 31)).astype(dtype)
    far = pickle.loads(pickle.dumps(Downsampled(Stored(pixels), "TZYX", 4)))
    assert far.shape == (2, 3, 6, 7)
    expected = pixels[:, :, :24, :28].reshape(2, 3, 6, 4, 7, 4).mean(axis=(3, 5))
    tolerance = 0.51 if dtype.startswith("u") else 1e-4
    np.testing.assert_allclose(far[...], expected, atol=tolerance)
    for index in ((1, 2, slice(2, 5), slice(1, 7, 2)), (0, slice(1, 3), 3), (slice(None), 0)):
        np.testing.assert_array_equal(far[index], far[...][index])


def test_two_rows_of_a_square_are_looked_at_where_rows_lie_apart() -> None:
    pixels = Stored(np.random.default_rng(1).integers(0, 200, (3, 67, 83), dtype=np.uint16))
    pixels.random_access = True
    far = Downsampled(pixels, "ZYX", 8)
    seen = pixels.pixels[:, :64, :80].reshape(3, 8, 8, 10, 8)[:, :, [2, 6]]
    np.testing.assert_allclose(far[...], seen.mean(axis=(2, 4)), atol=0.51)
    assert pixels.read == seen.size
    assert far.squares == 16


def test_tiles_join_without_a_seam_and_are_made_once(monkeypatch) -> None:
    monkeypatch.setattr(thinned, "TILE", 7)
    pixels = Stored(np.random.default_rng(1).integers(0, 200, (3, 131, 97), dtype=np.uint16))
    far = Downsampled(pixels, "ZYX", 3)
    whole = far[...]
    assert whole.shape == (3, 43, 32)
    read = pixels.read
    assert read == 3 * 129 * 96
    expected = pixels.pixels[:, :129, :96].reshape(3, 43, 3, 32, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(whole, expected, atol=0.51)
    for index in (np.s_[1, 5:30, 3:29:4], np.s_[:, 13], np.s_[2, ::-1, -1], np.s_[1:1], np.s_[[2]]):
        np.testing.assert_array_equal(far[index], whole[index])
    assert pixels.read == read


def test_colour_is_averaged_by_itself() -> None:
    pixels = np.random.default_rng(1).integers(0, 200, (3, 20, 20, 3), dtype=np.uint8)
    far = Downsampled(pixels, "ZYXS", 2)
    assert far[1].shape == (10, 10, 3)
    np.testing.assert_allclose(far[1], pixels[1].reshape(10, 2, 10, 2, 3).mean((1, 3)), atol=0.51)


def test_levels_show_the_same_at_half_the_size_each(made, monkeypatch) -> None:
    monkeypatch.setattr(afar, "SMALLEST", 95)
    lazy = fuse(made.stack, lazy=True)
    levels = lazy.levels()
    assert [level.shape for level in levels] == [(397, 431), (198, 215), (99, 107)]
    images = dask.compute(*levels)
    for step, image in ((2, images[1]), (4, images[2])):
        rows, columns = (length * step for length in image.shape)
        small = images[0][:rows, :columns].reshape(image.shape[0], step, -1, step).mean((1, 3))
        apart = np.abs(image.astype(float) - small)
        assert np.median(apart) < 0.02 * np.ptp(small)
    depth = lazy.levels("depth")[1].compute()
    near = lazy.depth.compute()[:396:2, :430:2]
    assert np.mean(np.abs(depth - near)[made.textured[:396:2, :430:2]] < 1) > 0.8


class Copied(Stored):
    """Pixels with coarser copies of themselves."""

    def __init__(self, pixels, steps):
        super().__init__(pixels)
        self.coarser = [Stored(_means(pixels, step)) for step in steps]


def _means(pixels, step):
    rows, columns = (length // step for length in pixels.shape[-2:])
    cut = pixels[:, : rows * step, : columns * step]
    return cut.reshape(-1, rows, step, columns, step).mean((2, 4)).astype(pixels.dtype)


@pytest.mark.parametrize("steps", [(), (2,), (4,), (2, 4, 8), (3, 9)], ids=str)
def test_the_stack_from_afar_lies_on_the_stack(steps) -> None:
    rows, columns = np.mgrid[:397, :431].astype(np.float32)
    pixels = np.stack([rows, columns, rows + columns])
    stack = ZStack(Copied(pixels, steps), "ZYX", pixel_size=(0.1, 0.2), unit="um")
    found = coarser_stacks(stack, 40)
    sides = [max(one.plane_shape) for one in found]
    assert all(1.4 < a / b < 2.6 for a, b in zip([431, *sides], sides, strict=False))
    assert 40 <= sides[-1] < 105
    for one in found:
        shape = np.array(one.plane_shape)
        factor = np.array([397, 431]) / shape
        np.testing.assert_allclose(one.pixel_size, (0.1, 0.2) * factor)
        # napari draws pixel i of a level where i * factor + (factor - 1) / 2 lies
        place = (np.indices(shape) + 0.5) * factor[:, None, None] - 0.5
        apart = np.abs(np.asarray(one.pixels[...])[:2] - place).max(axis=(1, 2))
        assert np.all(apart < factor), "more than a pixel of this level away"


def test_copies_in_a_file_are_read_in_the_place_of_the_planes(made, monkeypatch) -> None:
    monkeypatch.setattr(afar, "SMALLEST", 95)
    source = Copied(np.asarray(made.stack.pixels), (2, 4))
    lazy = fuse(ZStack(source, "ZYX"), method="gradient", lazy=True)
    small = lazy.levels()[2].compute()
    assert source.read == 0
    assert source.coarser[0].read == 0
    assert source.coarser[1].read > 0
    expected = fuse(source.coarser[1].pixels, method="gradient").image
    np.testing.assert_array_equal(small, expected)


@pytest.mark.parametrize("crop", [False, True])
def test_planes_are_moved_from_afar_as_nearby(monkeypatch, crop) -> None:
    monkeypatch.setattr(afar, "SMALLEST", 60)
    drifting = simulate("relief", seed=3, shape=(320, 380), planes=5, drift=9.0).stack
    lazy = fuse(drifting, method="gradient", align="similarity", crop=crop, lazy=True)
    assert lazy.transforms[0].excursion((320, 380)) > 4
    near = np.asarray(lazy.stack.pixels[...], np.float32)
    for one in coarser_stacks(lazy.stack):
        factor = round(lazy.stack.plane_shape[0] / one.plane_shape[0])
        far = np.asarray(one.pixels[...], np.float32)
        shape = [min(n // factor, m) for n, m in zip(near.shape[1:], far.shape[1:], strict=True)]
        cut = near[:, : shape[0] * factor, : shape[1] * factor]
        means = cut.reshape(5, shape[0], factor, shape[1], factor).mean((2, 4))
        for z in range(5):
            inside = np.s_[z, 8 : shape[0] - 8, 8 : shape[1] - 8]
            assert np.corrcoef(means[inside].ravel(), far[inside].ravel())[0, 1] > 0.95


def test_levels_are_for_lazy_results(made) -> None:
    eager = fuse(made.stack, method="gradient")
    with pytest.raises(ParameterError, match="lazy=True"):
        eager.levels()
    with pytest.raises(ParameterError, match="Did you mean 'depth'"):
        fuse(made.stack, method="gradient", lazy=True).levels("dept")


def test_napari_takes_them(made, monkeypatch) -> None:
    layers = pytest.importorskip("napari.layers")
    monkeypatch.setattr(afar, "SMALLEST", 95)
    lazy = fuse(made.stack, method="gradient", lazy=True)
    layer = layers.Image(lazy.levels(), multiscale=True, contrast_limits=(0, 4000))
    assert layer.multiscale
    assert layer.level_shapes.tolist() == [[397, 431], [198, 215], [99, 107]]
