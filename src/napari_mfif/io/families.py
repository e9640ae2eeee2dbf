"""Files whose names differ only in numbers and the like: which belong together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from napari_mfif.io.names import Piece, pieces_of, stem

__all__ = ["families"]

#: Endings that mean the same.
ENDINGS_ALIKE = {".tiff": ".tif", ".jpeg": ".jpg"}


def skeleton(name: str, pieces: Sequence[Piece]) -> str:
    """Return the name with a mark for every piece: planes of one z-stack share it."""
    marks = {"number": "#", "well": "@", "dye": "~", "stamp": "&", "duration": "%"}
    text, place = [], 0
    for piece in pieces:
        text += [name[place : piece.start], marks[piece.kind]]
        place = piece.stop
    return "".join([*text, name[place:]])


def families(paths: Sequence[Path]) -> list[list[Path]]:
    """Share files out among families: names of one differ only in their pieces, not in words.

    Names with a sign before their number, of which others have none (``z-1``, ``z0``), and with
    and without decimals (``z0.5``, ``z1``) are of one family. Capitals make no difference.
    """
    groups: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    for path in paths:
        groups[_family_of(path)].append(path)
    return [part for group in groups.values() for part in _told_apart(group)]


def _family_of(path: Path) -> tuple[str, str, str]:
    name, ending = stem(path), path.suffix.lower()
    alike = re.sub(r"(?<=[^\W\d_])[-+]#", "#", skeleton(name, pieces_of(name)))
    return str(path.parent), alike.casefold(), ENDINGS_ALIKE.get(ending, ending)


def _told_apart(group: list[Path]) -> list[list[Path]]:
    """Divide a family in which names are equal but for capitals and the ending."""
    if len({stem(path).casefold() for path in group}) == len(group):
        return [group]
    parts: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in group:
        name = stem(path)
        parts[skeleton(name, pieces_of(name)), path.suffix].append(path)
    return list(parts.values())
