"""What a folder or a list of files holds: z-stacks, and what is left out."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io.choosing import pick, uniquely
from napari_mfif.io.content import ENDINGS, first_bytes, is_picture, is_tiff
from napari_mfif.io.families import families
from napari_mfif.io.grouping import Arranged
from napari_mfif.io.meaning import naming_of
from napari_mfif.io.names import stem
from napari_mfif.io.patterns import compile_pattern
from napari_mfif.io.reading_names import by_names, by_pattern, recognised

__all__ = [
    "GONE",
    "Contents",
    "chosen",
    "contents",
    "images_in",
    "nothing_in",
    "of_files",
    "of_pattern",
]

#: Folders that instruments put the planes of one z-stack into, one for each.
NESTED = re.compile(r"(?:TimePoint|ZStep)_\d+")

GONE = "a link whose file is gone"
EMPTY = "empty: nothing was written into it"

#: A further file of a Micro-Manager recording, which is opened with the first.
CONTINUED = re.compile(r"(?P<first>.*(?:MMStack.*|NDTiffStack))_\d+(?P<ending>(?:\.ome)?\.tif)")


_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Contents:
    """What some files make.

    Parameters
    ----------
    stacks : list of Arranged
        The z-stacks.
    left : list of (Path, str)
        What belongs to none, and why.
    inner : bool
        Whether the files of folders in the folder are among them.
    """

    stacks: list[Arranged]
    left: list[tuple[Path, str]]
    inner: bool = False

    def notes(self) -> list[str]:
        """Say what was left out, in sentences."""
        reasons: dict[str, list[str]] = {}
        for path, reason in self.left:
            reasons.setdefault(reason, []).append(path.name)
        return [
            f"Left out, since it is {reason}: {_some(names)}."
            if len(names) == 1
            else f"Left out, each of them {reason}: {_some(names)}."
            for reason, names in reasons.items()
        ]


def _some(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(sorted(names)[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def images_in(folder: Path, depth: int = 0) -> tuple[list[Path], list[tuple[Path, str]]]:
    """List the files of a folder that may hold planes or z-stacks, and the links that lead nowhere.

    Parameters
    ----------
    folder : Path
        The folder.
    depth : int
        How many folders further down the files lie.

    Raises
    ------
    ReadError
        The folder may not be read.
    """
    try:
        with os.scandir(folder) as entries:
            listed = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise ReadError(
            f"{folder} may not be read: {error.strerror or error}. Change its permissions."
        ) from error
    images: list[Path] = []
    left: list[tuple[Path, str]] = []
    for entry in listed:
        if depth:
            if entry.is_dir():
                inner, gone = images_in(Path(entry.path), depth - 1)
                images += inner
                left += gone
        elif entry.name.lower().endswith(ENDINGS):
            if entry.is_file():
                if entry.stat().st_size:
                    images.append(Path(entry.path))
                else:
                    left.append((Path(entry.path), EMPTY))
            elif entry.is_symlink() and not entry.is_dir():
                left.append((Path(entry.path), GONE))
    return sorted(images), left


def contents(
    folder: Path, pattern: str | None = None, *, without: Collection[Path] = ()
) -> Contents:
    """Put the files of a folder together to z-stacks, by their names.

    Parameters
    ----------
    folder : Path
        The folder; what lies in folders in it does not count, but for those that instruments make
        for every plane, and those that a pattern names.
    pattern : str, optional
        What the parts of the names mean, see `compile_pattern`.
    without : collection of Path, optional
        Files that do not count.

    Raises
    ------
    ReadError
        The folder may not be read.
    ParameterError
        The pattern cannot be used, or fits no file.
    """
    if pattern is not None:
        depth = compile_pattern(pattern).depth
        images, left = images_in(folder, depth)
        found = of_pattern(images, pattern, folder)
        return Contents(found.stacks, [*left, *found.left], inner=depth > 0)
    images, left = images_in(folder)
    images = [path for path in images if path not in without]
    if not images and (nested := _nested(folder)):
        return Contents(nested, left, inner=True)
    found = of_files(images)
    return Contents(found.stacks, [*left, *found.left])


def _nested(folder: Path) -> list[Arranged]:
    """Return the z-stacks of an instrument that has a folder for every plane or timepoint."""
    names = [path.name for path in folder.iterdir() if path.is_dir()]
    if not any(NESTED.fullmatch(name) for name in names):
        return []
    for depth in (1, 2):
        images = [path for path in images_in(folder, depth)[0] if "_thumb" not in path.name]
        if images and (made := recognised(images)):
            return made
    return []


def of_pattern(paths: Sequence[Path], pattern: str, where: Path) -> Contents:
    """Put files together by a pattern.

    Raises
    ------
    ParameterError
        It fits none of them.
    """
    compiled = compile_pattern(pattern)
    stacks, others = by_pattern(paths, compiled, whole=False)
    fitting = [path for path in paths if path not in set(others)]
    if not fitting:
        first = f", for example not {min(paths).name}" if paths else ""
        raise ParameterError(
            f'`pattern="{pattern}"` fits none of the {len(paths)} images in {where}{first}.'
        )
    if holds_stacks(fitting):
        stacks, others = by_pattern(paths, compiled, whole=True)
    return Contents(stacks, [(path, "not named by the pattern") for path in others])


def of_files(paths: Sequence[Path]) -> Contents:
    """Put files together by what they say of each other, and by their names."""
    stacks: list[Arranged] = []
    rest = list(paths)
    by_name = {path.name: path for path in rest}
    for group in families(rest):
        for path in group:
            found = CONTINUED.fullmatch(path.name)
            if found and (found["first"] + found["ending"]) in by_name:
                rest.remove(path)
    for group in families(rest):
        described, others = _described(group, set(paths))
        stacks += described
        if described:
            taken = set(group) - set(others)
            rest = [path for path in rest if path not in taken]
    made, left = by_names(rest, holds_stacks)
    return Contents([*stacks, *made], left)


def _described(group: Sequence[Path], known: Collection[Path]) -> tuple[list[Arranged], list[Path]]:
    """Return the OME-TIFFs of several files in a group of files, and what belongs to none."""
    from napari_mfif.io import ome
    from napari_mfif.io.tiff import pieces_of

    found: list[Arranged] = []
    others = list(group)
    while others:
        pieces = next((names for path in others[:5] if (names := _tried(pieces_of, path))), ())
        beside, _ = ome.existing_pieces(others[0].parent, pieces)
        there = sorted(path for path in beside if path in known)
        if len(there) < 2 or not set(there) & set(others):
            break
        found.append(Arranged(stem(there[0]), (there[0],), others=tuple(there[1:])))
        others = [path for path in others if path not in set(there)]
    return found, others


def _tried(look: Callable[[Path], _Found], path: Path) -> _Found | None:
    """Return what a TIFF file says; None where it is none, or damaged."""
    try:
        return look(path) if is_tiff(first_bytes(path)) else None
    except ReadError:
        return None


def holds_stacks(paths: Sequence[Path]) -> bool:
    """Tell whether files hold a z-stack each, by the first that can be read."""
    from napari_mfif.io.tiff import stacks_in
    from napari_mfif.io.tiff_planes import is_single_plane

    for path in paths[:5]:
        try:
            if is_picture(start := first_bytes(path)):
                return False
            if is_tiff(start):
                several = stacks_in(path) is not None
                # of the channels of one plane, several files are planes
                return several and not (len(paths) > 1 and is_single_plane(path, channels=True))
        except ReadError:
            continue
    return len(paths) == 1  # what cannot be read says so when it is opened


def chosen(stacks: Sequence[Arranged], series: int | str | None, where: Path) -> Arranged:
    """Return one of several z-stacks, by its number or name.

    Raises
    ------
    ReadError
        None is named where there are several, or there is none of this number or name.
    """
    if series is None and len(stacks) == 1:
        return stacks[0]
    names = uniquely([one.name or where.name for one in stacks])
    if series is None:
        raise ReadError(
            f"{where} holds {len(stacks)} z-stacks, by the names of its files: "
            f'{listed(names, stacks)}. Choose one by `series="{names[0]}"` or `series=0`.'
        )
    return stacks[pick(names, series, where)]


def listed(names: Sequence[str], stacks: Sequence[Arranged], most: int = 6) -> str:
    """Name z-stacks, with the number of their files."""
    told = [f"{name} ({len(one.files)})" for name, one in zip(names, stacks, strict=True)]
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")


def _pattern_of(folder: Path, inner: Sequence[str]) -> str:
    """Return what the names of folders and files may mean: a folder for each plane, or sample."""
    images = [images_in(folder / name)[0] for name in inner]
    named = naming_of([Path(name) for name in inner])
    if named is None or any(len(one) != 1 for one in images):
        return "{sample}/{z}.tif"
    return f"{named.pattern(_planes_last(named.proposed))}/{images[0][0].name}"


def _planes_last(roles: Sequence[str]) -> list[str]:
    return list(roles) if "Z" in roles else [*roles[:-1], "Z"]


def nothing_in(folder: Path, notes: Sequence[str] = ()) -> str:
    """Say that a folder holds no images, and what it holds."""
    inner = sorted(path.name for path in folder.iterdir() if path.is_dir())
    what = f"{folder} holds no TIFF, PNG or JPEG file"
    others = Counter(path.suffix.lower() for path in folder.iterdir() if path.suffix)
    if inner:
        return (
            f"{what}, but {len(inner)} folders: {_some(inner, 5)}. Open one of them; or, where "
            f'they belong together, say how by `pattern="{_pattern_of(folder, inner)}"`.'
        )
    more = f" {' '.join(notes)}" if notes else ""
    told = ", ".join(f"{count} {kind}" for kind, count in others.most_common(4))
    held = f", but {told}" if told else ""
    return f"{what}{held}. Open a folder with a file for each plane.{more}"
