from __future__ import annotations

import numpy as np

from napari_mfif.methods.score_peak import ScorePeak


def taken(curves, **settings):
    """Return the peak of score curves, (planes, pixels)."""
    peak = ScorePeak((1, curves.shape[1]), settings.get("temperature", 1.0))
    for scores in curves.astype(np.float32):
        peak.update(scores[None])
    return peak


def test_parabola_finds_the_fraction_of_a_plane() -> None:
    places = np.array([1.2, 3.0, 4.7, 5.4])
    curves = 50 - 3 * (np.arange(8)[:, None] - places) ** 2
    np.testing.assert_allclose(taken(curves).depth()[0], places, atol=1e-4)


def test_peak_at_an_end_has_no_fraction() -> None:
    curves = np.array([[-4.0, -9.0], [-5.0, -6.0], [-9.0, -2.0]])
    np.testing.assert_array_equal(taken(curves).depth()[0], [0, 2])


def test_share_is_that_of_a_softmax_near_the_best() -> None:
    curves = np.random.default_rng(0).normal(-20, 2, (9, 40))
    softmax = np.exp(curves / 1.5) / np.exp(curves / 1.5).sum(0)
    distance = np.abs(np.arange(9)[:, None] - curves.argmax(0))
    expected = np.where(distance <= 1, softmax, 0).sum(0)
    np.testing.assert_allclose(taken(curves, temperature=1.5).share()[0], expected, rtol=1e-4)


def test_share_and_decision_do_not_depend_on_the_order() -> None:
    curves = np.random.default_rng(1).normal(0, 3, (6, 30))
    forth, back = taken(curves), taken(curves[::-1])
    np.testing.assert_array_equal(forth.index, 5 - back.index)
    np.testing.assert_allclose(forth.share(), back.share(), rtol=1e-4)


def test_tie_goes_to_the_earlier_plane() -> None:
    assert taken(np.ones((3, 1))).index[0, 0] == 0
