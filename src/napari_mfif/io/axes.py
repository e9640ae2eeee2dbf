"""Naming the axes of a file."""

from __future__ import annotations

from dataclasses import dataclass

from napari_mfif.arrays.axes import AXES
from napari_mfif.errors import AxesError, OnePlaneError

__all__ = ["FileAxes", "letter_of", "name_axes"]

#: Letters that only say "one after the other".
SEQUENCE = "IQ"

#: What axes may be called.
WORDS = {
    "T": ("t", "time", "frame", "timepoint"),
    "C": ("c", "channel", "ch"),
    "Z": ("z", "plane", "slice", "depth"),
    "Y": ("y", "row"),
    "X": ("x", "column"),
}

PLURALS = {"T": "timepoints", "C": "channels"}


def letter_of(word: str) -> str | None:
    """Return the letter of an axis that is called so, or None."""
    plain = word.strip().lower()
    return next((letter for letter, words in WORDS.items() if plain in words), None)


@dataclass(frozen=True)
class FileAxes:
    """The axes as the file has them: a letter and a length for each, axes of length 1 too."""

    letters: str
    lengths: tuple[int, ...]

    def squeezed(self) -> FileAxes:
        """Leave out the axes of length 1, but never rows and columns."""
        kept = [
            (letter, length)
            for letter, length in zip(self.letters, self.lengths, strict=True)
            if length > 1 or letter in "YX"
        ]
        return FileAxes("".join(letter for letter, _ in kept), tuple(n for _, n in kept))

    def __str__(self) -> str:
        return f"{self.letters} {self.lengths}"


def name_axes(file: FileAxes, given: str | None, *, where: str) -> tuple[str, list[str]]:
    """Find a letter for each axis of a file that is longer than 1.

    Parameters
    ----------
    file : FileAxes
        What the file says.
    given : str or None
        What the user says, which goes before the file.
    where : str
        The file, for messages.

    Returns
    -------
    str
        A letter out of ``TCZYXS`` for each axis of ``file.squeezed()``.
    list of str
        What was decided, in sentences.

    Raises
    ------
    AxesError
        The axes leave a choice, or there is no axis of planes but another that may be one.
    OnePlaneError
        There is one plane only.
    """
    short = file.squeezed()
    if given is not None:
        return _given(file, short, given.upper(), where), []
    letters, notes = short.letters, []
    if "S" in letters and short.lengths[letters.index("S")] > 4 and "C" not in letters:
        letters = letters.replace("S", "C")
    unnamed = [letter for letter in letters if letter not in AXES]
    if len(unnamed) == 1 and unnamed[0] in SEQUENCE and "Z" not in letters:
        letters = letters.replace(unnamed[0], "Z")
        notes = [f"The file does not name its axes: its {_length(short, 0)} pages are the planes."]
        unnamed = []
    if unnamed:
        raise AxesError(
            f"{where} has the axes {short}, of which {' and '.join(unnamed)} "
            f"{'is' if len(unnamed) == 1 else 'are'} not known here. {_advice(short)}"
        )
    if "Z" not in letters:
        _refuse_single_plane(letters, short, where)
    return letters, notes


def _length(axes: FileAxes, place: int) -> int:
    sequence = [n for a, n in zip(axes.letters, axes.lengths, strict=True) if a in SEQUENCE]
    return sequence[place]


def _given(file: FileAxes, short: FileAxes, given: str, where: str) -> str:
    pairs = list(zip(file.letters, file.lengths, strict=True))
    for full in (pairs, [pair for pair in pairs if pair != ("S", 1)]):
        fits = all(
            letter == "S" for letter, (old, n) in zip(given, full, strict=False) if old == "S"
        )
        if len(given) == len(full) != len(short.letters) and fits:
            new = zip(given, full, strict=True)
            given = "".join(letter for letter, (old, n) in new if n > 1 or old in "YX")
            break
    leading = [letter for letter in short.letters if letter not in "YXS"]
    if len(given) > len(short.letters) and len(leading) == 1:
        place = short.letters.index(leading[0])
        raise AxesError(
            f"{where} has {short.lengths[place]} pages one after the other; the sizes of the axes "
            f'{given} are not known. Say how many of each by `shape="..."`, the slowest first.'
        )
    if len(given) != len(short.letters):
        raise AxesError(
            f'`axes="{given}"` names {len(given)} axes, but {where} has {len(short.letters)} '
            f"longer than 1: {short}. {_advice(short)}"
        )
    return given


def _advice(axes: FileAxes) -> str:
    colour = axes.lengths[-1] in (3, 4) and len(axes.lengths) > 3
    tail = "YXS" if colour or axes.letters.endswith("S") else "YX"
    free = len(axes.letters) - len(tail)
    choices = {1: ["Z"], 2: ["TZ", "CZ"], 3: ["TCZ", "TZC"]}.get(free, [])
    named = " or ".join(f'`axes="{choice}{tail}"`' for choice in choices)
    return f"Say so by {named}." if named else "A z-stack has axes out of TCZYXS."


def _refuse_single_plane(letters: str, axes: FileAxes, where: str) -> None:
    others = [letter for letter in "TC" if letter in letters]
    if not others:
        rows, columns = (axes.lengths[letters.index(letter)] for letter in "YX")
        # tifffile stores three or four planes like this when it is not told that they are grey
        planar = ' If its colours are planes, say so by `axes="ZYX"`.' if letters == "SYX" else ""
        raise OnePlaneError(
            f"{where} has one plane only ({columns} x {rows} pixels). A z-stack needs at least "
            f"two planes: open the folder or the list of the files that hold them.{planar}"
        )
    counts = [f"{axes.lengths[letters.index(a)]} {PLURALS[a]}" for a in others]
    ways = " or ".join(
        f'`axes="{letters.replace(letter, "Z")}"` to take its {count} as planes'
        for letter, count in zip(others, counts, strict=True)
    )
    raise AxesError(
        f"{where} has one plane only, but {' and '.join(counts)}. "
        f"A z-stack needs at least two planes. Say so by {ways}."
    )
