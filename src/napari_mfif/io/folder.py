"""Z-stacks whose planes lie in a file each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import ReadError
from napari_mfif.io.content import first_bytes, is_picture, is_tiff, not_readable
from napari_mfif.io.names import arrange, pattern
from napari_mfif.io.pages import Page, PagePixels
from napari_mfif.io.png_jpeg import Picture, open_picture
from napari_mfif.io.sizes import NO_SIZES, Sizes

__all__ = ["open_planes", "planes_in"]

ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg")


def planes_in(folder: Path) -> tuple[list[Path], list[str]]:
    """Find the files of a folder that are the planes of a z-stack.

    Files whose names differ only in numbers belong together; a single picture beside them,
    such as a reference, is left out.

    Parameters
    ----------
    folder : Path
        The folder; what lies in folders in it does not count.

    Returns
    -------
    list of Path
        The planes; or the one file that holds or describes them all.
    list of str
        What was left out, in sentences.

    Raises
    ------
    ReadError
        There are none, or those of several z-stacks.
    """
    files = [path for path in _entries(folder) if not path.name.startswith(".") and path.is_file()]
    described = [path for path in files if path.name.lower().endswith(".companion.ome")]
    if len(described) == 1:
        return described, []
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        if path.suffix.lower() in ENDINGS:
            groups[pattern(path)].append(path)
    if not groups:
        raise ReadError(_nothing(folder))
    series = [group for group in groups.values() if len(group) > 1]
    if len(series) > 1:
        raise ReadError(_several(folder, series))
    if not series:
        return sorted(path for (path,) in groups.values()), []
    others = sorted(path.name for group in groups.values() if len(group) == 1 for path in group)
    note = f"Left out, since the name is not that of a plane: {', '.join(others)}."
    return sorted(series[0]), [note] if others else []


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise ReadError(
            f"{folder} may not be read: {error.strerror or error}. Change its permissions."
        ) from error


def _nothing(folder: Path) -> str:
    inner = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if inner:
        names = ", ".join(inner[:5]) + (", ..." if len(inner) > 5 else "")
        return (
            f"{folder} holds no TIFF, PNG or JPEG file, but {len(inner)} folders: {names}. "
            "Open one of them."
        )
    return f"{folder} holds no TIFF, PNG or JPEG file. Open a folder with a file for each plane."


def _several(folder: Path, series: Sequence[Sequence[Path]]) -> str:
    shown = sorted(series, key=lambda group: group[0].name)[:4]
    named = ", ".join(f"{pattern(group[0])} ({len(group)})" for group in shown)
    more = ", ..." if len(series) > 4 else ""
    return (
        f"{folder} holds the files of {len(series)} z-stacks, by their names: {named}{more}. "
        "Give the files of one of them."
    )


def open_planes(
    paths: Sequence[Path],
    *,
    axes: str | None = None,
    name: str | None = None,
    notes: Sequence[str] = (),
) -> ZStack:
    """Open a z-stack of files with a plane each, without reading their pixels.

    Parameters
    ----------
    paths : sequence of Path
        TIFF, PNG or JPEG files, in any order: they are sorted by the numbers in their names.
    axes : str, optional
        Axes instead of those that the names tell.
    name : str, optional
        Name of the z-stack; otherwise that of the folder.
    notes : sequence of str, optional
        What was said already.

    Raises
    ------
    ReadError
        There are fewer than two, or they differ in size, type or colour.
    """
    if len(paths) < 2:
        raise ReadError("A z-stack needs at least two planes: give the list of their files.")
    ordered, letters, leading = arrange(paths)
    said = list(notes)
    if list(paths) not in (ordered, sorted(paths)):
        said.append("The files were put into the natural order of their names.")
    opened = [_open_plane(path) for path in ordered]
    pages, facts = [page for page, _ in opened], opened[0][1]
    _check_alike(ordered, pages)
    said += _picture_notes(pages)
    inner = "YXS" if len(pages[0].shape) == 3 else "YX"
    return ZStack.from_array(
        PagePixels(pages, leading),
        axes or letters + inner,
        name=name or ordered[0].parent.name or "stack",
        z_step=facts.z_step,
        pixel_size=facts.pixel_size,
        unit=facts.unit,
        notes=tuple(said),
        source=str(ordered[0].parent),
    )


def _open_plane(path: Path) -> tuple[Page, Sizes]:
    start = first_bytes(path)
    if is_picture(start):
        return open_picture(path), NO_SIZES
    if is_tiff(start):
        from napari_mfif.io.tiff import tiff_plane

        return tiff_plane(path)
    raise ReadError(not_readable(path, start))


def _check_alike(paths: Sequence[Path], pages: Sequence[Page]) -> None:
    for path, page in zip(paths, pages, strict=True):
        if (page.shape, page.dtype) != (pages[0].shape, pages[0].dtype):
            raise ReadError(
                f"The planes are not alike: {paths[0]} is {_kind(pages[0])}, {path} is "
                f"{_kind(page)}. Leave it out, or bring all to one size and type."
            )


def _kind(page: Page) -> str:
    colour = " colour" if len(page.shape) == 3 else ""
    return f"{page.shape[1]} x {page.shape[0]} {page.dtype}{colour}"


def _picture_notes(pages: Sequence[Page]) -> list[str]:
    pictures = [page for page in pages if isinstance(page, Picture)]
    notes = []
    if any(picture.alpha for picture in pictures):
        notes.append("Alpha was dropped.")
    if any(picture.turned for picture in pictures):
        notes.append(
            "The camera noted that the pictures are turned (EXIF); they are taken as stored."
        )
    return notes
