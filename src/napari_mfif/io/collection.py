"""The z-stacks of a folder: files, folders of planes, series of a file, wells of a plate."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io.choosing import uniquely
from napari_mfif.io.content import ENDINGS, FOREIGN, first_bytes
from napari_mfif.io.contents import contents
from napari_mfif.io.grouping import Arranged
from napari_mfif.io.names import natural_key, stem
from napari_mfif.io.read import open_arranged, open_stack

__all__ = ["Found", "Search", "find_stacks", "search"]


@dataclass(frozen=True)
class Found:
    """A z-stack that was found, not opened yet.

    Parameters
    ----------
    name : str
        Its place below the folder that was searched, with ``/`` and without an ending.
    paths : tuple of Path
        The file or folder; or all of its files.
    series : int, optional
        Which image of the file.
    arranged : Arranged, optional
        Which file is which plane, channel and timepoint.
    """

    name: str
    paths: tuple[Path, ...]
    series: int | None = None
    arranged: Arranged | None = None

    def open(self, axes: str | None = None) -> ZStack:
        """Open it.

        Raises
        ------
        ReadError
            It is damaged, no z-stack, or the names of its files leave a question.
        """
        name = self.name.rpartition("/")[2]
        if self.arranged is not None:
            return open_arranged(self.arranged, axes=axes, series=self.series, name=name)
        return open_stack(self.paths[0], axes=axes, series=self.series, name=name)

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


@dataclass
class Search:
    """What a search found.

    Parameters
    ----------
    found : list of Found
        The z-stacks, in natural order; all names differ.
    left : list of (Path, str)
        Images, links and files of microscopes that belong to none of them, and why.
    others : Counter
        How many other files there are, by their endings.
    """

    found: list[Found] = field(default_factory=list)
    left: list[tuple[Path, str]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def find_stacks(
    folder: str | os.PathLike[str],
    *,
    leave_out: Sequence[Path] = (),
    pattern: str | None = None,
) -> list[Found]:
    """Find the z-stacks below a folder, see `search`."""
    return search(folder, leave_out=leave_out, pattern=pattern).found


def search(
    folder: str | os.PathLike[str],
    *,
    leave_out: Sequence[Path] = (),
    pattern: str | None = None,
) -> Search:
    """Find the z-stacks below a folder, by the names and first bytes of what is there.

    A file of several planes is a z-stack, or several where it holds several series. Files of one
    plane are put together by their names, one z-stack for every position. A lone picture is left
    out. What is damaged, or whose names leave a question, is found, and fails when it is opened.

    Parameters
    ----------
    folder : path
        Where to search, folders in it included; none is searched twice where links lead back.
    leave_out : sequence of Path, optional
        Folders that are not searched.
    pattern : str, optional
        What the parts of names mean, see `open_stack`.

    Raises
    ------
    ReadError
        There is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ReadError(f"There is no folder {root}. Check the path.")
    result = Search()
    searched = {path.resolve() for path in leave_out}
    found = list(_below(root, root, searched, pattern, result))
    names = uniquely([one.name for one in found])
    result.found = [replace(one, name=name) for one, name in zip(found, names, strict=True)]
    return result


def _below(
    folder: Path, root: Path, searched: set[Path], pattern: str | None, result: Search
) -> Iterator[Found]:
    from napari_mfif.io.zarr_store import is_zarr

    real = folder.resolve()
    if real in searched:
        return
    searched.add(real)
    if is_zarr(folder):
        yield from _in_zarr(folder, root)
        return
    try:
        entries = sorted(folder.iterdir(), key=natural_key)
    except OSError as error:
        if folder == root:
            raise ReadError(f"{folder} may not be read: {error.strerror or error}.") from error
        result.left.append((folder, f"a folder that may not be read ({error.strerror or error})"))
        return
    entries = [path for path in entries if not path.name.startswith(".")]
    inner = yield from _in_files(entries, folder, root, pattern, result)
    if inner:
        return
    for path in entries:
        if path.is_dir():
            yield from _below(path, root, searched, pattern, result)


