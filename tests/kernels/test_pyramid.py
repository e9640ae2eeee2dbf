"""A pyramid comes apart and together again, at any size."""

from itertools import pairwise

import numpy as np
import pytest

from napari_mfif.kernels.pyramid import (
    BAND_NOISE,
    align_up,
    collapse,
    gaussian_levels,
    level_shapes,
    up,
)


def _details(images):
    """Return what each image has and the next coarser one lacks."""
    return [fine - up(coarse, fine.shape) for fine, coarse in pairwise(images)]


@pytest.mark.parametrize("shape", [(64, 96), (37, 53), (5, 5), (1, 9)])
def test_levels_and_base_give_the_image_back(shape):
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    images = gaussian_levels(image, 3)
    assert [level.shape for level in images] == level_shapes(shape, 3)
    np.testing.assert_allclose(collapse(_details(images), images[-1]), image, atol=1e-6)


def test_noise_of_each_level_is_as_tabulated():
    noise = np.random.default_rng(1).normal(size=(1024, 1024)).astype(np.float32)
    levels = _details(gaussian_levels(noise, 4))
    deviations = [float(level.std()) for level in levels]
    np.testing.assert_allclose(deviations, BAND_NOISE[:4], rtol=0.05)


def test_doubling_keeps_every_second_pixel_in_place():
    small = np.random.default_rng(2).random((9, 7), dtype=np.float32)
    np.testing.assert_allclose(align_up(small, (17, 14))[::2, ::2], small, atol=1e-5)
