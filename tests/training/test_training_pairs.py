"""Training pairs of known scenes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_mfif.training import masks, pairs, scenes
from napari_mfif.training.data import MASKS, MATTES, Picture, read_pictures

SHAPE = (45, 62)


@pytest.fixture
def picture():
    rng = np.random.default_rng(0)
    return cv2.GaussianBlur(rng.uniform(0, 255, SHAPE), (0, 0), 0.8).astype(np.float32)


@pytest.fixture
def other():
    rng = np.random.default_rng(1)
    return rng.uniform(0, 255, SHAPE).astype(np.float32)


@pytest.fixture
def mask():
    disc = np.zeros(SHAPE, np.float32)
    return cv2.circle(disc, (30, 22), 12, 1.0, -1)


ALL = {
    "composite": lambda front, back, mask: pairs.composite(front, back, mask, pairs.disc(3)),
    "conventional": lambda front, back, mask: pairs.conventional(front, mask, pairs.gaussian(2)),
    "mean filter": lambda front, back, mask: pairs.mean_filtered(front, mask, 5),
    "published": lambda front, back, mask: pairs.spread_as_published(
        front, mask, pairs.gaussian(2)
    ),
    "whole": lambda front, back, mask: pairs.spread_whole(front, back, mask, pairs.gaussian(2)),
}


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("colours", [1, 3])
def test_first_plane_is_sharp_on_the_object_and_the_second_beside_it(
    kind, colours, picture, other, mask
) -> None:
    front, back = picture, other
    if colours == 3:
        front, back = (np.stack([p, 255 - p, p / 2], axis=2) for p in (front, back))
    pair = ALL[kind](front, back, mask)
    near, far = cv2.erode(mask, np.ones((5, 5))) > 0, mask == 0
    np.testing.assert_allclose(pair.first[near], pair.image[near], rtol=1e-5)
    beyond = cv2.dilate(mask, np.ones((31, 31))) == 0
    np.testing.assert_allclose(pair.second[beyond], pair.image[beyond], rtol=1e-4, atol=0.02)
    assert np.abs(pair.first - pair.image)[far].mean() > 5
    assert np.abs(pair.second - pair.image)[near].mean() > 5
    np.testing.assert_array_equal(pair.focus, mask)
    assert pair.first.shape == front.shape


def test_composite_is_equations_4_and_5(picture, other, mask) -> None:
    blur = pairs.gaussian(1.7)
    pair = pairs.composite(picture, other, mask, blur)
    np.testing.assert_allclose(pair.first, picture * mask + blur(other) * (1 - mask))
    np.testing.assert_allclose(pair.second, blur(picture) * mask + other * (1 - mask))


def test_published_alpha_matte_is_equations_10_and_11(picture, mask) -> None:
    blur = pairs.gaussian(1.7)
    pair = pairs.spread_as_published(picture, mask, blur)
    front, back = mask * picture, (1 - mask) * picture
    np.testing.assert_allclose(pair.first, front + (1 - mask) * blur(back))
    np.testing.assert_allclose(pair.second, blur(front) + (1 - blur(mask)) * back)


def test_published_model_darkens_beside_the_object_and_the_whole_one_does_not(mask) -> None:
    flat = np.full(SHAPE, 100, np.float32)
    published = pairs.spread_as_published(flat, mask, pairs.gaussian(3))
    whole = pairs.spread_whole(flat, flat, mask, pairs.gaussian(3))
    assert published.first.min() < 80
    np.testing.assert_allclose(whole.first, 100, rtol=1e-5)
    np.testing.assert_allclose(whole.second, 100, rtol=1e-5)


def test_defocused_object_spreads_beyond_its_edge_only_with_the_alpha_matte(mask) -> None:
    white, black = np.full(SHAPE, 255, np.float32), np.zeros(SHAPE, np.float32)
    beside = (mask == 0) & (cv2.dilate(mask, np.ones((3, 3))) > 0)
    spread = pairs.spread_whole(white, black, mask, pairs.gaussian(3))
    cut = pairs.composite(white, black, mask, pairs.gaussian(3))
    assert spread.second[beside].min() > 50
    assert cut.second[beside].max() == 0


def test_sharp_and_blurred_examples_have_labels_of_half_the_size(picture) -> None:
    sharp, blurred, ones, zeros = pairs.sharp_or_blurred(picture, pairs.gaussian(3))
    np.testing.assert_array_equal(sharp, picture)
    assert blurred.std() < 0.7 * sharp.std()
    assert ones.shape == zeros.shape == (23, 31)
    assert ones.min() == 1
    assert zeros.max() == 0


def test_half_size_is_the_mean_of_two_by_two() -> None:
    mask = np.array([[1, 0, 1], [1, 1, 1], [0, 0, 1]], np.float32)
    np.testing.assert_allclose(pairs.half_size(mask), [[0.75, 1], [0, 1]])


def test_mean_filters_have_four_strengths(picture, mask) -> None:
    errors = [
        np.abs(pairs.mean_filtered(picture, mask, sizes[-1]).first - picture).mean()
        for sizes in pairs.MEAN_FILTERS
    ]
    assert len(errors) == 4
    assert np.all(np.diff(errors) > 0)


def test_painted_background_goes_on_behind_the_object(mask) -> None:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    ramp = 50 + 2 * columns + rows
    seen = np.where(mask > 0, np.float32(255), ramp)
    painted = pairs.paint_behind(seen, mask)
    np.testing.assert_allclose(painted[mask > 0], ramp[mask > 0], atol=8)
    away = cv2.dilate(mask, np.ones((5, 5))) == 0
    np.testing.assert_array_equal(painted[away], ramp[away])


def test_nothing_known_of_the_background_gives_its_mean(picture) -> None:
    painted = pairs.paint_behind(picture, np.ones(SHAPE, np.float32))
    np.testing.assert_allclose(painted, picture.mean(), rtol=1e-5)


def test_two_distances_agree_with_the_whole_model(picture, other, mask) -> None:
    blur = pairs.disc(4)
    whole = pairs.spread_whole(picture, other, mask, blur)
    same = pairs.two_distances(
        picture, other, mask, first=(pairs.none, blur), second=(blur, pairs.none)
    )
    np.testing.assert_array_equal(same.first, whole.first)
    swapped = whole.swapped()
    np.testing.assert_array_equal(swapped.first, whole.second)
    np.testing.assert_array_equal(swapped.focus, 1 - whole.focus)


@pytest.mark.parametrize("draw", [kind for kind, _ in masks.MASKS])
def test_masks_are_objects_with_an_edge(draw) -> None:
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(12):
        mask = draw(rng, SHAPE)
        assert mask.shape == SHAPE
        assert mask.dtype == np.float32
        assert 0 <= mask.min() <= mask.max() <= 1
        assert ((mask > 0) & (mask < 1)).mean() < 0.35
        covered.append(mask.mean())
    assert 0.03 < np.mean(covered) < 0.9


@pytest.mark.parametrize("draw", [scenes.object_pair, scenes.stack_pair])
def test_a_seed_gives_the_same_pair_again(draw, picture, other) -> None:
    pictures = [Picture("a", np.tile(picture, (2, 2))), Picture("b", np.tile(other, (2, 2)))]
    first, again = (draw(np.random.default_rng(3), pictures, 48) for _ in range(2))
    np.testing.assert_array_equal(first.first, again.first)
    np.testing.assert_array_equal(first.focus, again.focus)
    assert first.first.shape == first.focus.shape == (48, 48)


def test_focus_map_names_the_plane_with_less_error_where_it_counts() -> None:
    rng = np.random.default_rng(1)
    texture = [Picture(n, rng.uniform(0, 255, (120, 130)).astype(np.float32)) for n in "ab"]
    right = []
    for _ in range(12):
        pair = scenes.stack_pair(rng, texture, 80)
        errors = [
            cv2.GaussianBlur((plane - pair.image) ** 2, (0, 0), 4)
            for plane in (pair.first, pair.second)
        ]
        counts = pair.weights() > 0
        right.append(((errors[0] < errors[1]) == (pair.focus > 0.5))[counts])
    assert np.concatenate(right).mean() > 0.85


def test_objects_of_a_picture_come_from_its_mask(picture, mask) -> None:
    scene = Picture("a", np.tile(picture, (3, 3)), mask=np.tile(mask, (3, 3)))
    rng = np.random.default_rng(0)
    mattes = [scenes.draw_object(rng, [scene], 60) for _ in range(12)]
    own = sum(
        np.array_equal(front[matte < 1].astype(int), back[matte < 1].astype(int))
        or np.abs(front - back)[matte == 0].mean() < 20
        for front, back, matte in mattes
    )
    assert own >= 4


def test_mattes_are_read_as_shares_of_a_pixel_and_before_masks(tmp_path) -> None:
    rng = np.random.default_rng(0)
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), rng.integers(0, 255, (100, 120, 3), np.uint8))
    fur = np.tile(np.linspace(0, 255, 120).round().astype(np.uint8), (100, 1))
    for place in (MASKS, MATTES):
        (tmp_path / place).mkdir()
        cv2.imwrite(str(tmp_path / place / "a.png"), fur)
    cv2.imwrite(str(tmp_path / MASKS / "b.png"), fur)
    found = {p.subject: p for p in read_pictures(tmp_path, seed=0, textures=0).all}
    np.testing.assert_allclose(found["a"].mask, fur / 255, atol=1e-6)
    np.testing.assert_array_equal(found["b"].mask, fur > 0)
    front, back, matte = scenes.draw_object(np.random.default_rng(1), [found["a"]], 96)
    pair = pairs.composite(front, back, matte, pairs.disc(3))
    half = np.abs(matte - 0.5) < 0.1
    expected = front * matte + pairs.disc(3)(back) * (1 - matte)
    assert half.any()
    np.testing.assert_allclose(pair.first[half], expected[half], rtol=1e-4)


def test_masks_beside_the_pictures_are_read_with_them(tmp_path) -> None:
    (tmp_path / MASKS).mkdir()
    rng = np.random.default_rng(0)
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), rng.integers(0, 255, (100, 120, 3), np.uint8))
    objects = np.zeros((100, 120), np.uint8)
    objects[20:60, 30:90] = 15
    cv2.imwrite(str(tmp_path / MASKS / "a.png"), objects)
    found = {p.subject: p for p in read_pictures(tmp_path, seed=0, colour=True, textures=2).all}
    np.testing.assert_array_equal(found["a"].mask, (objects > 0).astype(np.float32))
    assert found["b"].mask is None
    assert found["a"].pixels.shape == (100, 120, 3)
    assert found["texture 0"].pixels.ndim == 3
    written = cv2.imread(str(tmp_path / "a.png"))[..., ::-1]
    np.testing.assert_allclose(found["a"].pixels, written, rtol=1e-5)


def test_pixels_near_an_outline_are_those_within_8_pixels_of_it(picture, mask) -> None:
    pair = pairs.conventional(picture, mask, pairs.gaussian(2))
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    away = np.abs(np.hypot(rows - 22, columns - 30) - 12)
    near = pair.near_outline()
    assert near[away < 6].all()
    assert not near[away > 10].any()
    alone = pairs.conventional(picture, np.ones(SHAPE, np.float32), pairs.gaussian(2))
    assert not alone.near_outline().any()
