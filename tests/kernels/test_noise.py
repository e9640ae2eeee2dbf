"""Noise is read off planes, texture or not."""

import numpy as np
import pytest

from napari_mfif.kernels.noise import NoiseLine, estimate_noise


def _shot(rng, light, *, gain, read):
    """Photon and read noise on an image; the variance is ``gain * light + read ** 2``."""
    photons = rng.poisson(light / gain) * gain
    return (photons + rng.normal(0, read, light.shape)).astype(np.float32)


def test_white_noise_is_found_within_three_percent():
    rng = np.random.default_rng(0)
    planes = [rng.normal(50, 4, (321, 259)).astype(np.float32) for _ in range(5)]
    line = estimate_noise(planes)
    deviation = np.sqrt(line.variance(np.float32([50])))
    assert deviation == pytest.approx(4, rel=0.03)


def test_photon_noise_grows_with_brightness_as_a_line():
    rng = np.random.default_rng(1)
    light = np.broadcast_to(np.linspace(100, 2000, 400), (300, 400)).astype(np.float64)
    line = estimate_noise([_shot(rng, light, gain=2.0, read=10.0) for _ in range(5)])
    for brightness in (300, 1000, 1800):
        found = float(line.variance(np.float32([brightness]))[0])
        assert found == pytest.approx(2 * brightness + 100, rel=0.15)


def test_texture_in_one_plane_is_not_taken_for_noise():
    rng = np.random.default_rng(2)
    planes = [rng.normal(50, 1, (256, 200)).astype(np.float32) for _ in range(5)]
    planes[2] += 20 * rng.random((256, 200), dtype=np.float32)
    variance = estimate_noise(planes).variance(np.float32([60]))
    assert np.sqrt(variance) < 1.5


@pytest.mark.parametrize("planes", [1, 2, 3, 7])
def test_any_number_of_planes_gives_the_same_noise(planes):
    rng = np.random.default_rng(3)
    line = estimate_noise(list(rng.normal(0, 3, (planes, 256, 256)).astype(np.float32)))
    assert np.sqrt(line.variance(np.float32([0]))) == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("shape", [(5, 5), (64, 61)])
def test_constant_or_tiny_planes_have_no_noise(shape):
    line = estimate_noise([np.full(shape, 7, np.float32)] * 5)
    assert line == pytest.approx(NoiseLine(0.0, 0.0, 7.0), abs=1e-9)
