"""The estimate: cheap, of the right size, and refusing what would fail."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.engine.driver import plan
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.errors import MemoryBudgetError, ParameterError
from napari_mfif.fusion import estimate as module
from napari_mfif.fusion import estimate_costs
from napari_mfif.fusion.estimate import estimate, format_seconds
from napari_mfif.fusion.estimate_costs import Costs, costs_of
from napari_mfif.methods import registry
from napari_mfif.methods.base import Plane
from napari_mfif.methods.neural.votes import VoteFold
from napari_mfif.settings.consistency import complete
from napari_mfif.settings.parameters import resolve


@pytest.fixture(scope="module")
def stack():
    rng = np.random.default_rng(3)
    return ZStack.from_array(rng.integers(100, 4000, (9, 601, 703), dtype=np.uint16))


def test_estimate_is_of_the_size_of_the_truth(stack, monkeypatch):
    monkeypatch.setattr(time, "perf_counter", time.process_time)  # others may keep us waiting
    fuse(stack, method="gradient")
    found = estimate(stack, "gradient")
    seconds = fuse(stack, method="gradient").seconds
    assert seconds / 6 < found.seconds < seconds * 6
    assert found.bytes > stack.plane_shape[0] * stack.plane_shape[1] * 12


def test_estimate_reads_little():
    class Counting:
        shape, dtype = (400, 900, 900), np.dtype(np.uint16)
        read = 0

        def __getitem__(self, index):
            z, rows, columns = index
            planes = np.random.default_rng(z).integers(0, 999, (900, 900), dtype=np.uint16)
            found = planes[rows, columns]
            Counting.read += found.size
            return found

    estimate(ZStack(Counting(), "ZYX"), "gradient")
    assert Counting.read < 5 * 900 * 900


@pytest.mark.parametrize(("processors", "seconds"), [(1, 5.0), (2, 3.0)])
def test_one_processor_cannot_read_and_compute_at_once(stack, monkeypatch, processors, seconds):
    monkeypatch.setattr(module, "usable_processors", lambda: processors)
    one = registry.get("gradient")
    values = resolve(one.all_parameters(), {}, owner="the method gradient")
    layout = plan(one, {**values, "along": "z"}, PlaneReader(stack), 1 << 30)
    pixels = module._pixels_one_after_the_other(layout)
    costs = module.Costs(0, 3 / pixels / stack.n_planes, 0, 0)
    parts = module._seconds(stack, costs, 2 / stack.n_planes, layout, 1, kept=False)
    assert parts["fusing"] == pytest.approx(seconds)


def test_what_the_first_fold_loads_is_not_taken_for_folding(stack, monkeypatch):
    loading = []

    def slow_at_first(*given):
        loading.append(0.0 if loading else 1000.0)
        return survey(*given)

    survey = estimate_costs.SurveyedTimepoint.of
    monkeypatch.setattr(estimate_costs.SurveyedTimepoint, "of", slow_at_first)
    monkeypatch.setattr(time, "perf_counter", lambda: time.process_time() + sum(loading))
    assert estimate(stack, "gradient").parts["looking"] < 500


def test_constant_stack_gets_an_estimate():
    assert estimate(ZStack.from_array(np.ones((3, 41, 51), np.uint8)), "gradient").seconds > 0


def test_what_does_not_fit_is_refused(stack):
    with pytest.raises(MemoryBudgetError):
        estimate(stack, "gradient", memory=1000)
    with pytest.raises(ParameterError):
        estimate(stack, "gradient", {"window": -1})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.02, "0.1 s"),
        (0.42, "0.4 s"),
        (3.0, "3 s"),
        (2.94, "2.9 s"),
        (75, "75 s"),
        (600, "10 min"),
    ],
)
def test_durations_are_written_for_people(seconds, text):
    assert format_seconds(seconds) == text


def test_damaged_pixels_do_not_stop_the_estimate():
    pixels = np.random.default_rng(1).random((5, 41, 51), dtype=np.float32)
    pixels[2, 20, 20] = np.nan
    assert estimate(ZStack.from_array(pixels), "gradient").seconds > 0


def test_comparisons_cost_beside_planes():
    few, more = (
        Costs(0, (planes + 2 * pairs) / planes, 0, 0, planes=planes, compared=pairs)
        for planes, pairs in ((3, 3), (5, 8))
    )
    assert more.of_planes(8, 17, few).taking * 8 == pytest.approx(8 + 2 * 17)


def test_what_is_done_once_is_told_from_what_is_done_for_each_plane():
    few, more = (Costs(3 + planes, 0.5, 7, planes, planes=planes) for planes in (3, 6))
    all_planes = more.of_planes(20, 0, few)
    found = (all_planes.surveying, all_planes.finishing, all_planes.composing, all_planes.taking)
    assert found == pytest.approx((23, 7, 20, 0.5))


def test_planes_that_are_read_again_since_pixels_are_missing_are_counted():
    pixels = np.random.default_rng(4).integers(100, 4000, (1, 6, 120, 140), dtype=np.uint16)
    method = registry.get("gradient")
    values = resolve(method.all_parameters(), {}, owner="gradient") | {"along": "z"}
    cleaning = complete({}, n_planes=6, stack=method.verification)

    def read(*, keeps: bool) -> tuple[float, float]:
        found = costs_of(method, values, cleaning, ZStack(pixels, "CZYX"), keeps=keeps)
        return found.surveyed, found.read_again

    whole = read(keeps=False)
    for z in range(6):
        pixels[0, z, : 3 * z] = 0
    assert read(keeps=True) == (6, 0)
    assert all(more > less for more, less in zip(read(keeps=False), whole, strict=True))


@pytest.mark.parametrize("planes", [3, 5, 9])
def test_as_many_pairs_are_compared_as_are_told(planes):
    compared = []

    class Comparer:
        calibration = SimpleNamespace(of_votes=SimpleNamespace(temperature=1.0))

        def encoded(self, guide):
            return guide

        def logits(self, first, second):
            compared.append(1)
            return second - first

    fold = VoteFold((4, 5), planes, Comparer())
    for z in range(planes):
        fold.update(Plane(z, np.full((4, 5), z, np.float32), np.zeros((4, 5, 0), np.uint8)))
    method = registry.get("mfif-gan")
    assert method.comparisons({"along": "votes"}, planes) == len(compared)
    assert method.comparisons({"along": "sequential"}, planes) == planes - 1
    assert registry.get("gradient").comparisons({}, planes) == 0
