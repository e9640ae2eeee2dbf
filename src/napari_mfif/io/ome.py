"""The OME-XML of an OME-TIFF: what we take from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import prod
from pathlib import Path
from xml.etree import ElementTree

from napari_mfif.io.ome_writing import RECIPE
from napari_mfif.io.sizes import Sizes, at_positions, plain_unit, sizes_of

__all__ = [
    "as_on_disk",
    "companion",
    "image_facts",
    "images_there",
    "mended",
    "pieces",
    "recipe_in",
]


def _parse(xml: str | bytes) -> ElementTree.Element | None:
    try:
        return ElementTree.fromstring(xml.encode() if isinstance(xml, str) else xml)
    except (ElementTree.ParseError, ValueError):
        return None


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if _local(element) == name]


def companion(xml: str | bytes) -> str | None:
    """Return the name of the file that holds the real description, if this is only a pointer."""
    root = _parse(xml)
    pointers = _all(root, "BinaryOnly") if root is not None else []
    name = pointers[0].get("MetadataFile") if pointers else None
    return Path(name.replace("\\", "/")).name if name else None


def pieces(xml: str | bytes) -> list[str]:
    """Return the names of the files over which the image is spread, each once, in order."""
    root = _parse(xml)
    elements = _all(root, "UUID") if root is not None else []
    names = [element.get("FileName") for element in elements]
    return list(dict.fromkeys(name for name in names if name))


def images_there(xml: str, path: Path) -> list[int]:
    """Return the numbers of the images of which a file beside `path`, or itself, has pages."""
    root = _parse(xml)
    there = []
    for number, image in enumerate(_all(root, "Pixels") if root is not None else []):
        names = {one.get("FileName", "") for one in _all(image, "UUID")}
        own = root is not None and any(
            one.text == root.get("UUID", "") for one in _all(image, "UUID")
        )
        if not names or own or any((path.parent / name).is_file() for name in names if name):
            there.append(number)
    return there


def image_facts(xml: str, index: int) -> tuple[Sizes, tuple[str, ...]]:
    """Return the physical sizes and the channels' names of one image of the file.

    Channels without a name get none; when no channel has one, the names are empty.
    """
    root = _parse(xml)
    images = _all(root, "Pixels") if root is not None else []
    if index >= len(images):
        return Sizes(), ()
    image = images[index]

    def length(axis: str) -> tuple[float | None, str | None]:
        try:
            value = float(image.get(f"PhysicalSize{axis}", "").replace(",", "."))
        except ValueError:
            return None, None
        return value, plain_unit(image.get(f"PhysicalSize{axis}Unit", "µm"))

    names = [channel.get("Name", "") for channel in _all(image, "Channel")]
    sizes = sizes_of(length("Z"), length("Y"), length("X"))
    if sizes.z_step is None:
        sizes = _by_positions(sizes, image)
    return sizes, tuple(names) if any(names) else ()


def _by_positions(sizes: Sizes, image: ElementTree.Element) -> Sizes:
    """Take the z step from where the planes of the first channel and timepoint lie."""
    found: dict[int, tuple[float, str | None]] = {}
    for plane in _all(image, "Plane"):
        if plane.get("TheC", "0") != "0" or plane.get("TheT", "0") != "0":
            continue
        try:
            place, value = int(plane.get("TheZ", "")), float(plane.get("PositionZ", ""))
        except ValueError:
            continue
        found[place] = value, plain_unit(plane.get("PositionZUnit")) or "um"
    if len(found) < 2 or sorted(found) != list(range(len(found))):
        return sizes
    positions = [found[place][0] for place in sorted(found)]
    return at_positions(sizes, positions, found[0][1])


def mended(xml: str, n_pages: int, path: Path) -> str | None:
    """Return a description that says where its planes lie, where it does not say so itself.

    Pages follow each other where nothing is said of them; not more are taken than described. A
    single file may have been renamed since.

    Parameters
    ----------
    xml : str
        The OME-XML in a file.
    n_pages : int
        Number of pages of the file.
    path : Path
        The file.

    Returns
    -------
    str or None
        None where it is good as it is.
    """
    root = _parse(xml)
    images = _all(root, "Pixels") if root is not None else []
    if root is None or not images:
        return None
    planes = [_n_planes(image) for image in images]
    changed = _name_as_on_disk(root, path.parent)
    changed |= _forget_old_name(root, path) if sum(planes) <= n_pages else False
    first = 0
    for image, count in zip(images, planes, strict=True):
        blocks = _all(image, "TiffData")
        alone = len(blocks) == 1 and not blocks[0].attrib and not len(blocks[0])
        if not blocks or (alone and (len(images) == 1 and count < n_pages)):
            for block in blocks:
                image.remove(block)
            there = str(max(0, min(count, n_pages - first)))
            tag = image.tag.replace("Pixels", "TiffData")
            ElementTree.SubElement(image, tag, {"IFD": str(first), "PlaneCount": there})
            changed = True
        first += count
    return ElementTree.tostring(root, encoding="unicode") if changed else None


def _n_planes(image: ElementTree.Element) -> int:
    """Return how many pages an image has."""
    try:
        samples = [int(one.get("SamplesPerPixel", 1)) for one in _all(image, "Channel")] or [1]
        count = prod(int(image.get(f"Size{axis}", 1)) for axis in "ZCT")
    except ValueError:
        return 0
    return max(1, count // max(1, samples[0]))


def _forget_old_name(root: ElementTree.Element, path: Path) -> bool:
    """Take out that the planes lie in one other file, which had this name before."""
    named = {one.get("FileName", "") for one in _all(root, "UUID")}
    if len(named) != 1 or path.name in named:
        return False
    for block in _all(root, "TiffData"):
        for child in list(block):
            block.remove(child)
    return True


def recipe_in(xml: str) -> str | None:
    """Return the recipe that was put into the description, if there is one."""
    root = _parse(xml)
    for note in _all(root, "CommentAnnotation") if root is not None else []:
        if note.get("Namespace") == RECIPE:
            values = _all(note, "Value")
            return values[0].text if values else None
    return None


def existing_pieces(folder: Path, names: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Split names of files into those that lie in a folder and those that do not.

    Files that were put into another folder, or got other capitals, are found too.
    """
    there: list[Path] = []
    absent: list[str] = []
    alike: dict[str, str] | None = None
    for name in names:
        path = folder / name
        if not path.is_file():
            plain = Path(name.replace("\\", "/")).name
            path = folder / plain
        if not path.is_file():
            if alike is None:
                alike = {one.casefold(): one for one in os.listdir(folder)}
            path = folder / alike.get(plain.casefold(), plain)
        if path.is_file():
            there.append(path)
        else:
            absent.append(name)
    return there, absent


def as_on_disk(xml: str, folder: Path) -> str:
    """Return a description with the names that its files have in a folder."""
    root = _parse(xml)
    changed = root is not None and _name_as_on_disk(root, folder)
    return ElementTree.tostring(root, encoding="unicode") if root is not None and changed else xml


def _name_as_on_disk(root: ElementTree.Element, folder: Path) -> bool:
    changed = False
    known: dict[str, str] = {}
    for element in _all(root, "UUID"):
        name = element.get("FileName", "")
        if not name or (folder / name).is_file():
            continue
        if name not in known:
            found = existing_pieces(folder, [name])[0]
            known[name] = found[0].name if found else name
        if known[name] != name:
            element.set("FileName", known[name])
            changed = True
    return changed
