"""The five measures that tables of methods show: known values and what they tell apart."""

import cv2
import numpy as np
import pytest

from napari_mfif.errors import ParameterError
from napari_mfif.metrics.pairs import PAIR_METRICS, q_abf, q_cb, q_e, q_g, viff


@pytest.fixture
def pair():
    """Two pictures of one scene, each sharp in one half, and the scene."""
    rng = np.random.default_rng(7)
    scene = cv2.GaussianBlur(rng.uniform(0, 255, (97, 131)), (0, 0), 1.2)
    scene = np.round(np.clip((scene - 127) * 4 + 127, 0, 255))
    soft = np.round(cv2.GaussianBlur(scene, (0, 0), 3))
    left = np.arange(131)[None] < 65
    return np.where(left, scene, soft), np.where(left, soft, scene), scene


def test_perfect_copies_reach_the_known_maxima(pair):
    scene = pair[2]
    maxima = [(q_g, 0.98666, 1e-5), (q_abf, 0.9753, 1e-4), (q_cb, 1, 1e-12), (q_e, 1, 1e-12)]
    for metric, best, tolerance in maxima:
        assert metric(scene, scene, scene) == pytest.approx(best, abs=tolerance)
    assert viff(scene, scene, scene) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", PAIR_METRICS)
def test_right_choice_beats_average_and_wrong_choice(name, pair):
    a, b, scene = pair
    metric = PAIR_METRICS[name]
    wrong = np.where(np.arange(131)[None] < 65, b, a)
    assert metric(a, b, scene) > metric(a, b, (a + b) / 2) > metric(a, b, wrong)


@pytest.mark.parametrize("name", PAIR_METRICS)
def test_order_of_the_sources_does_not_matter(name, pair):
    a, b, scene = pair
    assert PAIR_METRICS[name](a, b, scene) == pytest.approx(PAIR_METRICS[name](b, a, scene))


def test_constant_images_give_nan_where_nothing_is_defined():
    grey = np.full((64, 64), 128.0)
    assert np.isnan(q_cb(grey, grey, grey))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f[:-1], "the fused image has the shape"),
        (lambda f: f * 300, "outside 0 to 255"),
        (lambda f: np.where(f > 100, np.nan, f), "outside 0 to 255"),
        (lambda f: np.stack([f] * 3, -1), "take grey images"),
    ],
)
def test_images_that_cannot_be_compared_are_refused(change, message, pair):
    a, b, scene = pair
    with pytest.raises(ParameterError, match=message):
        q_g(a, b, change(scene))


def test_viff_says_which_size_it_needs():
    small = np.zeros((40, 70))
    with pytest.raises(ParameterError, match="60 pixels"):
        viff(small, small, small)
