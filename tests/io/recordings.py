"""Writes small files in the layouts of microscopes, after the formats' public descriptions."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import tifffile

OME = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def ome_tiff(path: Path, planes, inner: str, *, root: str = "", **sizes) -> Path:
    """Write planes with an OME-XML whose `Pixels` has these sizes and holds `inner`."""
    lengths = {"SizeZ": 1, "SizeC": 1, "SizeT": 1} | sizes
    said = " ".join(f"{name}='{value}'" for name, value in lengths.items())
    height, width = planes.shape[-2:]
    xml = (
        f"<?xml version='1.0'?><OME xmlns='{OME}' {root}><Image ID='Image:0'>"
        f"<Pixels ID='Pixels:0' DimensionOrder='XYZCT' Type='{planes.dtype}' "
        f"SizeX='{width}' SizeY='{height}' {said}>{inner}</Pixels></Image></OME>"
    )
    flat = planes.reshape(-1, height, width)
    tifffile.imwrite(path, flat, photometric="minisblack", metadata=None, description=xml.encode())
    return path


def _directory(pixels: int, shape, text, following: int) -> bytes:
    height, width = shape
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1),
        (270, 2, *text), (273, 4, 1, pixels), (277, 3, 1, 1), (278, 3, 1, height),
        (279, 4, 1, height * width * 2), (282, 5, 1, text[1] + 8), (283, 5, 1, text[1] + 8),
        (51123, 2, *text),
    ]  # fmt: skip
    data = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        value = struct.pack("<HH", value, 0) if kind == 3 else struct.pack("<I", value)
        data += struct.pack("<HHI", tag, kind, count) + value
    return data + struct.pack("<I", following)


def micromanager(path: Path, frames, summary) -> Path:
    """Write an image stack file of Micro-Manager; frames are ((c, z, t, position), pixels)."""
    about = json.dumps({"MicroManagerVersion": "2.0", **summary}).encode()
    out = io.BytesIO()
    out.write(b"II*\0" + bytes(4))
    out.write(struct.pack("<8I", 54773648, 0, 483765892, 0, 99384722, 0, 2355492, len(about)))
    out.write(about + b" " * (len(about) % 2))
    text = out.tell()
    out.write(b"{}      " + struct.pack("<2I", 72, 1))
    starts = []
    for _, pixels in frames:
        starts.append(out.tell())
        out.write(bytes(162) + pixels.astype("<u2").tobytes() + b"  ")
    places = {12: out.tell()}
    out.write(struct.pack("<2I", 3453623, len(frames)))
    for (index, _), start in zip(frames, starts, strict=True):
        out.write(struct.pack("<5I", *index, start))
    for where, header, body in ((28, 84720485, b"{}"), (20, 347834724, b"[]")):
        places[where] = out.tell()
        out.write(struct.pack("<2I", header, 2) + body)
    for number, start in enumerate(starts):
        following = starts[number + 1] if number + 1 < len(starts) else 0
        out.seek(start)
        out.write(_directory(start + 162, frames[0][1].shape, (8, text), following))
    for where, value in {4: starts[0], **places}.items():
        out.seek(where)
        out.write(struct.pack("<I", value))
    path.write_bytes(out.getvalue())
    return path


def ndtiff(folder: Path, prefix: str, frames) -> Path:
    """Write an NDTiff of one file with its index; frames are (places along axes, pixels)."""
    out, index = io.BytesIO(), b""
    out.write(b"II*\0" + bytes(4) + struct.pack("<5I", 483729, 3, 3, 2355492, 2) + b"{}")
    text = out.tell()
    out.write(b"{}      " + struct.pack("<2I", 72, 1))
    starts = []
    name = f"{prefix}_NDTiffStack.tif".encode()
    height, width = frames[0][1].shape
    for axes, pixels in frames:
        starts.append(out.tell())
        out.write(bytes(162) + pixels.astype("<u2").tobytes() + b"{}")
        said = json.dumps(axes).encode()
        index += struct.pack("<I", len(said)) + said + struct.pack("<I", len(name)) + name
        first = starts[-1] + 162
        last = first + height * width * 2
        index += struct.pack("<IiiiiIii", first, width, height, 1, 0, last, 2, 0)
    for number, start in enumerate(starts):
        following = starts[number + 1] if number + 1 < len(starts) else 0
        out.seek(start)
        out.write(_directory(start + 162, (height, width), (8, text), following))
    out.seek(4)
    out.write(struct.pack("<I", starts[0]))
    path = folder / name.decode()
    path.write_bytes(out.getvalue())
    (folder / "NDTiff.index").write_bytes(index)
    return path
