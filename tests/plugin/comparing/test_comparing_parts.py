"""The parts of Compare that need no window: what is laid on what, matched, subtracted."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image

from napari_mfif.errors import ParameterError
from napari_mfif.plugin.comparing.difference import difference, symmetric_limit
from napari_mfif.plugin.comparing.matching import matched
from napari_mfif.plugin.comparing.pictures import lay_on, lies_on, same_contrast, take_contrast
from napari_mfif.plugin.comparing.sides import Piece, laid_over

RNG = np.random.default_rng(3)
WHOLE = RNG.uniform(0, 100, (20, 30))


def piece(values, translate=(2.0, 3.0), scale=(0.5, 0.5)) -> Piece:
    return Piece(values, (), scale, translate)


def test_a_cropped_result_is_laid_where_it_lies():
    part = WHOLE[5:15, 7:17] + 1
    apart = piece(part, (2 + 0.5 * 5, 3 + 0.5 * 7))
    a, b, begin = laid_over(piece(WHOLE), apart, ("A", "B"))
    assert begin == (5, 7)
    np.testing.assert_array_equal(b - a, np.ones((10, 10)))
    b, a, begin = laid_over(apart, piece(WHOLE), ("B", "A"))
    assert begin == (0, 0)
    np.testing.assert_allclose(b - a, 1)


def test_pieces_that_reach_beyond_one_another_share_what_both_have():
    one, two = piece(WHOLE[:12, :18]), piece(WHOLE[4:, 6:], (2 + 0.5 * 4, 3 + 0.5 * 6))
    a, b, begin = laid_over(one, two, ("A", "B"))
    assert (begin, a.shape) == ((4, 6), (8, 12))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "other", [piece(WHOLE[:9], (2.0, 300.0)), piece(WHOLE[:9], scale=(1.0, 1.0))]
)
def test_pieces_apart_or_of_another_scale_are_refused(other):
    with pytest.raises(ParameterError, match="30 x 20 pixels and B has 30 x 9"):
        laid_over(piece(WHOLE), other, ("A", "B"))


def test_a_difference_says_which_is_higher_and_how_far_they_are_apart():
    # everywhere 2 higher, but for a quarter that is 4 lower
    first = WHOLE + np.where(np.arange(30) < 8, -4, 2)[None, :]
    made = difference(piece(first), piece(WHOLE), ("A", "B"))
    mean, apart = (22 * 2 - 8 * 4) / 30, (22 * 2 + 8 * 4) / 30
    assert made.told == f"A is {mean:.3g} higher than B on average; they are {apart:.3g} apart."
    back = difference(piece(WHOLE), piece(first), ("B", "A"))
    assert back.told.startswith(f"A is {mean:.3g} lower than B")
    np.testing.assert_allclose(made.values, -back.values)


def test_a_few_pixels_do_not_spoil_the_colours_of_a_difference():
    values = np.full((100, 100), -3, np.float32)
    values[0, :3] = 1000
    assert symmetric_limit(values) == 3
    assert symmetric_limit(np.zeros((9, 9), np.float32)) == 1
    values = np.zeros((100, 100), np.float32)
    values[0, 0] = -7  # fewer than the share that is left out, but all there is
    assert symmetric_limit(values) == 7


def test_grey_values_are_matched_only_where_they_run_together():
    image = WHOLE * 100
    for scaled in (WHOLE + 5, WHOLE * 1.5):  # of the same kind: as they are
        same, told = matched(scaled, WHOLE, "other")
        np.testing.assert_array_equal(same, scaled.astype(np.float32))
        assert not told
    eight, told = matched(image / 40 + 7, image, "other")
    np.testing.assert_allclose(eight, image, rtol=1e-4, atol=1e-2)
    assert "x 40" in told
    negative, told = matched(-image / 40, image, "other")
    np.testing.assert_allclose(negative, -image / 40, rtol=1e-6)
    assert "do not run with" in told


def test_a_picture_is_laid_on_a_result_of_its_size_alone():
    over = Image(
        WHOLE, scale=(0.5, 0.25), translate=(4, 5), affine=[[1, 0, 1], [0, 1, 2], [0, 0, 1]]
    )
    picture, other = Image(WHOLE), Image(WHOLE[:9])
    assert not lies_on(picture, over) and lies_on(other, over)
    for one in (picture, other):
        lay_on(one, over)
    assert lies_on(picture, over)
    np.testing.assert_allclose(picture.data_to_world((3, 4)), over.data_to_world((3, 4)))
    np.testing.assert_allclose(other.scale, (1, 1))


def test_contrast_is_taken_from_the_first_for_the_second():
    first, second = Image(WHOLE, contrast_limits=(10, 20)), Image(WHOLE, contrast_limits=(0, 5))
    assert not same_contrast([first], [second])
    take_contrast([first], [second])
    assert tuple(first.contrast_limits) == tuple(second.contrast_limits) == (10, 20)
    assert same_contrast([first], [second])
    colour = Image(np.zeros((4, 4, 3), np.uint8), rgb=True)
    assert same_contrast([first], [colour])
