"""Sizes are read and written as people do."""

from __future__ import annotations

import pytest

from napari_mfif.engine.memory import format_bytes, free_bytes, parse_bytes
from napari_mfif.errors import ParameterError


@pytest.mark.parametrize(
    ("text", "size"), [("2GB", 2 * 10**9), ("500 mb", 5 * 10**8), ("1GiB", 2**30), (12, 12)]
)
def test_sizes_are_understood(text, size) -> None:
    assert parse_bytes(text) == size


def test_nonsense_is_refused_with_an_example() -> None:
    with pytest.raises(ParameterError, match="for example 2GB"):
        parse_bytes("plenty")


def test_sizes_are_written_short() -> None:
    assert [format_bytes(n) for n in (12, 310e6, 2.1e9)] == ["12 B", "310 MB", "2.1 GB"]


def test_some_memory_is_free() -> None:
    assert free_bytes() > 10**7
