"""What file names mean: instruments, words, order, gaps, and what is asked."""

from __future__ import annotations

from itertools import product
from math import prod
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mfif.errors import ParameterError
from napari_mfif.io.instruments import INSTRUMENTS
from napari_mfif.io.names import value_of
from napari_mfif.io.patterns import compile_pattern, role_of
from napari_mfif.io.reading_names import by_names, by_pattern


def planes_each(_paths):
    """Say that files hold a plane each."""
    return False


def stacks_each(_paths):
    """Say that files hold a z-stack each."""
    return True


def put(names, holds=planes_each):
    """Put names together, and return what they make."""
    made, _ = by_names([Path("/d", name) for name in names], holds)
    return made


def order(one):
    """Return the names in order."""
    return [path.name for path in one.files]


@pytest.mark.parametrize("one", INSTRUMENTS, ids=lambda one: one.name)
def test_every_instrument_knows_its_example(one):
    assert compile_pattern(one.pattern).match(Path(one.example))


def grid_of(one):
    """Write names as an instrument does, with two values of everything and three planes."""
    match = compile_pattern(one.pattern).expression.fullmatch(one.example)
    spans = sorted(
        (*match.span(group), role_of(name), match[group])
        for group, name in compile_pattern(one.pattern).fields.items()
        if match[group] and role_of(name)
    )
    free = [span for span in spans if span[3].isdigit()]
    lengths = [3 if role == "Z" else 2 for _, _, role, _ in free]
    for values in product(*map(range, lengths)):
        name = one.example
        for (start, stop, _, text), value in reversed(list(zip(free, values, strict=True))):
            name = name[:start] + f"{int(text) + value:0{len(text)}}" + name[stop:]
        yield name


@pytest.mark.parametrize(
    "one",
    [
        one
        for one in INSTRUMENTS
        if any(
            role_of(name) == "Z" and text
            for name, text in compile_pattern(one.pattern).match(Path(one.example))
        )
        and "/" not in one.pattern
    ],
    ids=lambda one: one.name,
)
def test_names_of_an_instrument_make_stacks_of_three_planes_per_position(one):
    names = list(grid_of(one))
    made = put(names)
    for stack in made:
        assert stack.problem is None
        assert stack.lengths[stack.axes.index("Z")] == 3
        assert stack.axes == "".join(letter for letter in "TCZ" if letter in stack.axes)
    assert sorted(path.name for stack in made for path in stack.files) == sorted(names)


def test_what_is_not_known_is_asked_with_examples_and_a_pattern_that_settles_it():
    names = [f"bead{m}_{z:03}.tif" for m, z in product((1, 2), (1, 2, 3))]
    (one,) = put(names)
    assert "bead1, bead2" in one.problem
    assert 'pattern="bead{bead}_{z}.tif"' in one.problem
    made, _ = by_pattern([Path("/d", name) for name in names], compile_pattern("bead{b}_{z}.tif"))
    assert [(stack.axes, stack.lengths) for stack in made] == [("Z", (3,))] * 2


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ([f"movie_t{i:03}.tif" for i in range(5)], "time"),
        ([f"cell_ch{i:02}.tif" for i in range(3)], "channel"),
        (["cell_DAPI.tif", "cell_GFP.tif"], "channel"),
        ([f"exp_Pos{i}.tif" for i in range(3)], "position"),
        ([f"plate_A{i:02}.tif" for i in range(1, 4)], "position"),
        ([f"exp_w1DAPI_s{s}_t{t}.TIF" for s, t in product((1, 2), (1, 2, 3))], "time"),
    ],
)
def test_names_without_planes_are_no_stack_and_say_what_would_make_them_one(names, word):
    (one,) = put(names)
    assert word in one.problem
    assert 'pattern="' in one.problem
    assert 'order="given"' in one.problem


@given(st.permutations([f"z{z}" for z in (-12, -2, -1, 0, 1, 2, 10, 11)]))
def test_signs_and_numbers_are_in_order_whatever_order_they_come_in(names):
    (one,) = put([f"{name}.tif" for name in names])
    assert [int(path.stem[1:]) for path in one.files] == [-12, -2, -1, 0, 1, 2, 10, 11]


