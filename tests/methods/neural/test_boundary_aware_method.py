"""Focus maps by the boundary-aware networks: known pairs, the band, blocks."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from napari_mfif import fuse, methods  # noqa: E402
from napari_mfif.methods.neural import boundary_aware as method  # noqa: E402
from napari_mfif.methods.neural.boundary_aware import WindowComparer, band  # noqa: E402
from napari_mfif.networks.boundary_aware import BoundaryAware, begin_with_energies  # noqa: E402


@pytest.fixture(scope="module")
def fused(halves):
    return fuse(halves, method="boundary-aware", device="cpu")


@pytest.fixture(scope="module")
def networks():
    """Return small networks of which the second says the opposite of the first."""
    torch.manual_seed(0)
    made = BoundaryAware(blocks=1)
    begin_with_energies(made.initial)
    made.boundary.load_state_dict(made.initial.state_dict())
    with torch.no_grad():
        made.boundary.head.weight.neg_()
    return made.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def planes(halves):
    return halves.astype(np.float32) / 65535


def test_each_half_comes_from_the_plane_that_is_sharp_there(halves, fused) -> None:
    assert (fused.decision[:, :37] == 0).mean() > 0.97
    assert (fused.decision[:, 53:] == 1).mean() > 0.97
    chosen = np.take_along_axis(halves, fused.decision[None].astype(int), axis=0)[0]
    np.testing.assert_array_equal(fused.image, chosen)


def test_order_of_two_planes_hardly_matters(halves, fused) -> None:
    other = fuse(halves[::-1].copy(), method="boundary-aware", device="cpu")
    assert (other.decision == 1 - fused.decision).mean() > 0.95


def test_pairs_start_from_the_values_of_the_paper(fused) -> None:
    assert fused.recipe.consistency["small_regions"] == 0.01
    assert fused.recipe.consistency["guided_radius"] == 0


def test_second_network_is_asked_near_boundaries_alone(networks, planes) -> None:
    plain = WindowComparer(networks, refine=False)(*planes)
    refined = WindowComparer(networks)(*planes)
    near = np.abs(plain - refined) > 1e-3
    assert 0 < near.mean() < 1
    columns = near.any(axis=0).nonzero()[0]
    assert abs(columns.mean() - 45) < 12


def test_band_is_where_mean_scores_are_mixed() -> None:
    scores = np.zeros((12, 30), np.float32)
    scores[:, 15:] = 1
    near = band(scores)
    # means over 5 scores: 0, .2, .4, .6, .8, 1 from column 12 to 17; both ends are left out
    np.testing.assert_array_equal(near.any(axis=0).nonzero()[0], [14, 15])
    assert near[:, 14:16].all()
    assert not band(np.full((5, 5), 0.9, np.float32)).any()


def test_scores_are_interpolated_between_the_corners_of_4_x_4_pixels() -> None:
    scores = np.tile(np.arange(4, dtype=np.float32), (3, 1))
    wide = method._at_pixels(scores, (7, 11))
    assert wide.shape == (7, 11)
    # the score of column j belongs before pixel 4 j
    np.testing.assert_allclose(wide[0], (np.arange(11) + 0.5) / 4, atol=1e-6)


@pytest.mark.parametrize("shape", [(5, 9), (64, 64), (33, 130)])
def test_planes_of_any_size_are_compared(networks, shape) -> None:
    pair = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    focus = WindowComparer(networks)(*pair)
    assert focus.shape == shape
    assert 0 <= focus.min() <= focus.max() <= 1


def test_blocks_decide_as_the_whole(networks) -> None:
    pair = np.random.default_rng(0).random((2, 60, 400), dtype=np.float32)
    whole, parts = WindowComparer(networks), WindowComparer(networks)
    for feeder in (parts.initial, parts.boundary):
        feeder.block = (40, 72)
    np.testing.assert_allclose(parts(*pair), whole(*pair), atol=1e-4)


def test_refinement_can_be_switched_off() -> None:
    chosen = methods.get("boundary-aware")
    names = [parameter.name for parameter in chosen.all_parameters()]
    assert "refine" in names
    assert WindowComparer.load("cpu", "float32", refine=False).refine is False
