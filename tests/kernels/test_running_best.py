from __future__ import annotations

import numpy as np

from napari_mfif.kernels.running_best import RunningBest


def test_scores_rounded_to_less_than_nothing_count_as_nothing() -> None:
    kept, expected = RunningBest((1, 2)), RunningBest((1, 2))
    for score, rounded in ((-1e-6, 0.0), (0.0, 0.0), (-2e-6, 0.0)):
        with np.errstate(all="raise"):
            kept.update(np.array([[score, 3]], np.float32))
        expected.update(np.array([[rounded, 3]], np.float32))
    np.testing.assert_array_equal(kept._total, expected._total)
