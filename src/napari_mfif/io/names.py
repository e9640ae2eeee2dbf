"""Names of files taken apart: which parts differ from file to file, and what they may mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from napari_mfif.io.words import DURATION, DYE, STAMP, SUFFIXES, axis_of

__all__ = ["CONFLICT", "Part", "Piece", "natural_key", "parts_of", "pieces_of", "stem", "value_of"]

#: Endings that are more than what stands after the last dot.
LONG_ENDINGS = (".ome.tiff", ".ome.tif", ".companion.ome", ".ome.zarr")

#: A well of a plate, standing alone; its letter may be another word where it does not vary.
WELL = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=[Ww]ell))(?P<row>A[A-F]|[A-P])(?P<column>\d{1,2})(?![A-Za-z0-9])"
)
#: A row and a column that follow each other.
ROW_COLUMN = re.compile(r"(?<![A-Za-z])r(?P<row>\d+)c(?P<column>\d+)(?!\d)")
#: A number with decimals, where the word before it or the unit after it speaks for that.
DECIMAL = re.compile(
    r"(?:(?<=[zZ])|(?<=[zZ][_= -])|(?<=zpos)|(?<=zpos[_= -])|(?<=focus)|(?<=focus[_= -])|"
    r"(?<=depth)|(?<=depth[_= -]))[-+]?\d+[.,]\d+(?!\d)"
    r"|(?<![\d.,])\d+(?:[.,p]\d+)(?=[ _]?(?:um|µm|μm|mm)(?![A-Za-z]))",
    re.IGNORECASE,
)
SIGNED = re.compile(r"(?<=[_\s=(])[-+]\d+")
SIGN_BEFORE = re.compile(r"(?<=[^\W\d_])[-+]\Z")
NUMBER = re.compile(r"\d+")
WORD_BEFORE = re.compile(r"([^\W\d_]+)[\s_=#.-]*[(\[]?$")
#: A word that stands after a number of its own and before a gap: it is that number's.
WORD_OF_ANOTHER = re.compile(r"\d[^\W\d_]{1,2}[\s_=#.-]+[(\[]?$")
WORD_AFTER = re.compile(r"^([^\W\d_]{1,2})(?![^\W_])")
UNIT_AFTER = re.compile(r"^[ _]?(um|µm|μm|mm|nm|hrs?|hpf|h|min|sec)(?![A-Za-z])", re.IGNORECASE)


def stem(path: Path) -> str:
    """Return the file's name without what stands for its kind."""
    name = path.name
    for ending in LONG_ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return path.stem


def natural_key(path: Path) -> tuple[tuple[object, ...], ...]:
    """Return a key that sorts numbers in names by their value: 2 before 10."""
    return tuple(_natural(name) for name in (*path.parent.parts, path.name))


def _natural(name: str) -> tuple[object, ...]:
    parts = re.split(r"(\d+)", name)
    return tuple(
        (1, int(part), "") if number % 2 else (0, 0, part.casefold())
        for number, part in enumerate(parts)
    )


def value_of(text: str) -> tuple[int, float, tuple[object, ...]]:
    """Return what a part of a name is sorted by: numbers by value, then texts.

    Examples
    --------
    >>> sorted(["10", "9", "-1", "0.5", "DAPI"], key=value_of)
    ['-1', '0.5', '9', '10', 'DAPI']
    """
    try:
        return 0, float(text.replace(",", ".").replace("p", ".")), ()
    except ValueError:
        return 1, 0.0, _natural(text)


