"""The OME-XML that we put into an OME-TIFF.

Schema: OME 2016-06, http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from napari_mfif.io.sizes import Sizes

__all__ = ["RECIPE", "TYPES", "write_ome_xml"]

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"

#: Namespace of the annotation that holds the recipe.
RECIPE = "napari-mfif/recipe"

#: Names of numpy's types in OME.
TYPES = {
    "int8": "int8",
    "int16": "int16",
    "int32": "int32",
    "uint8": "uint8",
    "uint16": "uint16",
    "uint32": "uint32",
    "float32": "float",
    "float64": "double",
}


def write_ome_xml(
    name: str,
    axes: str,
    shape: Sequence[int],
    dtype: np.dtype[np.generic],
    *,
    sizes: Sizes,
    channel_names: Sequence[str] = (),
    recipe: str | None = None,
    note: str = "",
) -> str:
    """Describe one image whose planes follow each other in the order of `axes`, as ASCII text."""
    size = dict.fromkeys("TCZYXS", 1) | dict(zip(axes, shape, strict=True))
    root = ElementTree.Element("OME", {"xmlns": SCHEMA, "Creator": "napari-mfif"})
    image = ElementTree.SubElement(root, "Image", {"ID": "Image:0", "Name": name})
    if note:
        ElementTree.SubElement(image, "Description").text = note
    pixels = ElementTree.SubElement(
        image,
        "Pixels",
        {
            "ID": "Pixels:0",
            "DimensionOrder": "XYZCT",
            "Type": TYPES[dtype.name],
            **{f"Size{axis}": str(size[axis]) for axis in "XYZ"},
            "SizeC": str(size["C"] * size["S"]),
            "SizeT": str(size["T"]),
            **({"Interleaved": "true"} if size["S"] > 1 else {}),
            **_physical(sizes),
        },
    )
    for number in range(size["C"]):
        facts = {"ID": f"Channel:0:{number}", "SamplesPerPixel": str(size["S"])}
        if number < len(channel_names):
            facts["Name"] = channel_names[number]
        ElementTree.SubElement(pixels, "Channel", facts)
    planes = size["T"] * size["C"] * size["Z"]
    ElementTree.SubElement(pixels, "TiffData", {"IFD": "0", "PlaneCount": str(planes)})
    if recipe is not None:
        ElementTree.SubElement(image, "AnnotationRef", {"ID": "Annotation:0"})
        notes = ElementTree.SubElement(root, "StructuredAnnotations")
        identity = {"ID": "Annotation:0", "Namespace": RECIPE}
        comment = ElementTree.SubElement(notes, "CommentAnnotation", identity)
        ElementTree.SubElement(comment, "Value").text = recipe
    text = ElementTree.tostring(root, encoding="us-ascii").decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'


def _physical(sizes: Sizes) -> dict[str, str]:
    height, width = sizes.pixel_size or (None, None)
    lengths = {"X": width, "Y": height, "Z": sizes.z_step}
    unit = {"um": "µm", None: "pixel"}.get(sizes.unit, sizes.unit or "")
    facts: dict[str, str] = {}
    for axis, length in lengths.items():
        if length:
            facts |= {f"PhysicalSize{axis}": repr(float(length)), f"PhysicalSize{axis}Unit": unit}
    return facts
