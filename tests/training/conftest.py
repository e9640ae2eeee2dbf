from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """Return a folder of three sharp pictures; nothing is written into it."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    for name in ("leaf", "moss", "bark"):
        pixels = cv2.GaussianBlur(rng.uniform(0, 255, (120, 130)), (0, 0), 0.6)
        cv2.imwrite(str(folder / f"{name}.png"), pixels.round().astype(np.uint8))
    return folder


@pytest.fixture(scope="session")
def pictures():
    """Return drawn pictures."""
    from napari_mfif.training.data import Picture, draw_texture

    rng = np.random.default_rng(9)
    return [Picture(f"drawn {i}", draw_texture(rng, (180, 180))) for i in range(3)]


@pytest.fixture
def trained_twice(photographs, tmp_path, monkeypatch):
    """Return what trains a network on few stacks for two steps, goes on, and shows what it left."""
    pytest.importorskip("torch")
    from napari_mfif.networks.weights import CARD, read_weights
    from napari_mfif.training import refinement_examples
    from napari_mfif.training.loop import LOG
    from napari_mfif.training.stack_recipe import train_on_stacks

    monkeypatch.setattr(refinement_examples, "HELD_BACK_COUNT", 2)

    def twice(recipe):
        few = replace(recipe, count=10)
        made = []
        for _ in range(2):
            train_on_stacks(few, photographs, tmp_path, steps=2, device="cpu", quiet=True)
            made.append(read_weights(tmp_path, recipe.method))
        lines = (tmp_path / LOG).read_text(encoding="utf-8").splitlines()
        assert json.loads(lines[-1])["step"] == 2
        return made, (tmp_path / CARD).read_text(encoding="utf-8")

    return twice


@pytest.fixture
def unmeasured(monkeypatch):
    """Leave out what is measured of a trained network: it takes minutes."""
    pytest.importorskip("torch")
    table = '{"temperature": 3, "shares": [0, 1], "probabilities": [0, 1]}'
    facts = {"scorecalibration": table, "paircalibration": table}
    seen = {"check_scores": "[]", "changed_by_bfloat16": "0.1", "changed_by_float16": "0"}
    seen["in_float32"] = "nothing"
    monkeypatch.setattr("napari_mfif.training.recipe.measured", lambda *_, **__: (facts, seen))
