"""Files put together to z-stacks by their names: which, in which order, and what is asked."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from pathlib import Path

from napari_mfif.io.names import natural_key, value_of

__all__ = ["Arranged", "Place", "arrange"]

#: What the values of an axis are called.
PLURALS = {"T": "timepoints", "C": "channels", "Z": "planes"}


@dataclass(frozen=True)
class Arranged:
    """The files of one z-stack, in order.

    Parameters
    ----------
    name : str
        Of the z-stack.
    files : tuple of Path
        In the order of `axes`, last axis fastest.
    axes : str
        Letters out of ``TCZ``; without ``Z`` every file holds a whole z-stack.
    lengths : tuple of int
        Of the axes.
    channels : tuple of str
        Their names, where the files tell.
    z_step : float, optional
        In micrometres, where the files tell.
    notes : tuple of str
        What was decided, in sentences.
    problem : str, optional
        Why it cannot be opened.
    others : tuple of Path
        Files that are opened along with the first, which describes them.
    """

    name: str
    files: tuple[Path, ...]
    axes: str = ""
    lengths: tuple[int, ...] = ()
    channels: tuple[str, ...] = ()
    z_step: float | None = None
    notes: tuple[str, ...] = ()
    problem: str | None = None
    others: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file belongs: the texts in its name for every axis, and the position."""

    path: Path
    position: str
    keys: Mapping[str, tuple[str, ...]]


def arrange(places: Sequence[Place], *, whole: bool, wraps: bool = False) -> list[Arranged]:
    """Put files into the order of planes, channels and timepoints, position by position.

    Parameters
    ----------
    places : sequence of Place
        The files.
    whole : bool
        Every file holds a z-stack.
    wraps : bool
        The planes are counted by a camera, whose counter may have begun again.
    """
    positions: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda place: natural_key(place.path)):
        positions[place.position].append(place)
    return [_in_order(name, some, whole, wraps) for name, some in positions.items()]


def _in_order(name: str, places: Sequence[Place], whole: bool, wraps: bool) -> Arranged:
    letters = "TC" if whole else "TCZ"
    files = tuple(place.path for place in places)
    grid: dict[Key, Path] = {}
    for place in places:
        key = tuple(place.keys.get(letter, ()) for letter in letters)
        if key in grid:
            return Arranged(name, files, problem=_same(grid[key], place.path))
        grid[key] = place.path
    values = [sorted({key[i] for key in grid}, key=_by_value) for i in range(len(letters))]
    notes: list[str] = []
    if wraps and not whole:
        values[-1], notes = _unwrapped(values[-1], grid)
    values, missing = _complete(letters, values, grid)
    gaps = [key for key in product(*values) if key not in grid]
    if gaps or not all(values):
        return Arranged(name, files, problem=_incomplete(letters, values, grid, gaps))
    if not whole and len(values[-1]) > 1:
        notes += _gap_in(values[-1])
    axes = [i for i in range(len(letters)) if len(values[i]) > 1]
    return Arranged(
        name,
        tuple(grid[key] for key in product(*values)),
        "".join(letters[i] for i in axes),
        tuple(len(values[i]) for i in axes),
        _names(values[1]),
        notes=(*notes, *missing),
    )


#: The texts in the name of a file for time, channel and plane.
Key = tuple[tuple[str, ...], ...]


