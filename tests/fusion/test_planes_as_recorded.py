"""Planes with hot pixels, planes that are alike, planes that lack pixels or show nothing."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.arrays.lazy_array import LazyArray, as_slices

METHODS = ("adaptive", "gradient", "laplacian", "guided")


def test_hot_pixels_are_counted_and_shown(slope) -> None:
    hot = slope[0].copy()
    hot[3, 20, 30] = hot[5, 40, 50] = 60000
    fusion = fuse(hot)
    assert set(zip(*np.nonzero(fusion.repaired), strict=True)) == {(20, 30), (40, 50)}
    assert "2 hot pixels were replaced" in " ".join(fusion.notes)
    np.testing.assert_array_equal(fuse(hot, lazy=True).repaired, fusion.repaired)
    left = fuse(hot, repair_hot_pixels=False)
    assert not left.repaired.any()
    assert "hot pixel" not in " ".join(left.notes)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
def test_equal_planes_give_that_plane(slope, method, lazy) -> None:
    plane = slope[0][3].copy()
    plane[20, 30] = 60000
    fusion = fuse(np.repeat(plane[None], 5, 0), method=method, lazy=lazy)
    np.testing.assert_array_equal(fusion.image, plane)
    assert not np.any(fusion.confidence)


def moved(pixels: np.ndarray) -> np.ndarray:
    """Where a stack that was moved from plane to plane has no pixels."""
    lost = np.zeros(pixels.shape, np.bool_)
    for z in range(1, len(pixels)):
        lost[z, : 2 * z] = lost[z, :, -z:] = True
    return lost


def ways(pixels: np.ndarray, lost: np.ndarray) -> dict[str, object]:
    """The same gaps, as programs leave them."""
    return {
        "nan": np.where(lost, np.nan, pixels.astype(np.float32)),
        "zeros": np.where(lost, 0, pixels),
        "masked": np.ma.MaskedArray(np.where(lost, 7, pixels), lost),
        "alpha": np.stack([np.where(lost, 0, pixels)] * 3 + [np.where(lost, 0, 65535)], -1).astype(
            np.uint16
        ),
    }


@pytest.mark.parametrize("way", ["nan", "zeros", "masked", "alpha"])
@pytest.mark.parametrize("method", METHODS)
def test_missing_pixels_are_fused_from_the_planes_that_have_them(slope, method, way) -> None:
    pixels, truth, depth = slope
    lost = moved(pixels)
    fusion = fuse(ways(pixels, lost)[way], method=method)
    image = fusion.image[..., 0] if way == "alpha" else fusion.image
    apart = np.abs(np.arange(len(pixels))[:, None, None] - depth)
    apart[lost] = np.inf
    best = np.take_along_axis(pixels, apart.argmin(0)[None], 0)[0].astype(float)
    border = lost.any(0)
    ours = np.sqrt(np.mean((image.astype(float) - truth)[border] ** 2))
    possible = np.sqrt(np.mean((best - truth)[border] ** 2))
    assert ours < 1.25 * possible
    rows, columns = np.indices(border.shape)
    assert not lost[fusion.decision, rows, columns][border].mean() > (0.05 if way == "zeros" else 0)


def test_what_no_plane_has_stays_empty(slope) -> None:
    lost = moved(slope[0])
    lost[:, 30:40, 50:60] = True
    rest = np.s_[:25]
    for way in ("nan", "masked"):
        fusion = fuse(ways(slope[0], lost)[way])
        hole = fusion.image[30:40, 50:60]
        assert np.isnan(hole).all() if way == "nan" else not hole.any()
        assert not fusion.confidence[30:40, 50:60].any()
        assert np.isfinite(fusion.image[rest]).all()
        assert fusion.confidence[rest].any()


@pytest.mark.parametrize("way", ["nan", "zeros", "masked"])
@pytest.mark.parametrize("method", ["adaptive", "gradient"])
def test_missing_pixels_are_the_same_in_blocks(slope, method, way, monkeypatch) -> None:
    from napari_mfif.engine import lazy

    monkeypatch.setattr(lazy, "SMALL", 128)
    monkeypatch.setattr(lazy, "HALOS_PER_BLOCK", 0.5)
    wide = np.tile(slope[0], (1, 4, 3))
    given = ways(wide, moved(wide))[way]
    eager, made = fuse(given, method=method), fuse(given, method=method, lazy=True)
    assert made.image.numblocks >= (2, 2)
    assert np.mean(np.asarray(made.decision) != eager.decision) < 1e-4
    apart = np.asarray(made.image).astype(float) - eager.image
    assert np.abs(apart[np.asarray(made.decision) == eager.decision]).max() <= 1


def test_dark_ground_is_no_missing_border(slope) -> None:
    rows, columns = np.indices(slope[1].shape)
    disc = np.hypot(rows - 33, columns - 46)
    dark = np.stack([np.where(disc < 24 + z, plane, 0) for z, plane in enumerate(slope[0])])
    said = fuse(dark)
    np.testing.assert_array_equal(said.image, fuse(dark, missing="none").image)
    assert "lack" not in " ".join(said.notes)


def test_a_line_at_the_rim_that_was_mixed_with_zeros_is_not_fused(slope) -> None:
    mixed = slope[0].copy()
    mixed[6, -1] //= 2  # as a shift by half a pixel leaves it
    fusion = fuse(mixed)
    lines = fusion.image[-8:].astype(float).mean(1)
    np.testing.assert_allclose(lines, fuse(slope[0]).image[-8:].astype(float).mean(1), rtol=0.02)
    assert "lack pixels" in " ".join(fusion.notes)


def test_every_zero_is_missing_where_that_is_said(slope) -> None:
    holes = slope[0].copy()
    holes[::2, 20:30, 20:30] = 0
    fusion = fuse(holes, missing="zero")
    assert set(np.unique(fusion.decision[20:30, 20:30])) <= {1, 3, 5}
    assert fusion.image[20:30, 20:30].min() > 100


@pytest.mark.parametrize("value", [0, 65535])
@pytest.mark.parametrize("method", METHODS)
def test_a_plane_that_shows_nothing_has_no_vote(slope, method, value) -> None:
    noise = np.random.default_rng(2).normal(0, 3, slope[0][:1].shape)
    empty = np.clip(value + noise, 0, 65535).round().astype(np.uint16)
    error = []
    for planes in (slope[0], np.concatenate([slope[0][:4], empty, slope[0][4:]])):
        fusion = fuse(planes, method=method)
        error.append(np.sqrt(np.mean((fusion.image - slope[1].astype(float)) ** 2)))
    assert error[1] < 1.1 * error[0]
    assert not np.any(fusion.decision == 4)
    assert "planes 4" in " ".join(fusion.notes)


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
def test_a_film_goes_on_over_an_empty_timepoint(slope, lazy) -> None:
    film = np.stack([slope[0], np.zeros_like(slope[0]), slope[0]])
    fusion = fuse(film, axes="TZYX", lazy=lazy)
    single = fuse(slope[0])
    np.testing.assert_array_equal(fusion.image[2], single.image)
    assert not np.any(fusion.image[1])
    assert not np.any(fusion.confidence[1])
    if not lazy:
        assert "timepoints 1" in " ".join(fusion.notes)


@pytest.mark.parametrize("method", METHODS)
def test_a_plane_that_is_there_twice_does_little_harm(slope, method) -> None:
    twice = np.repeat(slope[0], [1, 1, 1, 1, 1, 2, 1], axis=0)
    errors = []
    for planes in (slope[0], twice):
        image = fuse(planes, method=method).image
        errors.append(np.sqrt(np.mean((image - slope[1].astype(float)) ** 2)))
    assert errors[1] < 1.02 * errors[0]


@pytest.mark.parametrize(("bright", "left_out"), [(0, True), (400, False)])
def test_only_planes_without_anything_have_no_vote(bright, left_out) -> None:
    """Dim objects in the first and the last plane, as of a confocal stack, have one."""
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:96, :96]
    planes = np.zeros((9, 96, 96))
    for z in range(9):
        for y, x in rng.uniform(10, 86, (12, 2)):
            light = bright if z in (0, 8) else 40000
            planes[z] += light * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 8)
    planes += 500 + rng.normal(0, 8, planes.shape)
    fusion = fuse(np.clip(planes, 0, 65535).astype(np.uint16))
    assert any("show nothing: planes 0, 8." in note for note in fusion.notes) == left_out


class Decoded(LazyArray):
    """A file's planes, which counts how often each is decoded."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.shape, self.dtype = pixels, pixels.shape, pixels.dtype
        self.times = np.zeros(len(pixels), int)

    def _read(self, index):
        self.times[index[0]] += 1
        return self.pixels[as_slices(index)]


@pytest.mark.parametrize("way", ["nan", "zeros"])
def test_planes_that_lack_pixels_are_decoded_once_each(slope, way) -> None:
    file = Decoded(ways(slope[0], moved(slope[0]))[way])
    fuse(ZStack(file, "ZYX"))
    np.testing.assert_array_equal(file.times, 1)
