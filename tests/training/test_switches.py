"""Each switch of a published recipe does what it says: to data, loss or network."""

from __future__ import annotations

import functools
from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("unmeasured")

from napari_mfif import fuse  # noqa: E402
from napari_mfif.cli import main  # noqa: E402
from napari_mfif.errors import ParameterError  # noqa: E402
from napari_mfif.methods.neural.fd_fcn import MapScorer  # noqa: E402
from napari_mfif.methods.neural.mfif_gan import FocusMapper  # noqa: E402
from napari_mfif.methods.neural.patch_scoring import PatchScorer  # noqa: E402
from napari_mfif.methods.neural.ufa_fuse import PairFuser  # noqa: E402
from napari_mfif.networks import weights  # noqa: E402
from napari_mfif.networks.cnn import FullCnn, SlightCnn, collapse  # noqa: E402
from napari_mfif.networks.fd_fcn import FdFcn  # noqa: E402
from napari_mfif.networks.mfif_gan import MfifGenerator  # noqa: E402
from napari_mfif.networks.ufa_fuse import UfaFuse  # noqa: E402
from napari_mfif.training import (  # noqa: E402
    adversarial,
    boundary_aware,
    cnn,
    fd_fcn,
    loop,
    masks,
    mfif_gan,
    train,
    ufa_fuse,
)
from napari_mfif.training.batches import Batch, binary_error  # noqa: E402
from napari_mfif.training.card import write_card, write_weights  # noqa: E402
from napari_mfif.training.data import Picture  # noqa: E402
from napari_mfif.training.plan import Plan  # noqa: E402
from napari_mfif.training.recipe import train_recipe  # noqa: E402
from napari_mfif.training.switches import SWITCHES, as_words, chosen, parsed  # noqa: E402


def varied(recipe, **switches):
    return recipe.vary(recipe, chosen(recipe.method, "published", switches))


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("recipe", [m.RECIPE for m in (cnn, fd_fcn, mfif_gan, ufa_fuse)])
def test_defaults_are_the_recipe_of_the_shipped_weights(recipe, pictures) -> None:
    plain = varied(recipe)
    assert parameters(plain.network()) == parameters(recipe.network())
    values = []
    for one in (recipe, plain):
        torch.manual_seed(0)
        loss, network = one.loss(pictures, "cpu"), one.network()
        values.append(loss(network, np.random.default_rng(4)).item())
    assert values[0] == values[1]


def test_unknown_switches_and_values_are_refused() -> None:
    with pytest.raises(ParameterError, match="squeeze"):
        chosen("mfif-gan", "published", {"sqeeze": False})
    with pytest.raises(ParameterError, match="l1, bce"):
        train("mfif-gan", data=".", out=".", switches={"reconstruction": "l2"})
    with pytest.raises(ParameterError, match="microscopy recipe"):
        chosen("mfif-gan", "microscopy", {"squeeze": False})


def test_switches_read_as_they_are_written() -> None:
    for method, switches in SWITCHES.items():
        given = {s.name: s.choices[-1] if s.choices else s.default for s in switches}
        given |= {s.name: not s.default for s in switches if s.kind is bool}
        words = as_words(method, chosen(method, "published", given))
        assert parsed(method, "published", words.split()) == chosen(method, "published", given)


def test_switch_of_the_command_reaches_weights_and_card(photographs, tmp_path, monkeypatch) -> None:
    small = replace(
        ufa_fuse.RECIPE, judge=functools.partial(ufa_fuse.fidelity, pairs=1, size=48), vary=None
    )
    tiny = functools.partial(ufa_fuse.Reconstruction, pairs=1, size=40)

    def vary(recipe, settings):
        return replace(ufa_fuse.vary(recipe, settings), loss=tiny)

    run = functools.partial(train_recipe, replace(small, vary=vary))
    monkeypatch.setattr(ufa_fuse, "train", run)
    out = tmp_path / "out"
    told = ["--set", "attention=spatial", "--set", "width=8", "--steps", "1"]
    given = ["--data", str(photographs), "--out", str(out), "--device", "cpu", *told]
    assert main(["train", "ufa-fuse", *given]) == 0
    card = weights.read_card(out)
    assert card["switches"] == "attention=spatial width=8"
    assert "--set attention=spatial --set width=8" in card["command"]
    network, facts = PairFuser.shipped(str(out))
    assert (facts["width"], facts["attention"]) == ("8", "spatial")
    assert not network.of_channels
    weights.load.cache_clear()