@given(st.sets(st.integers(0, 400), min_size=3, max_size=9))
def test_decimals_are_in_order(quarters):
    names = [f"bead_z{value / 4}um.tif" for value in quarters]
    (one,) = put(names)
    assert order(one) == [f"bead_z{value / 4}um.tif" for value in sorted(quarters)]


@given(st.lists(st.one_of(st.integers(-99, 99).map(str), st.text("abz", max_size=3)), max_size=8))
def test_values_can_always_be_compared(texts):
    assert sorted(sorted(texts), key=value_of)[:0] == []


def test_evenly_spaced_decimals_without_a_word_are_one_number_and_versions_are_two():
    (one,) = put([f"bead_{z}.tif" for z in ("0.0", "0.25", "0.5", "0.75", "1.0")])
    assert order(one)[:3] == ["bead_0.0.tif", "bead_0.25.tif", "bead_0.5.tif"]
    (two,) = put(["exp1.001.tif", "exp1.002.tif", "exp2.001.tif"])
    assert two.problem


@pytest.mark.parametrize(
    ("first", "others"),
    [
        ("Snap.tif", ["Snap (1).tif", "Snap (2).tif", "Snap (10).tif"]),
        ("Snap.tif", ["Snap 2.tif", "Snap 3.tif"]),
        ("a.png", ["a_1.png"]),
    ],
)
def test_the_first_of_copies_has_no_number(first, others):
    (one,) = put([*others, first])
    assert order(one) == [first, *others]
    assert first in one.notes[-1]


def test_a_counter_that_went_over_its_end():
    names = ["DSC_9998.tif", "DSC_9999.tif", "DSC_0001.tif", "DSC_0002.tif"]
    (one,) = put(names[::-1])
    assert order(one) == names
    assert "9999" in one.notes[0]


def test_missing_planes_are_named():
    (one,) = put([f"z{z:03}.tif" for z in range(20) if z != 11])
    assert one.notes == (
        "Plane 11 is missing, by the numbers in the names; the others are taken as equally spaced.",
    )
    (even,) = put([f"z{z:03}.tif" for z in range(0, 40, 2)])
    assert even.notes == ()


def test_only_parts_that_change_together_are_one():
    (one,) = put(["2024-05-01_100_0.png", "2024-05-01_107_1.png", "2024-05-01_114_2.png"])
    assert (one.axes, one.problem) == ("Z", None)
    (two,) = put(["bead1_z1.tif", "bead1_z2.tif", "bead2_z3.tif"])
    assert "bead1, bead2" in two.problem
    (counter,) = put([f"img{i}_t{t}_z{z}.tif" for i, (t, z) in enumerate(product("01", "012"))])
    assert counter.axes == "TZ"
    assert "Not used" in counter.notes[0]


def test_a_stopped_recording_gives_its_whole_timepoints():
    names = [f"t{t}_z{z}.tif" for t, z in product(range(3), range(4))]
    (one,) = put(names[:-2])
    assert one.lengths == (2, 4)
    assert "stopped" in one.notes[0]
    (hole,) = put([*names[:-3], names[-1]])
    assert "Missing: T 2 Z 1; T 2 Z 2" in hole.problem


def test_a_channel_of_one_plane_is_left_out_by_name():
    names = [f"img_000000000_{c}_{z:03}.tif" for c, z in product(("DAPI", "GFP"), range(3))]
    (one,) = put([*names, "img_000000000_BF_000.tif"])
    assert one.channels == ("DAPI", "GFP")
    assert any("BF" in note for note in one.notes)


