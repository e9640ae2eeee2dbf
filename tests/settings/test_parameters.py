"""Parameters are declared once; everything made from them agrees."""

from __future__ import annotations

import pytest

from napari_mfif import methods
from napari_mfif.errors import ParameterError
from napari_mfif.settings.consistency import CONSISTENCY
from napari_mfif.settings.parameters import Parameter, resolve

EVERY = [
    pytest.param(parameter, id=f"{name}-{parameter.name}")
    for name in methods.names()
    for parameter in methods.get(name).all_parameters()
] + [pytest.param(parameter, id=f"consistency-{parameter.name}") for parameter in CONSISTENCY]


@pytest.mark.parametrize("parameter", EVERY)
def test_default_is_permitted_and_survives_the_way_through_text(parameter: Parameter) -> None:
    assert parameter.check(parameter.default) == parameter.default
    assert parameter.parse(str(parameter.default)) == parameter.default


@pytest.mark.parametrize("parameter", EVERY)
def test_value_just_outside_the_range_is_refused(parameter: Parameter) -> None:
    step = 1 if parameter.kind is int else 1e-3
    outside = []
    if parameter.minimum is not None:
        outside.append(parameter.minimum - step)
    if parameter.maximum is not None:
        outside.append(parameter.maximum + step)
    if parameter.choices or parameter.kind is bool:
        outside.append("nothing of the kind")
    for value in outside:
        with pytest.raises(ParameterError, match=parameter.name):
            parameter.check(value)


@pytest.mark.parametrize("parameter", EVERY)
def test_help_is_one_sentence(parameter: Parameter) -> None:
    assert parameter.help.endswith(".")
    assert parameter.help[0].isupper()
    assert len(parameter.help) < 140


def test_unknown_parameter_names_the_nearest() -> None:
    declared = (Parameter("window", int, 9, "Side of a square.", minimum=1, maximum=99),)
    with pytest.raises(ParameterError, match="Did you mean 'window'"):
        resolve(declared, {"windw": 3}, owner="the method gradient")


def test_whole_number_is_not_taken_from_a_fraction() -> None:
    declared = Parameter("window", int, 9, "Side of a square.", minimum=1, maximum=99)
    with pytest.raises(ParameterError, match=r"window=2\.5` is not possible: it must be 1 to 99"):
        declared.check(2.5)
