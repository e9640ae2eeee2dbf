"""Which weights average the planes of a z-stack, and what that does to the image."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.methods import registry
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import simulate

AVERAGING = ("cnn", "fd-fcn", "boundary-aware", "mfif-gan", "ufa-fuse")
#: Those with other weights for z-stacks; in sequence `ufa-fuse` makes pixels.
TWO_SETS = ("fd-fcn", "boundary-aware", "mfif-gan")
COPYING_IN_SEQUENCE = ("cnn", *TWO_SETS)


@pytest.fixture(scope="module")
def noisy():
    pytest.importorskip("torch")
    return simulate("relief", seed=12, shape=(64, 64), planes=8, photons="high")


@pytest.fixture(scope="module", params=AVERAGING)
def both(request, noisy):
    """A noisy stack fused as the method does it, and copied."""
    return [fuse(noisy.stack, method=request.param, **how) for how in ({}, {"composition": "copy"})]


def test_average_is_nearer_to_the_scene_than_copies(both, noisy) -> None:
    averaged, copied = (psnr(fusion.image, noisy.image) for fusion in both)
    assert averaged > copied + 2


def test_average_changes_neither_depth_nor_decision_nor_confidence(both) -> None:
    averaged, copied = both
    for name in ("depth", "decision", "confidence"):
        np.testing.assert_array_equal(getattr(averaged, name), getattr(copied, name))


@pytest.mark.parametrize(
    ("method", "given"),
    [
        *((method, {"weights": "published"}) for method in TWO_SETS),
        *((method, {"along": "sequential"}) for method in COPYING_IN_SEQUENCE),
        *((method, {"composition": "copy"}) for method in AVERAGING),
    ],
)
def test_pixels_are_copied_where_that_was_asked_for(method, given, noisy) -> None:
    planes = np.asarray(noisy.stack.pixels)
    fusion = fuse(noisy.stack, method=method, **given)
    taken = np.take_along_axis(planes, fusion.decision[None].astype(np.intp), 0)[0]
    np.testing.assert_array_equal(fusion.image, taken)


@pytest.mark.parametrize("method", AVERAGING)
def test_planes_without_noise_are_copied(method) -> None:
    pytest.importorskip("torch")
    clean = np.zeros((4, 32, 32), np.uint8)
    clean[1, :, 8:] = 200  # flat parts: nothing says that there is noise
    fusion = fuse(clean, method=method)
    assert set(np.unique(fusion.image)) <= {0, 200}


@pytest.mark.parametrize("method", AVERAGING)
def test_average_needs_memory_that_the_plan_knows_of(method) -> None:
    used = registry.get(method)
    auto, copied = ({"composition": how} for how in ("auto", "copy"))
    assert used.extra_bytes(3, auto, 5) > used.extra_bytes(1, auto, 5) > 0
    assert used.extra_bytes(3, copied, 5) == used.extra_bytes(3, auto, 2) == 0