def test_a_stack_in_each_file_joins_channels_and_times_and_keeps_the_rest_apart():
    assert [one.axes for one in put(["a_ch0.tif", "a_ch1.tif"], stacks_each)] == ["C"]
    assert [one.axes for one in put(["t000.tif", "t001.tif", "t002.tif"], stacks_each)] == ["T"]
    names = [f"e_w{w}{c}_s{s}.stk" for (w, c), s in product(((1, "DAPI"), (2, "GFP")), (1, 2))]
    made = put(names, stacks_each)
    assert [(one.axes, one.channels) for one in made] == [("C", ("DAPI", "GFP"))] * 2
    assert [one.axes for one in put(["a1.tif", "a2.tif", "z1.tif", "z2.tif"], stacks_each)] == [
        ""
    ] * 4


def test_a_part_after_a_word_that_is_not_known_is_said():
    assert "'thing'" in put(["thing1.tif", "thing2.tif"])[0].notes[0]
    assert put(["IMG_1.jpg", "IMG_2.jpg"])[0].notes == ()
    assert put(["1.jpg", "2.jpg"])[0].notes == ()


def test_phones_count_by_the_clock():
    times = ["095903", "101500", "101501"]
    (one,) = put([f"IMG_20240501_{time}.jpg" for time in reversed(times)])
    assert order(one) == [f"IMG_20240501_{time}.jpg" for time in times]


@pytest.mark.parametrize("text", ["plane.tif", "{z", "a<{z}.tif", "{z}}.tif", ""])
def test_a_pattern_that_cannot_be_used_is_told(text):
    with pytest.raises(ParameterError, match="cannot be used"):
        compile_pattern(text)


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("{sample}_{z}.tif", "mouse 1_-3.TIF", ["mouse 1", "-3"]),
        ("{sample}{z}", "mouse12.ome.tif", ["mouse", "12"]),
        ("{t:2}{z:3}.png", "01023.png", ["01", "023"]),
        ("{c:DAPI|GFP*}_{z:##}.tif", "GFP-A_07.tif", ["GFP-A", "07"]),
        ("{well:A##}<_s{site}>_z{z}.tif", "B03_z1.tif", ["B03", "", "1"]),
    ],
)
def test_patterns(pattern, name, found):
    assert [text for _, text in compile_pattern(pattern).match(Path(name))] == found


WORDS_OF_NAMES = st.lists(
    st.sampled_from(
        ["z", "t", "c", "A01", "B2", "mouse", "DAPI", "_", "-", " ", ".", "(1)", "1", "02", "10",
         "-3", "0.5", "um", "p", "20240501", "r01c02", "é", "[", "{", "#", "²", "+"]
    ),
    min_size=1,
    max_size=7,
).map("".join)  # fmt: skip


@given(st.sets(WORDS_OF_NAMES, min_size=1, max_size=12), st.booleans())
def test_whatever_files_are_called_each_belongs_somewhere_once(names, whole):
    paths = [Path("/d", f"{name}.tif") for name in names]
    made, left = by_names(paths, lambda _: whole)
    placed = [path for one in made for path in one.files] + [path for path, _ in left]
    if not any("Left out" in note or "stopped" in note for one in made for note in one.notes):
        assert sorted(placed) == sorted(paths)
    assert len(placed) == len(set(placed))
    for one in made:
        if one.problem is None and one.axes:
            assert prod(one.lengths) == len(one.files)


@given(st.permutations(range(12)), st.sampled_from(["mouse{p}_z{z}.tif", "b{p}_{z:02}.png"]))
def test_order_of_finding_does_not_matter(order_of_finding, form):
    names = [form.format(p=p, z=z) for p, z in product((1, 2), range(6))]
    assert put([names[i] for i in order_of_finding]) == put(names)


def grid(name, **values):
    """Write names over a grid of values."""
    return [
        name.format(**dict(zip(values, some, strict=True))) for some in product(*values.values())
    ]


