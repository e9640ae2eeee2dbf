"""A drifting lamp is told from a specimen that changes."""

import numpy as np
import pytest

from napari_mfif.alignment import brightness_factors


def _cells(*, drift, scatter=0.005, black=0.0, planes=20):
    """Cell means (planes, 12, 12) whose brightness falls by `drift` through the stack."""
    rng = np.random.default_rng(0)
    cells = rng.uniform(300, 900, (12, 12)) * np.linspace(1, 1 - drift, planes)[:, None, None]
    return (black + cells * rng.normal(1, scatter, cells.shape)).astype(np.float32)


@pytest.mark.parametrize("black", [0.0, 200.0])
def test_a_drift_of_a_fifth_is_undone(black):
    cells = _cells(drift=0.2, black=black)
    found = brightness_factors(cells, darkest=black)
    assert found is not None
    even = (cells - found.black) * found.factors[:, None, None] + found.black
    level = np.median(even, axis=(1, 2))
    assert np.ptp(level) / level.mean() < 0.02


def test_a_steady_lamp_is_left_alone():
    assert brightness_factors(_cells(drift=0.0)) is None


def test_a_specimen_that_changes_is_left_alone():
    assert brightness_factors(_cells(drift=0.3, scatter=0.15)) is None


def test_dark_or_few_planes_give_nothing():
    assert brightness_factors(np.zeros((9, 12, 12), np.float32)) is None
    assert brightness_factors(_cells(drift=0.2, planes=2)) is None
