from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from napari_mfif.methods.neural.ufa_fuse import PairFuser  # noqa: E402
from napari_mfif.networks.cnn import count_parameters  # noqa: E402
from napari_mfif.networks.ufa_fuse import REACH, UfaFuse, channel_weights  # noqa: E402


@pytest.fixture(scope="module")
def network():
    """A small network whose attention and correction are far from nothing."""
    torch.manual_seed(4)
    network = UfaFuse(6, 1, residual=True).eval().requires_grad_(False)
    torch.nn.init.normal_(network.last.weight, std=0.1)
    for layer in network.extract:
        if isinstance(layer, torch.nn.Conv2d):
            layer.weight *= 2
    network.spatial.weight *= 3
    return network


@pytest.fixture(scope="module")
def planes():
    rng = np.random.default_rng(6)
    return rng.random((3, 2, 75, 58)).astype(np.float32)


def test_network_of_table_2_has_its_parameters() -> None:
    assert count_parameters(UfaFuse()) == 344_230


def test_narrow_grey_network_has_a_quarter_of_the_parameters() -> None:
    assert count_parameters(UfaFuse(32, 1)) == 86_020


def test_published_form_gives_pixels_between_0_and_1(planes) -> None:
    first, second = (torch.from_numpy(9 * planes[:1, bands]) for bands in ([0, 0, 1], [1, 0, 1]))
    fused = UfaFuse(8)(first, second).detach()
    assert fused.shape == (1, 3, 75 - 2 * REACH, 58 - 2 * REACH)
    assert 0 < float(fused.min()) < float(fused.max()) < 1


def test_untrained_correction_is_nothing(planes) -> None:
    first, second = (torch.from_numpy(planes[:1, i : i + 1]) for i in (0, 1))
    fused, share = UfaFuse(8, 1, residual=True).fused(first, second)
    one, two, share = (
        values[..., m:-m, m:-m] for values, m in ((first, REACH), (second, REACH), (share, 4))
    )
    torch.testing.assert_close(fused, one + share * (two - one))


def test_attention_is_a_softmax_across_the_planes(network, planes) -> None:
    features = [network.features(torch.from_numpy(planes[:1, i : i + 1])) for i in (0, 1)]
    means = [one.mean((2, 3)) for one in features]
    channels = channel_weights(*means)
    softmax = torch.softmax(torch.stack(means), dim=0)[1]
    torch.testing.assert_close(channels[..., 0, 0], softmax)
    logits = [
        network.logit(one * weight)
        for one, weight in zip(features, (1 - channels, channels), strict=True)
    ]
    share = network.share(*features, channels)
    torch.testing.assert_close(share, torch.softmax(torch.stack(logits), dim=0)[1])


def test_swapped_planes_have_the_opposite_attention(network, planes) -> None:
    first, second = (torch.from_numpy(planes[:1, i : i + 1]) for i in (0, 1))
    _, share = network.fused(first, second)
    _, swapped = network.fused(second, first)
    torch.testing.assert_close(share, 1 - swapped, atol=1e-6, rtol=1e-5)


def test_blocks_give_what_the_whole_gives(network, planes) -> None:
    first, second = [planes[0, 0], planes[1, 0]], [planes[0, 1], planes[1, 1]]
    whole = PairFuser(network, block=(75, 58)).fused(first, second)
    blocks = PairFuser(network, block=(17, 23)).fused(first, second)
    for one, other in zip((*whole[0], whole[1]), (*blocks[0], blocks[1]), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)


def test_fusing_in_blocks_is_the_network_on_the_reflected_planes(network, planes) -> None:
    (fused,), share = PairFuser(network, block=(24, 24)).fused([planes[0, 0]], [planes[0, 1]])
    first, second = (
        torch.from_numpy(np.pad(plane, REACH, mode="reflect"))[None, None] for plane in planes[0]
    )
    features = network.features(first), network.features(second)
    inner = [one[..., 7:-7, 7:-7].mean((2, 3)) for one in features]
    channels = channel_weights(*inner)
    expected = network.share(*features, channels)
    np.testing.assert_allclose(share, expected[0, 0, 4:-4, 4:-4], atol=2e-6)
    pixels = network.pixels((first, second), features, channels, expected)
    np.testing.assert_allclose(fused, pixels[0, 0], atol=2e-6)


def test_band_like_the_one_that_decides_is_rebuilt_like_it(network, planes) -> None:
    first, second = planes[2]
    (guides, band), _ = PairFuser(network).fused([first, first], [second, second])
    inner = np.s_[4:-4, 4:-4]  # the attention is reflected at the border, not judged there
    np.testing.assert_allclose(guides[inner], band[inner], atol=2e-6)
