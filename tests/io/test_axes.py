"""The axes of files: named, given, asked for, refused."""

from __future__ import annotations

import re

import pytest

from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io.axes import FileAxes, letter_of, name_axes

PAGES = "The file does not name its axes: its {} pages are the planes."


def named(letters, lengths, given=None):
    return name_axes(FileAxes(letters, lengths), given, where="a.tif")


def told(error, letters, lengths, given=None):
    """Return what is said where axes are refused."""
    with pytest.raises(error) as found:
        named(letters, lengths, given)
    return str(found.value)


@pytest.mark.parametrize(
    ("word", "letter"),
    [
        *((one, one.upper()) for one in "tczyx"),
        ("Time", "T"), ("frame", "T"), ("timepoint", "T"), ("channel", "C"), ("CH", "C"),
        ("plane", "Z"), (" slice ", "Z"), ("depth", "Z"), ("row", "Y"), ("column", "X"),
        ("position", None), ("", None), ("zz", None), ("s", None),
    ],
)  # fmt: skip
def test_words_for_axes(word, letter):
    assert letter_of(word) == letter


def test_axes_of_length_one_are_left_out_but_for_rows_and_columns():
    assert FileAxes("TCZYXS", (1, 2, 1, 1, 9, 1)).squeezed() == FileAxes("CYX", (2, 1, 9))
    assert FileAxes("TZYX", (1, 3, 8, 9)).squeezed() == FileAxes("ZYX", (3, 8, 9))
    assert str(FileAxes("ZYX", (3, 8, 9))) == "ZYX (3, 8, 9)"


@pytest.mark.parametrize(
    ("letters", "lengths", "expected"),
    [
        ("ZYX", (3, 8, 9), "ZYX"),
        ("TCZYX", (1, 2, 3, 8, 9), "CZYX"),
        ("CZYXS", (2, 3, 8, 9, 3), "CZYXS"),
        ("ZYXS", (3, 8, 9, 4), "ZYXS"),
        ("ZYXS", (3, 8, 9, 5), "ZYXC"),
        ("CZYXS", (2, 3, 8, 9, 5), "CZYXS"),
    ],
)
def test_what_the_file_names_is_taken(letters, lengths, expected):
    assert named(letters, lengths) == (expected, [])


@pytest.mark.parametrize("letter", "IQ")
def test_a_sequence_without_a_name_is_the_planes_and_that_is_said(letter):
    assert named(letter + "YX", (3, 8, 9)) == ("ZYX", [PAGES.format(3)])
    assert named("T" + letter + "YX", (2, 3, 8, 9)) == ("TZYX", [PAGES.format(3)])
    assert named(letter + "YXS", (3, 8, 9, 3)) == ("ZYXS", [PAGES.format(3)])


def test_what_is_not_known_is_asked():
    assert told(AxesError, "RZYX", (2, 3, 8, 9)) == (
        "a.tif has the axes RZYX (2, 3, 8, 9), of which R is not known here. "
        'Say so by `axes="TZYX"` or `axes="CZYX"`.'
    )
    # a sequence beside planes may be anything
    assert "of which I is not known here" in told(AxesError, "IZYX", (2, 3, 8, 9))
    assert told(AxesError, "QIYX", (2, 3, 8, 9)) == (
        "a.tif has the axes QIYX (2, 3, 8, 9), of which Q and I are not known here. "
        'Say so by `axes="TZYX"` or `axes="CZYX"`.'
    )
    assert told(AxesError, "RQIYX", (2, 2, 3, 8, 9)).endswith(
        'Say so by `axes="TCZYX"` or `axes="TZCYX"`.'
    )
    assert told(AxesError, "RZYX", (2, 3, 8, 3)).endswith('Say so by `axes="ZYXS"`.')
    assert told(AxesError, "RZYX", (2, 3, 8, 5)).endswith('`axes="CZYX"`.')
    assert told(AxesError, "RZYXS", (2, 3, 8, 9, 3)).endswith(
        'Say so by `axes="TZYXS"` or `axes="CZYXS"`.'
    )
    assert told(AxesError, "RZYXS", (2, 3, 8, 9, 2)).endswith('or `axes="CZYXS"`.')
    assert told(AxesError, "RYX", (2, 8, 4)).endswith('Say so by `axes="ZYX"`.')
    assert told(AxesError, "RQPIYX", (2, 2, 2, 3, 8, 9)).endswith(
        "A z-stack has axes out of TCZYXS."
    )


