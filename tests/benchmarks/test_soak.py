"""A small form of the soak: a batch comes through kills, a full disk and files that change."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))  # benchmarks are no part of the package

from benchmarks import soak


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits files, looks into /proc")
def test_a_batch_loses_nothing_whatever_happens_to_it(tmp_path, capsys) -> None:
    grown = soak.soak(tmp_path, 8, kills=1)
    assert grown < soak.GROWTH
    assert "0 done, 8 done before" in capsys.readouterr().out
