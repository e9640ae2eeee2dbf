"""Focus maps by MFIF-GAN: known pairs, strips, devices without memory, growth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from napari_mfif import fuse, methods  # noqa: E402
from napari_mfif.errors import MemoryBudgetError  # noqa: E402
from napari_mfif.methods.neural.mfif_gan import FocusMapper  # noqa: E402
from napari_mfif.networks.mfif_gan import MfifGenerator  # noqa: E402

SHAPE = (70, 93)


@pytest.fixture(scope="module")
def fused(halves):
    return fuse(halves, method="mfif-gan", device="cpu")


@pytest.fixture(scope="module")
def untrained():
    torch.manual_seed(0)
    return MfifGenerator(4, blocks=2).eval()


@pytest.fixture(scope="module")
def planes():
    return np.random.default_rng(0).random((2, *SHAPE), dtype=np.float32)


def test_each_half_comes_from_the_plane_that_is_sharp_there(halves, fused) -> None:
    assert (fused.decision[:, :37] == 0).mean() > 0.97
    assert (fused.decision[:, 53:] == 1).mean() > 0.97
    assert fused.image.dtype == np.uint16
    chosen = np.take_along_axis(halves, fused.decision[None].astype(int), axis=0)[0]
    np.testing.assert_array_equal(fused.image, chosen)


def test_order_of_two_planes_hardly_matters(halves, fused) -> None:
    other = fuse(halves[::-1].copy(), method="mfif-gan", device="cpu")
    assert (other.decision == 1 - fused.decision).mean() > 0.98


def test_pairs_lose_small_regions_only_as_the_paper_says(fused) -> None:
    assert fused.recipe.consistency["small_regions"] == 0.001
    assert fused.recipe.consistency["guided_radius"] == 0


def test_growth_adds_pixels_to_the_first_plane_and_shrinking_takes_them(fused) -> None:
    areas = [int((fused.refine(grow=pixels).decision == 0).sum()) for pixels in (-3, 0, 3)]
    assert areas[0] < areas[1] < areas[2]
    assert areas[2] - areas[1] == pytest.approx(3 * SHAPE[0], rel=0.25)


def test_a_stack_is_fused_plane_after_plane() -> None:
    rng = np.random.default_rng(3)
    scene = cv2.GaussianBlur(rng.uniform(20, 230, SHAPE), (0, 0), 0.8)
    bands = np.arange(SHAPE[1]) * 3 // SHAPE[1]
    stack = np.stack(
        [
            np.where(bands == z, scene, cv2.GaussianBlur(scene, (0, 0), 3)).astype(np.uint8)
            for z in range(3)
        ]
    )
    fusion = fuse(stack, method="mfif-gan", device="cpu", consistency={"smooth_depth": 0})
    assert (fusion.decision == bands).mean() > 0.85
    in_sequence = fuse(
        stack, method="mfif-gan", along="sequential", device="cpu", consistency={"smooth_depth": 0}
    )
    assert (in_sequence.decision == bands).mean() > 0.85
    assert methods.get("mfif-gan").along == ("votes", "sequential")


def test_score_is_larger_where_a_plane_is_sharp(halves) -> None:
    fusion = fuse(halves, method="mfif-gan", device="cpu")
    scores = np.asarray(fusion.scores)
    assert np.median(scores[0][:, :37]) > np.median(scores[0][:, 53:])
    assert np.median(scores[1][:, :37]) < np.median(scores[1][:, 53:])


@pytest.mark.parametrize("strip", [8, 1000])
def test_strips_do_not_show(untrained, planes, strip) -> None:
    pixels = [torch.from_numpy(plane)[None, None] - 0.5 for plane in planes]
    pixels = [torch.nn.functional.pad(p, (0, 3, 0, 2), mode="replicate") for p in pixels]
    expected = untrained(pixels[1], pixels[0])[0, 0, : SHAPE[0], : SHAPE[1]]
    found = FocusMapper(untrained, strip=strip)(*planes)
    inner = np.s_[:60, :80]  # the last rows and columns are reflected, not replicated
    np.testing.assert_allclose(found[inner], expected.detach().numpy()[inner], atol=2e-3)


def test_device_out_of_memory_gets_thinner_strips(untrained, planes, monkeypatch) -> None:
    expected = FocusMapper(untrained)(*planes)
    mapper = FocusMapper(untrained, strip=16)
    whole = type(mapper._placed).encode_in_strips
    asked = []

    def tight(network, pixels, strip):
        asked.append(strip)
        if strip > 8:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return whole(network, pixels, strip)

    monkeypatch.setattr(type(mapper._placed), "encode_in_strips", tight)
    np.testing.assert_allclose(mapper(*planes), expected, atol=1e-5)
    assert asked == [16, 8, 8]


def test_no_memory_at_all_is_said(untrained, planes, monkeypatch) -> None:
    mapper = FocusMapper(untrained, strip=8)

    def full(network, pixels, strip):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(type(mapper._placed), "encode_in_strips", full)
    with pytest.raises(MemoryBudgetError, match="mfif-gan"):
        mapper(*planes)


def test_other_failures_are_not_hidden(untrained, planes, monkeypatch) -> None:
    mapper = FocusMapper(untrained)

    def broken(network, pixels, strip):
        raise RuntimeError("device-side assert")

    monkeypatch.setattr(type(mapper._placed), "encode_in_strips", broken)
    with pytest.raises(RuntimeError, match="assert"):
        mapper(*planes)


def test_network_is_loaded_once() -> None:
    assert FocusMapper.load("cpu") is FocusMapper.load("cpu")