def test_one_plane_is_no_stack():
    assert told(ReadError, "YX", (8, 9)) == (
        "a.tif has one plane only (9 x 8 pixels). A z-stack needs at least two planes: open the "
        "folder or the list of the files that hold them."
    )
    assert "planes, say so" not in told(ReadError, "YXS", (8, 9, 3))
    assert told(ReadError, "SYX", (3, 8, 9)).endswith(
        ' If its colours are planes, say so by `axes="ZYX"`.'
    )


def test_times_and_channels_may_be_planes():
    assert told(AxesError, "TYX", (5, 8, 9)) == (
        "a.tif has one plane only, but 5 timepoints. A z-stack needs at least two planes. Say so "
        'by `axes="ZYX"` to take its 5 timepoints as planes.'
    )
    assert told(AxesError, "TCYX", (5, 2, 8, 9)) == (
        "a.tif has one plane only, but 5 timepoints and 2 channels. A z-stack needs at least two "
        'planes. Say so by `axes="ZCYX"` to take its 5 timepoints as planes or `axes="TZYX"` to '
        "take its 2 channels as planes."
    )


@pytest.mark.parametrize(
    ("letters", "lengths", "given", "expected"),
    [
        ("TYX", (5, 8, 9), "zyx", "ZYX"),
        ("QIYX", (2, 3, 8, 9), "CZYX", "CZYX"),
        ("TCZYX", (1, 1, 3, 8, 9), "TCZYX", "ZYX"),
        ("TCZYX", (1, 2, 3, 8, 9), "TZCYX", "ZCYX"),
        ("TCZYXS", (1, 2, 3, 8, 9, 1), "TCZYX", "CZYX"),
        ("TCZYXS", (1, 2, 3, 8, 9, 1), "CZYX", "CZYX"),
        ("TCZYX", (1, 1, 3, 1, 9), "TCZYX", "ZYX"),
        ("ZYXS", (3, 8, 9, 3), "ZYXS", "ZYXS"),
        ("TCZYXS", (1, 2, 3, 8, 9, 3), "TCZYXS", "CZYXS"),
    ],
)
def test_what_somebody_says_goes_before_the_file(letters, lengths, given, expected):
    assert named(letters, lengths, given) == (expected, [])


def test_pages_that_are_to_be_divided_want_their_lengths():
    assert told(AxesError, "IYX", (6, 8, 9), "ZCYX") == (
        "a.tif has 6 pages one after the other; the sizes of the axes ZCYX are not known. Say how "
        'many of each by `shape="..."`, the slowest first.'
    )


@pytest.mark.parametrize(
    ("letters", "lengths", "given", "count"),
    [("ZYX", (3, 8, 9), "YX", 3), ("CZYX", (2, 3, 8, 9), "ZYX", 4), ("YX", (8, 9), "ZYX", 2)],
)
def test_too_few_or_too_many_letters_are_counted(letters, lengths, given, count):
    said = told(AxesError, letters, lengths, given)
    assert said.startswith(
        f'`axes="{given}"` names {len(given)} axes, but a.tif has {count} longer than 1: '
        f"{letters} {lengths}. "
    )
    assert re.search(r"Say so by `axes=|A z-stack has axes out of", said)


def test_colours_that_are_not_last_do_not_fit_letters_in_another_place():
    assert "2 pages one after the other" in told(AxesError, "STZYX", (3, 1, 2, 8, 9), "TCZYX")
