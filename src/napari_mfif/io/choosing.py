"""Names for several, and choosing one by its number or name."""

from __future__ import annotations

from collections.abc import Sequence

from napari_mfif.errors import ReadError

__all__ = ["pick", "uniquely"]


def pick(names: Sequence[str], series: int | str, where: object) -> int:
    """Return the number of the series that is given by number or name.

    Raises
    ------
    ReadError
        There is none of this number or name.
    """
    text = str(series)
    same = [i for i, name in enumerate(names) if name.casefold() == text.casefold()]
    if len(same) == 1:
        return same[0]
    if text.isdigit() and int(text) < len(names):
        return int(text)
    called = [name or str(number) for number, name in enumerate(names)]
    there = ", ".join(called[:8]) + (", ..." if len(names) > 8 else "")
    raise ReadError(
        f"{where} has no series {text}: it holds {len(names)}, numbered from 0: {there}."
    )


def uniquely(names: Sequence[str], joint: str = "_") -> list[str]:
    """Give numbers to the later ones of equal names, capitals or not.

    Examples
    --------
    >>> uniquely(["a", "b", "A"])
    ['a', 'b', 'A_2']
    """
    taken: set[str] = set()
    unique = []
    for base in names:
        name, number = base, 2
        while name.casefold() in taken:
            name, number = f"{base}{joint}{number}", number + 1
        taken.add(name.casefold())
        unique.append(name)
    return unique