def _in_files(
    entries: Sequence[Path], folder: Path, root: Path, pattern: str | None, result: Search
) -> Generator[Found, None, bool]:
    """Yield the z-stacks of the files of a folder; return whether those of its folders are in."""
    companions = [path for path in entries if path.name.lower().endswith(".companion.ome")]
    described: set[Path] = set()
    for path in companions:
        described |= _pieces_beside(path)
        yield Found(_name(path, root), (path, *sorted(described)))
    vendor = [path for path in entries if path.is_file() and _is_vendor(path)]
    for path in vendor:
        yield from _scenes(path, root, result)
    _note_others(entries, [*companions, *vendor], result)
    try:
        found = contents(folder, pattern, without=described)
    except ParameterError:  # a pattern need not fit in every folder
        return False
    result.left += found.left
    planes = [one for one in found.stacks if one.axes or one.problem]
    for one in found.stacks:
        if one.axes or one.problem:
            alone = folder != root and (len(planes) == 1 or not one.name)
            label = _name(folder if alone or not one.name else folder / one.name, root)
            yield Found(label, (*one.files, *one.others), arranged=one)
        else:
            yield from _series(one, root)
    return found.inner


def _is_vendor(path: Path) -> bool:
    """Tell whether a file is one of a microscope that a library reads."""
    from napari_mfif.io.vendor import FORMATS, format_of

    if not path.name.lower().endswith(tuple(end for one in FORMATS for end in one.endings)):
        return False
    try:
        return format_of(path, first_bytes(path)) is not None
    except ReadError:
        return False


def _scenes(path: Path, root: Path, result: Search) -> Iterator[Found]:
    """Yield the z-stacks in the file of a microscope; what cannot be read fails when opened."""
    from napari_mfif.io.vendor import format_of, scenes_in, several_planes

    name, kind = _name(path, root), format_of(path, first_bytes(path))
    try:
        scenes = scenes_in(path, kind) if kind else []
    except ReadError:
        yield Found(name, (path,))
        return
    numbers = [number for number, scene in enumerate(scenes) if several_planes(scene)]
    if not numbers:
        result.left.append((path, "no z-stack: a single plane"))
    elif len(numbers) == 1:
        yield Found(name, (path,), numbers[0])
    else:
        yield from (Found(f"{name}_series{number}", (path,), number) for number in numbers)


def _pieces_beside(companion: Path) -> set[Path]:
    from napari_mfif.io import ome

    try:
        names = ome.pieces(companion.read_bytes())
    except OSError:
        return set()
    return set(ome.existing_pieces(companion.parent, names)[0])


def _note_others(entries: Sequence[Path], known: Sequence[Path], result: Search) -> None:
    """Note the files that are no images, and those of microscopes by themselves."""
    for path in entries:
        if path.name.lower().endswith(ENDINGS) or path in known or path.is_dir():
            continue
        try:
            start = first_bytes(path) if path.suffix.lower() in MICROSCOPES else b""
        except ReadError:
            start = b""
        kind = next((kind for magic, kind in FOREIGN.items() if start.startswith(magic)), None)
        if kind:
            result.left.append((path, f"{kind}, which is not read here; export it as OME-TIFF"))
        else:
            result.others[path.suffix.lower() or path.name] += 1


#: Endings of files that microscopes write and that are named one by one where they are left out.
MICROSCOPES = (".czi", ".nd2", ".lif", ".oib", ".oir", ".ims", ".zvi", ".vsi", ".dv", ".zip")


def _series(one: Arranged, root: Path) -> list[Found]:
    """Return the z-stacks in one file."""
    from napari_mfif.io.tiff import stacks_in

    path = one.files[0]
    paths = (path, *one.others)
    name = _name(path, root)
    try:
        numbers = stacks_in(path)
    except ReadError:
        numbers = None
    if numbers is not None and not numbers:
        return []  # it goes on with what another file begins
    if numbers is None or len(numbers) < 2:
        return [Found(name, paths)]
    return [Found(f"{name}_series{number}", paths, number) for number in numbers]


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
    inner = Path(root.resolve().name or "stack") if path == root else path.relative_to(root)
    last = stem(inner) if path.is_file() else inner.name
    return (inner.parent / last.removesuffix(".zarr").removesuffix(".ome")).as_posix()
