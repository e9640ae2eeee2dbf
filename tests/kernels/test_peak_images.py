"""What images have at the two highest peaks of a curve, in one pass."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.kernels.peak_images import PeakImages
from napari_mfif.kernels.two_peaks import TwoPeaks

SHAPE, HALF = (13, 18), (7, 9)


@pytest.mark.parametrize("planes", [1, 2, 3, 12])
def test_each_pixel_is_that_of_the_plane_where_the_peak_is(planes) -> None:
    rng = np.random.default_rng(planes)
    curves = rng.integers(0, 7, (planes, *HALF)).astype(np.float32)
    images = rng.random((planes, 2, *SHAPE), np.float32)
    peaks, kept = TwoPeaks(HALF), PeakImages.empty(SHAPE, 2)
    for curve, pair in zip(curves, images, strict=True):
        kept.update(list(pair))
        for rows in (slice(0, 4), slice(4, 7)):
            kept.move(rows, peaks.update_rows(rows, curve[rows]), peaks.n_seen - 1)
        peaks.next()
        kept.forget_before(peaks.n_seen - 1)
    first, second = kept.ranked(peaks)
    earlier, later, _ = peaks.ended()
    for row, column in np.ndindex(SHAPE):
        place = row // 2, column // 2
        found = [(peak.value[place], peak.plane[place]) for peak in (later, earlier)]
        if earlier.value[place] >= later.value[place]:
            found.reverse()
        if np.isinf(found[1][0]):
            found[1] = found[0]
        for of_rank, (_, plane) in zip((first, second), found, strict=True):
            for number, image in enumerate(of_rank):
                assert image[row, column] == images[plane, number, row, column]
