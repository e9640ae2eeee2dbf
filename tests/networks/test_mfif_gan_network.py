"""The generator and the critic of MFIF-GAN: sizes, strips, colours."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from napari_mfif.networks.cnn import count_parameters  # noqa: E402
from napari_mfif.networks.mfif_gan import MfifDiscriminator, MfifGenerator  # noqa: E402


@pytest.fixture(scope="module")
def generator():
    """Return a small generator that has seen statistics, as a trained one has."""
    torch.manual_seed(0)
    network = MfifGenerator(width=16, blocks=3)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.3)
            layer.running_var.uniform_(0.5, 2)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def planes():
    torch.manual_seed(1)
    return torch.rand(2, 1, 1, 116, 60) - 0.5


def test_parameters_are_counted() -> None:
    # By hand, at width 16: stem, nine residual blocks of 64 maps with their gates, decoder.
    stem = 16 * 49 + 2 * 16 + 32 * 16 * 9 + 2 * 32 + 64 * 32 * 9 + 2 * 64
    block = 2 * (64 * 64 * 9 + 2 * 64) + (64 * 4 + 4) + (4 * 64 + 64)
    decoder = 128 * 64 * 9 + 2 * 64 + 64 * 32 * 9 + 2 * 32 + 32 * 49 + 1
    assert count_parameters(MfifGenerator(16)) == stem + 9 * block + decoder == 789_045


def test_focus_map_has_the_size_of_the_planes(generator, planes) -> None:
    focus = generator(*planes)
    assert focus.shape == (1, 1, 116, 60)
    assert 0 <= focus.min() <= focus.max() <= 1


@pytest.mark.parametrize("strip", [2, 5, 16, 64])
def test_strips_give_what_the_whole_plane_gives(generator, planes, strip) -> None:
    whole = [generator.encode(plane) for plane in planes]
    fed = [generator.encode_in_strips(plane, strip) for plane in planes]
    for expected, found in zip(whole, fed, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-6)
    found = generator.decode_in_strips(*fed, strip)
    torch.testing.assert_close(found, generator.decode(*whole), rtol=1e-5, atol=2e-6)


def test_halos_of_the_strips_are_needed(generator, planes, monkeypatch) -> None:
    from napari_mfif.networks import mfif_gan

    whole = generator.encode(planes[0])
    monkeypatch.setattr(mfif_gan, "_BLOCK_HALO", 1)
    assert (generator.encode_in_strips(planes[0], 5) - whole).abs().max() > 1e-4


def test_averages_are_those_of_the_whole_plane(generator, planes) -> None:
    # What is far outside any receptive field changes the map all the same.
    changed = planes[0].clone()
    changed[..., :8] += 1
    network = MfifGenerator(width=16, blocks=1).eval()
    far = network.encode(changed)[..., -1] - network.encode(planes[0])[..., -1]
    assert far.abs().max() > 0


def test_grey_gives_what_three_equal_channels_give(generator, planes) -> None:
    grey = generator(*planes)
    tripled = generator(*(plane.repeat(1, 3, 1, 1) for plane in planes))
    torch.testing.assert_close(grey, tripled, rtol=1e-5, atol=1e-6)


def test_grey_costs_two_encoder_passes_instead_of_six(generator, planes) -> None:
    passes = []
    hook = generator.stem.register_forward_hook(lambda _, given, __: passes.append(len(given[0])))
    generator(*planes)
    generator(*(plane.repeat(1, 3, 1, 1) for plane in planes))
    hook.remove()
    assert passes == [2, 6]


def test_channels_of_a_plane_are_averaged_and_not_mixed_with_the_others(generator) -> None:
    torch.manual_seed(2)
    colour = torch.rand(2, 3, 32, 40) - 0.5
    maps = generator.encode(colour)
    alone = torch.stack([generator.encode(plane[:, None]).mean(dim=0) for plane in colour])
    torch.testing.assert_close(maps, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("channels", "inputs"), [(1, 3), (3, 7)])
def test_critic_has_eight_convolutions_and_no_batch_norm(channels, inputs) -> None:
    critic = MfifDiscriminator(channels)
    convolutions = [m for m in critic.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 8
    assert convolutions[0].in_channels == inputs
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in critic.modules())
    planes = torch.rand(2, 3, channels, 128, 128)
    assert critic(*planes, torch.rand(3, 1, 128, 128)).shape == (3,)
