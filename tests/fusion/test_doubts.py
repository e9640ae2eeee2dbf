"""What keeps depths from being believed is found, said, and lowers the confidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.fusion.doubts import SURE, decided_share
from napari_mfif.fusion.undecided import reason_at
from napari_mfif.simulation import DOUBTFUL, KINDS, simulate


@pytest.fixture(scope="module")
def cells():
    """Transparent cells in bright field."""
    return simulate("phase", seed=3, planes=13, shape=(160, 160))


def right(fusion, made) -> np.ndarray:
    return (np.abs(fusion.depth - made.depth) <= 1)[made.textured]


def test_cells_are_bright_on_one_side_of_their_focus_and_dark_on_the_other(cells) -> None:
    middle = int(np.median(cells.depth[cells.textured]))
    planes = np.asarray(cells.stack.pixels, np.float64)
    before, after = planes[middle - 2] - planes[middle], planes[middle + 2] - planes[middle]
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] < -0.5
    assert set(DOUBTFUL).isdisjoint(KINDS)


@pytest.mark.parametrize("photons", ["low", "high"])
def test_where_contrast_inverts_the_depth_is_where_it_vanishes_and_not_believed(photons) -> None:
    cells = simulate("phase", seed=7, planes=13, photons=photons, shape=(160, 160))
    fusion = fuse(cells.stack)
    assert right(fusion, cells).mean() > 0.9
    assert decided_share(fusion.confidence[cells.textured]) < 0.1
    doubt = fusion.doubts[0]
    assert doubt.kind == "contrast inverts"
    assert doubt.share > cells.textured.mean() / 2
    assert any(doubt.sentence in note and doubt.remedy in note for note in fusion.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_inverts_in_other_stacks(kind) -> None:
    fusion = fuse(simulate(kind, seed=8, planes=14, shape=(128, 128)).stack)
    assert "contrast inverts" not in [doubt.kind for doubt in fusion.doubts]


def test_blocks_find_the_same_as_whole_planes() -> None:
    made = simulate("phase", seed=4, planes=7, shape=(560, 96))
    tall = replace(made.stack, pixels=np.concatenate([np.asarray(made.stack.pixels)] * 2, axis=1))
    whole, lazy = fuse(tall), fuse(tall, lazy=True)
    assert len(lazy.depth.chunks[0]) > 1
    for name in ("depth", "decision", "confidence", "runner_up"):
        np.testing.assert_allclose(np.asarray(getattr(lazy, name)), getattr(whole, name), atol=2e-5)


def test_what_lies_beyond_the_last_plane_is_doubted() -> None:
    made = simulate("relief", seed=5, planes=24, shape=(128, 128))
    cut = replace(made.stack, pixels=made.stack.pixels[:12])
    fusion = fuse(cut)
    beyond = made.textured & (made.depth > 12.5)
    assert beyond.any()
    assert decided_share(fusion.confidence[beyond]) < 0.1
    assert "ground out of range" in [doubt.kind for doubt in fusion.doubts]


def test_what_lies_in_the_last_plane_is_told_from_what_lies_beyond() -> None:
    """More of what is there is decided than not; of what lies beyond nearly nothing is."""
    there, beyond = [], []
    for seed in (5, 6, 7):
        made = simulate("relief", seed=seed, planes=24, shape=(128, 128))
        confidence = fuse(replace(made.stack, pixels=made.stack.pixels[:12])).confidence
        there += list(confidence[made.textured & (np.abs(made.depth - 11) < 0.5)])
        beyond += list(confidence[made.textured & (made.depth > 13)])
    assert decided_share(np.array(there)) > 0.5
    assert decided_share(np.array(beyond)) < 0.05


@pytest.mark.parametrize(("planes", "most"), [(4, 0.2), (12, 0.1)])
def test_planes_that_are_alike_tell_no_height(planes, most) -> None:
    made = simulate("relief", seed=6, planes=planes, shape=(128, 128), slope=0.0)
    fusion = fuse(made.stack)
    assert decided_share(fusion.confidence) < most
    assert "planes look alike" in [doubt.kind for doubt in fusion.doubts]


@pytest.fixture(scope="module")
def ground_without_detail():
    """Half of each plane shows what is never sharp: a slow wave, the same in all planes."""
    pixels = np.array(simulate("relief", seed=5, planes=12, shape=(96, 160)).stack.pixels)
    wave = 2000 + 600 * np.sin(np.arange(80) / 3)
    light = np.broadcast_to(wave, pixels[:, :, 80:].shape)
    pixels[:, :, 80:] = np.random.default_rng(0).poisson(light)
    return pixels


def test_ground_that_shows_nothing_to_focus_on_is_a_reason_but_no_doubt(ground_without_detail):
    fusion = fuse(ground_without_detail)
    assert fusion.undecided["nothing to focus on"] > 0.3
    assert "all planes are equally sharp" not in fusion.undecided
    assert "planes look alike" not in [doubt.kind for doubt in fusion.doubts]
    alone = fuse(ground_without_detail[:, :, 80:])  # nothing tells that steps suffice
    assert "planes look alike" in [doubt.kind for doubt in alone.doubts]


def test_the_sharpest_of_few_planes_is_believed() -> None:
    made = simulate("relief", seed=6, planes=4, shape=(128, 128), slope=2.0)
    fusion = fuse(made.stack)
    assert (fusion.confidence >= SURE)[made.textured].mean() > 0.9
    assert not fusion.doubts


def test_noise_alone_is_not_decided() -> None:
    noise = np.random.default_rng(7).poisson(400, (9, 96, 96)).astype(np.uint16)
    fusion = fuse(noise)
    assert decided_share(fusion.confidence) < 0.01
    assert fusion.confidence.mean() < 0.32


@pytest.mark.parametrize("method", ["gradient", "laplacian", "guided"])
def test_other_methods_are_not_sure_either_where_contrast_inverts(method, cells) -> None:
    fusion = fuse(cells.stack, method=method)
    assert decided_share(fusion.confidence[cells.textured]) < 0.1
    assert "contrast inverts" in [doubt.kind for doubt in fusion.doubts]


@pytest.mark.parametrize("method", ["gradient", "laplacian", "guided"])
def test_other_methods_doubt_what_is_sharpest_at_an_end(method) -> None:
    made = simulate("relief", seed=5, planes=24, shape=(128, 128))
    fusion = fuse(replace(made.stack, pixels=made.stack.pixels[:12]), method=method)
    at_end = made.textured & (fusion.decision == 11)
    assert at_end.any()
    assert decided_share(fusion.confidence[at_end]) < 0.1
    assert "ground out of range" in [doubt.kind for doubt in fusion.doubts]


def cut_off():
    made = simulate("relief", seed=5, planes=24, shape=(128, 128))
    return replace(made.stack, pixels=made.stack.pixels[:12])


def half_empty():
    """One half of each plane shows nothing but the noise of few photons."""
    pixels = np.array(simulate("relief", seed=5, planes=12, shape=(96, 128)).stack.pixels)
    noise = np.random.default_rng(0).poisson(100.0, pixels[:, :, 64:].shape)
    pixels[:, :, 64:] = noise
    return ZStack(pixels, "ZYX")


def inverting():
    return simulate("phase", seed=7, planes=13, shape=(160, 160)).stack


REASONS = {
    "contrast inverts through focus": inverting,
    "the first or the last plane is the sharpest": cut_off,
    "no plane shows more than noise": half_empty,
}


@pytest.mark.parametrize("method", ["adaptive", "gradient"])
@pytest.mark.parametrize("reason", REASONS)
def test_why_the_rest_is_not_decided_is_told_by_the_share_of_the_area(reason, method) -> None:
    fusion = fuse(REASONS[reason](), method=method)
    assert next(iter(fusion.undecided)) == reason
    decided = decided_share(fusion.confidence)
    assert sum(fusion.undecided.values()) == pytest.approx(1 - decided)


def test_what_not_all_planes_cover_is_told_of_an_aligned_stack() -> None:
    wide = np.asarray(simulate("relief", seed=5, planes=6, shape=(96, 160)).stack.pixels)
    drifting = np.stack([plane[:, 4 * z : 4 * z + 128] for z, plane in enumerate(wide)])
    fusion = fuse(drifting, align="translation")
    rows, columns = fusion.common_area
    covered = len(range(96)[rows]) * len(range(128)[columns]) / (96 * 128)
    assert covered < 0.9
    assert fusion.undecided["not all planes cover it"] == pytest.approx(1 - covered)


def reasons(fusion):
    """Return the share of the area by the reasons that single pixels tell."""
    rows, columns = fusion.stack.plane_shape
    told = Counter(reason_at(fusion, 0, y, x) for y in range(rows) for x in range(columns))
    return {reason: count / (rows * columns) for reason, count in told.items() if reason}


@pytest.mark.parametrize("reason", REASONS)
def test_pixels_tell_the_reasons_that_the_whole_tells(reason) -> None:
    fusion = fuse(REASONS[reason]())
    whole = {why: share for why, share in fusion.undecided.items() if why != "reason not known"}
    assert reasons(fusion) == pytest.approx(whole)


def test_pixels_tell_that_not_all_planes_cover_them() -> None:
    wide = np.asarray(simulate("relief", seed=5, planes=4, shape=(64, 96)).stack.pixels)
    fusion = fuse(
        [plane[:, 4 * z : 4 * z + 64] for z, plane in enumerate(wide)], align="translation"
    )
    name = "not all planes cover it"
    assert reasons(fusion)[name] == pytest.approx(fusion.undecided[name])


def test_nothing_is_known_of_a_lazy_result(cells) -> None:
    assert fuse(cells.stack, lazy=True).undecided == {}
