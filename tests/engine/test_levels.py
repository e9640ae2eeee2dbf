"""Lazy results have smaller levels for napari to show from afar."""

from __future__ import annotations

import pickle

import dask
import numpy as np
import pytest

from napari_mfif import fuse, result
from napari_mfif.engine.thinned import Thinned
from napari_mfif.errors import ParameterError
from napari_mfif.optics import simulate


@pytest.fixture(scope="module")
def made():
    return simulate("relief", seed=2, shape=(397, 431), planes=9)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_a_pixel_from_afar_is_the_mean_of_a_square(dtype) -> None:
    pixels = np.random.default_rng(1).integers(0, 200, (2, 3, 26, 31)).astype(dtype)
    far = pickle.loads(pickle.dumps(Thinned(pixels, "TZYX", 4)))
    assert far.shape == (2, 3, 6, 7)
    expected = pixels[:, :, :24, :28].reshape(2, 3, 6, 4, 7, 4).mean(axis=(3, 5))
    tolerance = 0.51 if dtype.startswith("u") else 1e-4
    np.testing.assert_allclose(far[...], expected, atol=tolerance)
    for index in ((1, 2, slice(2, 5), slice(1, 7, 2)), (0, slice(1, 3), 3), (slice(None), 0)):
        np.testing.assert_array_equal(far[index], far[...][index])


def test_colour_is_averaged_by_itself() -> None:
    pixels = np.random.default_rng(1).integers(0, 200, (3, 20, 20, 3), dtype=np.uint8)
    far = Thinned(pixels, "ZYXS", 2)
    assert far[1].shape == (10, 10, 3)
    np.testing.assert_allclose(far[1], pixels[1].reshape(10, 2, 10, 2, 3).mean((1, 3)), atol=0.51)


def test_levels_show_the_same_at_half_the_size_each(made, monkeypatch) -> None:
    monkeypatch.setattr(result, "SMALLEST_LEVEL", 100)
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


def test_levels_are_for_lazy_results(made) -> None:
    eager = fuse(made.stack, method="gradient")
    with pytest.raises(ParameterError, match="lazy=True"):
        eager.levels()
    with pytest.raises(ParameterError, match="Did you mean 'depth'"):
        fuse(made.stack, method="gradient", lazy=True).levels("dept")


def test_napari_takes_them(made, monkeypatch) -> None:
    layers = pytest.importorskip("napari.layers")
    monkeypatch.setattr(result, "SMALLEST_LEVEL", 100)
    lazy = fuse(made.stack, method="gradient", lazy=True)
    layer = layers.Image(lazy.levels(), multiscale=True, contrast_limits=(0, 4000))
    assert layer.multiscale
    assert layer.level_shapes.tolist() == [[397, 431], [198, 215], [99, 107]]
