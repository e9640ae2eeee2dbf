"""The focus curve of a pixel, and what each plane gives."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.errors import ParameterError
from napari_mfif.fusion.focus_curve import FocusCurve, FocusCurves, focus_curve, plane_shares
from napari_mfif.simulation import simulate


@pytest.fixture(scope="module")
def simulated():
    return simulate("relief", seed=3, shape=(140, 150), planes=6)


@pytest.mark.parametrize("method", ["adaptive", "gradient", "laplacian", "guided"])
def test_a_curve_is_the_methods_scores_at_the_pixel(simulated, method):
    fusion = fuse(simulated.stack, method=method)
    scores = np.asarray(fusion.scores)
    curves = FocusCurves(fusion, tile=32)
    for y, x in ((0, 0), (70, 33), (139, 149)):
        expected = pytest.approx(scores[:, y, x], rel=1e-3, abs=1e-3 * float(scores.max()))
        assert focus_curve(fusion, y, x).scores == expected
        assert curves.measure(y, x).scores == expected
        assert curves.known(y, x).taken == fusion.decision[y, x]


def test_curves_around_a_measured_one_are_known_at_once(simulated):
    curves = FocusCurves(fuse(simulated.stack, method="gradient"), tile=32)
    assert curves.known(40, 40) is None
    curves.measure(40, 40)
    assert curves.known(63, 32) is not None
    assert curves.known(64, 32) is None


def test_measuring_stops_when_it_is_told_to(simulated):
    curves = FocusCurves(fuse(simulated.stack, method="gradient"), tile=32)
    asked = []
    assert curves.measure(0, 0, go_on=lambda z: asked.append(z) or z < 2) is None
    assert asked == [0, 1, 2]
    assert curves.known(0, 0) is None


def test_scores_stay_where_only_the_decision_changes(simulated):
    fusion = fuse(simulated.stack, method="gradient")
    curves = FocusCurves(fusion, tile=32)
    curves.measure(40, 40)
    assert curves.follow(fusion.refine(small_regions=0.2)).known(40, 40) is not None
    assert curves.follow(fuse(simulated.stack, method="guided")).known(40, 40) is None


def test_the_runner_up_is_the_highest_other_peak():
    scores = np.array([1, 4, 9, 5, 2, 6, 3, 1, 2], np.float32)
    assert FocusCurve.of(scores, 2).runner_up == 5
    assert FocusCurve.of(scores, 3).runner_up == 5  # 3 lies on the hill of 2
    assert FocusCurve.of(scores, 5).runner_up == 2
    assert FocusCurve.of(np.array([1, 2, 3, 2], np.float32), 2).runner_up is None
    assert FocusCurve.of(np.zeros(4, np.float32), 2).runner_up is None


def test_shares_of_planes(simulated):
    fusion = fuse(simulated.stack, method="gradient")
    shares = plane_shares(fusion)
    assert shares.sum() == pytest.approx(1)
    assert shares[2] == pytest.approx((fusion.decision == 2).mean())


def test_a_pixel_elsewhere_is_refused(simulated):
    with pytest.raises(ParameterError, match="outside"):
        focus_curve(fuse(simulated.stack, method="gradient"), 140, 0)
