"""What a parameter takes, what it refuses, and in which words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from napari_mfif.errors import ParameterError
from napari_mfif.settings.parameters import Parameter, resolve, unknown_name

SWITCH = Parameter("mark_edges", bool, False, "Mark edges.")
COUNT = Parameter("window", int, 3, "So many.", minimum=1, maximum=9, unit="px")
SHARE = Parameter("share", float, 0.5, "So much.", title="Part", minimum=0.25)
AT_MOST = Parameter("limit", float, 0.5, "So much.", maximum=2.0)
ANY = Parameter("offset", int, 0, "Any number.", unit="planes")
WORD = Parameter("way", str, "a", "Which.", choices=("a", "bc"))
TEXT = Parameter("name", str, "a", "Any text.")


@pytest.mark.parametrize(
    ("parameter", "label", "range_text"),
    [
        (SWITCH, "Mark edges", "true or false"),
        (COUNT, "Window", "1 to 9 px"),
        (SHARE, "Part", "at least 0.25"),
        (AT_MOST, "Limit", "at most 2"),
        (ANY, "Offset", "any int planes"),
        (WORD, "Way", "a, bc"),
        (TEXT, "Name", "any str"),
        (Parameter("a", int, 1, "A.", minimum=1, unit="px"), "A", "at least 1 px"),
        (Parameter("a", int, 1, "A.", maximum=4, unit="px"), "A", "at most 4 px"),
    ],
)
def test_labels_and_ranges_in_words(parameter, label, range_text):
    assert parameter.label == label
    assert parameter.range_text == range_text


@pytest.mark.parametrize(
    ("parameter", "value", "taken"),
    [
        (SWITCH, True, True), (SWITCH, False, False), (SWITCH, 1, True), (SWITCH, 0, False),
        (COUNT, 1, 1), (COUNT, 9, 9), (COUNT, 4.0, 4), (COUNT, np.int64(4), 4),
        (SHARE, 0.25, 0.25), (SHARE, 7, 7.0), (AT_MOST, 2, 2.0), (AT_MOST, -1e9, -1e9),
        (ANY, -400, -400), (WORD, "bc", "bc"), (TEXT, "", ""), (TEXT, "3", "3"),
    ],
)  # fmt: skip
def test_what_fits_is_taken_in_its_type(parameter, value, taken):
    found = parameter.check(value)
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (SWITCH, 2), (SWITCH, "true"), (SWITCH, None), (SWITCH, 0.5),
        (COUNT, 0), (COUNT, 10), (COUNT, 2.5), (COUNT, True), (COUNT, "3"), (COUNT, None),
        (COUNT, math.inf), (COUNT, math.nan), (COUNT, []),
        (SHARE, 0.2499), (SHARE, True), (SHARE, "0.5"), (SHARE, math.inf), (SHARE, math.nan),
        (SHARE, None), (AT_MOST, 2.0001), (AT_MOST, -math.inf), (ANY, 0.5), (ANY, "a"),
        (WORD, "b"), (WORD, ""), (WORD, 1), (WORD, None), (WORD, False), (TEXT, 3), (TEXT, True),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_what_would(parameter, value):
    with pytest.raises(ParameterError) as told:
        parameter.check(value)
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    assert str(told.value) == (
        f"`{parameter.name}={shown}` is not possible: it must be {parameter.range_text} "
        f"(default {parameter.default!r})."
    )


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        *((SWITCH, text, True) for text in ("1", "true", "Yes", "ON", " true ")),
        *((SWITCH, text, False) for text in ("0", "false", "No", "OFF", " off")),
        (COUNT, " 4 ", 4), (SHARE, "1e3", 1000.0), (SHARE, " 3", 3.0), (WORD, " bc ", "bc"),
        (TEXT, " a b ", "a b"), (ANY, "-3", -3),
    ],
)  # fmt: skip
def test_texts_are_read(parameter, text, value):
    found = parameter.parse(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("parameter", "text", "shown"),
    [
        (SWITCH, "maybe", '"maybe"'), (SWITCH, "2", '"2"'), (COUNT, "4.5", '"4.5"'),
        (COUNT, " many ", '"many"'), (COUNT, "10", "10"), (SHARE, "much", '"much"'),
        (SHARE, "0.1", "0.1"), (SHARE, "nan", "nan"), (WORD, "A", '"A"'),
    ],
)  # fmt: skip
def test_texts_that_say_nothing_are_refused_as_they_were_written(parameter, text, shown):
    with pytest.raises(ParameterError) as told:
        parameter.parse(text)
    assert str(told.value).startswith(f"`{parameter.name}={shown}` is not possible: it must be ")


def test_what_is_not_given_has_its_default():
    everything = [SWITCH, COUNT, WORD]
    assert resolve(everything, {}, owner="it") == {"mark_edges": False, "window": 3, "way": "a"}
    given = {"window": 5.0, "way": "bc"}
    assert resolve(everything, given, owner="it") == {
        "mark_edges": False, "window": 5, "way": "bc",
    }  # fmt: skip
    with pytest.raises(ParameterError, match="window=0"):
        resolve(everything, {"window": 0}, owner="it")
    with pytest.raises(ParameterError, match=r"^Unknown parameter 'windw' of it\. Did you mean"):
        resolve(everything, {"windw": 3}, owner="it")


def test_unknown_names_in_words():
    assert unknown_name("map", "dept", {"depth": 1, "height": 2}, of="--maps") == (
        "Unknown map 'dept' of --maps. Did you mean 'depth'? Available: depth, height."
    )
    assert unknown_name("map", "q", {"depth": 1}) == "Unknown map 'q'. Available: depth."
    assert unknown_name("map", "q", {}, of="a") == "Unknown map 'q' of a. Available: none."
    # the nearest of several
    near = unknown_name("map", "heights", {"height": 1, "eight": 2, "weights": 3})
    assert "Did you mean 'height'?" in near


def test_only_what_is_given_is_optional():
    plain = Parameter("a", int, 1, "A.")
    assert (plain.title, plain.minimum, plain.maximum) == ("", None, None)
    assert (plain.choices, plain.unit, plain.advanced) == ((), "", False)
