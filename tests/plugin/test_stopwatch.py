"""The benchmark of the window times what there is."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))  # benchmarks are no part of the package

from benchmarks import window

pytestmark = pytest.mark.window


def test_what_is_timed_is_there() -> None:
    for kind, names in window.OWN.items():
        for name in names:
            assert callable(getattr(kind, name))
    for name in ("_made", "_update", "_insert"):
        assert callable(getattr(window.layer_module, name))
