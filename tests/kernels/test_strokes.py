"""What a stroke covers."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import Stroke
from napari_mfif.errors import ParameterError
from napari_mfif.kernels.strokes import share_of

WHOLE = slice(0, 90), slice(0, 110)

MASK = np.hypot(*np.ogrid[-20:20, -30:30]) < 17
STROKES = {
    "dab": Stroke.brush([(40.3, 51.7)], 12, 0),
    "line": Stroke.brush([(20, 10), (61.5, 48.2), (55, 90)], 7, 0, soft=6),
    "flat": Stroke.brush([(20, 10), (61.5, 48.2), (55, 90)], 7, 0, soft=6, pixel=(1, 2.5)),
    "lasso": Stroke.lasso([(10, 12), (80, 30.5), (35.5, 60), (70, 95)], 0, soft=5),
    "mask": Stroke.mask(MASK, 0, at=(25, 33)),
    "sharp mask": Stroke.mask(MASK, 0, at=(25, 33), soft=0),
}


@pytest.mark.parametrize("stroke", STROKES.values(), ids=STROKES)
def test_any_part_of_a_stroke_is_the_same_bit_for_bit(stroke) -> None:
    whole = share_of(stroke, *WHOLE)
    for top in range(0, 90, 23):
        for left in range(0, 110, 17):
            rows, columns = slice(top, min(top + 23, 90)), slice(left, min(left + 17, 110))
            assert np.array_equal(share_of(stroke, rows, columns), whole[rows, columns])


@pytest.mark.parametrize("stroke", STROKES.values(), ids=STROKES)
def test_a_stroke_touches_nothing_outside_of_its_box(stroke) -> None:
    share = share_of(stroke, *WHOLE)
    top, bottom, left, right = stroke.box
    inside = np.zeros(share.shape, np.bool_)
    inside[max(0, top) : bottom, max(0, left) : right] = True
    assert share.max() == 1
    assert not share[~inside].any()


def test_a_brush_covers_what_lies_within_its_radius() -> None:
    share = share_of(Stroke.brush([(40, 50), (40, 70)], 10, 0, soft=4), *WHOLE)
    y, x = np.mgrid[:90, :110]
    distance = np.hypot(y - 40, x - np.clip(x, 50, 70))
    assert np.allclose(share, np.clip(0.5 + (10 - distance) / 4, 0, 1))


def test_a_brush_is_round_where_pixels_are_not_square() -> None:
    stroke = Stroke.brush([(40, 50), (40, 70)], 10, 0, soft=4, pixel=(2, 0.5))
    share = share_of(stroke, *WHOLE)
    y, x = np.mgrid[:90, :110]
    distance = np.hypot(2 * (y - 40), 0.5 * (x - np.clip(x, 50, 70)))
    assert np.allclose(share, np.clip(0.5 + (10 - distance) / 4, 0, 1))
    assert Stroke.from_entry(stroke.as_entry(0), 0) == stroke


def test_a_lasso_covers_what_it_encloses_wherever_it_begins() -> None:
    corners = [(10, 10), (10, 60), (50, 60), (50, 40), (30, 40), (30, 10)]
    share = share_of(Stroke.lasso(corners, 0, soft=0), *WHOLE)
    turned = share_of(Stroke.lasso(corners[3:] + corners[:3], 0, soft=0), *WHOLE)
    expected = np.zeros((90, 110))
    expected[11:30, 11:60] = expected[11:50, 41:60] = 1
    inner = np.zeros_like(expected, np.bool_)
    inner[11:30, 11:60] = inner[11:50, 41:60] = True
    assert np.array_equal(share[inner], expected[inner])
    assert not share[:10].any()
    assert not share[31:, :40].any()
    assert np.array_equal(share, turned)


def test_a_mask_covers_its_pixels_and_half_of_the_soft_edge_lies_outside() -> None:
    mask = np.ones((20, 30), np.bool_)
    sharp = share_of(Stroke.mask(mask, 0, at=(40, 50), soft=0), *WHOLE)
    assert np.array_equal(np.argwhere(sharp)[[0, -1]], [(40, 50), (59, 79)])
    soft = share_of(Stroke.mask(mask, 0, at=(40, 50), soft=4), *WHOLE)[50, 45:55]
    assert np.allclose(soft, [0, 0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1, 1])


def test_a_brush_narrower_than_its_soft_edge_still_covers_its_middle() -> None:
    assert share_of(Stroke.brush([(40, 50)], 1, 0, soft=9), *WHOLE)[40, 50] == 1


@pytest.mark.parametrize(
    ("points", "radius", "source", "words"),
    [
        ([], 3, 0, "a point"),
        ([(1, 1), (2, 2)], None, 0, "three points"),
        ([(1, np.nan)], 3, 0, "finite"),
        ([(1, 1)], 0, 0, "more than 0"),
        ([(1, 1)], 3, "sharp", '"best", "erase"'),
    ],
)
def test_what_is_no_stroke_is_refused_in_words(points, radius, source, words) -> None:
    with pytest.raises(ParameterError, match=words):
        Stroke(source, tuple(points), radius)
