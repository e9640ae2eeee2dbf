"""Of wishes that come faster than they are done the last counts."""

from __future__ import annotations

import threading

import pytest

from napari_mfif.errors import ParameterError
from napari_mfif.plugin.latest import Latest

pytestmark = pytest.mark.window

WAIT = 5000


@pytest.mark.parametrize(("between", "expected"), [(False, [4]), (True, [0, 4])])
def test_what_is_between_is_told_of_where_that_is_wanted(qtbot, between, expected) -> None:
    go_on, told = threading.Event(), []

    def work(wish):
        go_on.wait(10)
        return wish

    latest = Latest(work, told.append, between=between)
    for wish in range(5):
        latest.ask(wish)
    go_on.set()
    qtbot.waitUntil(lambda: not latest.busy, timeout=WAIT)
    assert told == expected


def test_what_is_wrong_is_said(qtbot) -> None:
    def refuse():
        raise ParameterError("It is not possible.")

    said = []
    latest = Latest(refuse, said.append, said.append)
    latest.ask()
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    assert said == ["It is not possible."]


def test_stopped_it_says_nothing(qtbot) -> None:
    go_on, told = threading.Event(), []
    latest = Latest(lambda: go_on.wait(10), told.append)
    latest.ask()
    latest.stop()
    go_on.set()
    qtbot.wait(100)
    assert told == []
