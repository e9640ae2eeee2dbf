from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from napari_mfif.methods.neural import boundary_aware as method  # noqa: E402
from napari_mfif.networks import boundary_aware  # noqa: E402
from napari_mfif.networks.boundary_aware import DenseResNet, PatchResNet  # noqa: E402
from napari_mfif.networks.window_feeding import WindowFeeder  # noqa: E402


def trained_looking(network):
    """Return a network whose normalisations do something."""
    torch.manual_seed(5)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.weight, 0.2, 0.6)
            torch.nn.init.normal_(part.bias, std=0.1)
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 2)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def network():
    return trained_looking(DenseResNet())


def parameters_of(network):
    return sum(p.numel() for p in network.parameters())


def test_network_for_patches_has_56_layers_and_their_parameters() -> None:
    network = PatchResNet()
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    assert len(layers) == 56
    # He et al. 2016 with ten classes and three colours: 853,018
    assert parameters_of(network) + 9 * 16 + 8 * 65 == 853_018
    assert parameters_of(DenseResNet()) == parameters_of(network) + 2 * 64 * 255


def test_dense_form_is_the_network_for_patches_at_a_patch() -> None:
    patches = trained_looking(PatchResNet()).double()
    planes = torch.rand((3, 2, 64, 64), dtype=torch.float64) - 0.5
    found = boundary_aware.dense(patches)(planes)
    assert found.shape == (3, 2, 1, 1)
    torch.testing.assert_close(found[:, :, 0, 0], patches(planes), rtol=0, atol=1e-12)


def test_dense_form_averages_the_windows_of_a_larger_picture() -> None:
    patches = trained_looking(PatchResNet()).double()
    planes = torch.rand((1, 2, 80, 72), dtype=torch.float64) - 0.5
    found = boundary_aware.dense(patches)(planes)
    assert found.shape == (1, 2, 5, 3)
    window = patches.features(planes)[:, :, 3:19, 1:17].mean(dim=(2, 3))
    torch.testing.assert_close(found[:, :, 3, 1], patches.fc(window), rtol=0, atol=1e-12)


def test_folded_normalisations_change_nothing(network) -> None:
    planes = torch.rand((1, 2, 96, 68)) - 0.5
    folded = boundary_aware.without_norms(network)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded.modules())
    torch.testing.assert_close(folded(planes), network(planes), rtol=0, atol=2e-4)


def test_first_weights_prefer_the_sharper_plane() -> None:
    torch.manual_seed(0)
    network = boundary_aware.begin_with_energies(DenseResNet())
    sharp = torch.rand((4, 1, 64, 64)) - 0.5
    soft = torch.nn.functional.avg_pool2d(sharp, 5, 1, 2)
    planes = torch.cat([torch.cat([sharp, soft], 1), torch.cat([soft, sharp], 1)])
    with torch.no_grad():
        margins = network(planes)[:, 0, 0, 0] - network(planes)[:, 1, 0, 0]
    assert (margins[:4] > 0).all()
    torch.testing.assert_close(margins[4:], -margins[:4], rtol=0, atol=1e-4)


def test_a_window_depends_on_its_context_alone() -> None:
    network = trained_looking(DenseResNet(blocks=9)).double()
    planes = torch.rand((1, 2, 336, 64), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(network(planes)[0, 0, 34].sum(), planes)
    seen = slope.abs().sum((0, 1, 3)).nonzero()[:, 0]
    assert seen.min() >= 4 * 34 - boundary_aware.CONTEXT
    assert seen.max() < 4 * 34 + boundary_aware.PATCH + boundary_aware.CONTEXT


def test_method_and_network_agree_on_the_stride() -> None:
    assert boundary_aware.STRIDE == method.STRIDE


def feeder_of(network, block, **settings):
    feeder = WindowFeeder(network, **settings)
    feeder.block = block  # smaller than pays
    return feeder


def test_blocks_give_what_the_whole_planes_give(network) -> None:
    planes = np.random.default_rng(1).random((2, 61, 330), dtype=np.float32) - np.float32(0.5)
    whole = feeder_of(network, (512, 512))
    answers = whole.windows(planes)
    assert answers.shape == (2, 17, 84)
    blocks = feeder_of(network, (48, 100)).windows(planes)
    np.testing.assert_allclose(blocks, answers, atol=2e-4)


def test_blocks_that_nobody_needs_are_left_out(network) -> None:
    planes = np.random.default_rng(1).random((2, 40, 100), dtype=np.float32) - np.float32(0.5)
    where = np.zeros((11, 26), np.bool_)
    where[3, 20] = True
    feeder = feeder_of(network, (48, 48))
    found, whole = feeder.windows(planes, where=where), feeder.windows(planes)
    np.testing.assert_allclose(found[:, 3, 20], whole[:, 3, 20], atol=1e-5)
    assert not found[:, :, :12].any()
    assert not feeder.windows(planes, where=where & False).any()


def test_out_of_memory_halves_the_blocks(network) -> None:
    planes = np.random.default_rng(1).random((2, 12, 400), dtype=np.float32) - np.float32(0.5)
    whole = feeder_of(network, (512, 512)).windows(planes)

    def greedy(network, block):
        if block.shape[-1] > 420:
            raise RuntimeError("out of memory")
        return network(block)

    feeder = feeder_of(network, (512, 512), run=greedy)
    np.testing.assert_allclose(feeder.windows(planes), whole, atol=2e-4)
    assert feeder.block[1] < 420
