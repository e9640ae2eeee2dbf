"""What the names of files tell: their order, and which belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_mfif.errors import ReadError

__all__ = ["arrange", "natural_key", "pattern"]

#: Words before a number in a file's name, and the axis they stand for; P is a stage position.
WORDS = {
    "z": "Z", "slice": "Z", "plane": "Z", "focus": "Z",
    "t": "T", "time": "T", "frame": "T",
    "c": "C", "ch": "C", "w": "C", "channel": "C",
    "p": "P", "pos": "P", "position": "P", "s": "P", "series": "P", "xy": "P", "field": "P",
}  # fmt: skip

NUMBER = re.compile(r"(?:(?<![A-Za-z])([A-Za-z]+)[ _-]?)?(\d+)")


def natural_key(path: Path) -> tuple[tuple[object, ...], ...]:
    """Return a key that sorts numbers in names by their value: 2 before 10."""
    return tuple(
        tuple((1, int(part), "") if part.isdigit() else (0, 0, part.casefold()) for part in parts)
        for parts in (re.split(r"(\d+)", name) for name in (*path.parent.parts, path.name))
    )


def pattern(path: Path) -> str:
    """Return the name with ``#`` for every number: planes of one z-stack share it."""
    return re.sub(r"\d+", "#", path.stem) + path.suffix.lower()


def arrange(paths: Sequence[Path]) -> tuple[list[Path], str, tuple[int, ...]]:
    """Put files into the order of planes, and of channels and timepoints if the names tell.

    Parameters
    ----------
    paths : sequence of Path
        A file per plane.

    Returns
    -------
    list of Path
        In natural order.
    str
        Letters of the axes that they make, for example ``"Z"`` or ``"TCZ"``.
    tuple of int
        Their lengths.

    Raises
    ------
    ReadError
        The names speak of several positions, or of planes that are not there.
    """
    ordered = sorted(paths, key=natural_key)
    plain = ordered, "Z", (len(ordered),)
    if len({(path.parent, pattern(path)) for path in ordered}) > 1:
        return plain
    found = [NUMBER.findall(path.stem) for path in ordered]
    varying = [place for place in range(len(found[0])) if len({f[place][1] for f in found}) > 1]
    letters = [WORDS.get(found[0][place][0].lower(), "?") for place in varying]
    if len(varying) < 2 or "Z" not in letters or "?" in letters:
        return plain
    if len(set(letters)) < len(letters):
        return plain
    values = np.array([[int(numbers[place][1]) for place in varying] for numbers in found])
    return _grid(ordered, letters, values)


def _grid(
    paths: list[Path], letters: list[str], values: np.ndarray
) -> tuple[list[Path], str, tuple[int, ...]]:
    kept = [letter for letter in "TCZ" if letter in letters]
    lengths = {letter: len(set(values[:, i])) for i, letter in enumerate(letters)}
    if "P" in letters:
        raise ReadError(
            f"{paths[0].parent} holds {lengths['P']} positions, by the names of its files. "
            "Give the files of one of them."
        )
    expected = tuple(lengths[letter] for letter in kept)
    if np.prod(expected) != len(paths):
        said = ", ".join(
            f"{letter} {length}" for letter, length in zip(kept, expected, strict=True)
        )
        raise ReadError(
            f"{paths[0].parent} is incomplete: by their names ({said}) there should be "
            f"{np.prod(expected)} files, but there are {len(paths)}. Add those that are missing."
        )
    columns = [values[:, letters.index(letter)] for letter in reversed(kept)]
    return [paths[i] for i in np.lexsort(columns)], "".join(kept), expected
