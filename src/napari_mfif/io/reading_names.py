"""What the names of some files say: which are planes, channels, timepoints, positions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from napari_mfif.io.families import families
from napari_mfif.io.grouping import Arranged, Place, arrange
from napari_mfif.io.instruments import INSTRUMENTS
from napari_mfif.io.meaning import no_planes, template, understood
from napari_mfif.io.names import natural_key, parts_of, stem
from napari_mfif.io.patterns import IGNORED, Pattern, compile_pattern, role_of
from napari_mfif.io.words import WORDS

__all__ = ["by_names", "by_pattern", "recognised"]

#: A number after a word that is known, in a text that stands for itself.
TOLD = re.compile(r"(?:(?<=[^A-Za-z])|^)([A-Za-z]+)[ _-]?\d")


#: Pictures that programs put beside the planes.
AUXILIARY = re.compile(
    r"(?:^|[_ -])(?:thumb|thumbnail|overlay|preview|screenshot)|^(?:DC|SC)_|"
    r"[_ -](?:cp_)?(?:masks?|seg|labels?|outlines?|probabilities)$|"
    r"^(?:MAX|MIN|AVG|SUM|STD|MED)_",
    re.IGNORECASE,
)
BESIDE = "a thumbnail, an overlay, a mask, a projection or a correction picture"
LONE = "a single picture, whose name is not that of a plane"

#: A name with a number at its end, as programs count copies.
COUNTED = re.compile(r"(?P<base>.+?)(?P<open>[ _-]?\(?)(?P<number>\d+)(?P<close>\)?)")


def by_pattern(
    paths: Sequence[Path], pattern: Pattern, *, whole: bool = False
) -> tuple[list[Arranged], list[Path]]:
    """Put files together by a pattern.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    pattern : Pattern
        Of their names.
    whole : bool
        Every file holds a z-stack: planes of the pattern are then positions too.

    Returns
    -------
    list of Arranged
        The z-stacks.
    list of Path
        Those that do not fit.
    """
    found = {path: pattern.match(path) for path in paths}
    fitting = {path: fields for path, fields in found.items() if fields is not None}
    places = _places(fitting, whole)
    made = arrange(places, whole=whole) if places else []
    if not whole and made:
        made = _with_planes(made, list(fitting), "")
    return made, [path for path, fields in found.items() if fields is None]


def _with_planes(made: list[Arranged], paths: Sequence[Path], said: str) -> list[Arranged]:
    """Return the z-stacks, or why there is none."""
    if any("Z" in one.axes or one.problem for one in made):
        return made
    names = [stem(path) for path in paths]
    parts = parts_of(names)
    axes = {axis for one in made for axis in one.axes} | ({"P"} if len(made) > 1 else set())
    only = "".join(axis for axis in "TCP" if axis in axes)
    places = [i for axis in only[:1] for i, part in enumerate(parts) if part.axis == axis]
    planes = places[-1] if places else 0
    roles = ["Z" if i == planes else part.axis or "P" for i, part in enumerate(parts)]
    suggested = template(names[0], parts, roles) + paths[0].suffix if parts else ""
    problem = no_planes(paths, only, said, suggested)
    return [Arranged(made[0].name if len(made) == 1 else "", tuple(paths), problem=problem)]


def _places(fields: Mapping[Path, Sequence[tuple[str, str]]], whole: bool) -> list[Place]:
    """Return where files belong by the fields of a pattern."""
    rows = list(fields.values())
    varying = (
        [i for i in range(len(rows[0])) if len({row[i][1] for row in rows}) > 1] if rows else []
    )
    places = []
    for path, row in fields.items():
        keys: dict[str, tuple[str, ...]] = defaultdict(tuple)
        position = []
        for i, (name, text) in enumerate(row):
            role = "P" if whole and role_of(name) == "Z" else role_of(name)
            if role == "P":
                lettered = bool(re.search("[A-Za-z]", text))
                if text and (lettered or i in varying):
                    position.append(text.strip(" _-.") if lettered else f"{name}{text}")
            elif role != IGNORED:
                keys[role] += (text,)
        places.append(Place(path, "_".join(position), dict(keys)))
    return places


def recognised(
    paths: Sequence[Path], *, whole: bool = False, strict: bool = True
) -> list[Arranged] | None:
    """Put files together as the instrument does whose naming fits all of them, if there is one.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    whole : bool
        Every file holds a z-stack.
    strict : bool
        What people are free to call it is the same in all names.
    """
    for instrument in INSTRUMENTS:
        if instrument.plain:
            continue
        pattern = compile_pattern(instrument.pattern)
        rows: dict[Path, Sequence[tuple[str, str]]] = {}
        for path in paths:
            fields = pattern.match(path)
            if fields is None:
                break
            rows[path] = fields
        if len(rows) < len(paths) or _hides_axes(pattern, list(rows.values()), strict=strict):
            continue
        made = arrange(_places(rows, whole), whole=whole)
        if any(one.problem and "same plane" in one.problem for one in made):
            continue
        said = f"The names were read as those of {instrument.name}."
        if not whole:
            made = _with_planes(made, paths, said)
        return [replace(one, notes=(said, *one.notes)) for one in made]
    return None


def _hides_axes(
    pattern: Pattern, rows: Sequence[Sequence[tuple[str, str]]], *, strict: bool
) -> bool:
    """Tell whether a free text of a pattern differs, in a number after a word for an axis."""
    for i, name in enumerate(pattern.fields.values()):
        if f"{{{name}}}" not in pattern.text or role_of(name) != "P":
            continue
        texts = {row[i][1] for row in rows}
        if strict and len(texts) > 1:
            return True
        if len(texts) > 1:
            words = {word.lower() for text in texts for word in TOLD.findall(text)}
            if any(WORDS.get(word, "P") != "P" for word in words):
                return True
    return False


def by_names(
    paths: Sequence[Path], holds_stacks: Callable[[Sequence[Path]], bool]
) -> tuple[list[Arranged], list[tuple[Path, str]]]:
    """Put the images of a folder together by their names.

    Parameters
    ----------
    paths : sequence of Path
        The files, of one folder.
    holds_stacks : callable
        Tells whether some files hold a z-stack each.

    Returns
    -------
    list of Arranged
        The z-stacks; those that cannot be opened say why.
    list of (Path, str)
        What was left out, and why.
    """
    beside = {path for path in paths if AUXILIARY.search(stem(path))}
    beside = set() if len(beside) == len(paths) else beside
    left = [(path, BESIDE) for path in sorted(beside)]
    paths = sorted((path for path in paths if path not in beside), key=natural_key)
    if len(paths) > 1 and (made := recognised(paths, whole=holds_stacks(paths))):
        return made, left
    groups, names = _with_unnumbered(families(paths))
    stacks: list[Arranged] = []
    for group in groups:
        whole = holds_stacks(group)
        if len(group) > 1:
            stacks += _family(group, [names.get(path, stem(path)) for path in group], whole)
        elif whole:
            stacks.append(Arranged(stem(group[0]), (group[0],)))
        else:
            left.append((group[0], LONE))
    said = [f"{path.name}, without a number, was taken as the first." for path in names]
    if said:
        stacks = [
            replace(one, notes=(*one.notes, *said)) if set(names) & set(one.files) else one
            for one in stacks
        ]
    return stacks, left


def _family(paths: Sequence[Path], names: Sequence[str], whole: bool) -> list[Arranged]:
    made = recognised(paths, whole=whole)
    if made is None:
        made = understood(paths, names, whole=whole)
        if any(one.problem for one in made):
            made = recognised(paths, whole=whole, strict=False) or made
    return made


def _with_unnumbered(
    groups: Sequence[list[Path]],
) -> tuple[list[list[Path]], dict[Path, str]]:
    """Add to a family the file that has no number: ``Snap.tif`` to ``Snap (1).tif``.

    Returns
    -------
    list of list of Path
        The families.
    dict
        The names by which such files are read: with the number before the first.
    """
    kept: list[list[Path]] = []
    names: dict[Path, str] = {}
    alone = {stem(group[0]): group[0] for group in groups if len(group) == 1}
    for group in groups:
        matches = [COUNTED.fullmatch(stem(path)) for path in group]
        base = matches[0]["base"] if matches[0] else ""
        first = alone.get(base)
        numbers = [int(found["number"]) for found in matches if found and found["base"] == base]
        if (
            first is None
            or len(numbers) < len(group)
            or min(numbers) not in (1, 2)
            or first.parent != group[0].parent
            or first.suffix.lower() != group[0].suffix.lower()
        ):
            kept.append(group)
            continue
        found = matches[0]
        assert found is not None
        names[first] = f"{base}{found['open']}{min(numbers) - 1}{found['close']}"
        kept.append([first, *group])
    return [group for group in kept if len(group) > 1 or group[0] not in names], names
