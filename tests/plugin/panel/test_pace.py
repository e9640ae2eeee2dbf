"""One bar and one estimate over all parts of a run."""

from __future__ import annotations

import pytest

from napari_mfif.fusion.api import Progress
from napari_mfif.plugin.panel import pace as module
from napari_mfif.plugin.panel.pace import Pace

EXPECTED = {"aligning": 4.0, "looking": 1.0, "fusing": 4.0, "composing": 1.0, "showing": 0.5}


@pytest.fixture
def clock(monkeypatch):
    """Time that passes when one says so."""

    class Clock:
        now = 100.0

        def perf_counter(self) -> float:
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def run(pace: Pace, clock, *, slower: float = 1.0) -> list[tuple[float, float, str]]:
    """Let a run pass as expected, or so much slower: share done, seconds left, words."""
    told = []
    steps = [
        *(("Aligning planes", done, 14, 4.0 / 14) for done in range(1, 15)),
        ("Looking at the stack", 0, 8, 0.1),
        ("Fusing", 1, 8, 0.9 + 4.0 / 7),
        *(("Fusing", done, 8, 4.0 / 7) for done in range(2, 8)),
    ]
    for stage, done, total, seconds in steps:
        clock.now += seconds * slower
        words = pace.note(Progress(stage, done, total))
        told.append((pace.fraction, pace.left, words))
    return told


def test_bar_never_falls_and_reaches_the_end(clock):
    told = run(Pace(EXPECTED, 7, 1, aligns=True), clock)
    shares = [share for share, _, _ in told]
    assert shares == sorted(shares)
    assert 0.3 < shares[13] < 0.45  # aligned, of ten and a half seconds
    assert shares[-1] > 0.8


def test_words_count_planes_and_the_turns_of_aligning(clock):
    words = [said for _, _, said in run(Pace(EXPECTED, 7, 1, aligns=True), clock)]
    assert words[0].startswith("aligning plane 1 of 7, pass 1 of 2, ")
    assert words[13].startswith("aligning plane 7 of 7, pass 2 of 2, ")
    assert words[15].startswith("plane 1 of 7, ")
    assert "pass" not in words[15]
    assert words[-1].startswith("composing the image, ")
    assert all("left" in said for said in words)


def test_what_is_left_is_corrected_while_it_runs(clock):
    told = run(Pace(EXPECTED, 7, 1, aligns=True), clock, slower=3.0)
    left = told[12][1]  # aligned but for the last plane: two and a half parts are to come
    truth = 3.0 * (4.0 / 14 + 1 + 4 + 1 + 0.5)
    assert truth / 1.5 < left < truth * 1.5


def test_a_run_of_which_nothing_was_estimated_has_a_bar_too(clock):
    told = run(Pace({}, 7, 1, aligns=True), clock)
    shares = [share for share, _, _ in told]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.3
    assert shares[-1] > 0.8


def test_timepoints_are_named(clock):
    pace = Pace({"looking": 1.0, "fusing": 8.0}, 4, 2, aligns=False)
    clock.now += 1
    assert pace.note(Progress("Fusing", 5, 9)).startswith("timepoint 2 of 2, plane 1 of 4, ")


def network(pace: Pace, clock) -> list[tuple[int, float, float | None, str]]:
    """Let a network begin that nobody expected to take twenty seconds for that."""
    told = []
    began = clock.now
    steps = [("Looking at the stack", 0, 20.0), *(("Fusing", n, 3.0) for n in range(1, 14))]
    for stage, done, seconds in steps:
        clock.now += seconds
        words = pace.note(Progress(stage, done, 14))
        if pace.left is not None:
            elapsed = clock.now - began
            assert pace.fraction == pytest.approx(elapsed / (elapsed + pace.left), abs=0.12)
        told.append((done, pace.fraction, pace.left, words))
    return told


def test_no_time_is_told_before_any_is_known(clock):
    for done, share, left, words in network(Pace({}, 13, 1, aligns=False), clock):
        assert ("left" in words) == (left is not None) == (done >= 5)
        if done <= 1:
            assert share < 0.3
        if 5 <= done < 13:
            assert left > 3.0 * (13 - done)
            assert left < 1.7 * 3.0 * 13  # how long the end takes is still a guess


def test_the_bar_agrees_with_the_time_that_is_told(clock):
    expected = {"looking": 1.0, "fusing": 36.0, "composing": 2.0}
    told = network(Pace(expected, 13, 1, aligns=False), clock)
    for done, _, left, _ in told[1:-1]:
        assert left == pytest.approx(3.0 * (13 - done) + 2, rel=0.2)
