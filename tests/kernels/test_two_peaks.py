"""The two highest peaks of a curve along z, in one pass."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.kernels.two_peaks import TwoPeaks


def peaks_of(curve: np.ndarray) -> list[int]:
    """Return the local maxima of a curve, of a plateau the last plane; ends count."""
    last = len(curve) - 1
    found = []
    for z, value in enumerate(curve):
        start = z
        while start and curve[start - 1] == value:
            start -= 1
        rises = start == 0 or curve[start - 1] < value
        if rises and (z == last or curve[z + 1] < value):
            found.append(z)
    return found


def two_highest(curve: np.ndarray) -> list[int]:
    """Return the two highest of them, in order; of equal ones the later is kept."""
    kept: list[int] = []
    for z in peaks_of(curve):
        kept.append(z)
        if len(kept) > 2:
            lowest = min(kept, key=lambda z: curve[z])
            kept.remove(lowest)
    return kept


@pytest.mark.parametrize("planes", [1, 2, 3, 5, 12])
def test_the_two_highest_peaks_and_the_valley_between_are_those_of_the_whole_curve(planes) -> None:
    curves = np.random.default_rng(planes).integers(0, 7, (planes, 20, 30)).astype(np.float32)
    running = TwoPeaks((20, 30), keeps=True)
    for curve in curves:
        running.update(curve, 10 * curve)
    earlier, later, valley = running.ended()
    for place in np.ndindex(20, 30):
        curve = curves[:, *place]
        first, *second = two_highest(curve)
        if not second:
            assert later.plane[place] == first
            assert earlier.value[place] == -np.inf
            continue
        assert (earlier.plane[place], later.plane[place]) == (first, second[0])
        assert (earlier.value[place], later.value[place]) == (curve[first], curve[second[0]])
        assert later.kept[place] == 10 * curve[second[0]]
        lowest = curve[first : second[0] + 1].min()
        assert valley.value[place] == lowest == curve[valley.plane[place]]


def test_asking_after_every_plane_changes_nothing() -> None:
    curves = np.random.default_rng(3).random((9, 8, 8), np.float32)
    asked, left = TwoPeaks((8, 8)), TwoPeaks((8, 8))
    for curve in curves:
        asked.update(curve)
        asked.ended()
        left.update(curve)
    for one, other in zip(asked.ended(), left.ended(), strict=True):
        np.testing.assert_array_equal(one.plane, other.plane)
