from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from napari_mfif.methods.neural import patch_scoring as patch_scores  # noqa: E402
from napari_mfif.networks import cnn  # noqa: E402


@pytest.fixture
def planes():
    generator = torch.Generator().manual_seed(3)
    return torch.rand((2, 1, 1, 45, 52), generator=generator, dtype=torch.float64) - 0.5


def trained_looking(network):
    """Return a network with weights and biases that are nowhere zero or symmetric."""
    torch.manual_seed(11)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.03)
    return network.double().eval()


def margin(network, first, second):
    logits = network(first, second)
    return logits[:, :1] - logits[:, 1:]


@pytest.mark.parametrize(
    ("network", "parameters"),
    [(cnn.FullCnn, 8_759_042), (cnn.SlightCnn, 435_202), (cnn.CollapsedCnn, 386_048)],
)
def test_networks_have_the_parameters_of_the_paper(network, parameters) -> None:
    assert cnn.count_parameters(network()) == parameters


@pytest.mark.parametrize(("side", "scores"), [(16, 1), (18, 2), (520, 253)])
def test_score_map_has_the_size_of_the_paper(side, scores) -> None:
    padded = torch.zeros((1, 1, side + 2 * cnn.CONTEXT, 16 + 2 * cnn.CONTEXT))
    assert cnn.CollapsedCnn()(padded).shape == (1, 1, scores, 1)


@pytest.mark.parametrize("form", [cnn.FullCnn, cnn.SlightCnn])
def test_collapse_is_the_antisymmetric_part_of_a_comparison(form, planes) -> None:
    network = trained_looking(form())
    collapsed = cnn.collapse(network)
    expected = (margin(network, *planes) - margin(network, *planes.flip(0))) / 2
    found = collapsed(planes[0]) - collapsed(planes[1])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("full", [False, True])
def test_all_forms_compare_alike(full, planes) -> None:
    collapsed = trained_looking(cnn.CollapsedCnn())
    expanded = cnn.expand(collapsed, full=full)
    expected = collapsed.compare(*planes)
    torch.testing.assert_close(expanded.compare(*planes), expected, rtol=0, atol=1e-13)
    again = cnn.collapse(expanded)
    torch.testing.assert_close(again.compare(*planes), expected, rtol=0, atol=1e-13)


def test_collapsed_comparison_is_commutative_and_transitive(planes) -> None:
    network = trained_looking(cnn.CollapsedCnn())
    forth, back = network.compare(*planes), network.compare(*planes.flip(0))
    torch.testing.assert_close(forth + back, torch.ones_like(forth), rtol=0, atol=1e-15)


def test_method_and_network_agree_on_the_geometry() -> None:
    for name in ("PATCH", "STRIDE", "CONTEXT"):
        assert getattr(cnn, name) == getattr(patch_scores, name)


def test_a_score_depends_on_its_patch_and_context_alone() -> None:
    network = cnn.CollapsedCnn().eval()
    plane = torch.rand((1, 1, 64, 60))
    changed = plane.clone()
    changed[..., : 2 * 5, :] = 0  # rows that patch 5 does not see
    with torch.no_grad():
        before, after = network(plane)[..., 5:, :], network(changed)[..., 5:, :]
    torch.testing.assert_close(before, after, rtol=0, atol=1e-6)
