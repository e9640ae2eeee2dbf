"""From a measure of distinctness to a probability."""

from __future__ import annotations

import numpy as np

from napari_mfif.kernels.calibration import STEPS, calibrated

STEEP = (0.0, 0.1, 1.0), (0.0, 0.9, 1.0)


def test_a_last_bit_moves_a_confidence_by_no_more_than_its_share() -> None:
    """Also where one step of the table ends and the next begins."""
    ends = (np.arange(1, STEPS - 1) / np.float32(STEPS - 1)).astype(np.float32)
    before, after = (np.nextafter(ends, np.float32(end)) for end in (0, 1))
    jumps = np.abs(calibrated(after, STEEP) - calibrated(before, STEEP))
    assert jumps.max() < 1e-6 + 9 * np.max(after - before)


def test_it_is_as_good_as_interpolating() -> None:
    """But for the step in which the slope changes, where a quarter of a step is cut off."""
    measure = np.linspace(0, 1, 9999, dtype=np.float32)
    exact = np.interp(measure, *STEEP)
    np.testing.assert_allclose(calibrated(measure, STEEP), exact, atol=9 / (STEPS - 1) / 4)
    assert calibrated(np.float32([-1, 0, 1, 2]), STEEP).tolist() == [0, 0, 1, 1]