def test_checkpoint_of_other_switches_is_refused(tmp_path, pictures) -> None:
    network, loss = cnn.CollapsedCnn(), cnn.Sharpness(pictures, crops=1)
    judge = cnn.accuracy(pictures, crops=1)
    loop.run(network, loss, judge, Plan(1, switches="levels=3"), tmp_path, quiet=True)
    with pytest.raises(ParameterError, match="--fresh"):
        loop.run(network, loss, judge, Plan(1), tmp_path, quiet=True)


def test_three_levels_are_the_first_three_blurs(pictures) -> None:
    three, five = (
        cnn.blur_series(pictures[0].pixels[:64, :64], np.random.default_rng(1), levels)
        for levels in (3, 5)
    )
    assert (len(three), len(five)) == (4, 6)
    np.testing.assert_array_equal(three, five[:4])
    assert varied(cnn.RECIPE, levels=3).loss(pictures, "cpu").drawn(np.random.default_rng(0))[
        0
    ].shape == (4, 4, 1, 64, 64)


@pytest.mark.parametrize(
    ("form", "kind", "size"), [("slight", SlightCnn, 435_202), ("full", FullCnn, 8_759_042)]
)
def test_form_of_cnn_is_the_papers(form, kind, size) -> None:
    network = varied(cnn.RECIPE, form=form).network()
    assert isinstance(network, kind)
    assert parameters(network) == size
    assert type(PatchScorer.untrained(network.facts)) is kind


def test_softmax_of_a_network_that_cannot_tell_is_the_logarithm_of_two(pictures) -> None:
    network = SlightCnn()
    torch.nn.init.zeros_(network.fc.weight)
    torch.nn.init.zeros_(network.fc.bias)
    loss = cnn.Pairs(pictures, crops=2, levels=3)
    assert loss(network, np.random.default_rng(0)).item() == pytest.approx(np.log(2), rel=1e-5)


def test_softmax_is_small_for_a_network_that_prefers_the_sharp_plane(pictures) -> None:
    class Energy(torch.nn.Module):
        def forward(self, first, second):
            both = torch.stack([self.of(first), self.of(second)], dim=1)
            return 1e4 * both[:, :, None, None].expand(-1, -1, 21, 21)

        def of(self, planes):
            return (planes[..., 1:] - planes[..., :-1]).square().mean((1, 2, 3))

    loss = cnn.Pairs(pictures, crops=2)
    assert loss(Energy(), np.random.default_rng(3)).item() < 0.2


def test_trained_full_network_fuses_as_its_collapsed_form(pictures) -> None:
    torch.manual_seed(1)
    network, loss = FullCnn(), cnn.Pairs(pictures, crops=6, size=24)
    optimiser = torch.optim.Adam(network.parameters(), 3e-4)
    for step in range(20):
        optimiser.zero_grad()
        loss(network, np.random.default_rng(step)).backward()
        optimiser.step()
    plane = torch.from_numpy(pictures[1].pixels[None, None, :40, :44] / 255 - 0.5)
    blurred = torch.nn.functional.avg_pool2d(plane, 5, 1, 2)
    single = collapse(network.eval())
    with torch.no_grad():
        forth, back = network.compare(plane, blurred), network.compare(blurred, plane)
        found = single.compare(plane, blurred)
    halves = (torch.logit(forth.double()) - torch.logit(back.double())) / 2
    torch.testing.assert_close(torch.logit(found.double()), halves, rtol=0, atol=2e-3)
    # Training has made the order of the planes nearly the same to it (paper, 4.2.1).
    assert (forth + back).mean().item() == pytest.approx(1, abs=0.05)
    torch.testing.assert_close(found, forth, rtol=0, atol=0.12)
    assert torch.equal(found > 0.5, forth > 0.5) and (found > 0.5).all()
    grey = plane[0, 0].numpy() + np.float32(0.5)
    np.testing.assert_allclose(PatchScorer(network)(grey), PatchScorer(single)(grey), rtol=1e-5)


