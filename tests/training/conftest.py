from __future__ import annotations

import pytest


@pytest.fixture
def unmeasured(monkeypatch):
    """Leave out what is measured of a trained network: it takes minutes."""
    pytest.importorskip("torch")
    table = '{"temperature": 3, "shares": [0, 1], "probabilities": [0, 1]}'
    facts = {"scorecalibration": table, "paircalibration": table}
    seen = {"check_scores": "[]", "changed_by_bfloat16": "0.1", "changed_by_float16": "0"}
    seen["in_float32"] = "nothing"
    monkeypatch.setattr("napari_mfif.training.recipe.measured", lambda *_, **__: (facts, seen))