@pytest.mark.parametrize(
    ("names", "axes", "count"),
    [
        (grid("{w:03d}{w:03d}-1-{z:03d}001{c:03d}.tif", w=(2, 3), z=(1, 2, 3), c=(1, 2)), "CZ", 2),
        (grid("scan_x{x:03d}_y{y:03d}_z{z:03d}.tif", x=(1, 2), y=(1, 2), z=range(3)), "Z", 4),
        (grid("row{r}_col{c}_z{z}.tif", r=(1, 2), c=(1, 2), z=range(3)), "Z", 4),
        (grid("WellA{w:02d}_PointA{w:02d}_z{z}.tif", w=(1, 2), z=range(3)), "Z", 2),
        (grid("Probe{p}_Kanal{c}_Ebene{z:02d}.tif", p=(1, 2), c=(1, 2), z=range(3)), "CZ", 2),
        (grid("样品{p}_层{z}.tif", p=(1, 2), z=range(3)), "Z", 2),
        (grid("rep{p}_z{z:02d}.tif", p=(1, 2), z=range(3)), "Z", 2),
        (grid("{t}_z{z}.tif", t=("00h30m", "01h00m", "00d02h00m"), z=range(4)), "TZ", 1),
        (
            grid(
                "cam_{x:03d}x_{y:03d}y_{z:03d}z_{t:04d}t.tif",
                x=(0, 1), y=(0, 1), z=range(3), t=range(2),
            ),
            "TZ",
            4,
        ),
        (grid("{m}x_z{z:03d}.tif", m=(10, 40), z=range(3)), "Z", 2),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)  # fmt: skip
def test_words_say_what_numbers_are(names, axes, count):
    made = put(names)
    assert len(made) == count
    assert {one.axes for one in made} == {axes}
    assert not any(one.problem for one in made)


def test_a_letter_after_a_number_is_not_that_of_the_next():
    """Timepoints are no planes."""
    (one,) = put([f"cam_000x_012z_{t:04d}t.tif" for t in range(5)])
    assert "differ in time" in one.problem


def test_capitals_and_spellings_of_endings_make_no_difference():
    names = ["z00.tif", "Z01.TIF", "z02.tiff", "Z03.TIFF"]
    (one,) = put(names)
    assert order(one) == names


@pytest.mark.parametrize(
    "others",
    [
        [f"cell_z{z:02d}_mask.tif" for z in range(5)],
        [f"cell_z{z:02d}_cp_masks.png" for z in range(5)],
        ["MAX_cell_ch00.tif", "MAX_cell_ch01.tif"],
        ["AVG_cell.tif"],
    ],
)
def test_masks_and_projections_are_left_out_by_name(others):
    names = [f"cell_z{z:02d}.tif" for z in range(5)]
    paths = [Path("/d", name) for name in (*names, *others)]
    (one,), left = by_names(paths, planes_each)
    assert order(one) == names
    assert sorted(path.name for path, _ in left) == sorted(others)


def test_where_there_is_nothing_else_masks_are_planes():
    (one,) = put([f"cell_z{z:02d}_mask.tif" for z in range(5)])
    assert one.lengths == (5,)


@pytest.mark.parametrize(
    ("name", "words", "pattern"),
    [
        ("mouse2_slice{a}_z{b}.tif", ("slice1", "z0"), "mouse2_slice{sample}_z{z}.tif"),
        ("layer{a}_plane{b}.tif", ("layer1", "plane0"), "layer{layer}_plane{z}.tif"),
    ],
)
def test_two_numbers_that_may_both_be_planes_are_asked_about(name, words, pattern):
    """Slices of a brain have planes each: they are not eight planes."""
    paths = grid(name, a=(1, 2), b=range(4))
    (one,) = put(paths)
    assert all(word in one.problem for word in words)
    assert f'pattern="{pattern}"' in one.problem
    made, left = by_pattern([Path("/d", path) for path in paths], compile_pattern(pattern))
    assert ([one.lengths for one in made], left) == ([(4,), (4,)], [])
    # where they change together they are one number
    assert put([f"z{z}_slice{z + 1}.tif" for z in range(4)])[0].lengths == (4,)


def test_names_with_positions_only_propose_one_number_for_the_planes():
    (one,) = put(grid("f{f:02d}_p{p:02d}.tif", f=(1, 2), p=(1, 2, 3)))
    assert one.problem.count("{z}") == 1
