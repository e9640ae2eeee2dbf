"""The z-stacks of a folder: files, folders of planes, series of a file, wells of a plate."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import ReadError
from napari_mfif.io.content import first_bytes, is_tiff
from napari_mfif.io.folder import ENDINGS
from napari_mfif.io.names import NUMBER, WORDS, natural_key, pattern
from napari_mfif.io.read import open_stack

__all__ = ["Found", "find_stacks"]


@dataclass(frozen=True)
class Found:
    """A z-stack that was found, not opened yet.

    Parameters
    ----------
    name : str
        Its place below the folder that was searched, with ``/`` and without an ending.
    paths : tuple of Path
        The file or folder; or the files of its planes.
    series : int, optional
        Which image of the file.
    """

    name: str
    paths: tuple[Path, ...]
    series: int | None = None

    def open(self, axes: str | None = None) -> ZStack:
        """Open it.

        Raises
        ------
        ReadError
            It is damaged, or no z-stack.
        """
        source: Any = self.paths[0] if len(self.paths) == 1 else list(self.paths)
        name = self.name.rpartition("/")[2]
        return open_stack(source, axes=axes, series=self.series, name=name)

    def fingerprint(self) -> str:
        """Return what changes when a file of it does: names, sizes and times of change."""
        known = sha256(str(self.series).encode())
        for path in self.paths:
            inner = sorted(path.rglob("*")) if path.is_dir() else [path]
            for file in inner:
                facts = file.stat()
                if not file.is_dir():
                    known.update(f"{file.name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
        return known.hexdigest()


def find_stacks(folder: str | os.PathLike[str], *, leave_out: Sequence[Path] = ()) -> list[Found]:
    """Find the z-stacks below a folder, by the names and first bytes of what is there.

    A file of several planes is a z-stack, or several where it holds several series. Files of one
    plane whose names differ only in numbers make one together, or one per position where the
    names tell positions. A lone picture is left out. What is damaged is found, and fails when it
    is opened.

    Parameters
    ----------
    folder : path
        Where to search, folders in it included.
    leave_out : sequence of Path, optional
        Folders that are not searched.

    Returns
    -------
    list of Found
        In natural order; all names differ.

    Raises
    ------
    ReadError
        There is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ReadError(f"There is no folder {root}. Check the path.")
    left_out = {path.resolve() for path in leave_out}
    return _unique(list(_below(root, root, left_out)))


def _below(folder: Path, root: Path, left_out: set[Path]) -> Iterator[Found]:
    from napari_mfif.io.zarr_store import is_zarr

    if is_zarr(folder):
        yield from _in_zarr(folder, root)
        return
    try:
        entries = sorted(folder.iterdir(), key=natural_key)
    except OSError as error:
        raise ReadError(f"{folder} may not be read: {error.strerror or error}.") from error
    entries = [path for path in entries if not path.name.startswith(".")]
    yield from _in_files([path for path in entries if path.is_file()], folder, root)
    for path in entries:
        if path.is_dir() and path.resolve() not in left_out:
            yield from _below(path, root, left_out)


def _in_files(files: Sequence[Path], folder: Path, root: Path) -> Iterator[Found]:
    companions = [path for path in files if path.name.lower().endswith(".companion.ome")]
    if companions:
        for path in companions:
            yield Found(_name(path, root), (path,))
        return
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        if path.suffix.lower() in ENDINGS:
            groups[pattern(path)].append(path)
    planes: list[tuple[str, list[Path]]] = []
    for group in groups.values():
        whole = _whole_stacks(group, root)
        if whole is None:
            planes += _positions(group) if len(group) > 1 else []
        else:
            yield from whole
    for label, paths in planes:
        alone = len(planes) == 1 and folder != root
        yield Found(_name(folder if alone else folder / label, root), tuple(paths))


def _whole_stacks(group: Sequence[Path], root: Path) -> list[Found] | None:
    """Return the z-stacks of files that hold several planes each; None where they are planes."""
    from napari_mfif.io.tiff import pieces_of, stacks_in

    for first in group:  # the first that can be read speaks for all
        try:
            if not is_tiff(first_bytes(first)):
                return None
            pieces = pieces_of(first)
            if len(pieces) > 1:
                others = [path for path in group if path.name not in pieces]
                found = [Found(_name(first, root), (first,))]
                return found + ((_whole_stacks(others, root) or []) if others else [])
            if stacks_in(first) is None:
                return None
        except ReadError:
            continue
        break
    return [found for path in group for found in _series(path, root)]


def _series(path: Path, root: Path) -> list[Found]:
    from napari_mfif.io.tiff import stacks_in

    name = _name(path, root)
    try:
        numbers = stacks_in(path) or []
    except ReadError:
        numbers = []
    if len(numbers) < 2:
        return [Found(name, (path,))]
    return [Found(f"{name}_series{number}", (path,), number) for number in numbers]


def _positions(paths: Sequence[Path]) -> list[tuple[str, list[Path]]]:
    """Share files of one plane out among the positions that their names tell."""
    found = [NUMBER.findall(path.stem) for path in paths]
    varying = [i for i in range(len(found[0])) if len({numbers[i][1] for numbers in found}) > 1]
    words = {i: WORDS.get(found[0][i][0].lower()) for i in varying}
    places = [i for i in varying if words[i] == "P"] if "Z" in words.values() else []
    groups: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path, numbers in zip(paths, found, strict=True):
        groups[tuple(numbers[i][1] for i in places)].append(path)
    dropped = [i for i in varying if i not in places]
    return [(_without(group[0], dropped), group) for group in groups.values()]


def _without(path: Path, dropped: Sequence[int]) -> str:
    """Return a file's name without the numbers that differ from plane to plane."""
    stem = path.stem
    for i, match in reversed(list(enumerate(NUMBER.finditer(path.stem)))):
        if i in dropped:
            stem = stem[: match.start()] + stem[match.end() :]
    return stem.strip(" _-.") or path.parent.name or "stack"


def _in_zarr(folder: Path, root: Path) -> Iterator[Found]:
    """Yield the images of a Zarr: of a plate, the fields of its wells."""
    from napari_mfif.io.zarr_images import images_in
    from napari_mfif.io.zarr_store import open_node

    name = _name(folder, root)
    try:
        node = open_node(folder)
        images = images_in(node) if hasattr(node, "groups") else []
    except Exception:
        images = []  # it fails when it is opened
    if not images:
        yield Found(name, (folder,))
    for place, _ in images:
        yield Found(f"{name}/{place.replace('/', '_')}", (folder / place,))


def _name(path: Path, root: Path) -> str:
    from napari_mfif.io.tiff import stem

    inner = Path(root.resolve().name or "stack") if path == root else path.relative_to(root)
    last = stem(inner) if path.is_file() else inner.name
    return (inner.parent / last.removesuffix(".zarr").removesuffix(".ome")).as_posix()


def _unique(found: list[Found]) -> list[Found]:
    """Give numbers to the later ones of equal names, upper and lower case alike."""
    taken: set[str] = set()
    unique = []
    for one in found:
        name, number = one.name, 2
        while name.casefold() in taken:
            name, number = f"{one.name}_{number}", number + 1
        taken.add(name.casefold())
        unique.append(Found(name, one.paths, one.series))
    return unique
