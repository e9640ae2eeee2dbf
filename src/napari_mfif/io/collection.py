"""The z-stacks of a folder: files, folders of planes, series of a file, wells of a plate."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io.choosing import uniquely
from napari_mfif.io.content import ENDINGS, FOREIGN, TIFF_ENDINGS, first_bytes
from napari_mfif.io.contents import contents
from napari_mfif.io.found import Found, Search
from napari_mfif.io.grouping import Arranged
from napari_mfif.io.names import natural_key, stem
from napari_mfif.io.zarr_store import is_address, is_zarr, is_zipped_zarr, without_endings

if TYPE_CHECKING:
    from napari_mfif.io.zarr_images import ZarrImage

__all__ = ["Found", "Search", "find_stacks", "search"]


def find_stacks(
    folder: str | os.PathLike[str],
    *,
    leave_out: Sequence[Path] = (),
    pattern: str | None = None,
) -> list[Found]:
    """Find the z-stacks below a folder, see `search`."""
    return search(folder, leave_out=leave_out, pattern=pattern).found


def search(
    source: str | os.PathLike[str],
    *,
    leave_out: Sequence[Path] = (),
    pattern: str | None = None,
) -> Search:
    """Find the z-stacks below a folder, in a file or at an address.

    A file of several planes is a z-stack, or several where it holds several series. Files of one
    plane are put together by their names, one z-stack for every position. A lone picture is left
    out. What is damaged, or whose names leave a question, is found, and fails when it is opened.

    Parameters
    ----------
    source : path or address
        Where to search, folders in it included, by names and first bytes; none is searched twice
        where links lead back. Of a file, its images; at an address, those of a Zarr.
    leave_out : sequence of Path, optional
        Folders that are not searched.
    pattern : str, optional
        What the parts of names mean, see `open_stack`.

    Raises
    ------
    ReadError
        There is no such folder or file.
    """
    result = Search()
    root = Path(source).expanduser()
    if is_address(source):
        found = _at_address(str(source))
    elif root.is_file():
        found = list(_in_file(root, root.parent, result))
    elif root.is_dir():
        searched = {path.resolve() for path in leave_out}
        found = list(_below(root, root, searched, pattern, result))
    else:
        raise ReadError(f"There is no folder {root}. Check the path.")
    names = uniquely([one.name for one in found])
    result.found = [replace(one, name=name) for one, name in zip(found, names, strict=True)]
    return result


def _in_file(path: Path, root: Path, result: Search) -> Iterable[Found]:
    """Return the z-stacks in one file."""
    if _is_vendor(path):
        return _scenes(path, root, result)
    if is_zipped_zarr(path):
        return _in_zarr(path, _name(path, root))
    if path.name.lower().endswith(TIFF_ENDINGS):
        return _series(Arranged(stem(path), (path,)), root)
    return [Found(_name(path, root), (path,))]


def _below(
    folder: Path, root: Path, searched: set[Path], pattern: str | None, result: Search
) -> Iterator[Found]:
    real = folder.resolve()
    if real in searched:
        return
    searched.add(real)
    if is_zarr(folder):
        yield from _in_zarr(folder, _name(folder, root))
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
    alone = [path for path in entries if path.is_file() and _opens_alone(path)]
    for path in alone:
        yield from _in_file(path, root, result)
    _note_others(entries, [*companions, *alone], result)
    try:
        found = contents(folder, pattern, without=described)
    except ParameterError:  # a pattern need not fit in every folder
        return False
    result.left += found.left
    planes = [one for one in found.stacks if one.axes or one.problem]
    for one in found.stacks:
        if one.axes or one.problem:
            only = folder != root and (len(planes) == 1 or not one.name)
            label = _name(folder if only or not one.name else folder / one.name, root)
            yield Found(label, (*one.files, *one.others), arranged=one)
        else:
            yield from _series(one, root)
    return found.inner


def _opens_alone(path: Path) -> bool:
    """Tell whether a file is no TIFF or picture, and can be read."""
    zipped = path.name.lower().endswith((".zip", ".ozx")) and is_zipped_zarr(path)
    return zipped or _is_vendor(path)


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


def _in_zarr(source: Path, name: str) -> list[Found]:
    """Return the images of a Zarr in a folder or archive: of a plate, the fields of its wells."""
    from napari_mfif.io.ome_zarr import positions_in

    node = _opened(source)
    images = _images_of(node)
    if not images and (count := positions_in(node)):
        return [Found(f"{name}_position{n}", (source,), n) for n in range(count)]
    if not images:
        return [Found(name, (source,))]
    labels = [f"{name}/{place.replace('/', '_')}" for place, _ in images]
    if source.is_file():
        return [Found(label, (source,), number) for number, label in enumerate(labels)]
    return [
        Found(label, (source / place,)) for label, (place, _) in zip(labels, images, strict=True)
    ]


def _at_address(address: str) -> list[Found]:
    """Return the images of a Zarr at an address."""
    base = address.rstrip("/")
    name = without_endings(base.rpartition("/")[2]) or "stack"
    return [
        Found(f"{name}/{place.replace('/', '_')}", (f"{base}/{place}",))
        for place, _ in _images_of(_opened(address))
    ] or [Found(name, (address,))]


def _opened(source: Path | str) -> Any | None:
    """Return what a Zarr holds; None where it cannot be read, as opening it will say."""
    from napari_mfif.io.zarr_store import open_node

    try:
        return open_node(source)
    except Exception:
        return None


def _images_of(node: Any) -> list[ZarrImage]:
    """Return the images of a Zarr that holds several; none where it cannot be read."""
    from napari_mfif.io.zarr_images import images_in

    try:
        return images_in(node) if hasattr(node, "groups") else []
    except Exception:
        return []  # it fails when it is opened


def _name(path: Path, root: Path) -> str:
    inner = Path(root.resolve().name or "stack") if path == root else path.relative_to(root)
    last = stem(inner) if path.is_file() else inner.name
    return (inner.parent / without_endings(last)).as_posix()
