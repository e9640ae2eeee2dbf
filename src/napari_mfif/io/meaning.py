"""What the parts of file names mean: told by their words, guessed and said, or asked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from napari_mfif.io.families import families
from napari_mfif.io.grouping import Arranged, Place, arrange
from napari_mfif.io.names import (
    CONFLICT,
    UNIT_AFTER,
    Part,
    natural_key,
    parts_of,
    pieces_of,
    stem,
    value_of,
)
from napari_mfif.io.patterns import role_of
from napari_mfif.io.words import GENERIC

__all__ = ["Naming", "naming_of", "no_planes", "template", "understood"]

#: What is said of an axis.
IN_WORDS = {"T": "time", "C": "channel", "P": "position"}


@dataclass(frozen=True)
class _Decided:
    axes: tuple[str, ...]
    notes: tuple[str, ...] = ()
    problem: str | None = None
    guessed: bool = False


def understood(
    paths: Sequence[Path], names: Sequence[str], *, whole: bool = False
) -> list[Arranged]:
    """Put the files of one family together by the words in their names.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    names : sequence of str
        Their names without endings, to be read in their stead.
    whole : bool
        Every file holds a z-stack.
    """
    parts = parts_of(names)
    decided = _decide(paths, names, parts, whole)
    if decided.problem:
        return [
            Arranged(_label(names[0], parts, decided.axes), tuple(paths), problem=decided.problem)
        ]
    made = by_roles(paths, names, parts, decided.axes, whole=whole, wraps=decided.guessed)
    return [replace(one, notes=(*decided.notes, *one.notes)) for one in made]


def by_roles(
    paths: Sequence[Path],
    names: Sequence[str],
    parts: Sequence[Part],
    axes: Sequence[str],
    *,
    whole: bool = False,
    wraps: bool = False,
) -> list[Arranged]:
    """Put files together where it is known what every varying part of their names means.

    Parameters
    ----------
    paths, names : sequence
        The files, and the names that `parts` are of.
    parts : sequence of Part
        What varies.
    axes : sequence of str
        For every part ``Z``, ``C``, ``T``, ``P`` or nothing.
    whole, wraps : bool
        See `arrange`.
    """
    places = []
    for i, path in enumerate(paths):
        keys: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for part, axis in zip(parts, axes, strict=True):
            if axis in ("Z", "C", "T"):
                keys[axis] += part.values[i]
        places.append(Place(path, _label(names[i], parts, axes), dict(keys)))
    made = arrange(places, whole=whole, wraps=wraps)
    step = next((part for part, axis in zip(parts, axes, strict=True) if axis == "Z"), None)
    return [replace(one, z_step=_step_of(step)) for one in made] if step else made


def _step_of(part: Part) -> float | None:
    """Return the distance of planes in micrometres, where the names give their places in them."""
    if part.unit.lower() not in ("um", "µm", "μm"):
        return None
    try:
        places = sorted(
            {float(texts[0].replace(",", ".").replace("p", ".")) for texts in part.values}
        )
    except ValueError:
        return None
    steps = [b - a for a, b in pairwise(places)]
    return steps[0] if steps and max(steps) - min(steps) < 1e-3 * max(steps) else None


def _decide(
    paths: Sequence[Path], names: Sequence[str], parts: Sequence[Part], whole: bool
) -> _Decided:
    """Decide what every part means, or what to ask."""
    axes = [part.axis for part in parts]
    if whole:
        return _Decided(tuple("P" if axis in ("", "Z") else axis for axis in axes))
    axes = ["_" if not axis and _is_idle(parts, axes, i) else axis for i, axis in enumerate(axes)]
    if not parts or (axes == [""] and parts[0].kind != CONFLICT):
        note = _guess(names[0], parts[0], paths[0].suffix) if parts else []
        return _Decided(("Z",) * len(parts), tuple(note), guessed=True)
    if "" in axes or axes.count("Z") > 1:
        return _Decided(tuple(axes), problem=_question(paths, names, parts, axes))
    if "Z" not in axes:
        only = "".join(axis for axis in "TCP" if axis in axes)
        suggested = template(names[0], parts, _last_as_planes(axes, only[:1]))
        problem = no_planes(paths, only, "", suggested + paths[0].suffix)
        return _Decided(tuple(axes), problem=problem)
    ignored = [parts[i] for i, axis in enumerate(axes) if axis == "_"]
    notes = [
        f"Not used: the numbers {examples(part)} in the names, which only count along."
        for part in ignored
        if part.kind == "number"
    ]
    return _Decided(tuple(axes), tuple(notes))


def _last_as_planes(axes: Sequence[str], axis: str) -> list[str]:
    """Return axes of which the last of one kind is the planes."""
    last = max(i for i, one in enumerate(axes) if one == axis)
    return ["Z" if i == last else one or "P" for i, one in enumerate(axes)]


def _is_idle(parts: Sequence[Part], axes: Sequence[str], i: int) -> bool:
    """Tell whether a part only counts along with others that say all: a counter, a time of day."""
    others = [part for j, part in enumerate(parts) if j != i and axes[j]]
    if "Z" not in axes or not others:
        return False
    count = len(parts[i].values)
    told = set(zip(*(part.values for part in others), strict=True))
    if len(told) < count:
        return False
    return parts[i].count == count or (parts[i].kind == "stamp" and parts[i].count > count // 2)


def _guess(name: str, part: Part, suffix: str) -> list[str]:
    """Say that a number with a word that is not known was taken for the plane."""
    word = part.word.lower()
    if not word or word in GENERIC or part.kind == "stamp" or word in name[:1].lower():
        return []
    other = template(name, [part], ["P"])
    return [
        f"The number after {part.word!r} in the names is taken for the plane. If it is something "
        f'else, say so by `pattern="{other}{suffix}"`.'
    ]


def _question(
    paths: Sequence[Path], names: Sequence[str], parts: Sequence[Part], axes: Sequence[str]
) -> str:
    """Ask what the parts of names mean."""
    told = "; ".join(examples(part, names[0]) for part in parts)
    proposed = _proposed(axes)
    together = len(parts) == 1 and "parts that differ change together"
    what = together or f"{len(parts)} parts differ"
    return (
        f"The names of the {len(paths)} files in {paths[0].parent} do not say what is a plane: "
        f"{what} ({told}). Say what they mean, for example by "
        f'`pattern="{template(names[0], parts, proposed)}{paths[0].suffix}"` '
        "({z} plane, {c} channel, {t} time, {_} nothing, any other word a z-stack of its own)."
    )


def _proposed(axes: Sequence[str]) -> list[str]:
    """Return what parts could mean: an unknown one the planes where nothing else is."""
    proposed = [axis or "P" for axis in axes]
    if axes.count("Z") > 1:  # slices of a brain, of which each has planes
        planes = len(axes) - 1 - axes[::-1].index("Z")
        return ["P" if axis == "Z" and i != planes else axis for i, axis in enumerate(proposed)]
    if "Z" not in axes and (free := [i for i, axis in enumerate(axes) if not axis] or [0]) and axes:
        proposed[free[-1]] = "Z"
    return proposed


@dataclass(frozen=True)
class Naming:
    """The names of files that differ in some parts, for people to say what these mean.

    Parameters
    ----------
    paths : tuple of Path
        The files of the largest family.
    parts : tuple of Part
        What varies.
    proposed : tuple of str
        For every part ``Z``, ``C``, ``T``, ``P`` or ``"_"`` for nothing.
    """

    paths: tuple[Path, ...]
    parts: tuple[Part, ...]
    proposed: tuple[str, ...]

    def pattern(self, axes: Sequence[str]) -> str:
        """Return the pattern in which every part has the role that is given."""
        return template(stem(self.paths[0]), self.parts, axes) + self.paths[0].suffix

    def examples(self) -> list[str]:
        """Return two values of every part, and how many there are."""
        name = stem(self.paths[0])
        return [f"{examples(part, name)} ({part.count})" for part in self.parts]


def naming_of(paths: Sequence[Path]) -> Naming | None:
    """Return what varies in the names of files; None where nothing does."""
    groups = sorted(families(paths), key=len)
    if not groups or len(groups[-1]) < 2:
        return None
    largest = sorted(groups[-1], key=natural_key)
    parts = parts_of([stem(path) for path in largest])
    if not parts:
        return None
    axes = [part.axis for part in parts]
    axes = ["_" if not axis and _is_idle(parts, axes, i) else axis for i, axis in enumerate(axes)]
    return Naming(tuple(largest), tuple(parts), tuple(_proposed(axes)))


def no_planes(paths: Sequence[Path], axes: str, said: str, suggested: str = "") -> str:
    """Say that names hold no planes."""
    what = " and ".join(IN_WORDS[axis] for axis in axes)
    first = sorted(paths, key=natural_key)[:2]
    shown = ", ".join(path.name for path in first)
    fix = f'`pattern="{suggested}"`' if suggested else "`pattern=`"
    return (
        f"{said + ' ' if said else ''}By their names, the {len(paths)} files in {paths[0].parent} "
        f"({shown}, ...) differ in {what} and hold one plane each, which makes no z-stack. If they "
        f'are planes, say so by {fix}, or take a list of them as it is by `order="given"`.'
    )


def examples(part: Part, name: str = "") -> str:
    """Name the first two values of a part, with the word before them."""
    values = sorted(set(part.values), key=lambda texts: [value_of(text) for text in texts])
    more = ", ..." if len(values) > 2 else ""
    return ", ".join(f"{part.word if name else ''}{texts[0]}" for texts in values[:2]) + more


def template(name: str, parts: Sequence[Part], axes: Sequence[str]) -> str:
    """Return the pattern that gives every varying part of a name its role.

    Parameters
    ----------
    name : str
        One of the names, without ending.
    parts : sequence of Part
        What varies.
    axes : sequence of str
        For every part ``Z``, ``C``, ``T``, ``P`` or nothing.
    """
    pieces = pieces_of(name)
    fields: dict[int, tuple[str, int]] = {}
    taken: set[str] = set()
    for part, axis in zip(parts, axes, strict=True):
        for number, (first, last) in enumerate(part.pieces):
            field = "_" if number or axis in ("", "_") else _field(part, axis, taken)
            fields[first] = field, last
    text, place = [], 0
    for number, piece in enumerate(pieces):
        if number in fields:
            field, last = fields[number]
            text += [name[place : piece.start], f"{{{field}}}"]
            place = pieces[last].stop
    return "".join([*text, name[place:]])


def _field(part: Part, axis: str, taken: set[str]) -> str:
    if axis != "P":
        return axis.lower()
    word = part.word.lower() if part.kind != "well" else "well"
    base = word if word.isidentifier() and word.isascii() and role_of(word) == "P" else "sample"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}{number}", number + 1
    taken.add(name)
    return name


def _label(name: str, parts: Sequence[Part], axes: Sequence[str]) -> str:
    """Return a name without the parts that differ within a z-stack, and the words before them."""
    pieces = pieces_of(name)
    drop = [
        span for part, axis in zip(parts, axes, strict=True) if axis != "P" for span in part.pieces
    ]
    for first, last in sorted(drop, reverse=True):
        before = re.sub(r"(?<![^\W\d_])[^\W\d_]*[-+]?$", "", name[: pieces[first].start])
        name = before + UNIT_AFTER.sub("", name[pieces[last].stop :])
    return re.sub(r"[ _.-]{2,}", "_", name).strip(" _-.()[]")
