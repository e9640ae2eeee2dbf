from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_mfif.errors import ReadError
from napari_mfif.training.data import (
    Picture,
    crop,
    draw_texture,
    held_back,
    is_permissive,
    read_pictures,
    subject_of,
)


@pytest.fixture
def folder(tmp_path):
    """Five pictures of three subjects; one has 16 bits."""
    rng = np.random.default_rng(0)
    for name in ("001_leaf.png", "104_leaf_tile.png", "002_moss.png", "003_bark_tile2.png"):
        cv2.imwrite(str(tmp_path / name), rng.integers(0, 255, (100, 120), dtype=np.uint8))
    deep = rng.integers(0, 65535, (100, 120), dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "004_bark.png"), deep)
    (tmp_path / "notes.txt").write_text("not a picture", encoding="utf-8")
    return tmp_path


def test_tiles_of_a_picture_are_held_back_together(folder) -> None:
    for seed in range(6):
        pictures = read_pictures(folder, seed=seed, textures=0)
        learnt = {picture.subject for picture in pictures.train}
        judged = {picture.subject for picture in pictures.held_back}
        assert learnt | judged == {"leaf", "moss", "bark"}
        assert judged
        assert not learnt & judged


def test_who_is_held_back_is_known_from_the_names_alone(folder) -> None:
    for seed in range(6):
        pictures = read_pictures(folder, seed=seed, textures=0)
        judged = {picture.subject for picture in pictures.held_back}
        assert held_back(["moss", "leaf", "bark"], seed) == judged


def test_subject_is_the_name_without_number_and_tile(tmp_path) -> None:
    assert subject_of(tmp_path / "320_kodim05_tile.jpg") == "kodim05"


def test_pictures_of_any_depth_are_scaled_to_grey_levels(folder) -> None:
    pictures = {p.source: p for p in read_pictures(folder, seed=0, textures=0).all}
    deep = pictures["004_bark.png"].pixels
    assert deep.dtype == np.float32
    assert 250 < deep.max() <= 255


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("CC0 1.0", True),
        ("CC BY 4.0", True),
        ("public domain, SpaceX CC0", True),
        ("released for unrestricted usage (as stated there)", True),
        ("CC BY-SA 4.0", False),
        ("CC BY-NC 4.0", False),
        ("LGPL-3", False),
        ("one of CC BY-SA 1.0-4.0 / Free Art License / GFDL 1.2", False),
        ("", False),
    ],
)
def test_only_licences_without_conditions_are_permissive(licence, permissive) -> None:
    assert is_permissive(licence) is permissive


def test_pictures_without_a_permissive_licence_are_left_out(folder) -> None:
    rows = ["file,licence", "001_leaf.png,CC0", "002_moss.png,CC BY 4.0", "004_bark.png,GPL-2"]
    (folder / "LICENSES.csv").write_text("\n".join(rows), encoding="utf-8")
    pictures = read_pictures(folder, seed=0, textures=0)
    assert {picture.source for picture in pictures.all} == {"001_leaf.png", "002_moss.png"}
    assert pictures.skipped == 3
    assert len(read_pictures(folder, seed=0, textures=0, any_licence=True).all) == 5


def test_too_few_subjects_are_refused_in_words(folder) -> None:
    for path in folder.glob("*moss*"), folder.glob("*bark*"):
        for file in path:
            file.unlink()
    with pytest.raises(ReadError, match="1 usable subjects; at least 2"):
        read_pictures(folder, seed=0)


def test_missing_folder_is_named(tmp_path) -> None:
    with pytest.raises(ReadError, match="nowhere is not a folder"):
        read_pictures(tmp_path / "nowhere", seed=0)


def test_crops_have_detail_where_the_picture_has_some() -> None:
    pixels = np.zeros((300, 300), np.float32)
    pixels[:, 150:] = 100 * np.random.default_rng(0).random((300, 150), dtype=np.float32)
    rng = np.random.default_rng(1)
    squares = [crop(rng, Picture("half", pixels), 64) for _ in range(20)]
    assert all(square.shape == (64, 64) for square in squares)
    assert np.mean([square.var() > 50 for square in squares]) > 0.9


def test_same_seed_draws_the_same_texture() -> None:
    first, second = (draw_texture(np.random.default_rng(9), (96, 96)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.std() > 1
    assert first.min() >= 0
    assert first.max() <= 255
