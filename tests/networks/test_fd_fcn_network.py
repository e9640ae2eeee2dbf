from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from napari_mfif.methods.neural import fd_fcn as method  # noqa: E402
from napari_mfif.networks import fd_fcn  # noqa: E402
from napari_mfif.networks.feeding import Feeder  # noqa: E402


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(4)
    return fd_fcn.FdFcn().eval()


def test_parameters_are_those_of_the_chosen_maps(network) -> None:
    def convolutions(before, maps):
        return 9 * maps * (before + 2 * maps) + 3 * maps

    modules = convolutions(1, 16) + convolutions(16, 32) + convolutions(32, 64)
    reductions = (64 * 32 + 32) + (64 * 16 + 16) + (32 * 16 + 16) + (16 + 1)
    assert sum(p.numel() for p in network.parameters()) == modules + reductions == 123_953


@pytest.mark.parametrize("side", [32, 520])
def test_score_map_is_half_the_size_of_the_plane(network, side) -> None:
    with torch.no_grad():
        assert network(torch.zeros((1, 1, side, 40))).shape == (1, 1, side // 2, 20)


def test_a_score_depends_on_its_context_alone(network) -> None:
    network = fd_fcn.FdFcn().double().eval()
    plane = torch.rand((1, 1, 160, 8), dtype=torch.float64, requires_grad=True)
    for cell in range(40, 44):
        (slope,) = torch.autograd.grad(network(plane)[0, 0, cell].sum(), plane)
        seen = slope.abs().sum((0, 1, 3)).nonzero()[:, 0]
        assert seen.min() >= 2 * cell - fd_fcn.CONTEXT
        assert seen.max() <= 2 * cell + 1 + fd_fcn.CONTEXT


def test_method_and_network_agree_on_the_geometry() -> None:
    for name in ("STRIDE", "GRID", "CONTEXT"):
        assert getattr(fd_fcn, name) == getattr(method, name)


def test_blocks_give_what_the_whole_plane_gives(network) -> None:
    plane = np.random.default_rng(0).random((1, 93, 118), dtype=np.float32)
    geometry = {"context": fd_fcn.CONTEXT, "stride": fd_fcn.STRIDE, "grid": fd_fcn.GRID}
    whole = Feeder(network, block=(256, 256), **geometry)(plane)
    blocks = Feeder(network, block=(40, 24), **geometry)(plane)
    assert whole.shape == (1, 47, 59)
    np.testing.assert_allclose(blocks, whole, atol=1e-5)
