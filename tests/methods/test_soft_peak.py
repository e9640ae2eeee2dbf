"""Planes averaged by how plausible they are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_mfif.methods.soft_peak import SoftPeak


def averaged(scores, planes, softness):
    peak = SoftPeak(scores.shape[1:], 1.0, softness)
    for one, pixels in zip(scores, planes, strict=True):
        peak.take(pixels)
        peak.update(one)
    return peak


def drawn(seed, count=7, dtype=np.uint16):
    rng = np.random.default_rng(seed)
    scores = rng.normal(-30, 4, (count, 5, 6)).astype(np.float32)
    return scores, rng.integers(0, 60000, (count, 5, 6, 2)).astype(dtype)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), softness=st.floats(0.3, 30))
def test_running_sums_are_the_softmax_of_all_planes_together(seed, softness) -> None:
    scores, planes = drawn(seed)
    weights = np.exp((scores - scores.max(0)).astype(np.float64) / softness)
    expected = (weights[..., None] * planes).sum(0) / weights.sum(0)[..., None]
    np.testing.assert_allclose(averaged(scores, planes, softness).pixels(), expected, rtol=1e-4)


def test_without_softness_the_best_plane_is_taken_bit_for_bit() -> None:
    scores, planes = drawn(1)
    peak = averaged(scores, planes, 0.0)
    taken = np.take_along_axis(planes, scores.argmax(0)[None, ..., None], 0)[0]
    np.testing.assert_array_equal(peak.pixels(), taken)


def test_planes_wait_for_their_scores_though_their_buffer_is_used_again() -> None:
    scores, planes = drawn(2)
    peak, buffer = SoftPeak((5, 6), 1.0, 2.0), np.empty_like(planes[0])
    for pixels in planes:
        buffer[...] = pixels
        peak.take(buffer)
    for one in scores:
        peak.update(one)
    np.testing.assert_array_equal(peak.pixels(), averaged(scores, planes, 2.0).pixels())


def test_copy_goes_on_by_itself() -> None:
    scores, planes = drawn(3)
    peak = averaged(scores[:4], planes[:4], 2.0)
    peak.take(planes[4])
    before = peak.pixels()
    twin = peak.copy()
    twin.update(scores[4])
    np.testing.assert_array_equal(peak.pixels(), before)
    peak.update(scores[4])
    np.testing.assert_array_equal(peak.pixels(), twin.pixels())


def test_scores_of_blocks_count_for_all_pixels_of_a_block() -> None:
    scores, _ = drawn(4)
    wide = scores.repeat(2, axis=1).repeat(2, axis=2)[:, :9, :11]
    planes = np.random.default_rng(4).uniform(0, 9, (*wide.shape, 2)).astype(np.float32)
    found = averaged(scores, planes, 2.0).pixels()
    np.testing.assert_array_equal(found, averaged(wide, planes, 2.0).pixels())
