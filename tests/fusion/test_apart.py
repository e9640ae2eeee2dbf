"""Planes that lie apart and were not aligned are a doubt, with alignment as the remedy."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.alignment import registration
from napari_mfif.simulation import simulate

SMALL = {"shape": (125, 143), "planes": 9, "slope": 1.0, "seed": 3}


def apart(fusion) -> list:
    return [doubt for doubt in fusion.doubts if doubt.kind == "planes lie apart"]


def test_planes_that_lie_apart_are_doubted_until_they_are_aligned() -> None:
    moved = simulate("relief", **SMALL, drift=6.0)
    fusion = fuse(moved.stack)
    (doubt,) = apart(fusion)
    assert doubt.share == 1
    assert any(doubt.sentence in note and doubt.remedy in note for note in fusion.notes)
    assert "align=" in doubt.remedy
    assert not apart(fuse(moved.stack, align="similarity"))


@pytest.mark.parametrize("kind", ["relief", "occlusion", "fluorescence", "tissue"])
def test_planes_that_lie_on_one_another_are_not(kind) -> None:
    assert not apart(fuse(simulate(kind, **SMALL).stack))


def test_planes_that_show_different_things_are_not() -> None:
    """As in confocal stacks: what lies elsewhere is another object."""
    rng = np.random.default_rng(0)
    planes = [simulate("fluorescence", shape=(96, 96), planes=3, seed=int(s)).stack.pixels[1]
              for s in rng.integers(1000, size=7)]  # fmt: skip
    assert not apart(fuse(np.stack(planes)))


def test_where_planes_lie_is_looked_at_once(monkeypatch) -> None:
    asked = []
    known = registration.detect_drift
    monkeypatch.setattr(
        registration, "detect_drift", lambda *given: asked.append(1) or known(*given)
    )
    fusion = fuse(simulate("relief", **SMALL, drift=6.0).stack)
    assert not asked  # a fusion takes no longer for it
    assert apart(fusion) == apart(fusion.refine(smooth_depth=3))
    assert fusion.notes
    assert len(asked) == 1