def _by_value(texts: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(value_of(text) for text in texts)


def _names(channels: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names of channels, where they are more than numbers."""
    if len(channels) < 2:
        return ()
    names = [" ".join(texts) for texts in channels]
    last = [texts[-1] for texts in channels]
    if len(set(last)) == len(last) and all(re.search("[A-Za-z]", text) for text in last):
        return tuple(last)
    return tuple(names) if all(re.search("[A-Za-z]", name) for name in names) else ()


def _same(one: Path, other: Path) -> str:
    return (
        f"{one} and {other.name} would be the same plane, by their names. Take one of them away, "
        "or say what the names mean with `pattern=`."
    )


def _unwrapped(
    planes: list[tuple[str, ...]], grid: Mapping[Key, Path]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Begin with what lies after the gap where a counter went over its highest number."""
    texts = [key[0] for key in planes if len(key) == 1 and key[0].isdigit()]
    widths = {len(text) for text in texts}
    if len(texts) < len(planes) or len(widths) != 1 or min(widths) < 3:
        return planes, []
    numbers = [int(text) for text in texts]
    breaks = [i for i, (a, b) in enumerate(pairwise(numbers), 1) if b - a > 1]
    if numbers[-1] != 10 ** min(widths) - 1 or numbers[0] > 1 or len(breaks) != 1:
        return planes, []
    ordered = planes[breaks[0] :] + planes[: breaks[0]]
    first = next(path.name for key, path in grid.items() if key[-1] == ordered[0])
    return ordered, [f"The counter in the names went over {texts[-1]}: {first} is the first plane."]


def _gap_in(planes: Sequence[tuple[str, ...]]) -> list[str]:
    """Name the planes that are missing, where the numbers leave hardly any doubt."""
    try:
        numbers = [int(key[0]) for key in planes]
    except ValueError:
        return []
    steps = Counter(b - a for a, b in pairwise(numbers))
    step, often = steps.most_common(1)[0]
    if step <= 0 or 2 * often < len(numbers) or len(numbers) < 4:
        return []
    gone = [
        n
        for a, b in pairwise(numbers)
        if b - a > step and (b - a) % step == 0
        for n in range(a + step, b, step)
    ]
    if not gone or len(gone) > len(numbers):
        return []
    which = ", ".join(map(str, gone[:5])) + (", ..." if len(gone) > 5 else "")
    planes_are = "Plane" if len(gone) == 1 else "Planes"
    verb = "is" if len(gone) == 1 else "are"
    return [
        f"{planes_are} {which} {verb} missing, by the numbers in the names; the others are taken "
        "as equally spaced."
    ]


def _complete(
    letters: str, values: list[list[tuple[str, ...]]], grid: Mapping[Key, Path]
) -> tuple[list[list[tuple[str, ...]]], list[str]]:
    """Leave out what a recording that was stopped, or a channel of one plane, did not fill."""
    if prod(map(len, values)) == len(grid):
        return values, []
    times, channels, *planes = values
    if planes and len(channels) > 1:
        count = {c: len({key[2] for key in grid if key[1] == c}) for c in channels}
        single = [c for c in channels if count[c] == 1 < max(count.values())]
        if single and len(single) < len(channels):
            kept = [c for c in channels if c not in single]
            smaller = {key: path for key, path in grid.items() if key[1] in kept}
            rest, notes = _complete(letters, [times, kept, *planes], smaller)
            named = ", ".join(" ".join(c) for c in single)
            return rest, [f"Left out: channel {named}, which has a single plane.", *notes]
    sizes = [sum(key[0] == t for key in grid) for t in times]
    full = sum(size == max(sizes) for size in sizes)
    stopped = full == len(times) - 1 and sizes[-1] < max(sizes) and _is_start(values, grid)
    if not stopped:
        return values, []
    return [times[:-1], *values[1:]], [
        f"The recording was stopped: the last of {len(times)} timepoints has {sizes[-1]} of "
        f"{max(sizes)} files and is left out."
    ]


def _is_start(values: Sequence[Sequence[tuple[str, ...]]], grid: Mapping[Key, Path]) -> bool:
    """Tell whether the last timepoint was filled up to some file and no further."""
    last = values[0][-1]
    for order in ((1, 2), (2, 1)) if len(values) > 2 else ((1,),):
        keys = product(*(values[i] for i in order))
        there = []
        for inner in keys:
            placed = dict(zip(order, inner, strict=True))
            there.append((last, *(placed[i] for i in range(1, len(values)))) in grid)
        if there == sorted(there, reverse=True):
            return True
    return False


def _incomplete(
    letters: str,
    values: Sequence[Sequence[tuple[str, ...]]],
    grid: Mapping[Key, Path],
    gaps: Sequence[Key],
) -> str:
    """Name what is missing."""
    first = next(iter(grid.values()))
    counts = ", ".join(
        f"{len(some)} {PLURALS[letter]}"
        for letter, some in zip(letters, values, strict=True)
        if len(some) > 1
    )
    named = [
        " ".join(
            f"{letter} {' '.join(text)}"
            for letter, text, some in zip(letters, key, values, strict=True)
            if len(some) > 1
        )
        for key in gaps[:3]
    ]
    more = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
    return (
        f"{first.parent} is incomplete: by the names ({counts}) there should be "
        f"{prod(map(len, values))} files, but there are {len(grid)}. Missing: {'; '.join(named)}"
        f"{more}. Add them, or open the list of the files that are to be taken."
    )
