from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from napari_mfif.methods.neural.patch_scoring import CONTEXT, PATCH, STRIDE, _scores  # noqa: E402
from napari_mfif.networks import quick_cnn, winograd  # noqa: E402
from napari_mfif.networks.cnn import CollapsedCnn  # noqa: E402
from napari_mfif.networks.feeding import Feeder  # noqa: E402

GEOMETRY = {"context": (CONTEXT, PATCH - STRIDE + CONTEXT), "stride": STRIDE, "run": _scores}


def exact(layer, maps):
    """Return what a convolution gives in double precision."""
    bias = None if layer.bias is None else layer.bias.double()
    return torch.nn.functional.conv2d(maps.double(), layer.weight.double(), bias)


def off(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


@given(
    shape=st.tuples(st.integers(3, 40), st.integers(3, 40)),
    maps=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    bias=st.booleans(),
    at_a_time=st.sampled_from([1, 7, 192]),
)
@settings(max_examples=40, deadline=None)
def test_convolution_is_that_of_the_layer(shape, maps, bias, at_a_time) -> None:
    torch.manual_seed(sum(shape))
    layer = torch.nn.Conv2d(*maps, 3, bias=bias)
    given_maps = torch.rand(1, maps[0], *shape)
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "AT_A_TIME", at_a_time)
        found = winograd.Winograd(layer)(given_maps)
        assert off(found, exact(layer, given_maps)) < 1e-5


def one_by_one(layer, maps):
    """Return what a convolution gives whose products are added up in float32 in their order."""
    patches = torch.nn.functional.unfold(maps, winograd.KERNEL)[0]
    kernels = layer.weight.flatten(1)
    total = layer.bias[:, None].expand(-1, patches.shape[1]).clone()
    for kernel, patch in zip(kernels.T, patches, strict=True):
        total += kernel[:, None] * patch
    side = maps.shape[-1] - winograd.KERNEL + 1
    return total.view(1, -1, side, side)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_sums_over_many_maps_are_as_exact_as_those_taken_one_by_one(seed) -> None:
    """The layer itself is no measure: its convolution adds up as wide as the processor is.

    With AVX2 and less it is as far off as products added up one by one, with AVX-512 a quarter.
    """
    torch.manual_seed(seed)
    layer, maps = torch.nn.Conv2d(128, 64, 3), torch.rand(1, 128, 38, 38)
    with torch.no_grad():
        expected = exact(layer, maps)
        plain = off(one_by_one(layer, maps), expected)
        assert off(winograd.Winograd(layer)(maps), expected) < 2 * plain


def network():
    torch.manual_seed(5)
    made = CollapsedCnn().eval().requires_grad_(False)
    for part in made.modules():
        if isinstance(part, torch.nn.Conv2d) and part.bias is not None:
            torch.nn.init.normal_(part.bias, std=0.05)
    return made


@pytest.mark.parametrize("shape", [(24, 24), (25, 31), (24, 90), (101, 38), (67, 300)])
def test_quick_network_gives_the_same_scores(shape) -> None:
    plain, planes = network(), torch.rand(2, 1, *shape) - 0.5
    expected = plain.double()(planes.double())
    found = plain.float().for_processor()(planes)
    assert found.shape == expected.shape
    assert off(found, expected) < 1e-5


def test_strips_of_a_network_join(monkeypatch) -> None:
    plane = torch.rand(1, 1, 90, 70) - 0.5
    quick = network().for_processor()
    whole = quick(plane)
    for tiles in (1, 20, 50):
        monkeypatch.setattr(winograd, "AT_A_TIME", tiles)
        torch.testing.assert_close(quick(plane), whole, rtol=1e-5, atol=1e-5)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_threads_give_the_same_and_stay_as_many(threads) -> None:
    plane = torch.rand(1, 1, 250, 70) - 0.5
    quick = network().for_processor()
    threads(1)
    alone = quick(plane)
    threads(3)
    torch.testing.assert_close(quick(plane), alone, rtol=1e-5, atol=1e-5)
    assert torch.get_num_threads() == 3
    with ThreadPoolExecutor(1) as pool:  # a thread that comes later
        assert pool.submit(torch.get_num_threads).result() == 3


def test_error_in_a_thread_is_raised_and_threads_stay_as_many(threads, monkeypatch) -> None:
    def exhausted(*_):
        raise MemoryError

    quick = network().for_processor()
    monkeypatch.setattr(quick_cnn, "joined", exhausted)
    threads(3)
    with pytest.raises(MemoryError):
        quick(torch.rand(1, 1, 250, 70))
    assert torch.get_num_threads() == 3


def test_feeder_takes_the_quick_form_on_a_processor_in_float32() -> None:
    feeder = Feeder(network(), precision="float32", **GEOMETRY)
    assert isinstance(feeder._placed, quick_cnn.QuickCnn)
    assert feeder.block == quick_cnn.QuickCnn.block
    for other in ({"precision": "bfloat16"}, {"device": "meta"}):
        slow = Feeder(network(), **{"precision": "float32", **other}, **GEOMETRY)
        assert isinstance(slow._placed, CollapsedCnn)


def test_blocks_of_the_quick_form_give_what_the_whole_gives() -> None:
    image = np.random.default_rng(4).random((1, 131, 117), dtype=np.float32) - np.float32(0.5)
    cells = (59, 52)
    whole = Feeder(network(), precision="float32", **GEOMETRY)(image, cells=cells)
    for block in ((44, 44), (46, 70)):
        found = Feeder(network(), precision="float32", block=block, **GEOMETRY)(image, cells=cells)
        np.testing.assert_allclose(found, whole, atol=1e-5 * np.abs(whole).max())
