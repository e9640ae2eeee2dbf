"""Z-stacks whose planes, channels or timepoints lie in files of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mfif.arrays.joined import Joined
from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import ReadError
from napari_mfif.io.content import first_bytes, is_picture, is_tiff, not_readable
from napari_mfif.io.grouping import PLURALS, Arranged
from napari_mfif.io.pages import Page, PagePixels
from napari_mfif.io.png_jpeg import Picture, open_picture
from napari_mfif.io.sizes import NO_SIZES

if TYPE_CHECKING:
    from napari_mfif.io.tiff_planes import TiffPlane

__all__ = ["join", "open_planes"]


def join(stacks: Sequence[ZStack], one: Arranged, **known: Any) -> ZStack:
    """Make one z-stack of z-stacks that are its channels or timepoints.

    Parameters
    ----------
    stacks : sequence of ZStack
        In the order of the files.
    one : Arranged
        The files.
    **known
        Fields of `ZStack` that go before those of the first.

    Raises
    ------
    ReadError
        They differ in size, type or axes.
    """
    first = stacks[0]
    for path, stack in zip(one.files, stacks, strict=True):
        if (stack.axes, stack.shape, stack.dtype) != (first.axes, first.shape, first.dtype):
            raise ReadError(
                f"The z-stacks are not alike: {one.files[0]} is {first.describe()}, {path} is "
                f"{stack.describe()}. Leave it out, or bring all to one size and type."
            )
    if set(one.axes) & set(first.axes):
        raise ReadError(
            f"{one.files[0].parent} holds a file for each of several "
            f"{' and '.join(PLURALS[axis] for axis in one.axes)}, by the names, but each has "
            "several by itself. Open one of the files."
        )
    pixels = Joined([stack.pixels for stack in stacks], one.lengths)
    channels = one.channels if "C" in one.axes else first.channel_names
    facts: dict[str, Any] = {
        "z_step": first.z_step,
        "pixel_size": first.pixel_size,
        "unit": first.unit,
    }
    what = " and ".join(PLURALS[axis] for axis in one.axes)
    notes = (f"Each of the {len(stacks)} files holds one of the {what}.", *first.notes)
    facts |= {"channel_names": channels, "notes": notes, **known}
    return ZStack.from_array(pixels, one.axes + first.axes, **facts)


def open_planes(
    one: Arranged, *, axes: str | None = None, name: str | None = None, notes: Sequence[str] = ()
) -> ZStack:
    """Open a z-stack of files with a plane each, without reading their pixels.

    Parameters
    ----------
    one : Arranged
        TIFF, PNG or JPEG files in order.
    axes : str, optional
        Axes instead of those that the names tell.
    name : str, optional
        Name of the z-stack; otherwise that of the folder.
    notes : sequence of str, optional
        What was said already.

    Raises
    ------
    ReadError
        They differ in size, type or colour.
    """
    opened = [_open_plane(path) for path in one.files]
    pages, facts = _pages_of(opened), opened[0].sizes
    _check_alike(one.files, opened)
    several = len(opened[0].pages) > 1
    samples = opened[0].samples
    if several and "C" in one.axes:
        raise ReadError(
            f"{one.files[0].parent} holds a file for each channel, by the names, but each has "
            "several channels by itself. Say what the names mean by `pattern=`."
        )
    inner = "C" * several + "YX" + samples * (len(pages[0].shape) == 3)
    leading = (*one.lengths, *([len(opened[0].pages)] if several else []))
    said = [*notes, *_picture_notes(pages)]
    z_step, unit = facts.z_step, facts.unit
    said += [facts.note] if facts.note else []
    if one.z_step and z_step is None and unit in (None, "um"):
        z_step, unit = one.z_step, "um"
        said.append(f"The names say that planes lie {z_step:g} um apart.")
    return ZStack.from_array(
        PagePixels(pages, leading),
        axes or one.axes + inner,
        name=name or one.name or one.files[0].parent.name or "stack",
        z_step=z_step,
        pixel_size=facts.pixel_size,
        unit=unit,
        channel_names=opened[0].channels if several else one.channels,
        notes=tuple(said),
        source=str(one.files[0].parent),
    )


def _open_plane(path: Path) -> TiffPlane:
    from napari_mfif.io.tiff_planes import TiffPlane, tiff_plane

    start = first_bytes(path)
    if is_picture(start):
        return TiffPlane((open_picture(path),), NO_SIZES)
    if is_tiff(start):
        return tiff_plane(path)
    raise ReadError(not_readable(path, start))


def _check_alike(paths: Sequence[Path], planes: Sequence[TiffPlane]) -> None:
    first = _kind(planes[0])
    for path, plane in zip(paths, planes, strict=True):
        if (kind := _kind(plane)) != first:
            raise ReadError(
                f"The planes are not alike: {paths[0]} is {first}, {path} is {kind}. Leave it "
                "out, or bring all to one size and type."
            )


def _kind(plane: TiffPlane) -> str:
    page, count = plane.pages[0], len(plane.pages)
    colour = " colour" if len(page.shape) == 3 else ""
    channels = f" of {count} channels" if count > 1 else ""
    return f"{page.shape[1]} x {page.shape[0]} {page.dtype}{colour}{channels}"


def _pages_of(planes: Sequence[TiffPlane]) -> list[Page]:
    """Return all pages; of pictures with their alpha, where all of them have one."""
    pages = [page for plane in planes for page in plane.pages]
    pictures = [page for page in pages if isinstance(page, Picture) and page.alpha]
    return [page.with_alpha() for page in pictures] if len(pictures) == len(pages) else pages


def _picture_notes(pages: Sequence[Page]) -> list[str]:
    pictures = [page for page in pages if isinstance(page, Picture)]
    notes = []
    if any(picture.alpha for picture in pictures) and not all(p.alpha for p in pictures):
        notes.append("Alpha was dropped.")
    if any(picture.turned for picture in pictures):
        notes.append(
            "The camera noted that the pictures are turned (EXIF); they are taken as stored."
        )
    return notes
