"""A part is refined as the whole is."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse, methods
from napari_mfif.fusion.refining import can_refine, refined_part
from napari_mfif.methods.base import Region
from napari_mfif.settings.strokes import Stroke
from napari_mfif.simulation import simulate

REGION = Region(13, 61, 40, 97)


@pytest.fixture(scope="module")
def stack():
    return simulate("occlusion", seed=4, shape=(97, 131), planes=9).stack


@pytest.mark.parametrize(
    "changes",
    [
        {"smooth_depth": 2},
        {"smooth_depth": 0, "small_regions": 0.01},
        {"guided_radius": 4},
        {"prefer": "nearer", "grow": 2},
    ],
    ids=lambda changes: next(iter(changes)),
)
@pytest.mark.parametrize("method", ["adaptive", "gradient"])
def test_part_is_that_of_the_whole(stack, method, changes) -> None:
    if "prefer" in changes and not methods.get(method).knows_rivals:
        changes = changes | {"prefer": "sharper"}
    fusion = fuse(stack, method=method)
    whole = fusion.refine(**changes)
    part = refined_part(fusion, changes, REGION)
    for name in ("depth", "decision", "confidence", "runner_up"):
        found, expected = getattr(part, name), getattr(whole, name)[REGION.slices]
        np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=name)
    np.testing.assert_array_equal(part.pixels[..., 0], whole.image[REGION.slices])


def test_part_of_a_timepoint(stack) -> None:
    pixels = np.asarray(stack.pixels)
    film = fuse(np.stack([pixels, pixels[::-1]]), axes="TZYX", method="gradient")
    part = refined_part(film, {"smooth_depth": 1}, REGION, 1)
    np.testing.assert_array_equal(part.depth, film.refine(smooth_depth=1).depth[1][REGION.slices])


def test_what_can_be_refined_is_told(stack) -> None:
    fusion = fuse(stack, method="gradient")
    assert can_refine(fusion) and can_refine(fusion, partly=True)
    mended = fusion.mend([Stroke(source=2, points=((30.0, 40.0),), radius=5.0)])
    assert can_refine(mended) and not can_refine(mended, partly=True)
    blended = fuse(stack, method="gradient", composition="pyramid")
    assert can_refine(blended) and not can_refine(blended, partly=True)
    assert not can_refine(fuse(stack, lazy=True))
    assert not can_refine(fuse(stack, decision=fusion.decision))