#: The kind of a part whose words say different things.
CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of one name that may differ from that of another.

    Parameters
    ----------
    kind : str
        ``"number"``, ``"well"``, ``"dye"``, ``"stamp"`` (a date or time of the day) or
        ``"duration"``.
    text : str
        The part itself.
    start, stop : int
        Where it stands in the stem.
    """

    kind: str
    text: str
    start: int
    stop: int


@dataclass(frozen=True)
class Part:
    """What differs among files: one or more pieces that change together.

    Parameters
    ----------
    pieces : tuple of (int, int)
        Numbers of the first and the last of its pieces, counted through the name, most telling
        one first; they are more than one for ``0.5``.
    values : tuple of tuple of str
        For every file, their texts.
    axis : str
        ``Z``, ``C``, ``T`` or ``P`` where a word says so, otherwise empty.
    kind : str
        That of its most telling piece; `CONFLICT` where words say different things.
    word, unit : str
        The word before that piece, and the unit after it.
    """

    pieces: tuple[tuple[int, int], ...]
    values: tuple[tuple[str, ...], ...]
    axis: str
    kind: str
    word: str
    unit: str = ""

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(set(self.values))


def pieces_of(name: str) -> list[Piece]:
    """Take a name apart."""
    found: list[Piece] = []
    taken = [False] * len(name)
    for kind, expression in (
        ("stamp", STAMP),
        ("duration", DURATION),
        ("well", ROW_COLUMN),
        ("well", WELL),
        ("dye", DYE),
        ("number", DECIMAL),
        ("number", SIGNED),
        ("number", NUMBER),
    ):
        for match in expression.finditer(name):
            if not any(taken[match.start() : match.end()]):
                found.append(Piece(kind, match[0], match.start(), match.end()))
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    return sorted(found, key=lambda piece: piece.start)


def parts_of(names: Sequence[str]) -> list[Part]:
    """Find what differs among the names of one family; pieces that change together are one part.

    Parameters
    ----------
    names : sequence of str
        Stems of files.
    """
    columns = [_Column(names, number, pieces) for number, pieces in enumerate(_aligned(names))]
    varying = _join_decimals([column for column in columns if len(set(column.texts)) > 1])
    parts: list[list[_Column]] = []
    for column in varying:
        for together in parts:
            if _change_together(column.texts, together[0].texts):
                together.append(column)
                break
        else:
            parts.append([column])
    return [_part(columns) for columns in parts]


class _Column:
    """The pieces at one place of all names."""

    def __init__(self, names: Sequence[str], number: int, pieces: Sequence[Piece]) -> None:
        self.numbers: tuple[int, ...] = (number,)
        self.texts = tuple(piece.text for piece in pieces)
        self.kind = pieces[0].kind
        text = names[0][: pieces[0].start]
        before = None if WORD_OF_ANOTHER.search(text) else WORD_BEFORE.search(text)
        after = UNIT_AFTER.match(names[0][pieces[0].stop :])
        suffix = WORD_AFTER.match(names[0][pieces[0].stop :])
        self.word = before[1] if before else ""
        self.glued = before is not None and before.end(1) == pieces[0].start
        self.dot = names[0][: pieces[0].start][-1:] in (".", ",")
        if self.kind == "well":
            self._settle_well()
        self.unit = after[1] if after else ""
        self.axis = _axis(self.kind, self.word, self.unit, self.texts)
        if suffix and not self.axis and not self.glued and self.kind == "number":
            self.axis = SUFFIXES.get(suffix[1].lower(), "")

    def _settle_well(self) -> None:
        """Read a letter that is the same everywhere as a word: C01 is a channel more often."""
        rows = {re.split(r"\d", text)[0] for text in self.texts}
        if len(rows) == 1 and axis_of(min(rows)):
            self.kind, self.word = "number", min(rows)
            self.texts = tuple(text[len(self.word) :] for text in self.texts)


#: The axes of pieces that say it by themselves.
KINDS = {"well": "P", "dye": "C", "duration": "T"}


def _axis(kind: str, word: str, unit: str, texts: Sequence[str]) -> str:
    if kind in KINDS:
        return KINDS[kind]
    if kind == "stamp" or (word == "P" and len(texts[0]) == 7):  # cameras of Olympus count so
        return ""
    return axis_of(word, unit)


def _aligned(names: Sequence[str]) -> list[list[Piece]]:
    """Return the pieces by place; a sign that some names have belongs to the number."""
    rows = [pieces_of(name) for name in names]
    if len({len(row) for row in rows}) > 1:
        return []
    columns = [list(column) for column in zip(*rows, strict=True)]
    for column in columns:
        if column[0].kind != "number":
            continue
        signs = [_sign(name, piece) for name, piece in zip(names, column, strict=True)]
        if any(signs) and not all(signs):
            for place, (sign, piece) in enumerate(zip(signs, column, strict=True)):
                start = piece.start - len(sign)
                column[place] = Piece("number", sign + piece.text, start, piece.stop)
    return columns


def _sign(name: str, piece: Piece) -> str:
    found = SIGN_BEFORE.search(name[: piece.start])
    return found[0] if found else ""


def _join_decimals(columns: list[_Column]) -> list[_Column]:
    """Read ``0.5`` as one number where the two do not vary freely, as numbers of versions do."""
    joined: list[_Column] = []
    for column in columns:
        last = joined[-1] if joined else None
        if last is not None and column.dot and column.numbers[0] == last.numbers[-1] + 1:
            pairs = zip(last.texts, column.texts, strict=True)
            whole = tuple(f"{units}.{decimals}" for units, decimals in pairs)
            free = len(set(last.texts)) * len(set(column.texts))
            if not last.glued and len(set(whole)) < free and _are_even(whole):
                last.texts = whole
                last.numbers += column.numbers
                last.axis = last.axis or column.axis
                continue
        joined.append(column)
    return joined


def _are_even(texts: Sequence[str]) -> bool:
    """Tell whether numbers are all different and equally far apart."""
    values = sorted(float(text) for text in texts)
    steps = [after - before for before, after in pairwise(values)]
    return min(steps) > 0 and max(steps) - min(steps) < 1e-6 * max(1.0, abs(values[-1]))


def _change_together(one: Sequence[str], other: Sequence[str]) -> bool:
    pairs = len(set(zip(one, other, strict=True)))
    return pairs == len(set(one)) == len(set(other))


def _part(columns: Sequence[_Column]) -> Part:
    axes = [column.axis for column in columns]
    axis = next((letter for letter in "ZCTP" if letter in axes), "")
    telling = next(column for column in columns if column.axis == axis)
    if axis and len(set(axes) - {""}) > 1:  # such as A01_z1, A02_z2: nobody can tell
        axis, kind = "", CONFLICT
    else:
        kind = telling.kind
    ordered = [telling, *(column for column in columns if column is not telling)]
    return Part(
        tuple((column.numbers[0], column.numbers[-1]) for column in ordered),
        tuple(zip(*(column.texts for column in ordered), strict=True)),
        axis,
        kind,
        telling.word,
        telling.unit,
    )
