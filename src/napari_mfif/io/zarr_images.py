"""The images of a Zarr that holds several: fields of a plate, series, groups side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from napari_mfif.io.ngff import entry, items

__all__ = ["ZarrImage", "facts_of", "images_in"]

#: Where converters put the description of the whole.
OME = "OME"

#: A path in the Zarr, and what the image is called there.
ZarrImage = tuple[str, str]


def facts_of(node: Any) -> Mapping[str, Any]:
    """Return what OME-Zarr says of a group or array, wherever its version says it."""
    facts = dict(node.attrs)
    return entry(facts, "ome") or facts


def images_in(group: Any) -> list[ZarrImage]:
    """Return the images of a Zarr group that is not an image itself.

    The fields of a well that is missing are unknown: its first stands for it, and fails when it is
    opened.
    """
    facts = facts_of(group)
    if "plate" in facts:
        return list(_fields(group, facts))
    if items(facts, "multiscales"):
        return []
    if "well" in facts:
        return [(path, path) for path in _paths(entry(facts, "well"), "images")]
    if named := _series(group):
        return named
    keys = sorted((key for key, _ in group.groups()), key=_in_order)
    return [(key, key) for key in keys if items(facts_of(group[key]), "multiscales")]


def _in_order(key: str) -> tuple[bool, int, str]:
    return (not key.isdigit(), int(key) if key.isdigit() else 0, key)


def _paths(holder: Mapping[str, Any], name: str) -> list[str]:
    paths = [one.get("path") for one in items(holder, name) if isinstance(one, Mapping)]
    # a name with path parts could lead out of the Zarr
    return [path for path in paths if isinstance(path, str) and ".." not in path.split("/")]


def _fields(group: Any, facts: Mapping[str, Any]) -> Iterator[ZarrImage]:
    for well in _paths(entry(facts, "plate"), "wells"):
        try:
            fields = _paths(entry(facts_of(group[well]), "well"), "images")
        except Exception:
            fields = []
        for field in fields or ["0"]:
            place = f"{well}/{field}"
            yield place, place


def _series(group: Any) -> list[ZarrImage]:
    """Return the series that a converter (bioformats2raw) wrote, with their names."""
    try:
        described = group[OME]
        places = [path for path in items(facts_of(described), "series") if isinstance(path, str)]
    except Exception:
        places = []
    if not places and "bioformats2raw.layout" in facts_of(group):
        places = sorted((key for key in group.group_keys() if key.isdigit()), key=int)
    names = _names(group)
    names += [""] * (len(places) - len(names))
    return [(place, name or place) for place, name in zip(places, names, strict=False)]


def _names(group: Any) -> list[str]:
    """Return the names of images in the OME-XML beside them."""
    try:
        from zarr.core.buffer import default_buffer_prototype
        from zarr.core.sync import sync

        place = f"{group.path}/{OME}/METADATA.ome.xml".lstrip("/")
        found = sync(group.store.get(place, default_buffer_prototype()))
        root = ElementTree.fromstring(found.to_bytes())
    except Exception:  # names are a help, not a need
        return []
    return [one.get("Name", "") for one in root.iter() if one.tag.rpartition("}")[2] == "Image"]
