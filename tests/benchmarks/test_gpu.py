"""The benchmark for graphics cards, in its tiny setting on the processor."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parents[2]))  # benchmarks are no part of the package

from benchmarks import gpu, gpu_work


def test_one_command_writes_numbers_and_a_page(tmp_path) -> None:
    gpu.main(["--device", "cpu", "--tiny", "--out", str(tmp_path)])
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert all(one["differ"] == 0 for one in found["decisions"])
    assert found["speed"][0]["megapixel_planes_per_second"] > 0
    assert found["speed"][0]["operations_per_second"] > 0
    assert {one["recipe"] for one in found["training"]} == {"fd-fcn", "fd-fcn/microscopy"}
    assert "| `fd-fcn` | float32 | 3 |" in (tmp_path / "gpu.md").read_text()


def test_what_cannot_be_computed_is_told_and_the_rest_measured(monkeypatch) -> None:
    def fails(name, way, *_):
        if way == "compiled":
            raise RuntimeError("no compiler here\nmore words")
        return {"megapixel_planes_per_second": 1.0}

    monkeypatch.setattr(gpu, "speed", fails)
    monkeypatch.setattr(gpu.gpu_work, "operations", lambda *_: 10.0)
    setting = gpu.Setting.tiny("cpu")
    plain, compiled = gpu.speeds(setting, ["float32", "compiled"], end=float("inf"))
    assert plain["operations_per_second"] == 1e7
    assert compiled["failed"] == "no compiler here"
    (late,) = gpu.speeds(setting, ["float32"], end=0.0)
    assert late["failed"] == "no time was left"


def test_time_that_two_things_are_at_it_together() -> None:
    computing = gpu_work.joined([(0, 2), (1, 4), (6, 9)])
    assert computing == [(0, 4), (6, 9)]
    assert gpu_work.common(computing, [(3, 7), (8, 12)]) == 1 + 1 + 1


def test_without_a_card_it_says_so() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a card")
    with pytest.raises(SystemExit, match="no CUDA card"):
        gpu.main(["--device", "cuda"])
