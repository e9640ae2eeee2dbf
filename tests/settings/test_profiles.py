"""What the verification does when not told otherwise."""

from __future__ import annotations

import pytest

from napari_mfif.errors import ParameterError
from napari_mfif.settings.consistency import CONSISTENCY, OFF, PAIR, STACK, complete


def test_profiles_hold_a_valid_value_for_every_parameter() -> None:
    for profile in (OFF, PAIR, STACK):
        assert {p.name: p.check(profile[p.name]) for p in CONSISTENCY} == dict(profile)


def test_values_not_given_come_from_the_profile_of_so_many_planes() -> None:
    assert complete(None, n_planes=2) == dict(PAIR)
    assert complete({"holes": 0.1}, n_planes=9) == {**STACK, "holes": 0.1}


def test_unknown_step_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(ParameterError, match=r"of consistency.*mean 'small_regions'"):
        complete({"small_region": 0.1}, n_planes=2)


def test_method_may_have_values_of_its_own_for_pairs() -> None:
    own = {"small_regions": 0.001, "guided_radius": 0}
    found = complete({"grow": 2}, n_planes=2, pair=own)
    assert found == {**PAIR, **own, "grow": 2}
    assert complete(None, n_planes=3, pair=own) == dict(STACK)
