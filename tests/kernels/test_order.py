"""Order statistics are numpy's, whatever the type of the values."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.kernels.order import median, quantiles

SHARES = (0, 0.005, 0.25, 0.5, 0.995, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.uint32, np.float32])
def test_quantiles_are_those_of_numpy(dtype):
    values = (np.random.default_rng(0).gamma(2, 20, (501, 3)) - 30).clip(0).astype(dtype)
    found = quantiles(values, SHARES)
    np.testing.assert_allclose(found, np.quantile(values, SHARES, axis=0), rtol=1e-6)
    np.testing.assert_allclose(median(values, axis=1), np.median(values, axis=1))