def test_labels_alone_are_the_published_loss(pictures) -> None:
    class Halves(torch.nn.Module):
        def forward(self, planes):
            return torch.zeros(len(planes), 1, planes.shape[2] // 2, planes.shape[3] // 2)

    loss = varied(fd_fcn.RECIPE, loss="labels").loss(pictures, "cpu")
    assert loss(Halves(), np.random.default_rng(0)).item() == pytest.approx(0.25)


def test_published_crops_of_fd_fcn_are_blurred_by_a_variance_of_fifteen(pictures) -> None:
    seen = []

    class Watch(torch.nn.Module):
        def forward(self, planes):
            seen.append((planes + 0.5) * 255)
            return torch.zeros(len(planes), 1, planes.shape[2] // 2, planes.shape[3] // 2)

    fd_fcn.Scores(pictures, pairs=2, labels_only=True)(Watch(), np.random.default_rng(0))
    sharp, blurred = (p[0].numpy() for p in seen[0][:2])
    expected = cv2.GaussianBlur(sharp, (0, 0), 15**0.5, borderType=cv2.BORDER_REFLECT_101)
    apart = np.abs(blurred - expected)[20:-20, 20:-20]  # the filter in use ends sooner
    assert apart.mean() < 0.2 < 5 < np.abs(sharp - blurred).mean()


def test_colour_network_of_fd_fcn_learns_colour_and_takes_grey(pictures) -> None:
    recipe = varied(fd_fcn.RECIPE, colour=True)
    assert recipe.colour
    network = recipe.network()
    assert parameters(network) == parameters(FdFcn()) + 2 * 9 * 16
    assert network.facts == {"bands": "3"}
    tinted = [replace(p, pixels=np.dstack([p.pixels, p.pixels / 2, p.pixels])) for p in pictures]
    loss = fd_fcn.Scores(tinted, pairs=2, size=48)
    assert np.isfinite(loss(network, np.random.default_rng(1)).item())
    scorer = MapScorer(network.eval())
    grey = pictures[0].pixels[:64, :64] / np.float32(255)
    tripled = torch.from_numpy(np.stack([grey] * 3)[None] - np.float32(0.5))
    with torch.no_grad():
        expected = network(tripled)[0, 0, 20:-20, 20:-20].numpy()
    np.testing.assert_allclose(scorer(grey)[20:-20, 20:-20], expected, atol=1e-4)


def test_furry_outlines_are_mattes_and_others_are_not() -> None:
    def share(draw):
        drawn = [draw(np.random.default_rng(seed), (112, 112)) for seed in range(12)]
        return np.mean([((one > 0.1) & (one < 0.9)).mean() for one in drawn])

    assert share(masks.furry) > 2 * share(masks.blob)
    loss = varied(boundary_aware.RECIPE, outlines="furry").loss(["picture"], "cpu")
    assert loss.outline is masks.draw_furry


def test_second_network_of_boundary_aware_learns_from_the_same_outlines() -> None:
    stage = varied(boundary_aware.RECIPE, outlines="furry").stage
    assert stage.keywords["loss"].keywords["outline"] is masks.draw_furry


def test_cross_entropy_of_focus_maps_is_that_of_a_coin(pictures) -> None:
    ones = torch.ones(1, 1, 4, 4)
    batch = Batch(ones, ones, ones, ones, ones)
    assert binary_error(0.5 * ones, batch).item() == pytest.approx(np.log(2))
    assert binary_error(0.25 * ones, batch).item() == pytest.approx(np.log(4))
    loss = varied(mfif_gan.RECIPE, reconstruction="bce").loss(pictures, "cpu")
    assert loss.error is binary_error


def test_blocks_without_squeeze_lack_its_layers_and_change_nothing_else() -> None:
    with_it, without = (
        varied(mfif_gan.RECIPE, squeeze=on, width=8).network().eval() for on in (True, False)
    )
    assert parameters(with_it) - parameters(without) == 9 * (32 * 2 + 2 + 2 * 32 + 32)
    assert without.facts == {"width": "8", "squeeze": "no"}
    kept = {n: t for n, t in with_it.state_dict().items() if ".gate." not in n}
    assert kept.keys() == without.state_dict().keys()
    again = FocusMapper.untrained(without.facts)
    again.load_state_dict(without.state_dict())
    planes = torch.rand(2, 1, 1, 32, 32) - 0.5
    with torch.no_grad():
        whole = again.eval().encode(planes[0])
        torch.testing.assert_close(again.encode_in_strips(planes[0], strip=3), whole)


@pytest.mark.parametrize("kind", ["alpha-matte", "conventional"])
def test_pairs_as_printed_spread_or_do_not(kind) -> None:
    flat = Picture("flat", np.full((160, 160), 200, np.float32))
    flat.pixels[::2] = 180  # some detail
    drawn = [mfif_gan._as_printed(np.random.default_rng(s), [flat], 96, kind) for s in range(6)]
    # As printed what is behind an object is black, so planes darken beside its outline.
    darkest = min(min(p.first.min(), p.second.min()) for p in drawn)
    assert (darkest < 120) == (kind == "alpha-matte")
    batch = mfif_gan.draw_batch(np.random.default_rng(0), [flat], 64, 2, "cpu", 1.0, kind)
    assert batch.focus.unique().tolist() == [0, 1]


def duel(**how):
    torch.manual_seed(0)
    generator = MfifGenerator(4, 1)
    critic = torch.nn.Conv2d(3, 1, 32)

    class Critic(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = critic

        def forward(self, first, second, focus):
            return self.inner(torch.cat([first, second, focus], 1)).flatten()

    return adversarial._Players(generator, Critic(), adversarial.Adversarial(1, **how))


def test_least_squares_pull_scores_to_nought_and_one() -> None:
    players = duel(squares=True)
    made, true = torch.tensor([0.5, -0.5]), torch.tensor([1.0, 3.0])
    assert players._told_apart(made, true).item() == pytest.approx(0.25 + 2)
    assert players._passed(made).item() == pytest.approx((0.25 + 2.25) / 2)
    plain = duel()
    assert plain._told_apart(made, true).item() == pytest.approx(-2)
    assert plain._passed(made).item() == pytest.approx(0)


def test_penalty_is_left_out_and_a_critic_too() -> None:
    made = torch.rand(1, 1, 32, 32)
    batch = Batch(made, made, made, made, made)
    rng = np.random.default_rng(0)
    assert duel(penalty=0.0)._penalty(batch, made, rng).item() == 0
    assert duel()._penalty(batch, made, rng).item() > 0
    assert varied(mfif_gan.RECIPE, adversarial="none").stage is None
    assert varied(mfif_gan.RECIPE, penalty=False).stage.keywords["penalty"] == 0


@pytest.mark.parametrize("attention", ["channel", "spatial", "none"])
def test_attention_that_is_left_out_weighs_alike(attention) -> None:
    network = varied(ufa_fuse.RECIPE, attention=attention, width=8).network().eval()
    torch.nn.init.normal_(network.last.weight, std=0.1)
    lacks_places = attention in ("channel", "none")
    missing = 2 * 49 + 1 if lacks_places else 0
    assert parameters(UfaFuse(8, 1)) - parameters(network) == missing
    planes = torch.rand(2, 1, 1, 48, 52)
    planes[1] *= 0.3
    with torch.no_grad():
        _, share = network.fused(*planes)
        means = [network.features(p).mean((2, 3)) for p in planes]
        channels = network.channels(*means)
    assert (share == 0.5).all().item() == lacks_places
    assert (channels == 0.5).all().item() == (attention in ("spatial", "none"))
    found, taken = PairFuser(network).fused([planes[0, 0, 0].numpy()], [planes[1, 0, 0].numpy()])
    assert found[0].shape == taken.shape == (48, 52)
    assert (taken == 0.5).all() == lacks_places


def test_share_of_the_mean_difference_is_set(pictures) -> None:
    class Middle(torch.nn.Module):
        def forward(self, first, second):
            return ufa_fuse._inside((first + second) / 2)

    def value(share):
        loss = varied(ufa_fuse.RECIPE, absolute=share).loss(pictures, "cpu")
        return loss(Middle(), np.random.default_rng(2)).item()

    assert value(0.25) == pytest.approx(0.25 * value(1.0) + 0.75 * value(0.0), rel=1e-5)


@pytest.mark.parametrize(
    ("method", "network"),
    [
        ("cnn", FullCnn),
        ("fd-fcn", functools.partial(FdFcn, bands=3)),
        ("mfif-gan", functools.partial(MfifGenerator, 8, squeeze=False)),
        ("ufa-fuse", functools.partial(UfaFuse, 8, 1, residual=True, attention="channel")),
    ],
)
def test_weights_of_every_form_fuse_from_their_folder(method, network, tmp_path) -> None:
    torch.manual_seed(2)
    made = network()
    facts = {"steps": "1", "seed": "0", **made.facts}
    write_card(tmp_path, {"sha256": write_weights(made, tmp_path, facts)}, "")
    planes = np.random.default_rng(0).integers(0, 255, (2, 64, 60), np.uint8)
    fusion = fuse(planes, method=method, weights=str(tmp_path), device="cpu")
    assert fusion.image.shape == (64, 60)
    weights.load.cache_clear()
