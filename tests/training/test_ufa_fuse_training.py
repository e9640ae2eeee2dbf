from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from napari_mfif.methods.neural.ufa_fuse import PairFuser  # noqa: E402
from napari_mfif.networks import weights  # noqa: E402
from napari_mfif.training import ufa_fuse  # noqa: E402
from napari_mfif.training.recipe import train_recipe  # noqa: E402
from napari_mfif.training.ufa_fuse import (  # noqa: E402
    Reconstruction,
    draw_example,
    draw_pair,
    fidelity,
    make_network,
    similarity,
)


def test_published_pair_is_sharp_where_the_focus_map_says(pictures) -> None:
    pair = draw_pair(np.random.default_rng(1), pictures[0], 64, published=True)
    assert 0 < pair.focus.mean() < 1
    np.testing.assert_allclose(pair.first[pair.focus == 1], pair.image[pair.focus == 1], atol=1e-6)
    np.testing.assert_allclose(pair.second[pair.focus == 0], pair.image[pair.focus == 0], atol=1e-6)
    assert np.abs(pair.first - pair.image).max() > 0.01


def test_noisy_answer_has_the_noise_of_the_sharper_plane(pictures) -> None:
    for seed in range(40):
        pair = draw_example(np.random.default_rng(seed), pictures, 64)
        sure = pair.focus == 1
        if sure.any():
            np.testing.assert_allclose(pair.first[sure], pair.image[sure], atol=1e-5)


def test_similarity_of_the_loss_is_ssim(pictures) -> None:
    from skimage.metrics import structural_similarity

    rng = np.random.default_rng(2)
    first = pictures[0].pixels[:60, :70]
    second = np.clip(first + rng.normal(0, 9, first.shape), 0, 255).astype(np.float32)
    found = similarity(*(torch.from_numpy(p[None, None] / 255) for p in (first, second)))
    _, expected = structural_similarity(
        first,
        second,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    np.testing.assert_allclose(found[0, 0], expected[5:-5, 5:-5], atol=2e-3)


def test_half_precision_leaves_the_loss_as_it_is(pictures) -> None:
    network, loss = make_network(8), Reconstruction(pictures, pairs=2, size=60)
    for step in range(3):
        exact = float(loss(network, np.random.default_rng(step)).detach())
        with torch.autocast("cpu", torch.bfloat16):
            half = float(loss(network, np.random.default_rng(step)).detach())
        assert half == pytest.approx(exact, abs=0.01)


def test_fifty_steps_learn_which_plane_is_sharper(pictures) -> None:
    torch.manual_seed(0)
    network = make_network(8)
    judge = fidelity(pictures, pairs=6, size=92)
    loss = Reconstruction(pictures, pairs=2, size=60)
    with torch.no_grad():
        before = judge(network)
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    for step in range(50):
        optimiser.zero_grad()
        loss(network, np.random.default_rng(step)).backward()
        optimiser.step()
    with torch.no_grad():
        after = judge(network)
    assert after["psnr"] > before["psnr"] + 1


def test_training_writes_weights_that_the_method_can_load(
    tmp_path, photographs, unmeasured
) -> None:
    out = tmp_path / "out"
    small = replace(
        ufa_fuse.RECIPE,
        loss=functools.partial(Reconstruction, pairs=1, size=40),
        judge=functools.partial(fidelity, pairs=1, size=48),
    )
    made = train_recipe(small, photographs, out, steps=1, device="cpu", quiet=True)
    assert made == out / weights.FILE
    stored = weights.read_weights(out, "ufa-fuse")
    expected = PairFuser.untrained({}).state_dict()
    weights.fit(stored, {name: tuple(t.shape) for name, t in expected.items()}, "ufa-fuse")
    assert sum(tensor.size for tensor in stored.tensors.values()) == 86_020
    assert "made up" in (out / weights.CARD).read_text(encoding="utf-8")
