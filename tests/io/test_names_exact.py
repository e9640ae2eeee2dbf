"""Names taken apart, piece by piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_mfif.io.families import families
from napari_mfif.io.names import (
    CONFLICT,
    Piece,
    natural_key,
    parts_of,
    pieces_of,
    stem,
    value_of,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.tif", "a"), ("a.ome.tif", "a"), ("a.OME.TIFF", "a"), ("a.b.png", "a.b"),
        ("a.companion.ome", "a"), ("a.ome.zarr", "a"), ("a", "a"), ("z0.5um.tif", "z0.5um"),
        ("d.x/a.tif", "a"),
    ],
)  # fmt: skip
def test_stems(name, expected):
    assert stem(Path(name)) == expected


def test_names_are_sorted_by_the_value_of_their_numbers_and_without_regard_to_capitals():
    names = ["b10", "a2", "A10", "a1", "a02b", "B9", "a", "1", "10", "2"]
    found = sorted(map(Path, names), key=natural_key)
    assert [path.name for path in found] == [
        "1", "2", "10", "a", "a1", "a2", "a02b", "A10", "B9", "b10",
    ]  # fmt: skip
    # folders come before names
    paths = [Path("d10/a"), Path("d9/b"), Path("d9/a")]
    assert sorted(paths, key=natural_key) == [Path("d9/a"), Path("d9/b"), Path("d10/a")]
    assert natural_key(Path("d1/a2")) == (((0, 0, "d"), (1, 1, ""), (0, 0, "")), (
        (0, 0, "a"), (1, 2, ""), (0, 0, "")))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", (0, 10.0, ())), ("-1", (0, -1.0, ())), ("0,5", (0, 0.5, ())),
        ("0p25", (0, 0.25, ())), ("1.5", (0, 1.5, ())),
        ("DAPI", (1, 0.0, ((0, 0, "dapi"),))),
        ("A2", (1, 0.0, ((0, 0, "a"), (1, 2, ""), (0, 0, "")))),
    ],
)  # fmt: skip
def test_values(text, value):
    assert value_of(text) == value


def told(name):
    """Return kinds and texts of the pieces of a name."""
    return [(piece.kind, piece.text) for piece in pieces_of(name)]


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("img_001", [("number", "001")]),
        ("z0.25", [("number", "0.25")]), ("z_0.25", [("number", "0.25")]),
        ("z=-1,5", [("number", "-1,5")]), ("focus 0.5", [("number", "0.5")]),
        ("v1.2", [("number", "1"), ("number", "2")]), ("bead 0p5um", [("number", "0p5")]),
        ("bead 0.5 mm", [("number", "0.5")]), ("bead 0.5 x", [("number", "0"), ("number", "5")]),
        ("a_-2", [("number", "-2")]), ("a(+3)", [("number", "+3")]), ("a-2", [("number", "2")]),
        ("r01c02f3", [("well", "r01c02"), ("number", "3")]),
        ("A01_z2", [("well", "A01"), ("number", "2")]), ("xA01", [("number", "01")]),
        ("AA12", [("well", "AA12")]), ("WellC03_1", [("well", "C03"), ("number", "1")]),
        ("Q01", [("number", "01")]), ("A01x", [("number", "01")]), ("A123", [("number", "123")]),
        ("z1_DAPI", [("number", "1"), ("dye", "DAPI")]), ("DAPIX", []), ("Cy5", [("dye", "Cy5")]),
        ("2023-01-05_10.11.12 z3", [("stamp", "2023-01-05_10.11.12"), ("number", "3")]),
        ("2023-13-05", [("number", "2023"), ("number", "13"), ("number", "05")]),
        ("00d01h30m_z1", [("duration", "00d01h30m"), ("number", "1")]),
        ("none", []),
    ],
)  # fmt: skip
def test_pieces(name, pieces):
    assert told(name) == pieces


def test_pieces_know_their_places():
    assert pieces_of("c01_z-2_GFP") == [
        Piece("number", "01", 1, 3), Piece("number", "2", 6, 7), Piece("dye", "GFP", 8, 11),
    ]  # fmt: skip


def described(names):
    return [(part.axis, part.kind, part.word, part.unit, part.values) for part in parts_of(names)]


def test_parts_that_do_not_vary_are_none():
    assert parts_of(["a1_z2", "a1_z2"]) == []
    assert parts_of(["a1", "a1_2"]) == []
    assert parts_of(["A01_z-2_0.5um"]) == []


@pytest.mark.parametrize(
    ("names", "axis", "word", "unit"),
    [
        (["z1", "z2"], "Z", "z", ""), (["Z_1", "Z_2"], "Z", "Z", ""),
        (["ch 1", "ch 2"], "C", "ch", ""), (["t=1", "t=2"], "T", "t", ""),
        (["pos#1", "pos#2"], "P", "pos", ""), (["a(1)", "a(2)"], "", "a", ""),
        (["a_1um", "a_2um"], "Z", "a", "um"), (["a_1 nm", "a_2 nm"], "C", "a", "nm"),
        (["a_1h", "a_2h"], "T", "a", "h"), (["a_1umx", "a_2umx"], "", "a", ""),
        (["1z", "2z"], "Z", "", ""), (["1t_a", "2t_a"], "T", "", ""), (["1x", "2x"], "P", "", ""),
        (["1zz", "2zz"], "", "", ""), (["q1z", "q2z"], "", "q", ""),
        (["P1234567", "P1234568"], "", "P", ""), (["P123456", "P123457"], "P", "P", ""),
        (["5z_1t", "5z_2t"], "T", "", ""), (["z5_1", "z5_2"], "", "", ""),
    ],
)  # fmt: skip
def test_words_and_units_tell_the_axis(names, axis, word, unit):
    (part,) = parts_of(names)
    assert (part.axis, part.word, part.unit, part.kind) == (axis, word, unit, "number")


def test_kinds_tell_the_axis():
    assert described(["A01", "B02"]) == [("P", "well", "", "", (("A01",), ("B02",)))]
    assert described(["x DAPI", "x GFP"]) == [("C", "dye", "x", "", (("DAPI",), ("GFP",)))]
    (part,) = parts_of(["2023-01-05", "2023-01-06"])
    assert (part.axis, part.kind) == ("", "stamp")
    (part,) = parts_of(["z 2023-01-05", "z 2023-01-06"])
    assert (part.axis, part.kind, part.word) == ("", "stamp", "z")
    (part,) = parts_of(["00h10m", "00h20m"])
    assert (part.axis, part.kind, part.count) == ("T", "duration", 2)


def test_a_letter_that_is_the_same_everywhere_is_a_word():
    """C01 is a channel more often than a well."""
    assert described(["C01", "C02"]) == [("C", "number", "C", "", (("01",), ("02",)))]
    assert described(["A01", "A02"]) == [("P", "well", "", "", (("A01",), ("A02",)))]
    assert described(["C01", "D01"]) == [("P", "well", "", "", (("C01",), ("D01",)))]


def test_signs_that_some_names_have_belong_to_the_number():
    (part,) = parts_of(["z-1", "z0", "z+1"])
    assert part.values == (("-1",), ("0",), ("+1",))
    (part,) = parts_of(["z-1", "z-2"])
    assert part.values == (("1",), ("2",))
    (part,) = parts_of(["z--1", "z--2"])
    assert part.values == (("1",), ("2",))
    dye, place = parts_of(["DAPI_z-1", "GFP_z0", "DAPI_z1"])
    assert (dye.axis, place.axis) == ("C", "Z")
    assert place.values == (("-1",), ("0",), ("1",))


def test_signs_stand_between_a_word_and_its_number():
    (part,) = parts_of(["q-1t", "q0t", "q+1t"])  # the number is glued to q: t has no say
    assert (part.axis, part.kind, part.word) == ("", "number", "q")
    (part,) = parts_of(["q-1um", "q0um", "q+1um"])
    assert (part.axis, part.unit) == ("Z", "um")
    (part,) = parts_of(["q3_-1", "q3_0"])
    assert part.values == (("-1",), ("0",))


def test_what_changes_together_is_one_part_of_which_the_most_telling_comes_first():
    (part,) = parts_of(["1_z10", "2_z20", "3_z30"])
    assert (part.axis, part.word) == ("Z", "z")
    assert part.values == (("10", "1"), ("20", "2"), ("30", "3"))
    assert part.pieces == ((1, 1), (0, 0))
    assert len(parts_of(["1_z10", "1_z20", "2_z10"])) == 2
    assert len(parts_of(["1_z10", "1_z20", "2_z20"])) == 2
    (part,) = parts_of(["c1_t1", "c2_t2"])
    assert (part.axis, part.kind) == ("", CONFLICT)


def test_decimals_with_a_point_are_one_number_where_they_are_even():
    (part,) = parts_of(["a 0.5", "a 1.0", "a 1.5"])
    assert part.values == (("0.5",), ("1.0",), ("1.5",))
    assert part.pieces == ((0, 1),)
    assert len(parts_of(["a 0.5", "a 1.0", "a 1.7"])) == 2
    (part,) = parts_of(["a 0,5", "a 1,0", "a 1,5"])
    assert part.values == (("0.5",), ("1.0",), ("1.5",))
    # a version: all of each with all of the other
    assert len(parts_of(["a 1.1", "a 1.2", "a 2.1", "a 2.2"])) == 2
    assert len(parts_of(["a 1.0", "a 1.5", "a 2.0", "a 2.5"])) == 2
    assert len(parts_of(["a1.1", "a1.3", "a2.1"])) == 2


@pytest.mark.parametrize("names", [["t 0.5", "t 1.0", "t 1.5"], ["a 0.5h", "a 1.0h", "a 1.5h"]])
def test_word_before_and_unit_after_decimals_tell_their_axis(names):
    (part,) = parts_of(names)
    assert (part.axis, part.values) == ("T", (("0.5",), ("1.0",), ("1.5",)))


def test_what_stands_after_decimals_is_a_part_too():
    decimals, other = parts_of(["a 0.5 b1", "a 1.0 b1", "a 1.5 b2"])
    assert decimals.values == (("0.5",), ("1.0",), ("1.5",))
    assert other.values == (("1",), ("1",), ("2",))


def groups(*names):
    return [[path.name for path in group] for group in families([Path(name) for name in names])]


def test_families_share_all_but_numbers():
    assert groups("a1.tif", "a22.tif", "b1.tif") == [["a1.tif", "a22.tif"], ["b1.tif"]]
    assert groups("d/a1.tif", "e/a1.tif") == [["a1.tif"], ["a1.tif"]]
    assert groups("z-1.tif", "z0.tif", "z0.5.tif") == [["z-1.tif", "z0.tif", "z0.5.tif"]]
    assert groups("a1.tif", "a1.png") == [["a1.tif"], ["a1.png"]]
    assert groups("q1.jpg", "Q2.JPEG") == [["q1.jpg", "Q2.JPEG"]]
    assert groups("a1.tif", "a1.tiff") == [["a1.tif"], ["a1.tiff"]]
    assert groups("a1_A01.tif", "a1_01.tif") == [["a1_A01.tif"], ["a1_01.tif"]]
