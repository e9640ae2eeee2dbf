"""Writes small CZI and LIF files, after the formats' public descriptions."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np

PIXEL_TYPES = {"uint8": 0, "uint16": 1}


def _segment(name: bytes, data: bytes) -> bytes:
    return struct.pack("<16sqq", name, len(data), len(data)) + data


def _entry(place: int, starts: dict[str, int], shape, dtype: str, compression: int) -> bytes:
    height, width = shape
    axes = [("X", 0, width), ("Y", 0, height), *((axis, n, 1) for axis, n in starts.items())]
    entry = struct.pack(
        "<2siqiiB5xi", b"DV", PIXEL_TYPES[dtype], place, 0, compression, 0, len(axes)
    )
    return entry + b"".join(
        struct.pack("<4siifi", axis.encode(), start, size, 0.0, size) for axis, start, size in axes
    )


def czi(path: Path, planes, *, compression: int = 0) -> Path:
    """Write planes, (C, Z, Y, X), as a CZI; compression is 0 for none, 5 for Zstandard."""
    planes = np.asarray(planes)
    xml = (
        "<ImageDocument><Metadata><Scaling><Items>"
        + "".join(f"<Distance Id='{a}'><Value>{v}</Value></Distance>" for a, v in SCALING.items())
        + "</Items></Scaling></Metadata></ImageDocument>"
    ).encode()
    out = bytearray(_segment(b"ZISRAWFILE", bytes(512)))
    entries = []
    for c, z in np.ndindex(*planes.shape[:2]):
        known = {"C": c, "Z": z, "T": 0}, planes.shape[2:], str(planes.dtype), compression
        entry = _entry(len(out), *known)
        data = planes[c, z].tobytes()
        data = imagecodecs.zstd_encode(data) if compression else data
        header = struct.pack("<iiq", 0, 0, len(data)) + entry
        out += _segment(b"ZISRAWSUBBLOCK", header.ljust(256, b"\0") + data)
        entries.append(entry)
    directory = len(out)
    out += _segment(b"ZISRAWDIRECTORY", struct.pack("<i124x", len(entries)) + b"".join(entries))
    about = len(out)
    out += _segment(b"ZISRAWMETADATA", struct.pack("<ii248x", len(xml), 0) + xml)
    out[32:112] = struct.pack("<iiii16s16siqqiq", 1, 0, 0, 0, b"", b"", 0, directory, about, 0, 0)
    path.write_bytes(out)
    return path


#: Sizes in metres.
SCALING = {"X": 1e-7, "Y": 1e-7, "Z": 5e-7}


def lif(path: Path, planes) -> Path:
    """Write planes of 16 bits, (C, Z, Y, X), as a LIF."""
    planes = np.ascontiguousarray(planes, "<u2")
    steps = dict(zip("CZYX", planes.strides, strict=True))
    lengths = dict(zip("CZYX", planes.shape, strict=True))
    channels = "".join(
        f'<ChannelDescription DataType="0" ChannelTag="0" Resolution="16" '
        f'NameOfMeasuredQuantity="" Min="0" Max="65535" Unit="" LUTName="Green" '
        f'IsLUTInverted="0" BytesInc="{c * steps["C"]}" BitInc="0"/>'
        for c in range(lengths["C"])
    )
    dimensions = "".join(
        f'<DimensionDescription DimID="{number}" NumberOfElements="{lengths[axis]}" Origin="0" '
        f'Length="{(lengths[axis] - 1) * SCALING[axis]}" Unit="m" BitInc="0" '
        f'BytesInc="{steps[axis]}"/>'
        for number, axis in enumerate("XYZ", 1)
    )
    inner = (
        '<Element Name="one" UniqueID="b"><Data><Image><ImageDescription>'
        f"<Channels>{channels}</Channels><Dimensions>{dimensions}</Dimensions>"
        f'</ImageDescription></Image></Data><Memory Size="{planes.nbytes}" '
        'MemoryBlockID="MemBlock_1"/><Children/></Element>'
    )
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="all" UniqueID="a"><Data/>'
        f'<Memory Size="0" MemoryBlockID="MemBlock_0"/><Children>{inner}</Children></Element>'
        "</LMSDataContainerHeader>"
    )
    out = struct.pack("<IIBI", 0x70, 2 * len(xml) + 5, 0x2A, len(xml)) + xml.encode("utf-16-le")
    for name, data in (("MemBlock_0", b""), ("MemBlock_1", planes.tobytes())):
        size = 2 * len(name) + 14
        out += struct.pack("<IIBQBI", 0x70, size, 0x2A, len(data), 0x2A, len(name))
        out += name.encode("utf-16-le") + data
    path.write_bytes(out)
    return path
