"""What people type for a z step or the size of a pixel."""

from __future__ import annotations

import pytest

from napari_mfif.errors import ParameterError
from napari_mfif.plugin.panel.lengths import length, pixel_size


@pytest.mark.parametrize(("text", "value"), [("0.5", 0.5), ("0,5", 0.5), (" 2 ", 2.0)])
def test_point_and_comma_are_both_understood(text, value) -> None:
    assert length(text, "Z step") == value


@pytest.mark.parametrize("text", ["", "-1", "0", "five", "5 um", "inf", "0.5, 0.1"])
def test_what_is_no_length_is_refused_by_its_name(text) -> None:
    with pytest.raises(ParameterError, match=r"Z step.*such as 0\.5"):
        length(text, "Z step")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0.1", (0.1, 0.1)),
        ("3", (3.0, 3.0)),
        ("0.1, 0.2", (0.1, 0.2)),
        ("0.1,0.2", (0.1, 0.2)),
        ("1, 2", (1.0, 2.0)),
        ("0,1; 0,2", (0.1, 0.2)),
        ("0.1 x 0.2", (0.1, 0.2)),
    ],
)
def test_a_pixel_has_one_size_or_two(text, size) -> None:
    assert pixel_size(text) == size


def test_a_comma_that_can_be_either_is_asked_about() -> None:
    with pytest.raises(ParameterError, match=r"write 1\.5, or 1; 5 for height and width"):
        pixel_size("1,5")


def test_three_numbers_are_no_pixel() -> None:
    with pytest.raises(ParameterError, match="height and width"):
        pixel_size("1; 2; 3")
